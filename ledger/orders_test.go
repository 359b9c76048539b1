package ledger

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

func TestReferenceBegunByManyIsCreatedOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ledgers := []*Ledger{s.open(t), s.open(t)}
	created := make([]bool, 50)
	noErrors(t, atOnce(len(created), func(i int) (err error) {
		var status order.Status
		status, created[i], err = ledgers[i%2].Orders.Begin(t.Context(), request("shop-1"), noon.Add(time.Duration(i)))
		if err == nil && status.State != order.Creating {
			err = fmt.Errorf("state %q", status.State)
		}
		return err
	}))
	count := 0
	for _, c := range created {
		if c {
			count++
		}
	}
	require.Equal(t, 1, count)
}

func TestSameContentJoinsOtherContentIsRefused(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	price := func(text string) *decimal.Decimal { d := decimal.RequireFromString(text); return &d }
	r := request("shop-1")
	r.MaxPrice = price("12.30")
	first, created, err := l.Orders.Begin(t.Context(), r, noon)
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, order.NewStatus(r, noon), first)

	same := request("shop-1")
	same.MaxPrice, same.NoCheck = price("12.3"), true
	other := request("shop-1")
	other.MaxPrice = price("12.30")
	other.Items[0].Note = map[string]string{"player_id": "12345678"}

	for _, moment := range []string{"while it runs", "after its end"} {
		status, created, err := l.Orders.Begin(t.Context(), same, noon.Add(time.Hour))
		require.NoError(t, err, moment)
		require.False(t, created, moment)
		require.Equal(t, noon, status.StartedAt, moment)

		_, _, err = l.Orders.Begin(t.Context(), other, noon)
		var conflict *ConflictError
		require.ErrorAs(t, err, &conflict, moment)
		require.Equal(t, []order.Difference{{Field: "item 1 note player_id", Have: "•••78", Want: "•••78"}}, conflict.Differences)
		require.NotContains(t, err.Error(), "12345678", "player data stays out of errors")
		enter(t, l, "shop-1", order.Failed)
	}
	status, _, err := l.Orders.Begin(t.Context(), r, noon)
	require.NoError(t, err)
	require.Equal(t, order.Failed, status.State, "a repeat gives how it stands")

	kept, err := l.Orders.Request(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, asJSON(t, r), asJSON(t, kept))
	_, err = l.Orders.Request(t.Context(), "shop-2")
	require.ErrorIs(t, err, ErrNotFound)
	_, _, err = l.Orders.Begin(t.Context(), request("no\nreference"), noon)
	require.ErrorContains(t, err, "reference: has an invisible character at position 3")
}

func TestRequestOfAnotherReferenceDoesNotOpen(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l := s.open(t)
	begin(t, l, "shop-1")
	begin(t, l, "shop-2")
	s.raw(t, `UPDATE orders SET request = (SELECT request FROM orders WHERE reference = 'shop-2')`)
	_, err := l.Orders.Request(t.Context(), "shop-1")
	require.Error(t, err)
}

func TestWithdrawTakesBackOnlyWhatNeverBegan(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	claim := put(t, l, 5, request("shop-1"))[0].Claim
	require.NoError(t, l.Orders.Withdraw(t.Context(), "shop-1", claim))
	_, err := l.Orders.Status(t.Context(), "shop-1")
	require.ErrorIs(t, err, ErrNotFound)
	require.NoError(t, l.Orders.Withdraw(t.Context(), "shop-1", claim), "a repeat changes nothing")

	for reference, history := range map[string]func(reference string) error{
		"audited": func(r string) error { return l.Log.Append(t.Context(), Entry{Reference: r, Key: "n", Kind: KindNote}) },
		"pinned":  func(r string) error { return l.Pins.Pin(t.Context(), r, 0, "ord-"+r, noon) },
		"created": func(r string) error { _, _, err := l.Creates.Intend(t.Context(), r, 0, noon); return err },
		"coded":   func(r string) error { return l.Vault.Store(t.Context(), r, "ord-"+r, codes("AAAA")) },
	} {
		claim := put(t, l, 5, request(reference))[0].Claim
		require.NoError(t, history(reference))
		require.ErrorIs(t, l.Orders.Withdraw(t.Context(), reference, claim), ErrInUse, reference)
		_, err := l.Orders.Status(t.Context(), reference)
		require.NoError(t, err, reference)
	}
}

