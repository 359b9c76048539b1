package ledger

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foxflow/order"
)

// For more than the usual number of checks:
//
//	go test ./ledger -run Property -rapid.checks=1000
func init() {
	for name, value := range map[string]string{"rapid.checks": "50", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil { // the command line goes before
			panic(err)
		}
	}
}

// Whatever pins, pays, voids and ends come in whatever order, and whoever's order
// ids they name: a reference never has two payments that stand, none that is not
// pinned to it, and no second one in flight. The model beside the ledger says of
// each call whether it must pass.
// Promise 1: one reference, one paid order.
func TestPropertyPaymentsOfAReference(t *testing.T) {
	t.Parallel()
	l, games := newLedger(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		games++
		g := &game{ledger: l, t: t, name: fmt.Sprintf("g%d-", games), now: noon,
			owner: map[string]string{}, place: map[string]string{}, standing: map[string]string{}, begun: map[string]bool{}, flying: map[string]time.Time{},
			latest: map[string]string{}, doubt: map[string]bool{}, spared: map[string]bool{}, doubts: map[string]int{}}
		require.NoError(rt, l.Switches.Resume(t.Context()))
		for _, reference := range g.references() {
			begin(t, l, reference)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"pin":  g.pin,
			"pay":  g.pay,
			"land": g.land,
			"void": g.void,
			"wait": func(rt *rapid.T) {
				g.now = g.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(rt, "seconds")) * time.Second)
			},
			"switch": g.hold,
			"":       g.check,
		})
	})
}

// game is the model: what must be true of the ledger.
type game struct {
	ledger   *Ledger
	t        *testing.T
	name     string
	now      time.Time
	owner    map[string]string    // order id → reference
	place    map[string]string    // reference and replacement → order id
	standing map[string]string    // reference → order id with an intent that stands
	begun    map[string]bool      // order ids with an intent, voided or not
	flying   map[string]time.Time // order id → until when its pay may be on its way
	latest   map[string]string    // order id → the attempt begun last
	doubt    map[string]bool      // attempts of whose landing nothing was said
	spared   map[string]bool      // attempts that surely were not carried out
	doubts   map[string]int       // order id → attempts that may have gone through
	paused   bool
}

func (g *game) references() []string { return []string{g.name + "shop-1", g.name + "shop-2"} }

func (g *game) reference(rt *rapid.T) string {
	return rapid.SampledFrom(g.references()).Draw(rt, "reference")
}

func (g *game) orderID(rt *rapid.T) string {
	return fmt.Sprintf("%sord-%d", g.name, rapid.IntRange(1, 4).Draw(rt, "order"))
}

func (g *game) pin(rt *rapid.T) {
	reference, id, n := g.reference(rt), g.orderID(rt), rapid.IntRange(0, 2).Draw(rt, "replacement")
	place := fmt.Sprintf("%s/%d", reference, n)
	free := g.owner[id] == "" && g.place[place] == ""
	err := g.ledger.Pins.Pin(g.t.Context(), reference, n, id, g.now)
	if free || g.place[place] == id {
		require.NoError(rt, err)
		g.owner[id], g.place[place] = reference, id
		return
	}
	require.ErrorAs(rt, err, new(*PinnedError))
}

func (g *game) pay(rt *rapid.T) {
	p := payment(g.reference(rt), g.orderID(rt))
	p.At, p.Mock = g.now, rapid.Bool().Draw(rt, "mock")
	p.InFlight = time.Duration(rapid.IntRange(0, 55).Draw(rt, "in flight")) * time.Second
	other := g.standing[p.Reference]
	again, repeated := g.latest[p.OrderID], rapid.Bool().Draw(rt, "the latest attempt again")
	if repeated = repeated && again != "" && g.doubt[again]; repeated {
		p.Attempt = again
	}
	flies := g.inFlight(p.Reference)
	if repeated && g.owner[p.OrderID] == p.Reference {
		flies = false // no other order's can fly beside one that stands
		for id, until := range g.flying {
			flies = flies || id != p.OrderID && g.owner[id] == p.Reference && until.After(g.now)
		}
	}
	err := g.ledger.Payments.Begin(g.t.Context(), p)
	switch {
	case g.owner[p.OrderID] != p.Reference:
		require.ErrorAs(rt, err, new(*NotPinnedError))
	case other != "" && other != p.OrderID:
		require.ErrorAs(rt, err, new(*OtherPaymentError))
	case flies:
		require.ErrorAs(rt, err, new(*PaymentInFlightError))
	case g.paused && !p.Mock:
		require.ErrorIs(rt, err, ErrPaused)
	default:
		require.NoError(rt, err)
		if other == "" {
			g.doubts[p.OrderID] = 0
		}
		if !repeated || other == "" {
			g.doubts[p.OrderID]++
		}
		delete(g.doubt, again)
		g.latest[p.OrderID], g.doubt[p.Attempt] = p.Attempt, true
		g.begun[p.OrderID], g.standing[p.Reference] = true, p.OrderID
		delete(g.flying, p.OrderID)
		if p.InFlight > 0 {
			g.flying[p.OrderID] = g.now.Add(p.InFlight)
		}
	}
}

