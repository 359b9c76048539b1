package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/testsuite"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/order"
)

// byProvider is an order that an external provider is to be paid for.
func byProvider(t *testing.T) *world {
	w := newWorld(t)
	w.in.Request.Provider, w.in.Request.ReturnURL = "pally", "https://shop.example/return"
	w.fox.link = "https://pay.example/x"
	w.fox.window = 15 * time.Minute
	return w
}

// webUI is the text that the Web UI shows.
func webUI(t *testing.T, env *testsuite.TestWorkflowEnvironment) string {
	t.Helper()
	answer, err := env.QueryWorkflow("__temporal_workflow_metadata")
	require.NoError(t, err)
	var metadata sdkpb.WorkflowMetadata
	require.NoError(t, answer.Get(&metadata))
	return metadata.GetCurrentDetails()
}

func TestTheWebUIShowsTheLink(t *testing.T) {
	t.Parallel()
	w := byProvider(t)
	w.at(5*time.Minute, func() {
		assert.Contains(t, webUI(t, w.env), "**Pay here:** <https://pay.example/x>")
		w.fox.do(func() { w.fox.settle(w.fox.orders[0]) })
	})
	assert.Equal(t, order.Completed, w.run().State)
}

func TestWhatTheProviderAnsweredIsKept(t *testing.T) {
	t.Parallel()
	w := byProvider(t)
	w.run()
	raw, kept, err := w.book.Payments.Answer(t.Context(), reference, "fox-1")
	require.NoError(t, err)
	require.True(t, kept)
	assert.JSONEq(t, `{"session":"s-1","paymentUrl":"https://pay.example/x"}`, string(raw))
}

// What the balance pays for has no link to keep.
func TestAPaymentFromTheBalanceKeepsNoAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run()
	_, kept, err := w.book.Payments.Answer(t.Context(), reference, "fox-1")
	require.NoError(t, err)
	assert.False(t, kept)
}

// After a reset the link that is out is shown again, and no second one is asked for.
func TestALinkIsAskedForOnce(t *testing.T) {
	t.Parallel()
	w := byProvider(t)
	id := w.lies("product_a", "")
	_, _, err := w.book.Orders.Begin(t.Context(), w.in.Request, w.env.Now())
	require.NoError(t, err)
	require.NoError(t, w.book.Pins.Pin(t.Context(), reference, 0, id, w.env.Now()))
	err = w.book.Payments.Begin(t.Context(), ledger.Payment{Attempt: "earlier", Reference: reference, OrderID: id, At: w.env.Now()})
	require.NoError(t, err)
	require.NoError(t, w.book.Payments.KeepAnswer(t.Context(), reference, id, "earlier", []byte(`{"redirectUrl":"https://pay.example/first"}`), w.env.Now()))
	w.at(5*time.Minute, func() {
		s := w.now()
		assert.Equal(t, order.AwaitingPayment, s.State)
		assert.Equal(t, "https://pay.example/first", *s.PaymentURL)
		w.fox.do(func() { w.fox.settle(w.fox.orders[0]) })
	})
	assert.Equal(t, order.Completed, w.run().State)
	assert.Zero(t, w.fox.pays, "the link is out already")
}

func TestAnAnswerWithoutALinkSaysWhereToLook(t *testing.T) {
	t.Parallel()
	w := byProvider(t)
	w.fox.link, w.fox.linkless = "", true
	w.at(5*time.Minute, func() {
		s := w.now()
		assert.Equal(t, order.AwaitingPayment, s.State)
		assert.Nil(t, s.PaymentURL)
		assert.Contains(t, *s.WaitingFor, "dashboard")
		w.fox.do(func() { w.fox.settle(w.fox.orders[0]) })
	})
	assert.Equal(t, order.Completed, w.run().State)
}

// The key is refused for a while: after that it is said again what is waited for.
func TestAfterABlockItIsSaidWhatIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := byProvider(t)
	w.fox.window = 10 * time.Hour
	refused := false
	w.fox.onGet = func(int) error {
		if refused {
			return apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED")
		}
		return nil
	}
	w.at(time.Hour, func() { w.fox.do(func() { refused = true }) })
	w.at(2*time.Hour, func() {
		assert.Equal(t, order.Blocked, w.now().State)
		w.fox.do(func() { refused = false })
	})
	w.at(3*time.Hour, func() {
		s := w.now()
		assert.Equal(t, order.AwaitingPayment, s.State)
		require.NotNil(t, s.WaitingFor)
		assert.Contains(t, *s.WaitingFor, "provider's link")
		w.fox.do(func() { w.fox.settle(w.fox.orders[0]) })
	})
	assert.Equal(t, order.Completed, w.run().State)
}

// Payments are paused until its payment window is over, and nobody was asked for a payment:
// that is no end, whether FoxReload says so or goes on showing it as active.
func TestAnOrderThatExpiresBeforeTheProviderIsAskedIsReplaced(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]foxreload.Status{"it is cancelled": foxreload.StatusCancelled, "it shows as active": foxreload.StatusActive} {
		t.Run(name, func(t *testing.T) {
			w := byProvider(t)
			w.fox.onSee = func(o *foxreload.Order) {
				if o.ID == "fox-1" && o.CancelReason == order.PaymentExpiration && status == foxreload.StatusActive {
					o.Status, o.CancelReason = status, ""
				}
			}
			require.NoError(t, w.book.Switches.Pause(t.Context(), "ann", w.env.Now()))
			w.at(time.Hour, func() { require.NoError(t, w.book.Switches.Resume(t.Context())) })
			w.at(65*time.Minute, func() {
				s := w.now()
				assert.Equal(t, order.AwaitingPayment, s.State)
				w.fox.do(func() { w.fox.settle(w.fox.orders[len(w.fox.orders)-1]) })
			})
			s := w.run()
			assert.Equal(t, order.Completed, s.State)
			assert.Equal(t, 1, s.Replacements)
		})
	}
}
