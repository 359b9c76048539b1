package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/foxreload/foxtest"
	"foxflow/order"
)

// readPrice has FoxReload's orders cost what the API client makes of an answer.
func readPrice(t *testing.T, w *world, price string) {
	t.Helper()
	server := foxtest.New(t)
	server.Say(foxtest.Look, foxtest.Answer(200, fmt.Sprintf(`{"id":"o","status":"active","price":%q,"currency":"usd"}`, price)))
	api := server.Client(t, foxreload.Config{})
	read, err := api.GetOrder(t.Context(), "o")
	require.NoError(t, err)
	w.fox.onSee = func(o *foxreload.Order) { o.Price = read.Price }
}

// A negative price is no price: nobody knows what the order costs. So it goes on where the
// amount does not matter, and is paid neither past a highest price nor past a daily limit.
func TestANegativePriceIsNotKnown(t *testing.T) {
	t.Parallel()
	t.Run("without guard and limit the order goes on", func(t *testing.T) {
		w := newWorld(t)
		readPrice(t, w, "-5")
		s := w.run()
		assert.Equal(t, order.Completed, s.State)
		assert.Nil(t, s.Price)
	})
	t.Run("the highest price holds", func(t *testing.T) {
		w := newWorld(t)
		readPrice(t, w, "-5")
		w.in.Request.MaxPrice = usd("100")
		s := w.run()
		assert.Equal(t, order.Cancelled, s.State)
		assert.Equal(t, order.PriceGuard, *s.CancelReason)
		assert.Contains(t, s.Error.Message, "did not say what the order costs")
		assert.Empty(t, w.fox.debits)
	})
	t.Run("the daily limit holds", func(t *testing.T) {
		w := limited(t, "99")
		readPrice(t, w, "-5")
		w.at(time.Minute, func() {
			assert.Equal(t, order.Paused, w.now().State)
			assert.Empty(t, w.fox.debits)
			w.cancel()
		})
		assert.Equal(t, order.Cancelled, w.run().State)
		assert.Empty(t, w.fox.debits)
	})
}
