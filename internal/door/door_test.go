package door

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	sdk "go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"foxflow/client/clienttest"
	"foxflow/internal/balance"
	"foxflow/internal/blank"
	"foxflow/internal/budget"
	"foxflow/internal/codec"
	"foxflow/ledger"
	"foxflow/order"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// shop is a real ledger with the doors of two workers, and a Temporal that remembers.
type shop struct {
	*testing.T
	now      time.Time
	book     *ledger.Ledger
	temporal *clienttest.Temporal
	doors    [2]*Door
	began    int // what was told of Temporal's orders
	step     int
	waits    time.Duration // a request that comes now, for the budget
}

func newShop(t *testing.T, perMinute int) *shop {
	t.Helper()
	file := blank.New(t)
	s := &shop{T: t, now: noon, temporal: clienttest.New()}
	options := codec.Seal(sdk.Options{}, file.Keys)
	_, err := s.temporal.Dial(t.Context(), options)
	require.NoError(t, err)
	for i := range s.doors {
		book := file.Open(t)
		s.book = book
		s.doors[i] = &Door{Ledger: book, Temporal: s.temporal, Payloads: options.DataConverter, TaskQueue: "foxflow", Now: func() time.Time { return s.now },
			Holder: fmt.Sprint("worker ", i), PerMinute: perMinute, Log: zap.NewNop(),
			Budget: func(context.Context) (budget.Standing, error) { return budget.Standing{Queue: s.waits}, nil }}
	}
	return s
}

func request(reference string) order.Request {
	return order.Request{Reference: reference, Items: []order.Item{{ItemID: "product_a", Quantity: 1}}}
}

// queued are orders that wait for their turn.
func (s *shop) queued(change func(*order.Request), references ...string) {
	s.Helper()
	var list []order.Request
	for _, reference := range references {
		r := request(reference)
		change(&r)
		list = append(list, r)
	}
	_, err := s.book.Queue.Put(s.Context(), list, ledger.Placing{Input: `{"pollMax":7}`, Claim: ClaimLasts, At: s.now})
	require.NoError(s, err)
}

func asIs(*order.Request)     {}
func mock(r *order.Request)   { r.Mock = true }
func byLink(r *order.Request) { r.Provider, r.ReturnURL = "pally", "https://shop.example" }

func names(from, n int) (references []string) {
	for i := range n {
		references = append(references, fmt.Sprintf("shop-%03d", from+i))
	}
	return references
}

// reads has the desk have read the balance just now.
func (s *shop) reads(usd string) {
	s.Helper()
	_, err := balance.New(s.book.Store).Saw(s.Context(), s.now, map[string]decimal.Decimal{"usd": decimal.RequireFromString(usd)})
	require.NoError(s, err)
}

// after has both doors opened so much later, and says which orders were started.
func (s *shop) after(d time.Duration) (references []string) {
	s.Helper()
	s.now = s.now.Add(d)
	for _, d := range s.doors {
		require.NoError(s, d.Tend(s.Context()))
	}
	all := s.temporal.Started()
	for _, in := range all[s.began:] {
		references = append(references, in.Request.Reference)
	}
	s.began = len(all)
	return references
}

// enters has an order enter a state.
func (s *shop) enters(state order.State, references ...string) {
	s.Helper()
	for _, reference := range references {
		status, err := s.book.Orders.Status(s.Context(), reference)
		require.NoError(s, err)
		s.step++
		status.State, status.UpdatedAt = state, s.now
		require.NoError(s, s.book.Orders.Record(s.Context(), ledger.Entry{Reference: reference, Key: fmt.Sprint("step/", s.step), Kind: ledger.KindState, State: state, At: s.now}, status))
	}
}

func (s *shop) state(reference string) order.State {
	s.Helper()
	status, err := s.book.Orders.Status(s.Context(), reference)
	require.NoError(s, err)
	return status.State
}

