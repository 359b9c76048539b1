package storm

import (
	"fmt"
	"slices"
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
		judgeEnd(e, v, p, o, debits[p.reference])
		if o.Mock != p.mock {
			v.found("an order stays what was ordered", p.reference, "mock is %v", o.Mock)
		}
	}
	for reference := range stand {
		v.found("nothing is on record that was not ordered", reference, "nobody placed it")
	}
}

// judgeEnd: the end is one that its kind may come to. Whoever was told "cancelled" must
// not find the order paid later.
func judgeEnd(e *evidence, v *verdict, p planned, o listed, debits int) {
	reason := ""
	if o.CancelReason != nil {
		reason = *o.CancelReason
	}
	may := p.ends
	switch said, called := e.takenBack[p.reference]; {
	case said:
		may = []ending{takenBack}
	case called:
		may = append(slices.Clone(may), takenBack)
	}
	if !slices.ContainsFunc(may, func(end ending) bool {
		return end.state == o.State && (end.reason == "" || end.reason == reason) && end.debits == debits
	}) {
		v.found("an order ends as it must, with the debits of that end", p.reference,
			"%s order ended %s (%s) with %d debits; may be %v", p.kind, o.State, reason, debits, may)
	}
}
