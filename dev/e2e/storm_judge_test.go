package e2e

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// breach is a promise that was not kept.
type breach struct {
	rule, reference, words string
}

// verdict is what the judge finds. Counts of zero are what is promised.
type verdict struct {
	breaches                              []breach
	ends                                  map[string]int
	doublePayments, lostOrders, lostCodes int
}

func (v *verdict) found(rule, reference, format string, args ...any) {
	v.breaches = append(v.breaches, breach{rule, reference, fmt.Sprintf(format, args...)})
}

// judge holds the evidence against the promises. It was written from the design
// and the interface, and shares nothing with foxflow.
func judge(e *evidence) *verdict {
	v := &verdict{ends: map[string]int{}}
	judgeEnds(e, v)
	judgePayments(e, v)
	judgeBalance(e, v)
	judgeCodes(e, v)
	judgeRecord(e, v)
	return v
}

// ended are the states that nothing follows.
var ended = map[string]bool{"completed": true, "cancelled": true, "failed": true, "unresolved": true}

// debitsBy counts what orders took from the balance, by a name of theirs.
func (e *evidence) debitsBy(name func(movement) string) map[string]int {
	times := map[string]int{}
	for _, m := range e.money {
		if m.Kind == "debit" {
			times[name(m)]++
		}
	}
	return times
}

// judgeEnds: every reference is at an end that its order may come to, with the
// debits that go with it.
func judgeEnds(e *evidence, v *verdict) {
	stand := map[string]listed{}
	for _, o := range e.orders {
		stand[o.Reference] = o
	}
	owner := e.owners()
	debits := e.debitsBy(func(m movement) string { return owner[m.OrderID] })
	for _, p := range e.plan {
		o, there := stand[p.reference]
		delete(stand, p.reference)
		switch {
		case !there:
			v.lostOrders++
			v.found("every reference is at its end", p.reference, "it is not in the ledger")
			continue
		case !ended[o.State]:
			v.lostOrders++
			v.found("every reference is at its end", p.reference, "it is still %s", o.State)
			continue
		}
		v.ends[o.State]++
		reason := ""
		if o.CancelReason != nil {
			reason = *o.CancelReason
		}
		may := p.ends
		switch said, called := e.takenBack[p.reference]; {
		case said: // whoever is told "cancelled" must not find it paid later
			may = []ending{takenBack}
		case called:
			may = append(slices.Clone(may), takenBack)
		}
		fits := slices.ContainsFunc(may, func(end ending) bool {
			return end.state == o.State && (end.reason == "" || end.reason == reason) && end.debits == debits[p.reference]
		})
		if !fits {
			v.found("an order ends as it must, with the debits of that end", p.reference,
				"%s order ended %s (%s) with %d debits; may be %v", p.kind, o.State, reason, debits[p.reference], may)
		}
		if o.Mock != p.mock {
			v.found("an order stays what was ordered", p.reference, "mock is %v", o.Mock)
		}
	}
	for reference := range stand {
		v.found("nothing is on record that was not ordered", reference, "nobody placed it")
	}
}

