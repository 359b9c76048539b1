package ledger

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"foxflow/internal/balance"
	"foxflow/order"
)

// A worker stood still, and others have gone on meanwhile: what it writes as it wakes up
// takes back nothing that is on record, and its attempt is noted.

// A reset has begun a new run; an activity of the run before it comes late, on
// the way as well as after the end.
// Promise 4: each state is on record.
func TestOvertakenRunTakesNothingBack(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	require.NoError(t, w.enters("run-1/", 10, order.Creating))
	require.NoError(t, w.enters("run-1/", 20, order.Active))
	require.NoError(t, w.enters("run-2/", 30, order.Processing)) // reset to before the pay
	before, err := w.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	for step, late := range map[int]order.State{21: order.Paid, 22: order.AwaitingTopUp, 30: order.Paused} {
		require.ErrorAs(t, w.enters("run-1/", step, late), new(*OvertakenError))
		require.Contains(t, w.log(), "note processing: an attempt that was overtaken wanted to put state "+string(late)+" on record")
	}
	require.ErrorAs(t, w.enters("run-0/", 5, order.Paid), new(*OvertakenError), "one that has nothing on record")
	after, err := w.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.NoError(t, w.enters("run-2/", 31, order.Completed), "the run of now goes on")
	opened, err := w.Orders.Open(t.Context(), request("shop-1"), noon)
	require.NoError(t, err)
	require.Equal(t, 31, opened.Step)
}

// An attempt that passed its gates and stood still pays nothing once a later
// step, or a later attempt to pay, is on record: also where no payment is in flight.
// Promise 1: one reference, one paid order.
func TestOvertakenAttemptDoesNotPay(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	pin(t, w.Ledger, "shop-1", 0, "ord-1")
	require.NoError(t, w.enters("run-1/", 10, order.Creating))
	require.NoError(t, w.enters("run-1/", 20, order.Active))
	pays := func(orderID string, step int, after *string) (Payment, error) {
		p := payment("shop-1", orderID)
		p.Step, p.After = step, after
		return p, w.Payments.Begin(t.Context(), p)
	}
	none := ""
	first, err := pays("ord-1", 21, &none)
	require.NoError(t, err)
	require.NoError(t, w.Payments.Begin(t.Context(), first), "it knows itself")
	_, err = pays("ord-1", 22, &none)
	require.ErrorAs(t, err, new(*OvertakenError), "one has left since it looked")
	second, err := pays("ord-1", 22, &first.Attempt)
	require.NoError(t, err)
	require.Equal(t, second.Attempt, intent(t, w.Ledger, "ord-1").Attempt)

	// The order is replaced; the first one's payment is void.
	require.NoError(t, w.Payments.Void(t.Context(), "shop-1", "ord-1", second.Attempt, "payment_expiration", noon))
	require.NoError(t, w.enters("run-1/", 30, order.AwaitingTopUp))
	require.NoError(t, w.enters("run-1/", 40, order.Creating))
	pin(t, w.Ledger, "shop-1", 1, "ord-2")
	_, err = pays("ord-1", 23, &second.Attempt)
	require.ErrorAs(t, err, new(*OvertakenError), "a later step is on record")
	require.True(t, intent(t, w.Ledger, "ord-1").Voided)
	require.Contains(t, w.log(), "note creating: an attempt that was overtaken wanted to pay order ord-1")
	_, err = pays("ord-2", 41, &none)
	require.NoError(t, err, "nothing is in the new one's way")
}

