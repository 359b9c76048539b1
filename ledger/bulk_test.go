package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/internal/keyset"
	"foxflow/order"
)

// Many orders are compared as one is: the same request, another one, and a new one.
func TestManyOrdersAreComparedAsOneIs(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-same")
	begin(t, l, "shop-other")
	enter(t, l, "shop-same", order.Creating, order.Active)

	unchecked, other := request("shop-same"), request("shop-other")
	unchecked.NoCheck = true
	other.Items[0].Quantity = 3
	other.Items[0].Note = map[string]string{"player_id": "0012345699"}
	requests := []order.Request{request("shop-new"), other, unchecked, request("shop-same")}
	var got []Comparison
	require.NoError(t, l.Orders.Compare(t.Context(), requests, func(i int, c Comparison) error {
		require.Equal(t, len(got), i)
		got = append(got, c)
		return nil
	}))
	require.Len(t, got, 4)
	assert.Equal(t, Comparison{}, got[0])
	for i, same := range []int{2, 3} {
		assert.Nil(t, got[same].Conflict, i)
		assert.True(t, got[same].Known)
		assert.Equal(t, order.Active, got[same].Status.State)
	}
	require.NotNil(t, got[1].Conflict)
	_, _, err := l.Orders.Begin(t.Context(), other, noon)
	var alone *ConflictError
	require.ErrorAs(t, err, &alone)
	assert.Equal(t, alone, got[1].Conflict, "the same words as for one order")
	assert.NotContains(t, fmt.Sprint(got[1].Conflict.Differences), "00123456")
}

// More orders than one query takes come in their order, each once.
func TestManyStatusesComeInTheirOrder(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	const n = 2*atOnceRead + 7
	references := make([]string, n)
	require.NoError(t, l.store.Write(t.Context(), func(tx *sql.Tx) error {
		for i := range references {
			references[i] = fmt.Sprintf("shop-%d", i)
			if i%10 == 3 {
				continue // nobody has placed it
			}
			row, err := l.Orders.newRow(request(references[i]), noon)
			if err != nil {
				return err
			}
			if _, err := insertRow(t.Context(), tx, row); err != nil {
				return err
			}
		}
		return nil
	}))
	next := 0
	require.NoError(t, l.Orders.Statuses(t.Context(), references, func(i int, s order.Status, known bool) error {
		require.Equal(t, next, i)
		next++
		require.Equal(t, i%10 != 3, known, i)
		if known {
			require.Equal(t, references[i], s.Reference)
		}
		return nil
	}))
	assert.Equal(t, n, next)

	enough := errors.New("enough")
	seen := 0
	assert.ErrorIs(t, l.Orders.Statuses(t.Context(), references, func(int, order.Status, bool) error { seen++; return enough }), enough)
	assert.Equal(t, 1, seen)
}

// A payment in doubt is told of each of many, too.
func TestManyStatusesTellOfAPaymentInDoubt(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	enter(t, l, "shop-1", order.Creating, order.Active)
	require.NoError(t, l.Pins.Pin(t.Context(), "shop-1", 0, "ord-1", noon))
	require.NoError(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-1")))
	_, err := l.store.Writes().ExecContext(t.Context(), `UPDATE payments SET doubts = 1`)
	require.NoError(t, err)
	one, err := l.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.True(t, one.PaymentInDoubt)
	require.NoError(t, l.Orders.Statuses(t.Context(), []string{"shop-1"}, func(_ int, s order.Status, _ bool) error {
		assert.Equal(t, one, s)
		return nil
	}))
}

// Who follows many orders hears of those alone on whose log something was written.
func TestTheLogTellsWhatWasWrittenSince(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	none, err := l.Log.Newest(t.Context())
	require.NoError(t, err)
	assert.Zero(t, none)
	begin(t, l, "shop-1")
	begin(t, l, "shop-2")
	enter(t, l, "shop-2", order.Creating)
	seen, err := l.Log.Newest(t.Context())
	require.NoError(t, err)
	enter(t, l, "shop-1", order.Creating, order.Active)
	references, newest, err := l.Log.Since(t.Context(), seen)
	require.NoError(t, err)
	assert.Equal(t, []string{"shop-1"}, references)
	references, again, err := l.Log.Since(t.Context(), newest)
	require.NoError(t, err)
	assert.Empty(t, references)
	assert.Equal(t, newest, again)
}

// Neither reads the table: many starters may look four times a second.
func TestManyOrdersAreReadByAnIndex(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for _, c := range []struct {
		query string
		args  []any
	}{{selectBulk(2), []any{"shop-1", "shop-2"}}, {selectSince, []any{7}}} {
		plan := planOf(t, l, c.query, c.args...)
		assert.NotRegexp(t, "SCAN|Seq Scan", plan)
		assert.Regexp(t, "SEARCH|Index", plan)
	}
}

// Without a keyset nothing can be compared.
func TestComparingNeedsAKeyset(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	require.NoError(t, s.open(t).Close())
	l, err := Open(t.Context(), s.path, (*keyset.Keyset)(nil))
	require.NoError(t, err)
	defer l.Close()
	assert.ErrorIs(t, l.Orders.Compare(t.Context(), []order.Request{request("shop-1")}, nil), ErrNoKeyset)
}
