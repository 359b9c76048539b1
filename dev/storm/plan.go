package storm

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// planned is an order of the storm: what is bought, and how it may end.
type planned struct {
	reference, kind string
	lines           []line
	mock            bool
	maxPrice        string
	ends            []ending
}

type line struct {
	product  string
	quantity int
	note     string
}

// ending is an end that an order may come to, with the number of debits that go
// with it. An empty reason is any.
type ending struct {
	state, reason string
	debits        int
}

var (
	delivered   = ending{"completed", "", 1}
	free        = ending{"completed", "", 0} // a mock order
	failedPaid  = ending{"failed", "", 1}
	refusedEnd  = ending{"failed", "", 0}
	supplierEnd = ending{"cancelled", "", 1}
	byUser      = ending{"cancelled", "user_request", 1} // in the dashboard, after it was paid
	tooDear     = ending{"cancelled", "price_guard", 0}
	tooLate     = ending{"cancelled", "payment_expiration", 0}
	takenBack   = ending{"cancelled", "user_request", 0} // by starter cancel
)

// mayTakeBack says whether the storm's person may cancel the order: one whose
// end is then still told apart from the others that it may come to.
func (p planned) mayTakeBack() bool {
	return p.kind == "ordinary" || p.kind == "low-keep" || p.kind == "low-cancel" || p.kind == "short-window"
}

// plan is the storm's orders: every kind is there, the rest as the weights say.
func plan(r *rand.Rand, orders int) []planned {
	total := 0
	for _, k := range mix {
		total += k.weight
	}
	var all []planned
	for n := range orders {
		k := mix[n%len(mix)]
		if n >= len(mix) {
			at := r.IntN(total)
			for _, k = range mix {
				if at -= k.weight; at < 0 {
					break
				}
			}
		}
		p := planned{reference: fmt.Sprintf("storm-%04d", n), kind: k.name, ends: k.ends}
		k.fill(r, n, &p)
		all = append(all, p)
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// sheet is the orders as "starter place --file" reads them.
func sheet(orders []planned) string {
	var csv strings.Builder
	csv.WriteString("reference,item,quantity,note,mock,max_price\n")
	for _, p := range orders {
		for _, l := range p.lines {
			csv.WriteString(strings.Join([]string{p.reference, l.product, strconv.Itoa(l.quantity), l.note, strconv.FormatBool(p.mock), p.maxPrice}, ",") + "\n")
		}
	}
	return csv.String()
}