// An attempt that stood still while another one saw the order end unpaid does not pay it, even
// where no later step is on record yet and nothing was sent before.
// Promise 1: one reference, one paid order.
func TestAnOrderThatHasEndedUnpaidIsNotPaidLate(t *testing.T) {
	t.Parallel()
	none := ""
	for _, sent := range []bool{false, true} {
		l := newLedger(t)
		begin(t, l, "shop-1")
		pin(t, l, "shop-1", 0, "ord-1")
		latest := none
		if sent {
			require.NoError(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-1")))
			latest = intent(t, l, "ord-1").Attempt
		}
		require.NoError(t, l.Payments.End(t.Context(), "shop-1", "ord-1", latest, "cancelled: payment_expiration", noon))
		p := payment("shop-1", "ord-1")
		p.After = &latest
		require.ErrorAs(t, l.Payments.Begin(t.Context(), p), new(*OvertakenError), "sent before: %t", sent)
		_, doubt, err := l.Payments.InDoubt(t.Context(), "shop-1")
		require.NoError(t, err)
		require.False(t, doubt)
	}
}

// What one attempt learned of an order says nothing of a payment begun since.
// Promise 1: one reference, one paid order.
func TestOvertakenAttemptVoidsNoLaterPayment(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	pin(t, l, "shop-1", 0, "ord-1")
	require.NoError(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-1")))
	seen := intent(t, l, "ord-1").Attempt
	require.NoError(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-1")))
	for range 2 {
		require.ErrorAs(t, l.Payments.Void(t.Context(), "shop-1", "ord-1", seen, "its window is over", noon), new(*OvertakenError))
		require.False(t, intent(t, l, "ord-1").Voided)
	}
	entries, err := l.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, "an attempt that was overtaken wanted to void the payment of order ord-1", entries[len(entries)-1].Reason)
	require.Len(t, entries, 2, "one note, however often it comes")
	require.NoError(t, l.Payments.Void(t.Context(), "shop-1", "ord-1", intent(t, l, "ord-1").Attempt, "its window is over", noon))
	require.True(t, intent(t, l, "ord-1").Voided)
}

func TestOvertakenAnswerTakesNoOthersPlace(t *testing.T) {
	t.Parallel()
	for name, laterCameFirst := range map[string]bool{"the later one's is kept": true, "nothing else is kept": false} {
		t.Run(name, func(t *testing.T) {
			l := payable(t, newShop(t))
			require.NoError(t, l.Payments.Begin(t.Context(), Payment{Reference: "shop-1", OrderID: "ord-1", Attempt: "two", At: noon}))
			keep := func(attempt string) error {
				return l.Payments.KeepAnswer(t.Context(), "shop-1", "ord-1", attempt, []byte(`{"url":"`+attempt+`"}`), noon)
			}
			want := "one"
			if laterCameFirst {
				want = "two"
				require.NoError(t, keep("two"))
				require.ErrorAs(t, keep("one"), new(*OvertakenError))
			} else {
				require.NoError(t, keep("one"), "a link that nobody else knows is kept")
			}
			raw, _, err := l.Payments.Answer(t.Context(), "shop-1", "ord-1")
			require.NoError(t, err)
			require.JSONEq(t, `{"url":"`+want+`"}`, string(raw))
		})
	}
}

// A create that was refused late takes none of those off the record that left under
// another key.
func TestOvertakenCreateWithdrawsItsOwn(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	_, fresh, err := l.Creates.Intend(t.Context(), "shop-1", 0, noon)
	require.NoError(t, err)
	require.NoError(t, l.Creates.RenewKey(t.Context(), Entry{Reference: "shop-1", Key: "decision/1", Kind: KindNote, At: noon}, 0))
	_, now, err := l.Creates.Intend(t.Context(), "shop-1", 0, noon)
	require.NoError(t, err)
	for keys, left := range []int{1, 0} {
		require.NoError(t, l.Creates.Withdraw(t.Context(), "shop-1", 0, []int{fresh, now}[keys]))
		begun, err := l.Creates.Begun(t.Context(), "shop-1", 0)
		require.NoError(t, err)
		require.Equal(t, left, begun.Attempts)
	}
}

func TestOvertakenStepOfATopUpTakesNothingBack(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	openTopUp(t, l, "tu-1")
	s := order.NewTopUp(topUpRequest("tu-1"))
	enters := func(step int, state order.TopUpState) error {
		s.State = state
		return l.TopUps.Record(t.Context(), s, step, noon)
	}
	require.NoError(t, enters(10, order.TopUpWaiting))
	require.NoError(t, enters(20, order.TopUpArrived))
	require.ErrorIs(t, enters(11, order.TopUpWaiting), ErrTopUpOvertaken)
	have, _, err := l.TopUps.Status(t.Context(), "tu-1")
	require.NoError(t, err)
	require.Equal(t, order.TopUpArrived, have.State)
	d, err := balance.New(l.store).Standing(t.Context())
	require.NoError(t, err)
	require.False(t, d.Watched, "nothing waits for the balance")
	require.NoError(t, enters(20, order.TopUpArrived), "a repeat is no error")

	// Of two looks that follow the same one the first is kept, and a rise whoever saw it.
	require.NoError(t, l.TopUps.SeeBalances(t.Context(), "tu-1", "", "noon", ""))
	require.NoError(t, l.TopUps.SeeBalances(t.Context(), "tu-1", "noon", "two", ""))
	require.NoError(t, l.TopUps.SeeBalances(t.Context(), "tu-1", "noon", "one", "50 usd"))
	balances, risen, err := l.TopUps.Balances(t.Context(), "tu-1")
	require.NoError(t, err)
	require.Equal(t, []string{"two", "50 usd"}, []string{balances, risen})
}

// A run that has not heard what one of its own calls has seen and put on record is told so,
// and takes nothing back.
func TestARunIsToldWhatItHasPutOnRecord(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	s := begin(t, l, "shop-1")
	enters := func(step int, state order.State) error {
		s.State = state
		return l.Orders.Record(t.Context(), Entry{Reference: "shop-1", Key: fmt.Sprint("run-1/", step), Run: "run-1/", Step: step, Kind: KindState, State: state, At: noon}, s)
	}
	require.NoError(t, enters(1, order.Creating))
	for i, state := range []order.State{order.Paid, order.Processing, order.Completed} {
		require.NoError(t, enters(10+10*i, state))
		ahead := new(AheadError)
		require.ErrorAs(t, enters(15+10*i, order.Active), &ahead)
		require.Equal(t, state, ahead.State)
		now, err := l.Orders.Status(t.Context(), "shop-1")
		require.NoError(t, err)
		require.Equal(t, state, now.State)
	}
}

// Two workers carry out the first task of a run, and one of them stands still until the other
// has gone on: the run has begun, and is not put back to its beginning.
func TestARunBeginsOnce(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	s := begin(t, l, "shop-1")
	enters := func(step int, state order.State, first bool) error {
		s.State = state
		return l.Orders.Record(t.Context(), Entry{Reference: "shop-1", Key: fmt.Sprint("run-1/", step), Run: "run-1/", Step: step, First: first,
			Kind: KindState, State: state, At: noon}, s)
	}
	require.NoError(t, enters(1, order.Creating, true))
	require.NoError(t, enters(2, order.Active, false))
	require.NoError(t, enters(3, order.AwaitingTopUp, false))
	require.NoError(t, enters(4, order.Creating, true), "as the worker that wakes up counts")
	now, err := l.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, order.AwaitingTopUp, now.State)
	require.NoError(t, enters(5, order.Creating, false), "a replacement")
}
