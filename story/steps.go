package story

import (
	"cmp"
	"strings"

	"foxflow/order"
)

// Step is something that a person may do about an order: a command to type, what
// comes with it, or both. One without a command is done outside foxflow.
type Step struct {
	Command string `json:"command"` // "" where there is none to type
	Text    string `json:"text"`    // when, or what for; "" where the command says it all
}

// String is the step on one line.
func (s Step) String() string {
	switch {
	case s.Command == "":
		return s.Text
	case s.Text == "":
		return s.Command
	default:
		return s.Command + " (" + s.Text + ")"
	}
}

// Steps that more than one state allows.
var (
	followIt = Step{"starter watch {R}", ""}
	cancelIt = Step{"starter cancel {R}", "stop it: nothing is paid"}
	readLog  = Step{"starter audit {R}", ""}
	support  = Step{"", "ask FoxReload's support about order {ID}"}
	anew     = Step{"starter place --reference NEW …", "under a new reference: this one has ended"}
)

// filler puts an order's own names where the tables leave room for them: {R} for
// the reference, {ID} for FoxReload's order id, {ITEM} for the first product.
func filler(s order.Status) *strings.Replacer {
	item := "ITEM"
	if len(s.Items) > 0 {
		item = s.Items[0].ItemID
	}
	return strings.NewReplacer("{R}", s.Reference, "{ID}", cmp.Or(text(s.OrderID), "of "+s.Reference), "{ITEM}", item)
}

// Next lists what a person may do about an order, the likeliest first.
func Next(s order.Status) []Step {
	fill := filler(s)
	next := stanceOf(s).next
	steps := make([]Step, len(next))
	for i, step := range next {
		steps[i] = Step{fill.Replace(step.Command), fill.Replace(step.Text)}
	}
	return steps
}

// Hint is Next on one line, fit for an error.
func Hint(s order.Status) string {
	var steps []string
	for _, step := range Next(s) {
		steps = append(steps, step.String())
	}
	return strings.Join(steps, "; ")
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
