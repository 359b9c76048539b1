package desk

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foxflow/internal/balance"
	"foxflow/ledger"
	"foxflow/order"
)

// For more than the usual number of markets:
//
//	go test ./internal/desk -run Markets -rapid.checks=1000
func init() {
	for name, value := range map[string]string{"rapid.checks": "10", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil { // the command line goes before
			panic(err)
		}
	}
}

// market is a random day: orders come, are woken and pay in their own time, money
// comes in and is spent by others, words get lost.
type market struct {
	*shop
	rt      *rapid.T
	have    decimal.Decimal
	prices  map[string]decimal.Decimal
	due     map[string]time.Time // when a woken order comes to pay
	unpaid  map[string]bool
	refused int
	grants  int // reasons for two refusals: minutes, hints and rises
}

var cent = decimal.New(1, -2)

func (m *market) deposit(cents int) {
	m.have = m.have.Add(cent.Mul(decimal.NewFromInt(int64(cents))))
	m.grants++
}

func (m *market) arrives() {
	reference := fmt.Sprintf("%s-%d", m.prefix(), len(m.prices))
	price := cent.Mul(decimal.NewFromInt(int64(rapid.IntRange(1, 2000).Draw(m.rt, "price"))))
	m.prices[reference], m.unpaid[reference] = price, true
	m.waits(reference, price.String()+" usd", rapid.IntRange(0, 30).Draw(m.rt, "window"))
	status, err := m.book.Orders.Status(m.Context(), reference)
	require.NoError(m.rt, err)
	m.enters(status, order.Active)
	m.tries(reference, false)
}

// tries is PayOrder.
func (m *market) tries(reference string, waits bool) {
	price := m.prices[reference]
	status, err := m.book.Orders.Status(m.Context(), reference)
	require.NoError(m.rt, err)
	ok, err := balance.New(m.book.Store).Admit(m.Context(), balance.Claim{Reference: reference, Currency: "usd", Amount: &price, At: m.now, Waits: waits})
	require.NoError(m.rt, err)
	told := rapid.IntRange(0, 9).Draw(m.rt, "told") > 0
	switch {
	case ok && !m.have.LessThan(price):
		m.have = m.have.Sub(price)
		delete(m.unpaid, reference)
		if told {
			require.NoError(m.rt, balance.New(m.book.Store).Accepted(m.Context(), reference, m.now))
		}
		m.moves(status, order.Paid)
		return
	case ok:
		m.refused++
		require.NoError(m.rt, balance.New(m.book.Store).Refused(m.Context(), reference, m.now))
	}
	if !waits {
		m.moves(status, order.AwaitingTopUp)
	}
}

// moves puts a state on record; a key is on record once.
func (m *market) moves(status order.Status, state order.State) {
	status.State, status.UpdatedAt = state, m.now
	require.NoError(m.rt, m.book.Orders.Record(m.Context(), ledger.Entry{Reference: status.Reference, Key: "state/" + m.now.String() + string(state),
		Kind: ledger.KindState, State: state, At: m.now}, status))
}

// passes lets time go by in steps of a second, and the desks work.
func (m *market) passes(d time.Duration, lossy bool) {
	for range int(d / time.Second) {
		m.money["usd"] = m.have.String()
		for _, reference := range m.after(time.Second) {
			if lossy && rapid.IntRange(0, 9).Draw(m.rt, "lost") == 0 {
				continue
			}
			m.due[reference] = m.now.Add(time.Duration(rapid.IntRange(0, 60).Draw(m.rt, "takes")) * time.Second)
		}
		for _, reference := range slices.Sorted(maps.Keys(m.due)) {
			if !m.due[reference].After(m.now) {
				delete(m.due, reference)
				if m.unpaid[reference] {
					m.tries(reference, true)
				}
			}
		}
	}
	m.grants += int(d/time.Minute) + 1
}

var markets int

func (m *market) prefix() string { return fmt.Sprint("market-", markets) }

// However money and orders come and go: in vain are at most two payments for each
// minute, hint and rise; and once there is money for all, all are paid.
func TestRandomMarkets(t *testing.T) {
	s := newShop(t)
	rapid.Check(t, func(rt *rapid.T) {
		markets++
		m := &market{shop: s, rt: rt, prices: map[string]decimal.Decimal{}, due: map[string]time.Time{}, unpaid: map[string]bool{}, grants: 2}
		m.now = noon.Add(time.Duration(markets) * 24 * time.Hour) // what is left of the last one has run out
		for range rapid.IntRange(1, 15).Draw(rt, "events") {
			switch rapid.SampledFrom([]string{"order", "order", "burst", "deposit", "spent", "hint", "wait"}).Draw(rt, "event") {
			case "order":
				m.arrives()
			case "burst":
				for range rapid.IntRange(2, 15).Draw(rt, "orders") {
					m.arrives()
				}
			case "deposit":
				m.deposit(rapid.IntRange(1, 5000).Draw(rt, "cents"))
			case "spent":
				m.have = decimal.Max(decimal.Zero, m.have.Sub(cent.Mul(decimal.NewFromInt(int64(rapid.IntRange(1, 5000).Draw(rt, "cents"))))))
			case "hint":
				m.grants++
				m.hint()
				for _, reference := range slices.Sorted(maps.Keys(m.unpaid)) {
					m.tries(reference, true)
				}
			case "wait":
				m.passes(time.Duration(rapid.IntRange(1, 150).Draw(rt, "seconds"))*time.Second, true)
			}
		}
		m.deposit(1000_000)
		m.passes(15*time.Minute, false)
		require.Empty(rt, m.unpaid, "there is money for all")
		require.LessOrEqual(rt, m.refused, 2*m.grants)
	})
}
