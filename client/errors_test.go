package client_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	sdk "go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"foxflow/client"
	"foxflow/client/clienttest"
	"foxflow/order"
	"foxflow/workflows"
)

func one(reference string) order.Request {
	return order.Request{Reference: reference, Items: []order.Item{{ItemID: "product_a", Quantity: 1}}}
}

func (e example) place(reference string) error {
	_, _, err := e.Place(context.Background(), one(reference))
	return err
}

// begun is an order that a worker has at a state.
func (e example) begun(t *testing.T, states ...order.State) {
	t.Helper()
	require.NoError(t, e.place("shop-1"))
	require.NoError(t, e.book.Queue.Leave(t.Context(), "shop-1"))
	for _, state := range states {
		e.enters("shop-1", state)
	}
}

func (e example) cancel() error {
	_, _, err := e.Cancel(context.Background(), "shop-1")
	return err
}

func (e example) resolve(decided workflows.Resolution) error {
	_, err := e.Resolve(context.Background(), "shop-1", decided)
	return err
}

func is[E error](err error) bool {
	_, is := errors.AsType[E](err)
	return is
}

// Each refusal has a type of its own, and says what was refused of whom. about: it says
// nothing of other orders.
func TestEachRefusalHasItsType(t *testing.T) {
	t.Parallel()
	running, terminated := enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
	refuses := func(err error) func(string) (order.Status, error) {
		return func(string) (order.Status, error) { return order.Status{}, err }
	}
	for name, c := range map[string]struct {
		provoke func(*testing.T, example) error
		is      func(error) bool
		about   bool
		says    string
	}{
		"a reference that is not there": {func(_ *testing.T, e example) error {
			_, err := e.Status(context.Background(), "shop-1")
			return err
		}, func(err error) bool { return is[*client.NotFound](err) && errors.Is(err, client.ErrNotFound) }, false, "order shop-1 is not in this ledger"},
		"other content": {func(t *testing.T, e example) error {
			e.begun(t)
			other := one("shop-1")
			other.Items[0].Quantity = 2
			_, _, err := e.Place(context.Background(), other)
			return err
		}, is[*client.Conflict], true, "other content"},
		"another ledger's order": {func(_ *testing.T, e example) error {
			e.temporal.Runs("another", "shop-1")
			return e.place("shop-1")
		}, func(err error) bool { f, is := errors.AsType[*client.Foreign](err); return is && !f.Restored }, true, "refused, never joined"},
		"its own order, which a backup does not have": {func(_ *testing.T, e example) error {
			e.temporal.Runs(e.book.ID(), "shop-1")
			return e.place("shop-1")
		}, func(err error) bool { f, is := errors.AsType[*client.Foreign](err); return is && f.Restored }, true, "refused, never joined"},
		"a workflow id that is too long": {func(_ *testing.T, e example) error {
			e.temporal.Store = "postgres12"
			return e.place(strings.Repeat("з", 60))
		}, is[*client.TooLong], true, "takes 255"},
		"a start that Temporal refuses": {func(t *testing.T, e example) error {
			e.temporal.Starting = func(string) error { return serviceerror.NewInvalidArgument("no") }
			err := e.place("shop-1")
			_, missing := e.Status(context.Background(), "shop-1")
			assert.ErrorIs(t, missing, client.ErrNotFound, "nothing is left of it")
			return err
		}, is[*client.NotStarted], true, "start order shop-1: no"},
		"a start that Temporal refuses, of an order that a door has claimed": {func(t *testing.T, e example) error {
			e.temporal.Starting = func(string) error {
				claimed, err := e.book.Queue.Claim(context.Background(), 1, nil, time.Minute, time.Now().Add(time.Hour))
				assert.NoError(t, err)
				assert.Len(t, claimed, 1)
				return serviceerror.NewInvalidArgument("no")
			}
			err := e.place("shop-1")
			_, there := e.Status(context.Background(), "shop-1")
			assert.NoError(t, there)
			return err
		}, is[*client.MaybeStarted], false, "is not known"},
		"a start that Temporal refuses, and then does not say whether it runs": {func(t *testing.T, e example) error {
			e.temporal.Starting = func(string) error {
				e.temporal.Looking = func(string) error { return serviceerror.NewPermissionDenied("not you", "") }
				return serviceerror.NewPermissionDenied("not you", "")
			}
			err := e.place("shop-1")
			_, there := e.Status(context.Background(), "shop-1")
			assert.NoError(t, there)
			return err
		}, is[*client.MaybeStarted], false, "is not known"},
		"a start that Temporal refuses, of an order that was on record": {func(t *testing.T, e example) error {
			require.NoError(t, e.place("shop-1"))
			e.temporal.Forget("order/shop-1")
			e.temporal.Starting = func(string) error { return serviceerror.NewInvalidArgument("no") }
			return e.place("shop-1")
		}, is[*client.MaybeStarted], false, "is not known"},
		"a start whose answer is lost": {func(_ *testing.T, e example) error {
			e.temporal.Starting = func(string) error { return serviceerror.NewUnavailable("gone") }
			return e.place("shop-1")
		}, is[*client.MaybeStarted], false, "is not known"},
		"a workflow that was terminated": {func(t *testing.T, e example) error {
			e.begun(t)
			e.temporal.Has("order/shop-1", clienttest.Workflow{Ledger: e.book.ID(), Status: terminated})
			return e.place("shop-1")
		}, is[*client.Stranded], true, "does not go on by itself"},
		"cancelling what has ended": {func(t *testing.T, e example) error {
			e.begun(t)
			e.completes("shop-1", `"A"`)
			return e.cancel()
		}, is[*client.NotCancellable], false, "it has ended already: completed"},
		"cancelling what is paid": {func(t *testing.T, e example) error {
			e.begun(t, order.Creating, order.Active, order.Paid)
			e.temporal.Cancelled = refuses(temporal.NewApplicationError("order shop-1 can't be cancelled: it is paid", "wrapError"))
			return e.cancel()
		}, is[*client.NotCancellable], false, "can't be cancelled: it is paid"},
		"cancelling what then comes to something else": {func(t *testing.T, e example) error {
			e.begun(t, order.Creating)
			e.temporal.Cancelled = func(r string) (order.Status, error) { return e.enters(r, order.Active), nil }
			return e.cancel()
		}, func(err error) bool {
			n, is := errors.AsType[*client.NotCancellable](err)
			return is && n.After.State == order.Active
		}, false, "can't be cancelled: it is active"},
		"deciding what nobody asked": {func(t *testing.T, e example) error {
			e.begun(t, order.Creating)
			e.temporal.Resolved = func(string, workflows.Resolution) (order.Status, error) {
				return order.Status{}, temporal.NewApplicationError("it asks for no decision", "wrapError")
			}
			return e.resolve(workflows.Resolution{Choice: workflows.Retry})
		}, is[*client.NotAsked], false, "asks for no decision"},
		"deciding what has ended": {func(t *testing.T, e example) error {
			e.begun(t)
			e.completes("shop-1", `"A"`)
			return e.resolve(workflows.Resolution{Choice: workflows.Abort})
		}, is[*client.NotAsked], false, "it has ended already: completed"},
		"adopting another reference's order": {func(t *testing.T, e example) error {
			e.begun(t, order.Creating)
			require.NoError(t, e.place("shop-2"))
			require.NoError(t, e.book.Pins.Pin(t.Context(), "shop-2", 0, "1f0c", time.Now()))
			return e.resolve(workflows.Resolution{Choice: workflows.Adopt, OrderID: "1f0c"})
		}, is[*client.OtherReference], false, "order 1f0c belongs to reference shop-2"},
		"looking again at what is on its way": {func(t *testing.T, e example) error {
			e.begun(t, order.Creating)
			_, _, err := e.Recheck(context.Background(), "shop-1", nil)
			return err
		}, is[*client.NotEnded], false, "has not ended (creating)"},
		"codes of what has none": {func(t *testing.T, e example) error {
			e.begun(t, order.Creating)
			_, err := e.Codes(context.Background(), "shop-1", client.Looker{})
			return err
		}, is[*client.NoCodes], false, "is creating and has no code"},
		"an order that runs nowhere": {func(t *testing.T, e example) error {
			e.begun(t, order.Creating)
			e.temporal.Cancelled = refuses(serviceerror.NewNotFound("none"))
			return e.cancel()
		}, is[*client.NotRunning], false, "Temporal runs no workflow for it"},
		"a worker that does not answer": {func(t *testing.T, e example) error {
			e.begun(t, order.Creating)
			e.temporal.Cancelled = refuses(sdk.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded))
			return e.cancel()
		}, func(err error) bool {
			u, is := errors.AsType[*client.Unavailable](err)
			return is && u.Part == client.PartWorker
		}, false, "cancel order shop-1: no answer within 2m0s"},
		"a Temporal that is away": {func(_ *testing.T, e example) error {
			e.temporal.Down = true
			return e.place("shop-1")
		}, func(err error) bool {
			u, is := errors.AsType[*client.Unavailable](err)
			return is && u.Part == client.PartTemporal
		}, false, "does not answer"},
		"another namespace": {func(t *testing.T, e example) error {
			require.NoError(t, e.book.Rebind(t.Context(), "elsewhere"))
			return e.place("shop-1")
		}, is[*client.Mismatch], false, "elsewhere"},
		"a Temporal without its search attributes": {func(_ *testing.T, e example) error {
			e.temporal.Lacks = []string{"FoxflowState"}
			return e.place("shop-1")
		}, is[*workflows.MissingAttributesError], false, "nothing was sent"},
		"another top-up's id": {func(t *testing.T, e example) error {
			require.NoError(t, e.book.TopUps.Open(t.Context(), topUp("tu-1", 50), time.Now()))
			return e.TopUps.Request(t.Context(), topUp("tu-1", 60), true)
		}, is[*client.TopUpConflict], false, "on record for 50 usdt"},
		"another ledger's top-up": {func(t *testing.T, e example) error {
			e.temporal.Has(order.TopUpWorkflowID("tu-1"), clienttest.Workflow{Ledger: "another", Status: running})
			return e.TopUps.Request(t.Context(), topUp("tu-1", 50), true)
		}, is[*client.Foreign], true, "Temporal knows top-up tu-1"},
		"a top-up whose workflow was terminated": {func(t *testing.T, e example) error {
			require.NoError(t, e.book.TopUps.Open(t.Context(), topUp("tu-1", 50), time.Now()))
			e.temporal.Has(order.TopUpWorkflowID("tu-1"), clienttest.Workflow{Ledger: e.book.ID(), Status: terminated})
			return e.TopUps.Request(t.Context(), topUp("tu-1", 50), true)
		}, is[*client.Stranded], true, "nobody watches the balance"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := open(t.Context())
			t.Cleanup(e.close)
			err := c.provoke(t, e)
			require.Error(t, err)
			assert.True(t, c.is(err), "%T: %v", err, err)
			assert.Equal(t, c.about, client.AboutOne(err))
			assert.Contains(t, err.Error(), c.says)
		})
	}
}