// Orders begin in the order of placing, whichever worker has the door, as fast as they are paid.
func TestQueuedOrdersBeginInTheOrderOfPlacing(t *testing.T) {
	s := newShop(t, 60) // one order in 2 s
	require.Empty(t, s.after(time.Second))
	s.queued(asIs, names(0, 40)...)
	s.reads("1000")
	require.ElementsMatch(t, names(0, 5), s.after(0))
	started := s.temporal.Started()[0]
	require.EqualValues(t, 7, started.Intervals.PollMax, "what the starter gave travels along")
	require.Empty(t, s.after(time.Second))
	require.Equal(t, names(5, 1), s.after(time.Second))
	require.ElementsMatch(t, names(6, 5), s.after(20*time.Second), "no more at once than in 10 s")
	for range 60 {
		s.reads("1000")
		s.after(2 * time.Second)
	}
	require.Equal(t, 30, s.began, "those that are on their way have no room for more")
	s.enters(order.Active, names(0, 10)...)
	s.enters(order.Paid, names(0, 2)...)
	require.ElementsMatch(t, names(30, 2), s.after(2*time.Second), "what is paid makes room")
	require.Empty(t, s.after(2*time.Second))
	_, there, err := s.book.Queue.Position(t.Context(), names(0, 1)[0])
	require.NoError(t, err)
	require.False(t, there, "what runs has left the queue")
}

// Whatever happens to some, others go on.
func TestStuckOrdersDoNotShutTheDoor(t *testing.T) {
	s := newShop(t, 10) // five have room
	s.queued(mock, names(0, 30)...)
	require.Len(t, s.after(0), 5)
	require.Empty(t, s.after(time.Minute))
	require.Empty(t, s.after(3*time.Minute))
	require.Len(t, s.after(2*time.Minute), 1, "they are stuck")
	require.Empty(t, s.after(time.Second))
	require.Len(t, s.after(pause(10)), 1)
}

// While others have taken up the budget for the next seconds, no order begins.
// Promise 6: the request budget is respected and spent on orders.
func TestNothingBeginsWhileTheBudgetIsBusy(t *testing.T) {
	s := newShop(t, 60)
	s.queued(mock, names(0, 30)...)
	require.Len(t, s.after(0), 5)
	s.waits = busyAfter
	require.Empty(t, s.after(12*time.Second))
	s.waits = busyAfter - time.Millisecond
	require.Len(t, s.after(0), 5, "no time of the budget was lost")
}

// Orders that are paid from the balance wait while others wait for money. Others pass them.
func TestNobodyBeginsForMoneyThatIsNotThere(t *testing.T) {
	s := newShop(t, 6000)
	s.queued(asIs, names(0, 60)...)
	require.Empty(t, s.after(time.Minute), "the balance was not read yet")
	s.queued(mock, "mock-1")
	s.queued(byLink, "link-1")
	require.ElementsMatch(t, []string{"mock-1", "link-1"}, s.after(time.Second))
	s.reads("100")
	require.ElementsMatch(t, names(0, 20), s.after(400*time.Millisecond), "400 ms of the budget")
	require.NoError(t, balance.New(s.book.Store).LookFailed(t.Context(), s.now, true))
	require.ElementsMatch(t, names(20, 10), s.after(200*time.Millisecond), "it can't be had: nobody is held up for that")

	s.enters(order.AwaitingTopUp, names(0, 1)...)
	s.reads("5")
	require.Equal(t, names(30, 1), s.after(time.Second), "one may be too dear, and the next one not")
	require.Empty(t, s.after(slowly-time.Second))
	require.Equal(t, names(31, 1), s.after(time.Second))
	s.reads("0")
	require.Empty(t, s.after(slowly), "nothing is left")
	s.reads("5")
	s.enters(order.AwaitingTopUp, names(1, mostParked-1)...)
	require.Empty(t, s.after(time.Minute), "so many wait that more would wait, too")
	s.queued(mock, "mock-2")
	require.Equal(t, []string{"mock-2"}, s.after(time.Second))
	held, err := Held(t.Context(), s.book, order.PaidByBalance, s.now)
	require.NoError(t, err)
	require.Equal(t, order.WaitTopUp, held)
	held, err = Held(t.Context(), s.book, order.PaidByNobody, s.now)
	require.NoError(t, err)
	require.Empty(t, held)

	s.enters(order.Paid, names(0, mostParked)...)
	s.reads("500")
	require.Len(t, s.after(100*time.Millisecond), 5)
}

// What would only be paused does not begin.
func TestNobodyBeginsToBePaused(t *testing.T) {
	s := newShop(t, 6000)
	s.queued(asIs, names(0, 5)...)
	s.queued(byLink, "link-1")
	s.queued(mock, "mock-1")
	s.reads("100")
	require.NoError(t, s.book.Switches.Pause(t.Context(), "ann", s.now))
	require.Equal(t, []string{"mock-1"}, s.after(time.Second))
	held, err := Held(t.Context(), s.book, order.PaidByProvider, s.now)
	require.NoError(t, err)
	require.Equal(t, order.WaitResume, held)
	require.NoError(t, s.book.Switches.Resume(t.Context()))
	require.Len(t, s.after(time.Second), 6)
}