func TestRecordKeepsTheWholeStatus(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	s := begin(t, l, "shop-1")
	expires := noon.Add(15 * time.Minute)
	s.State, s.OrderID, s.Price, s.Currency, s.PaymentExpiresAt = order.AwaitingTopUp, text("ord-1"), text("9.55"), text("usd"), &expires
	s.WaitingFor, s.Error, s.Replacements = text("a top-up"), &order.Error{Code: "BalanceNotEnough", Message: "balance not enough"}, 1
	s.Items[0].Codes, s.Items[0].Error, s.UpdatedAt = 1, text("out of stock"), noon.Add(time.Second)
	entry := Entry{Reference: "shop-1", Key: "state/2", Kind: KindState, Reason: "balance too low", OrderID: "ord-1", At: s.UpdatedAt}
	require.NoError(t, l.Orders.Record(t.Context(), entry, s))
	have, err := l.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, s, have)

	entries, err := l.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Equal(t, order.AwaitingTopUp, entries[0].State, "an entry without a state has that of the status")

	s.State, s.UpdatedAt = order.Active, noon.Add(time.Minute)
	entry.State = ""
	require.NoError(t, l.Orders.Record(t.Context(), entry, s))
	have, err = l.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, order.AwaitingTopUp, have.State, "a key that is on record changes nothing")
	entries, err = l.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Len(t, entries, 1)

	require.Error(t, l.Orders.Record(t.Context(), Entry{Reference: "shop-2", Key: "k", Kind: KindState}, s), "of another order")
	s.State = "sold"
	require.Error(t, l.Orders.Record(t.Context(), entry, s), "no such state")
}

// The log is one legal walk through the states, whatever is repeated.
func TestRecordKeepsTheLogLegal(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	s := begin(t, l, "shop-1")
	record := func(key string, state order.State) {
		t.Helper()
		s.State, s.UpdatedAt = state, s.UpdatedAt.Add(time.Second)
		require.NoError(t, l.Orders.Record(t.Context(), Entry{Reference: "shop-1", Key: key, Kind: KindState}, s))
	}
	for i, state := range []order.State{order.Creating, order.Active, order.Paid, order.Processing} {
		record(fmt.Sprintf("run-1/%d", i), state)
	}
	log := func() (states []string) {
		entries, err := l.Log.Entries(t.Context(), "shop-1")
		require.NoError(t, err)
		for _, e := range entries {
			states = append(states, string(e.Kind)+" "+string(e.State))
		}
		return states
	}
	walked := []string{"state creating", "state active", "state paid", "state processing"}
	require.Equal(t, walked, log())

	record("run-1/2", order.Paid) // an attempt that was thought dead
	require.Equal(t, walked, log())
	have, err := l.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, order.Processing, have.State, "it does not take the row back either")

	record("run-2/0", order.Creating) // a person has reset the workflow
	record("run-2/1", order.Processing)
	record("run-3/1", order.Processing) // and again, later on
	require.Equal(t, append(walked, "note processing", "state creating", "state processing"), log())
	have, err = l.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, s.UpdatedAt, have.UpdatedAt, "the row follows where the state is the same")
	require.NoError(t, l.Log.Verify(t.Context(), "shop-1"))
}

