package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// More products of the simulator's catalogue.
const (
	voucher   = "product_01krmqz1ce0vn5ndr7gg9c4tw2" // 0.01 usd; the quantity asks for a behaviour
	esim      = "product_01krn5sxs5aa819x9yp981068v" // 7.90 usd, codes are objects
	steamCard = "product_01krdj8fssz5awsh8vhtpre95b" // 19.60 usd
	appleCard = "product_01krqy77zxyyk596ngya1dq91k" // 481.25 usd
	playCard  = "product_01krs3c4dwa7n36096q14dr9gp" // 24.10 usd
	steamTop  = "product_01krqkfbf5kznwj47tan9zt24m" // 1.042 usd, needs login, delivers no code, is slow
	genshin   = "product_01krm9s346q3d25vt4f5v37e3s" // 4.41 usd, needs player_id and server
	telegram  = "product_01krcd1gdjfmgt83pxt891wb09" // 11.99 usd, needs username, delivers no code
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

// kindOf is one kind of order in the mix. The simulator's behaviours are asked
// for by a note.
type kindOf struct {
	name   string
	weight int
	ends   []ending
	fill   func(r *rand.Rand, n int, p *planned)
}

var mix = []kindOf{
	{"ordinary", 30, []ending{delivered}, ordinary},
	{"mock", 6, []ending{free, refusedEnd}, func(r *rand.Rand, n int, p *planned) {
		ordinary(r, n, p)
		p.mock = true
	}},
	{"several items", 6, []ending{delivered}, func(r *rand.Rand, n int, p *planned) {
		for count := 2 + r.IntN(3); len(p.lines) < count; {
			ordinary(r, n, p)
			if last := len(p.lines) - 1; slices.Contains(p.lines[:last], p.lines[last]) {
				p.lines = p.lines[:last] // the same line twice is refused, or nobody could tell whose code is whose
			}
		}
	}},
	{"guarded", 4, []ending{delivered}, func(r *rand.Rand, n int, p *planned) {
		p.lines, p.maxPrice = []line{{giftCard, 1 + r.IntN(2), ""}}, "19.10"
	}},
	{"too dear", 3, []ending{tooDear}, func(_ *rand.Rand, _ int, p *planned) {
		p.lines, p.maxPrice = []line{{giftCard, 1, ""}}, "9.54"
	}},
	{"unknown product", 2, []ending{refusedEnd}, func(_ *rand.Rand, n int, p *planned) {
		p.lines = []line{{fmt.Sprintf("product_unknown%d", n), 1, ""}}
	}},
	{"fail", 4, []ending{failedPaid}, asked},
	{"fail-at-once", 3, []ending{failedPaid}, asked},
	{"partial", 4, []ending{failedPaid}, askedWithCards},
	{"supplier-cancel", 3, []ending{supplierEnd}, asked},
	{"user-cancel", 2, []ending{byUser}, asked},
	{"early-codes", 3, []ending{delivered}, askedWithCards},
	{"skip", 3, []ending{delivered}, askedWithCards},
	{"skip-processing", 3, []ending{delivered}, asked},
	{"unknown-status", 3, []ending{delivered}, asked},
	{"object-codes", 2, []ending{delivered}, askedWithCards},
	{"bare-code", 2, []ending{delivered}, asked},
	{"mixed-codes", 2, []ending{delivered}, askedWithCards},
	{"number-codes", 2, []ending{delivered}, askedWithCards},
	{"empty-codes", 1, []ending{delivered}, asked},
	{"null-codes", 1, []ending{delivered}, asked},
	{"low-keep", 4, []ending{delivered}, asked},
	{"low-cancel", 4, []ending{delivered}, asked},
	{"pay-refused-twice", 3, []ending{delivered}, asked},
	{"not-payable-twice", 2, []ending{delivered}, asked},
	{"late-codes", 3, []ending{delivered}, askedWithCards},
	{"late-half", 3, []ending{delivered}, askedWithCards},
	{"short-codes", 2, []ending{delivered}, func(r *rand.Rand, n int, p *planned) {
		asked(r, n, p)
		p.lines = append(p.lines, line{giftCard, 2 + r.IntN(2), ""}) // the last of them never comes
	}},
	{"json-codes", 2, []ending{delivered}, askedWithCards},
	{"on-hold-create", 2, []ending{delivered}, asked},
	{"on-hold-unpaid", 2, []ending{delivered}, asked},
	{"on-hold-paid", 2, []ending{delivered}, askedWithCards},
	{"forgotten-a-while", 2, []ending{delivered}, asked},
	{"short-window", 3, []ending{delivered, tooLate}, asked},
	// 114 vouchers ask for mixed codes: a delivery of 115 codes.
	{"many codes", 1, []ending{delivered}, func(_ *rand.Rand, _ int, p *planned) { p.lines = []line{{voucher, 114, ""}} }},
}

// ordinary adds an item that asks for nothing special.
func ordinary(r *rand.Rand, n int, p *planned) {
	p.lines = append(p.lines, []line{
		{giftCard, 1 + r.IntN(3), ""},
		{giftCard, 1, ""},
		{gameTopUp, 1 + r.IntN(5), fmt.Sprintf("player_id=%08d", n)},
		{esim, 1 + r.IntN(2), ""},
		{steamCard, 1, ""},
		{steamTop, 1 + r.IntN(5), fmt.Sprintf("login=player%d", n)},
		{genshin, 1, fmt.Sprintf("player_id=%08d;server=europe", n)},
		{telegram, 1, fmt.Sprintf("username=player%d", n)},
		{voucher, 1 + r.IntN(9), ""},
	}[r.IntN(9)])
}

// asked asks for the behaviour that the kind is named after; the number keeps
// orders apart.
func asked(_ *rand.Rand, n int, p *planned) {
	p.lines = []line{{gameTopUp, 1, fmt.Sprintf("player_id=%s-%d", p.kind, n)}}
}

func askedWithCards(r *rand.Rand, n int, p *planned) {
	asked(r, n, p)
	p.lines = append(p.lines, line{giftCard, 1 + r.IntN(3), ""})
}

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
