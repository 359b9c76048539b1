package storm

import (
	"slices"
	"strings"
)

// legal says which states may follow which, as the design tells an order's life.
var legal = map[string]string{
	"":                 "creating",
	"creating":         "active paid processing completed failed cancelled awaiting_topup stalled blocked",
	"active":           "creating paid processing completed failed cancelled awaiting_topup awaiting_payment paused stalled blocked",
	"awaiting_topup":   "creating active paid processing completed failed cancelled awaiting_payment paused stalled blocked",
	"paused":           "creating active paid processing completed failed cancelled awaiting_topup awaiting_payment stalled blocked",
	"awaiting_payment": "paid processing completed failed cancelled stalled blocked",
	"paid":             "processing completed failed cancelled stalled blocked",
	"processing":       "completed failed cancelled stalled blocked",
	"stalled":          "completed failed cancelled unresolved blocked",
	"blocked":          "creating active awaiting_topup awaiting_payment paused paid processing stalled completed failed cancelled unresolved",
}

// legalAfterReset are the steps beyond those of an order whose workflow, after a
// reset, knows of no order yet while the ledger does.
var legalAfterReset = map[string]string{"creating": "paused awaiting_payment"}

// moneyOut are the states that say that an order is paid; unpaid those that say that it is not.
var (
	moneyOut = map[string]bool{"paid": true, "processing": true, "stalled": true}
	unpaid   = map[string]bool{"creating": true, "active": true, "awaiting_topup": true}
)

// judgeRecord: the chains are whole, and each log is a legal walk from creating to
// where the order stands. Only an order that was reset may walk again, after a
// note that says so.
func judgeRecord(e *evidence, v *verdict) {
	for _, b := range e.chains.Broken {
		v.found("every chain is whole", b.Reference, "%s", b.Problem)
	}
	stand := map[string]string{}
	for _, o := range e.orders {
		stand[o.Reference] = o.State
	}
	for reference, log := range e.logs() {
		if last := walk(v, reference, log, e.reset[reference] > 0); last != stand[reference] {
			v.found("an order stands where its log ends", reference, "the log ends in %s, it shows %s", last, stand[reference])
		}
	}
}

// walk goes along a log and returns the state that it ends in.
func walk(v *verdict, reference string, log []entry, reset bool) (state string) {
	paid, again := false, false
	for i, a := range log {
		if a.Seq != i+1 {
			v.found("a log has no gap", reference, "entry %d has number %d", i+1, a.Seq)
		}
		if a.Kind == "note" && strings.Contains(a.Reason, "taken up again") {
			again = true
		}
		if a.Kind != "state" {
			continue
		}
		afresh, steps := again && reset, strings.Fields(legal[state])
		if reset {
			steps = append(steps, strings.Fields(legalAfterReset[state])...)
		}
		switch {
		case !slices.Contains(steps, a.State) && !afresh:
			v.found("a log is a legal walk", reference, "entry %d: from %q to %q", a.Seq, state, a.State)
		case paid && unpaid[a.State] && !reset:
			v.found("what is paid stays paid", reference, "entry %d: %s after it was paid", a.Seq, a.State)
		}
		state, paid, again = a.State, (paid || moneyOut[a.State]) && !afresh, false
	}
	return state
}