func TestListIsNewestFirst(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	empty, err := l.Orders.List(t.Context(), Filter{})
	require.NoError(t, err)
	require.Equal(t, "[]", asJSON(t, empty))

	const orders = 2*page + 3
	var want []string
	for i := range orders { // three to a second
		reference := fmt.Sprintf("shop-%04d", i)
		_, _, err := l.Orders.Begin(t.Context(), request(reference), noon.Add(-time.Duration(i/3)*time.Second))
		require.NoError(t, err)
		want = append(want, reference)
	}
	enter(t, l, want[1], order.Failed)
	enter(t, l, want[orders-1], order.Failed)

	references := func(f Filter) (have []string) {
		t.Helper()
		list, err := l.Orders.List(t.Context(), f)
		require.NoError(t, err)
		for _, s := range list {
			have = append(have, s.Reference)
		}
		return have
	}
	require.Equal(t, want, references(Filter{}))
	for _, limit := range []int{1, 2, page, page + 1, orders, orders + 1} {
		require.Equal(t, want[:min(limit, orders)], references(Filter{Limit: limit}), "limit %d", limit)
	}
	require.Equal(t, []string{want[1], want[orders-1]}, references(Filter{State: order.Failed}))
	require.Equal(t, []string{want[1]}, references(Filter{State: order.Failed, Limit: 1}))
	require.Len(t, references(Filter{State: order.Creating}), orders-2)
	require.Empty(t, references(Filter{State: order.Paid}))

	enough := errors.New("enough")
	seen := 0
	err = l.Orders.Each(t.Context(), Filter{}, func(s order.Status) error {
		if seen++; seen == 2 {
			return enough
		}
		return l.Log.Append(t.Context(), Entry{Reference: s.Reference, Key: "n", Kind: KindNote}) // the ledger is free meanwhile
	})
	require.ErrorIs(t, err, enough)
	require.Equal(t, 2, seen)
}

// An activity of the run before a reset comes to its end after the new run has ended
// the order: the end stays. The new run itself may take an ended order up again.
func TestActivityOfAnOvertakenRunTakesNoEndBack(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	s := begin(t, l, "shop-1")
	enters := func(run string, step int, state order.State) error {
		s.State = state
		return l.Orders.Record(t.Context(), Entry{Reference: "shop-1", Key: run + string(state), Run: run, Step: step, Kind: KindState, State: state, At: noon}, s)
	}
	require.NoError(t, enters("run-1/", 1, order.Creating))
	require.NoError(t, enters("run-2/", 3, order.Creating))
	require.NoError(t, enters("run-2/", 4, order.Cancelled))
	require.ErrorAs(t, enters("run-1/", 2, order.Active), new(*OvertakenError))
	now, err := l.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, order.Cancelled, now.State)

	require.NoError(t, enters("run-3/", 5, order.Creating), "a reset takes it up again")
	require.NoError(t, enters("run-3/", 6, order.Cancelled))
	require.NoError(t, enters("run-3/", 7, order.Active), "the run that ended it may learn better")
}

// A workflow that begins finds what is there, and leaves the queue with its first state: one
// without the other would be forgotten, or begun twice.
func TestOpenGivesWhatEarlierRunsHaveDone(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	opened, err := l.Orders.Open(t.Context(), request("shop-1"), noon)
	require.NoError(t, err)
	require.Equal(t, Opening{StartedAt: noon}, opened, "nobody has placed it: it is begun")
	put(t, l, 5, request("shop-2"))
	opened, err = l.Orders.Open(t.Context(), request("shop-2"), noon.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, Opening{StartedAt: noon}, opened)
	_, queued, err := l.Queue.Position(t.Context(), "shop-2")
	require.NoError(t, err)
	require.True(t, queued, "it has not begun yet")

	w := &walkOf{T: t, Ledger: l}
	w.status, err = l.Orders.Status(t.Context(), "shop-2")
	require.NoError(t, err)
	first := Entry{Reference: "shop-2", Run: "a/", Key: "a/7", Step: 7, Kind: KindState, State: order.Creating, At: noon, First: true}
	for range 2 {
		require.NoError(t, l.Orders.Record(t.Context(), first, w.status))
		_, queued, err = l.Queue.Position(t.Context(), "shop-2")
		require.NoError(t, err)
		require.False(t, queued)
	}
	require.NoError(t, w.enters("a/", 8, order.Active))
	require.NoError(t, l.Pins.Pin(t.Context(), "shop-2", 0, "ord-2", noon))
	opened, err = l.Orders.Open(t.Context(), request("shop-2"), noon)
	require.NoError(t, err)
	require.Equal(t, Opening{StartedAt: noon, Step: 8, Pinned: true}, opened)
	reason := order.UserRequest
	w.status.CancelReason = &reason
	require.NoError(t, l.Orders.Record(t.Context(), Entry{Reference: "shop-2", Run: "a/", Key: "a/9", Step: 9, Kind: KindState, State: order.Cancelled, Reason: reason, At: noon}, w.as(order.Cancelled)))
	opened, err = l.Orders.Open(t.Context(), request("shop-2"), noon)
	require.NoError(t, err)
	require.Equal(t, Opening{StartedAt: noon, Step: 9, Pinned: true, Cancelled: true}, opened)

	other := request("shop-2")
	other.Items[0].Quantity++
	conflict := new(ConflictError)
	_, err = l.Orders.Open(t.Context(), other, noon)
	require.ErrorAs(t, err, &conflict)
}

