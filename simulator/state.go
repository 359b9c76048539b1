package simulator

import (
	"maps"
	"time"

	"github.com/shopspring/decimal"
)

// state is all that a simulator knows. It only ever changes by apply, so the
// file, which holds the changes in their order, always gives the same state.
type state struct {
	orders   map[string]*order
	sequence []string          // order ids, oldest first
	byKey    map[string]string // idempotency key → order id
	byLink   map[string]string // payment link's token → order id
	late     map[string]bool   // ids of orders with a pay that has not landed yet
	topUps   map[string]*topUp
	entries  []Entry
	balances map[string]decimal.Decimal
	credits  int            // how often money came in
	refusals map[string]int // trigger of a low-balance behaviour → credits at its refusal
	listings map[string]listing
	knobs    map[string]string // those set over the admin API

	faultSetting *faultSetting             // the one set over the admin API
	injected     map[string]map[string]int // faults so far, by kind and route
}

func newState() *state {
	return &state{
		orders: map[string]*order{}, byKey: map[string]string{}, byLink: map[string]string{}, late: map[string]bool{}, topUps: map[string]*topUp{},
		balances: map[string]decimal.Decimal{}, refusals: map[string]int{}, listings: map[string]listing{}, knobs: map[string]string{},
		injected: map[string]map[string]int{},
	}
}

// change is one step of the state, all of it or nothing: records as they are
// after it. One change is one line of the state file.
type change struct {
	Orders   []*order           `json:"orders,omitempty"`
	TopUps   []*topUp           `json:"topUps,omitempty"`
	Entries  []Entry            `json:"entries,omitempty"`
	Refusals map[string]int     `json:"refusals,omitempty"` // −1: forgotten
	Listings map[string]listing `json:"listings,omitempty"`
	Knobs    map[string]string  `json:"knobs,omitempty"`

	FaultSetting *faultSetting             `json:"faultSetting,omitempty"`
	Injected     map[string]map[string]int `json:"injected,omitempty"`
}

func (ch change) empty() bool {
	return len(ch.Orders)+len(ch.TopUps)+len(ch.Entries)+len(ch.Refusals)+len(ch.Listings)+len(ch.Knobs)+len(ch.Injected) == 0 && ch.FaultSetting == nil
}

// movesMoney says whether losing this change would falsify the ledger.
func (ch change) movesMoney() bool { return len(ch.Entries) > 0 }

// number gives the change's new records their place in the sequence.
func (st *state) number(ch *change) {
	next := len(st.sequence)
	for _, o := range ch.Orders {
		if o.Seq == 0 {
			next++
			o.Seq = next
		}
	}
	for i := range ch.Entries {
		ch.Entries[i].Seq = len(st.entries) + i + 1
	}
}

func (st *state) apply(ch change) {
	for _, o := range ch.Orders {
		st.keep(o)
	}
	for _, t := range ch.TopUps {
		st.topUps[t.ID] = t
	}
	for _, e := range ch.Entries {
		st.entries = append(st.entries, e)
		st.balances[e.Currency] = st.balances[e.Currency].Add(e.effect())
		if (e.Kind == EntryCredit || e.Kind == EntryTopUp) && e.Amount.IsPositive() {
			st.credits++
		}
	}
	for trigger, credits := range ch.Refusals {
		if credits < 0 {
			delete(st.refusals, trigger)
			continue
		}
		st.refusals[trigger] = credits
	}
	maps.Copy(st.listings, ch.Listings)
	maps.Copy(st.knobs, ch.Knobs)
	if ch.FaultSetting != nil {
		st.faultSetting = ch.FaultSetting
	}
	for kind, byRoute := range ch.Injected {
		if st.injected[kind] == nil {
			st.injected[kind] = map[string]int{}
		}
		maps.Copy(st.injected[kind], byRoute)
	}
}

// keep files an order under each name that it goes by.
func (st *state) keep(o *order) {
	if _, known := st.orders[o.ID]; !known {
		st.sequence = append(st.sequence, o.ID)
	}
	st.orders[o.ID] = o
	delete(st.late, o.ID)
	if o.LatePay != nil {
		st.late[o.ID] = true
	}
	if o.IdempotencyKey != "" && !o.KeyIgnored {
		st.byKey[o.IdempotencyKey] = o.ID
	}
	if o.Link != nil {
		st.byLink[o.Link.Token] = o.ID
	}
}

// snapshot is the whole state as one change, for a file that starts afresh.
func (st *state) snapshot() change {
	ch := change{Entries: st.entries, Refusals: st.refusals, Listings: st.listings, Knobs: st.knobs,
		FaultSetting: st.faultSetting, Injected: st.injected}
	for _, id := range st.sequence {
		ch.Orders = append(ch.Orders, st.orders[id])
	}
	for _, t := range st.topUps {
		ch.TopUps = append(ch.TopUps, t)
	}
	return ch
}

// reserved is the money of orders that are paid and not at their end yet: gone
// from what can be spent, not yet the supplier's.
func (st *state) reserved(currency string, now time.Time) decimal.Decimal {
	sum := decimal.Zero
	for _, e := range st.entries {
		if e.Kind != EntryDebit || e.Currency != currency {
			continue
		}
		if o, ok := st.orders[e.OrderID]; ok && !terminal(o.at(now).Status) {
			sum = sum.Add(e.Amount)
		}
	}
	return sum
}

// pending is the money of top-ups that were asked for and may still arrive.
func (st *state) pending(currency string, now time.Time) decimal.Decimal {
	sum := decimal.Zero
	for _, t := range st.topUps {
		if t.Credits == currency && t.ConfirmedAt == nil && now.Before(t.ExpiresAt) {
			sum = sum.Add(t.Amount)
		}
	}
	return sum
}
