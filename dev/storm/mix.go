package storm

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"foxflow/dev/stage"
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
		p.lines, p.maxPrice = []line{{stage.GiftCard, 1 + r.IntN(2), ""}}, "19.10"
	}},
	{"too dear", 3, []ending{tooDear}, func(_ *rand.Rand, _ int, p *planned) {
		p.lines, p.maxPrice = []line{{stage.GiftCard, 1, ""}}, "9.54"
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
		p.lines = append(p.lines, line{stage.GiftCard, 2 + r.IntN(2), ""}) // the last of them never comes
	}},
	{"json-codes", 2, []ending{delivered}, askedWithCards},
	{"on-hold-create", 2, []ending{delivered}, asked},
	{"on-hold-unpaid", 2, []ending{delivered}, asked},
	{"on-hold-paid", 2, []ending{delivered}, askedWithCards},
	{"forgotten-a-while", 2, []ending{delivered}, asked},
	{"short-window", 3, []ending{delivered, tooLate}, asked},
	// 114 vouchers ask for mixed codes: a delivery of 115 codes.
	{"many codes", 1, []ending{delivered}, func(_ *rand.Rand, _ int, p *planned) { p.lines = []line{{stage.Voucher, 114, ""}} }},
}

// ordinary adds an item that asks for nothing special.
func ordinary(r *rand.Rand, n int, p *planned) {
	p.lines = append(p.lines, []line{
		{stage.GiftCard, 1 + r.IntN(3), ""},
		{stage.GiftCard, 1, ""},
		{stage.GameTopUp, 1 + r.IntN(5), fmt.Sprintf("player_id=%08d", n)},
		{stage.Esim, 1 + r.IntN(2), ""},
		{stage.SteamCard, 1, ""},
		{stage.SteamTop, 1 + r.IntN(5), fmt.Sprintf("login=player%d", n)},
		{stage.Genshin, 1, fmt.Sprintf("player_id=%08d;server=europe", n)},
		{stage.Telegram, 1, fmt.Sprintf("username=player%d", n)},
		{stage.Voucher, 1 + r.IntN(9), ""},
	}[r.IntN(9)])
}

// asked asks for the behaviour that the kind is named after; the number keeps
// orders apart.
func asked(_ *rand.Rand, n int, p *planned) {
	p.lines = []line{{stage.GameTopUp, 1, fmt.Sprintf("player_id=%s-%d", p.kind, n)}}
}

func askedWithCards(r *rand.Rand, n int, p *planned) {
	asked(r, n, p)
	p.lines = append(p.lines, line{stage.GiftCard, 1 + r.IntN(3), ""})
}
