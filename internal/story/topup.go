package story

import (
	"strings"

	"foxflow/order"
)

// TopUp is how a top-up stands, in Markdown, for the Web UI.
func TopUp(t order.TopUp) string {
	blocks := []string{strong(string(t.State)) + " · send " + Escape(t.Amount+" "+t.Currency)}
	if t.Address != nil {
		blocks = append(blocks, "to "+typed(*t.Address))
	}
	if t.Link != nil {
		blocks = append(blocks, "pay here: "+link(*t.Link))
	}
	if t.Reason != nil {
		blocks = append(blocks, Escape(*t.Reason))
	}
	if t.ExpiresAt != nil {
		blocks = append(blocks, "before "+clock(*t.ExpiresAt))
	}
	return strings.Join(blocks, "\n\n")
}
