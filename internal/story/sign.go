package story

import "foxflow/order"

// signs tell states apart at a glance, without colours too.
var signs = map[order.State]string{
	order.Queued:          "◷",
	order.Creating:        "·",
	order.Active:          "·",
	order.AwaitingTopUp:   "◷",
	order.AwaitingPayment: "◷",
	order.Paused:          "‖",
	order.Paid:            "›",
	order.Processing:      "›",
	order.Stalled:         "!",
	order.Blocked:         "!",
	order.Completed:       "✓",
	order.Cancelled:       "⊘",
	order.Failed:          "✗",
	order.Unresolved:      "?",
}

// Sign is a state's sign.
func Sign(s order.State) string {
	if sign, known := signs[s]; known {
		return sign
	}
	return "·"
}