// judgePayments: at most one debit for an order id, a reference and an
// idempotency key, each for an order that is on a reference's log, at its price,
// and only after the intents to create and to pay it were on record.
func judgePayments(e *evidence, v *verdict) {
	owner, logs := e.owners(), e.logs()
	for _, a := range e.audit {
		if a.OrderID != nil && (a.Kind == "state" || a.Kind == "intent") && owner[*a.OrderID] != a.Reference {
			v.found("an order id belongs to one reference", a.Reference, "order %s is on the log of %s too", *a.OrderID, owner[*a.OrderID])
		}
	}
	for by, times := range map[string]map[string]int{
		"order id":        e.debitsBy(func(m movement) string { return m.OrderID }),
		"reference":       e.debitsBy(func(m movement) string { return owner[m.OrderID] }),
		"idempotency key": e.debitsBy(func(m movement) string { return m.IdempotencyKey }),
	} {
		for name, n := range times {
			if n < 2 || name == "" {
				continue
			}
			if by == "reference" {
				v.doublePayments++
				v.found("one reference, one payment", name, "%d debits", n)
			} else {
				v.found("one "+by+", one payment", e.referenceOf(name), "%d debits for %s %s", n, by, name)
			}
		}
	}
	price := map[string]string{}
	for _, o := range e.fox {
		price[o.ID] = o.Price
	}
	for _, m := range e.money {
		if m.Kind != "debit" {
			continue
		}
		reference := owner[m.OrderID]
		if reference == "" {
			v.doublePayments++
			v.found("only pinned orders are paid", "", "order %s was paid and is on no log", m.OrderID)
			continue
		}
		if amount(m.Amount).Cmp(amount(price[m.OrderID])) != 0 {
			v.found("an order is paid at its price", reference, "order %s: %s taken, price %s", m.OrderID, m.Amount, price[m.OrderID])
		}
		before := slices.DeleteFunc(slices.Clone(logs[reference]), func(a entry) bool { return a.At.After(m.At) })
		for _, want := range []struct {
			what string
			is   func(entry) bool
		}{
			{"intent to create", func(a entry) bool { return a.Kind == "intent" && a.OrderID == nil }},
			{"state active", func(a entry) bool { return a.Kind == "state" && a.State == "active" }},
			{"intent to pay this order", func(a entry) bool { return a.Kind == "intent" && a.OrderID != nil && *a.OrderID == m.OrderID }},
		} {
			if !slices.ContainsFunc(before, want.is) {
				v.found("no payment before its record", reference, "order %s was paid at %s; there is no %s on record before", m.OrderID, m.At, want.what)
			}
		}
	}
}

// judgeBalance: what came in less what orders took is what is there.
func judgeBalance(e *evidence, v *verdict) {
	left := map[string]*big.Rat{}
	for _, m := range e.money {
		if left[m.Currency] == nil {
			left[m.Currency] = new(big.Rat)
		}
		switch m.Kind {
		case "debit":
			left[m.Currency].Sub(left[m.Currency], amount(m.Amount))
		case "opening", "credit", "top-up":
			left[m.Currency].Add(left[m.Currency], amount(m.Amount))
		}
	}
	for currency, sum := range left {
		if sum.Cmp(amount(e.balances[currency])) != 0 {
			v.found("debits are the fall of the balance", "", "%s: %s by the entries, %s in the account", currency, sum.FloatString(4), e.balances[currency])
		}
	}
	for _, o := range e.orders {
		for _, m := range e.money {
			if m.Kind == "debit" && o.OrderID != nil && m.OrderID == *o.OrderID && (o.Price == nil || amount(*o.Price).Cmp(amount(m.Amount)) != 0) {
				v.found("an order shows what it cost", o.Reference, "%s was taken, it shows another price", m.Amount)
			}
		}
	}
}

func amount(text string) *big.Rat {
	a, ok := new(big.Rat).SetString(text)
	if !ok {
		return new(big.Rat).SetInt64(-1) // equals no amount
	}
	return a
}

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

var moneyOut = map[string]bool{"paid": true, "processing": true, "stalled": true}

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
		state, paid, again := "", false, false
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
			afresh, steps := again && e.reset[reference] > 0, legal[state]
			if e.reset[reference] > 0 {
				steps += " " + legalAfterReset[state]
			}
			switch {
			case !slices.Contains(strings.Fields(steps), a.State) && !afresh:
				v.found("a log is a legal walk", reference, "entry %d: from %q to %q", a.Seq, state, a.State)
			case paid && (a.State == "creating" || a.State == "active" || a.State == "awaiting_topup") && e.reset[reference] == 0:
				v.found("what is paid stays paid", reference, "entry %d: %s after it was paid", a.Seq, a.State)
			}
			state, paid, again = a.State, (paid || moneyOut[a.State]) && !afresh, false
		}
		if state != stand[reference] {
			v.found("an order stands where its log ends", reference, "the log ends in %s, it shows %s", state, stand[reference])
		}
	}
}

// logs are the audit entries by reference.
func (e *evidence) logs() map[string][]entry {
	logs := map[string][]entry{}
	for _, a := range e.audit {
		logs[a.Reference] = append(logs[a.Reference], a)
	}
	return logs
}

// referenceOf finds the reference of an order id or an idempotency key.
func (e *evidence) referenceOf(name string) string {
	owner := e.owners()
	for _, o := range e.fox {
		if (o.ID == name || o.IdempotencyKey == name) && owner[o.ID] != "" {
			return owner[o.ID]
		}
	}
	return ""
}