// Promise 3: nothing is lost.
// A Temporal that starts nothing loses nothing: what has begun is tried again, and those behind
// it wait.
func TestWhatTemporalDoesNotStartIsTriedAgain(t *testing.T) {
	s := newShop(t, 6000)
	s.queued(mock, names(0, 300)...)
	s.temporal.Starting = func(string) error { return serviceerror.NewUnavailable("away") }
	for _, d := range s.doors[:1] {
		require.ErrorContains(t, d.Tend(t.Context()), "away")
	}
	require.Equal(t, order.Creating, s.state("shop-000"))
	require.Equal(t, order.Queued, s.state("shop-299"))
	s.temporal.Starting = func(string) error { return nil }
	s.doors[1] = s.doors[0] // the other one would begin more
	require.Empty(t, s.after(afterFailure-time.Second))
	require.Contains(t, s.after(time.Second), "shop-000")
	for range 20 {
		s.after(time.Second)
	}
	require.Equal(t, 300, s.began)
}

// D19. An order that Temporal never starts holds up those behind it once, and then no more.
func TestAnOrderThatCannotBeStartedHoldsUpNoOthers(t *testing.T) {
	s := newShop(t, 600)
	s.queued(mock, names(0, 200)...)
	s.temporal.Starting = func(reference string) error {
		if reference == "shop-000" {
			return serviceerror.NewInvalidArgument("no")
		}
		return nil
	}
	s.doors[1] = s.doors[0]
	for range 65 {
		s.now = s.now.Add(time.Second)
		_ = s.doors[0].Tend(t.Context())
	}
	require.Len(t, s.temporal.Started(), 199)
	require.Equal(t, order.Creating, s.state("shop-000"), "it is tried on")
}

// Whoever placed an order and died before it ran leaves it to the door.
func TestTheDoorStartsWhatNobodyStarted(t *testing.T) {
	s := newShop(t, 100)
	_, err := s.book.Queue.Put(t.Context(), []order.Request{request("shop-1")}, ledger.Placing{Most: 5, Input: "{}", Claim: ClaimLasts, At: s.now})
	require.NoError(t, err)
	require.Empty(t, s.after(ClaimLasts-time.Second))
	require.Equal(t, []string{"shop-1"}, s.after(time.Second))
	require.Empty(t, s.after(time.Hour))
}

// An order whose reference Temporal knows from another ledger ends, and nothing is sent. One
// whose workflow is over is left to be found.
func TestAnotherLedgersReferenceEndsAtTheDoor(t *testing.T) {
	s := newShop(t, 100)
	s.temporal.Runs("another", "shop-000")
	s.temporal.Has("order/shop-001", clienttest.Workflow{Ledger: s.book.ID(), Status: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED})
	s.queued(mock, names(0, 3)...)
	require.Equal(t, []string{"shop-002"}, s.after(time.Second))
	status, err := s.book.Orders.Status(t.Context(), "shop-000")
	require.NoError(t, err)
	require.Equal(t, order.Failed, status.State)
	require.Equal(t, order.CodeForeign, status.Error.Code)
	require.NoError(t, s.book.Log.Verify(t.Context(), "shop-000"))
	require.Equal(t, order.Creating, s.state("shop-001"))
	require.Empty(t, s.after(time.Hour))
	for _, reference := range names(0, 3) {
		_, there, err := s.book.Queue.Position(t.Context(), reference)
		require.NoError(t, err)
		require.False(t, there)
	}
}

// A door that stood still while another one worked begins nothing twice.
func TestTwoDoorsBeginNothingTwice(t *testing.T) {
	s := newShop(t, 6000)
	s.queued(mock, names(0, 200)...)
	ends := make(chan error, 2)
	for _, d := range s.doors {
		go func() { ends <- errors.Join(d.open(context.Background()), d.open(context.Background())) }()
	}
	require.NoError(t, errors.Join(<-ends, <-ends))
	seen := map[string]bool{}
	for _, in := range s.temporal.Started() {
		require.False(t, seen[in.Request.Reference])
		seen[in.Request.Reference] = true
	}
}
