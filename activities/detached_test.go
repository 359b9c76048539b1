package activities

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"foxflow/foxreload"
	"foxflow/internal/blank"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

// slowFox notes whether a call could be broken off: the context tells, which ends at the
// client and reaches no server.
type slowFox struct {
	paying, creating error
	left             time.Duration // until the pay is broken off
}

func (f *slowFox) CreateOrder(ctx context.Context, _ foxreload.CreateRequest) (foxreload.Order, error) {
	ctx, err := foxreload.Leave(ctx)
	if err != nil {
		return foxreload.Order{}, err
	}
	f.creating = ctx.Err()
	return foxreload.Order{ID: "fox-1", Status: foxreload.StatusActive}, nil
}

func (f *slowFox) PayOrder(ctx context.Context, id string, _ foxreload.PayRequest) (foxreload.Payment, error) {
	ctx, err := foxreload.Leave(ctx)
	if err != nil {
		return foxreload.Payment{}, err
	}
	f.paying = ctx.Err()
	if deadline, ok := ctx.Deadline(); ok {
		f.left = time.Until(deadline)
	}
	return foxreload.Payment{Order: foxreload.Order{ID: id, Status: foxreload.StatusPaid}}, nil
}

func (f *slowFox) GetOrder(_ context.Context, id string) (foxreload.Order, error) {
	return foxreload.Order{ID: id, Status: foxreload.StatusActive}, nil
}

func (f *slowFox) Product(context.Context, string) (foxreload.Product, error) {
	return foxreload.Product{}, &foxreload.Error{Class: foxreload.ClassNotFound}
}

func (f *slowFox) ListOrders(context.Context, foxreload.OrderFilter) iter.Seq2[foxreload.Order, error] {
	return func(func(foxreload.Order, error) bool) {}
}

// openLedger makes a ledger for a test.
func openLedger(t *testing.T) *ledger.Ledger {
	t.Helper()
	return blank.New(t).Open(t)
}

// onClock is the context of an activity.
func onClock(t *testing.T, a *Activities) context.Context {
	t.Helper()
	ctx, err := a.onClock(t.Context())
	require.NoError(t, err)
	return ctx
}

// A cancelled activity must not leave a payment in flight, nor make an orphan: what
// it has begun runs to its end.
func TestCancelledActivityFinishesItsCall(t *testing.T) {
	book := openLedger(t)
	fox := &slowFox{}
	acts := &Activities{API: fox, Ledger: book, Now: time.Now, IdempotencyKeys: true, PayTakes: time.Minute}
	r := order.Request{Reference: "shop-1", Items: []order.Item{{ItemID: "product_a", Quantity: 1}}}
	_, _, err := book.Orders.Begin(t.Context(), r, noon)
	require.NoError(t, err)

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{BackgroundActivityContext: cancelled})
	env.RegisterActivity(acts)
	_, err = env.ExecuteActivity(acts.CreateOrder, Step{Terms: life.Terms{Request: r}, Facts: life.Facts{State: order.Creating}, Seq: 1})
	require.NoError(t, err)
	require.NoError(t, fox.creating)

	active := Step{Terms: life.Terms{Request: r}, Facts: life.Facts{State: order.Active, Money: life.Unsent, Order: life.Order{ID: "fox-1", Status: foxreload.StatusActive}}, Seq: 2}
	_, err = env.ExecuteActivity(acts.PayOrder, active)
	require.NoError(t, err)
	require.NoError(t, fox.paying)

	// A ledger that took 20 s to write the intent has used up as much of the time
	// that the pay may be in flight.
	active.Facts.Order.ID, active.Seq = "fox-2", 3
	intent, err := book.Payments.Intent(t.Context(), "fox-1")
	require.NoError(t, err)
	require.NoError(t, book.Payments.Void(t.Context(), "shop-1", "fox-1", intent.Attempt, "test", noon))
	require.NoError(t, book.Payments.Land(t.Context(), "fox-1", intent.Attempt, ledger.Landing{Spared: true}))
	require.NoError(t, book.Pins.Pin(t.Context(), "shop-1", 1, "fox-2", noon))
	clock := time.Now()
	acts.Now = func() time.Time { clock = clock.Add(20 * time.Second); return clock }
	_, err = env.ExecuteActivity(acts.PayOrder, active)
	require.NoError(t, err)
	require.LessOrEqual(t, fox.left, 40*time.Second)
	require.Positive(t, fox.left)
}
