package story

import (
	"cmp"
	"fmt"
	"slices"
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
	stopIt   = Step{"starter cancel {R}", "stop it, as long as nothing is paid"}
	readLog  = Step{"starter audit {R}", ""}
	support  = Step{"", "ask FoxReload's support about order {ID}"}
	anew     = Step{"starter place --reference NEW …", "under a new reference: this one has ended"}

	recheckIt  = Step{"starter recheck {R}", "looks again at FoxReload: what came since is stored"}
	createAnew = Step{resolveIt + "--retry", "create it anew under a fresh key; foxflow never pays the other"}
	abort      = Step{resolveIt + "--abort", "end it as cancelled"}
)

// resolveIt begins the commands that decide; what follows is the decision.
const resolveIt = "starter resolve {R} "

func without(steps []Step, one Step) []Step {
	return slices.DeleteFunc(slices.Clone(steps), func(s Step) bool { return s == one })
}

// filler puts an order's own names where the tables leave room for them: {R} for
// the reference, {ID} for FoxReload's order id, {ITEM} for the first product,
// {CURRENCY} for the currency in brackets, {CODE} for the error's code, {MISSING} for
// how many codes are missing.
func filler(s order.Status) *strings.Replacer {
	item := "ITEM"
	if len(s.Items) > 0 {
		item = s.Items[0].ItemID
	}
	currency := ""
	if s.Currency != nil {
		currency = " (" + Bounded(*s.Currency, longestCode) + ")"
	}
	return strings.NewReplacer("{R}", Argument(s.Reference), "{ID}", cmp.Or(text(s.OrderID), "of "+s.Reference), "{ITEM}", item,
		"{CURRENCY}", currency, "{CODE}", cmp.Or(Bounded(code(s), longestCode), "no reason given"), "{MISSING}", missing(s.Missing(), s.Codes()+s.Missing()))
}

// longestCode bounds a code of FoxReload's inside a sentence of ours.
const longestCode = 60

// missing is how many codes of all are missing.
func missing(n, all int) string {
	switch {
	case all == 1:
		return "its code is missing"
	case n == 1:
		return fmt.Sprintf("1 of %d codes is missing", all)
	}
	return fmt.Sprintf("%d of %d codes are missing", n, all)
}

// Missing says how many codes of an item are missing; "" when none is.
func Missing(it order.ItemStatus) string {
	if it.Missing == 0 {
		return ""
	}
	return missing(it.Missing, it.Codes+it.Missing)
}

// Next lists what a person may do about an order, the likeliest first.
func Next(s order.Status) []Step {
	fill := filler(s)
	next := stanceOf(s).allowed(s)
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
