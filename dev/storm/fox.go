package storm

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// keyModes is how FoxReload takes the idempotency key, in the order of the
// storm. Rejected comes last: from then on foxflow sends none.
var keyModes = []struct {
	from float64
	mode string
}{{0, "honoured"}, {0.3, "honoured-without-id"}, {0.5, "ignored"}, {0.65, "honoured"}, {0.8, "rejected"}}

// freeKnobs are what FoxReload may change at any time. Several that only make sense
// together are turned together: items that change places have to say what they
// are, or nobody could tell whose code is whose.
var freeKnobs = map[string][]string{
	"low-balance":   {"keep", "cancel"},
	"list-shape":    {"total", "cursor", "array"},
	"list-status":   {"honoured", "ignored"},
	"list-codes":    {"true", "false"},
	"pay-answer":    {"order", "nested", "minimal"},
	"money":         {"string", "number"},
	"balance-code":  {"BalanceNotEnough", "BALANCE_NOT_ENOUGH"},
	"error-shape":   {"detail", "object", "message", "error"},
	"retry-after":   {"seconds", "http-date", "none"},
	"slash":         {"307", "308", "accept"},
	"balance-check": {"pay", "pay", "create"},
	"echo, list-echo, item-order": {"all, all, asked", "all, all, reversed", "all, no-key, changing", "no-key, all, changing", "no-note, all, asked",
		"no-quantity, all, asked", "no-item-id, no-items, asked", "no-items, minimal, asked", "minimal, minimal, asked"},
	"mock":             {"honoured", "honoured", "unsaid", "ignored"},
	"pay-refusals":     {"0", "0", "1", "2"},
	"pay-refusal":      {"422:PAYMENT_DECLINED", "409:PAYMENT_IN_PROGRESS", "402:page", "423:text"},
	"late-pay-refusal": {"409:PAYMENT_IN_PROGRESS", "423:page", "402:PAYMENT_PENDING", "409:ORDER_PAYMENT_NOT_POSSIBLE", "none"},
	"codes-after":      {"0s", "0s", "1s"},
	"catalogue-price":  {"plain", "words", "object", "missing"},
	"product-answer":   {"plain", "nested", "array", "empty"},
	"other-order":      {"items", "quantity", "note", "mock"},
}

func (h *hand) turnKnobs() {
	names := make([]string, 0, len(freeKnobs))
	for name := range freeKnobs {
		names = append(names, name)
	}
	slices.Sort(names)
	for h.pause(time.Second, 3*time.Second) {
		at := time.Since(h.begun).Seconds() / h.length.Seconds()
		mode := keyModes[0].mode
		for _, m := range keyModes {
			if m.from <= at {
				mode = m.mode
			}
		}
		name := names[h.IntN(len(names))]
		values := strings.Split(freeKnobs[name][h.IntN(len(freeKnobs[name]))], ", ")
		turned := map[string]string{"idempotency": mode}
		for i, knob := range strings.Split(name, ", ") {
			turned[knob] = values[i]
		}
		body, err := json.Marshal(turned)
		if err == nil {
			h.tell("/admin/knobs", string(body))
		}
	}
}