// An order is pinned and on record as active, or neither. Promise 4: each state is on record.
func TestAnOrderIsPinnedWithItsState(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	w := walks(t, l, "shop-2")
	require.NoError(t, w.enters("a/", 1, order.Creating))
	_, err := l.Streaks.Again(t.Context(), "shop-2", "create/BUSY", noon)
	require.NoError(t, err)
	require.NoError(t, l.Pins.Pin(t.Context(), "shop-1", 0, "ord-1", noon))
	pins := func(orderID string, step int) error {
		w.status.State, w.status.OrderID = order.Active, &orderID
		return l.Orders.Record(t.Context(), Entry{Reference: "shop-2", Run: "a/", Key: fmt.Sprint("a/", step), Step: step, Kind: KindState, State: order.Active,
			OrderID: orderID, At: noon, Pin: new(int)}, w.status)
	}
	taken := new(PinnedError)
	require.ErrorAs(t, pins("ord-1", 2), &taken)
	require.Equal(t, "shop-1", taken.Reference)
	require.Equal(t, order.Creating, w.state())
	_, there, err := l.Pins.Pinned(t.Context(), "shop-2", 0)
	require.NoError(t, err)
	require.False(t, there)
	streak, err := l.Streaks.Of(t.Context(), "shop-2")
	require.NoError(t, err)
	require.Equal(t, 1, streak.Times)

	for range 2 {
		require.NoError(t, pins("ord-2", 3))
	}
	require.Equal(t, order.Active, w.state())
	orderID, _, err := l.Pins.Pinned(t.Context(), "shop-2", 0)
	require.NoError(t, err)
	require.Equal(t, "ord-2", orderID)
	streak, err = l.Streaks.Of(t.Context(), "shop-2")
	require.NoError(t, err)
	require.Zero(t, streak, "another answer has come")
	require.ErrorAs(t, pins("ord-3", 4), &taken)
	require.Equal(t, "ord-2", taken.OrderID)
	begun, err := l.Creates.Begun(t.Context(), "shop-2", 0)
	require.NoError(t, err)
	require.Equal(t, Begun{OrderID: "ord-2"}, begun)
}

// What is asked in one statement is what the parts say.
func TestOneStatementSaysWhatThePartsSay(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	_, _, err := l.Creates.Intend(t.Context(), "shop-1", 0, noon)
	require.NoError(t, err)
	begun, err := l.Creates.Begun(t.Context(), "shop-1", 0)
	require.NoError(t, err)
	require.Equal(t, Begun{Attempts: 1, First: noon}, begun)
	require.NoError(t, l.Pins.Pin(t.Context(), "shop-1", 0, "ord-1", noon))
	same := func() {
		t.Helper()
		intent, codes, err := l.Payments.Holds(t.Context(), "ord-1")
		require.NoError(t, err)
		want, err := l.Payments.Intent(t.Context(), "ord-1")
		require.NoError(t, err)
		counts, err := l.Vault.Count(t.Context(), "ord-1")
		require.NoError(t, err)
		require.Equal(t, want, intent)
		require.Equal(t, counts, codes)
	}
	same()
	p := payment("shop-1", "ord-1")
	p.InFlight, p.Attempt = time.Minute, "one"
	require.NoError(t, l.Payments.Begin(t.Context(), p))
	same()
	require.NoError(t, l.Vault.Store(t.Context(), "shop-1", "ord-1", codes("AAAA", "BBBB")))
	same()
	require.NoError(t, l.Payments.Void(t.Context(), "shop-1", "ord-1", "one", "refused", noon))
	same()
}
