package story

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"foxflow/internal/phrase"
	"foxflow/order"
)

// Action is something that a person may do about an order: a command to type, what
// comes with it, or both. One without a command is done outside foxflow.
type Action struct {
	Command string `json:"command"` // "" where there is none to type
	Text    string `json:"text"`    // when, or what for; "" where the command says it all
}

// String is the action on one line.
func (a Action) String() string {
	switch {
	case a.Command == "":
		return a.Text
	case a.Text == "":
		return a.Command
	default:
		return a.Command + " (" + a.Text + ")"
	}
}

// Actions that more than one state allows.
var (
	followIt = Action{"starter watch {R}", ""}
	cancelIt = Action{"starter cancel {R}", "stop it: nothing is paid"}
	stopIt   = Action{"starter cancel {R}", "stop it, as long as nothing is paid"}
	readLog  = Action{"starter audit {R}", ""}
	support  = Action{"", "ask FoxReload's support about order {ID}"}
	anew     = Action{"starter place --reference NEW …", "under a new reference: this one has ended"}

	recheckIt  = Action{"starter recheck {R}", "looks again at FoxReload: what came since is stored"}
	createAnew = Action{resolveIt + "--retry", "create it anew under a fresh key; foxflow never pays the other"}
	abort      = Action{resolveIt + "--abort", "end it as cancelled"}
)

// resolveIt begins the commands that decide; what follows is the decision.
const resolveIt = "starter resolve {R} "

func without(actions []Action, one Action) []Action {
	return slices.DeleteFunc(slices.Clone(actions), func(a Action) bool { return a == one })
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
	return strings.NewReplacer("{R}", Argument(s.Reference), "{ID}", cmp.Or(phrase.Of(s.OrderID), "of "+s.Reference), "{ITEM}", item,
		"{CURRENCY}", currency, "{CODE}", cmp.Or(Bounded(code(s), longestCode), "no reason given"), "{MISSING}", missing(s.Missing(), s.Codes()+s.Missing()),
		"{TURN}", turn(s.Turn))
}

// turn is when the turn of a queued order comes.
func turn(t *order.Turn) string {
	if t == nil {
		return ""
	}
	before := "no order is before it"
	switch t.Before {
	case 0:
		return before
	case 1:
		before = "1 order is before it"
	default:
		before = fmt.Sprintf("%d orders are before it", t.Before)
	}
	if t.Held != "" {
		return before
	}
	return before + ", which takes about " + roughly(time.Duration(t.AboutSeconds)*time.Second)
}

// roughly is a length of time in one unit.
func roughly(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", max(1, int(d.Round(time.Second).Seconds())))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
	}
	return fmt.Sprintf("%d h", int(d.Round(time.Hour).Hours()))
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
func Next(s order.Status) []Action {
	fill := filler(s)
	next := stanceOf(s).allowed(s)
	actions := make([]Action, len(next))
	for i, a := range next {
		actions[i] = Action{fill.Replace(a.Command), fill.Replace(a.Text)}
	}
	return actions
}

// Hint is Next on one line, fit for an error.
func Hint(s order.Status) string {
	var actions []string
	for _, a := range Next(s) {
		actions = append(actions, a.String())
	}
	return strings.Join(actions, "; ")
}
