package show

import (
	"foxflow/internal/story"
	"foxflow/order"
)

const (
	green, yellow, red, cyan, magenta = "32", "33", "31", "36", "35"
	bold, dim                         = "1", "2"
)

// colours go with the states' signs, which tell them apart without any too.
var colours = map[order.State]string{
	order.Queued:          cyan,
	order.Creating:        dim,
	order.Active:          dim,
	order.AwaitingTopUp:   cyan,
	order.AwaitingPayment: cyan,
	order.Paused:          cyan,
	order.Paid:            dim,
	order.Processing:      dim,
	order.Stalled:         magenta,
	order.Blocked:         magenta,
	order.Completed:       green,
	order.Cancelled:       yellow,
	order.Failed:          red,
	order.Unresolved:      red,
}

// State is a state with its sign and, on a terminal, its colour.
func (c *Console) State(s order.State) string {
	colour, known := colours[s]
	if !known {
		colour = dim
	}
	return c.paint(colour, story.Sign(s)+" "+string(s))
}

// Bold stresses text on a terminal.
func (c *Console) Bold(text string) string { return c.paint(bold, text) }

// Faint steps text back on a terminal.
func (c *Console) Faint(text string) string { return c.paint(dim, text) }

func (c *Console) paint(colour, text string) string {
	if !c.colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}
