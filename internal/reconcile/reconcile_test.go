package reconcile

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/internal/blank"
	"foxflow/ledger"
	"foxflow/order"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

type history []foxreload.Order

func (h history) ListOrders(context.Context, foxreload.OrderFilter) iter.Seq2[foxreload.Order, error] {
	return func(yield func(foxreload.Order, error) bool) {
		for _, o := range h {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func newLedger(t *testing.T) *ledger.Ledger {
	t.Helper()
	return blank.New(t).Open(t)
}

// knows puts an order on record as it stands, with its FoxReload order.
func knows(t *testing.T, book *ledger.Ledger, reference, orderID string, state order.State) {
	t.Helper()
	r := order.Request{Reference: reference, Items: []order.Item{{ItemID: "product_a", Quantity: 1}}}
	s := order.NewStatus(r, noon)
	s.State = state
	if orderID != "" {
		s.OrderID = &orderID
	}
	_, err := book.Orders.TakeUp(t.Context(), ledger.Running{Request: r, Status: s, At: noon})
	require.NoError(t, err)
}

// Of FoxReload's orders those are told that are ours and not known, or paid and on record as
// not paid; nothing of what is as it should be, and nothing of other shops on the same key.
func TestFoxReloadsOrdersAreHeldAgainstTheLedger(t *testing.T) {
	book := newLedger(t)
	knows(t, book, "fine", "fox-1", order.Completed)
	knows(t, book, "paid", "fox-2", order.Cancelled)
	knows(t, book, "orphan", "", order.Creating)
	knows(t, book, "runs", "fox-3", order.Processing)
	findings, looked, err := CompareHistory(t.Context(), book, history{
		{ID: "fox-1", Status: foxreload.StatusCompleted, IdempotencyKey: activities.IdempotencyKey("fine", 0, 0)},
		{ID: "fox-2", Status: foxreload.StatusProcessing, IdempotencyKey: activities.IdempotencyKey("paid", 0, 0)},
		{ID: "fox-3", Status: foxreload.StatusPaid, IdempotencyKey: activities.IdempotencyKey("runs", 0, 0)},
		{ID: "fox-4", Status: foxreload.StatusPaid, IdempotencyKey: activities.IdempotencyKey("orphan", 0, 0)},
		{ID: "fox-5", Status: foxreload.StatusCompleted, IdempotencyKey: activities.IdempotencyKey("lost", 0, 0)},
		{ID: "fox-6", Status: foxreload.StatusCancelled, IdempotencyKey: activities.IdempotencyKey("gone", 0, 0)},
		{ID: "fox-7", Status: foxreload.StatusPaid, IdempotencyKey: "another-shop-7"},
		{ID: "fox-8", Status: foxreload.StatusPaid},
	})
	require.NoError(t, err)
	assert.Equal(t, 8, looked)
	told := map[string]string{}
	for _, f := range findings {
		told[*f.OrderID] = string(f.Kind) + " " + f.Reference
	}
	assert.Equal(t, map[string]string{"fox-2": "paid paid", "fox-4": "unknown orphan", "fox-5": "unknown "}, told)
}

func TestEveryKindSaysWhatCanBeDone(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "ledger.md"))
	require.NoError(t, err)
	for _, kind := range []Kind{NoWorkflow, WorkflowEnded, NoRow, OtherLedger, Forgotten, PaidAstray, Unknown} {
		said := 0
		for _, k := range Kinds {
			if k.Kind == kind {
				said++
				assert.NotEmpty(t, k.Means)
				assert.NotEmpty(t, k.Fix)
			}
		}
		assert.Equal(t, 1, said, kind)
		assert.Contains(t, string(text), "| `"+string(kind)+"` |", "the docs tell it")
	}
}