// inFlight says whether a pay of any of the reference's orders may be on its way.
func (g *game) inFlight(reference string) bool {
	for id, until := range g.flying {
		if g.owner[id] == reference && until.After(g.now) {
			return true
		}
	}
	return false
}

func (g *game) land(rt *rapid.T) {
	id := g.orderID(rt)
	landing := Landing{Spared: rapid.Bool().Draw(rt, "spared"), Quiet: time.Duration(rapid.IntRange(0, 10).Draw(rt, "quiet")) * time.Second, At: g.now}
	attempt := g.latest[id]
	if rapid.Bool().Draw(rt, "of an earlier attempt") {
		attempt = "earlier"
	}
	require.NoError(rt, g.ledger.Payments.Land(g.t.Context(), id, attempt, landing))
	if attempt == "" || attempt == "earlier" || g.spared[attempt] {
		return
	}
	delete(g.flying, id)
	delete(g.doubt, attempt)
	switch {
	case landing.Spared:
		g.spared[attempt] = true
		g.doubts[id]--
	case landing.Quiet > 0:
		g.flying[id] = g.now.Add(landing.Quiet)
	}
}

func (g *game) void(rt *rapid.T) {
	reference, id := g.reference(rt), g.orderID(rt)
	latest, err := g.ledger.Payments.Intent(g.t.Context(), id)
	require.NoError(rt, err)
	err = g.ledger.Payments.Void(g.t.Context(), reference, id, latest.Attempt, order.PaymentExpiration, g.now)
	if g.begun[id] && g.owner[id] != reference {
		require.ErrorAs(rt, err, new(*NotPinnedError), "another reference's payment")
		return
	}
	require.NoError(rt, err)
	if g.standing[reference] == id {
		delete(g.standing, reference)
	}
}

func (g *game) hold(rt *rapid.T) {
	if g.paused = !g.paused; g.paused {
		require.NoError(rt, g.ledger.Switches.Pause(g.t.Context(), "a person", g.now))
		return
	}
	require.NoError(rt, g.ledger.Switches.Resume(g.t.Context()))
}

// check holds the ledger's own tables against the model, and what must be true of
// them in any case.
func (g *game) check(rt *rapid.T) {
	for _, reference := range g.references() {
		var stand []string
		rows, err := g.ledger.store.Reads().QueryContext(g.t.Context(), `SELECT order_id FROM payments WHERE reference = $1 AND voided_at IS NULL`, reference)
		require.NoError(rt, err)
		defer rows.Close()
		for rows.Next() {
			var id string
			require.NoError(rt, rows.Scan(&id))
			stand = append(stand, id)
			require.Equal(rt, reference, g.owner[id], "pinned before it is paid")
		}
		require.NoError(rt, rows.Err())
		require.LessOrEqual(rt, len(stand), 1, "%s has two payments that stand", reference)
		require.Equal(rt, g.standing[reference], only(stand))
		entries, err := g.ledger.Log.Entries(g.t.Context(), reference)
		require.NoError(rt, err)
		for id, begun := range g.begun {
			told := slices.ContainsFunc(entries, func(e AuditEntry) bool { return e.Kind == KindIntent && *e.OrderID == id })
			i, err := g.ledger.Payments.Intent(g.t.Context(), id)
			require.NoError(rt, err)
			require.Equal(rt, []any{g.latest[id], g.doubts[id], g.standing[g.owner[id]] != id}, []any{i.Attempt, i.Doubts, i.Voided})
			require.Equal(rt, begun && g.owner[id] == reference, told, "the intent to pay %s is on the log of %s", id, reference)
		}
		if err := g.ledger.Log.Verify(g.t.Context(), reference); !errors.Is(err, ErrNotFound) {
			require.NoError(rt, err)
		}
	}
}

func only(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}
