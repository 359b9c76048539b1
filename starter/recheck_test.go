package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/order"
)

// looksAgain is a shop with a key and no Temporal, in which an order ended without two
// of its codes.
func looksAgain(t *testing.T) *shop {
	s := newShop(t)
	s.foxreload("1", nil)
	s.temporal.Down = true
	s.begins("shop-1", false)
	s.completesWithout("shop-1", 2, `"AAAA"`)
	return s
}

func TestRecheckShowsWhatCameSince(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		found func(*order.Status)
		says  string
	}{
		{"two codes", func(o *order.Status) { o.Items[0].Codes, o.Items[0].Missing = 3, 0 }, "2 codes came since"},
		{"one code", func(o *order.Status) { o.Items[0].Codes, o.Items[0].Missing = 2, 1 }, "1 code came since"},
		{"another state", func(o *order.Status) { o.State = order.Cancelled }, "it is cancelled now"},
		{"nothing", func(*order.Status) {}, "nothing new came since"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := looksAgain(t)
			s.rechecks = func(ctx context.Context, acts *activities.Activities, reference string) (order.Status, error) {
				assert.NotNil(t, acts.API)
				assert.NotNil(t, acts.Ledger)
				assert.Equal(t, noon, acts.Now())
				found, err := s.book.Orders.Status(ctx, reference)
				c.found(&found)
				return found, err
			}
			found, err := s.rechecks(t.Context(), &activities.Activities{API: &foxreload.Client{}, Ledger: s.book, Now: func() time.Time { return s.now }}, "shop-1")
			require.NoError(t, err)
			got := s.run("recheck", "shop-1")
			require.Equal(t, exitDone, got.status, got.err)
			assert.Contains(t, got.out, fmt.Sprintf("(%d code", found.Items[0].Codes))
			assert.Contains(t, got.err, c.says)

			got = s.run("recheck", "shop-1", "-o", "json")
			require.Equal(t, exitDone, got.status, got.err)
			assert.Contains(t, compact(t, got.out), fmt.Sprintf(`{"reference":"shop-1","workflowId":"order/shop-1","orderId":"1f0c-shop-1","state":%q,`, found.State))
			assert.Contains(t, compact(t, got.out), fmt.Sprintf(`"codes":%d,"missing":%d,`, found.Items[0].Codes, found.Items[0].Missing))
		})
	}
}

func TestRecheckIsForOrdersThatHaveEnded(t *testing.T) {
	t.Parallel()
	s := looksAgain(t)
	s.rechecks = func(context.Context, *activities.Activities, string) (order.Status, error) {
		t.Error("it was looked at")
		return order.Status{}, nil
	}
	s.begins("shop-2", false)
	s.enters("shop-2", order.Creating)
	for _, state := range []order.State{order.Creating, order.Stalled, order.Blocked} {
		s.enters("shop-2", state)
		got := s.run("recheck", "shop-2", "-o", "json")
		assert.Equal(t, exitError, got.status)
		message, hint := problem(t, got)
		assert.Equal(t, fmt.Sprintf("order shop-2 has not ended (%s); foxflow looks by itself", state), message)
		assert.Equal(t, "starter watch shop-2 follows it", hint)
		assert.Empty(t, got.out)
	}
	got := s.run("recheck", "shop-9", "-o", "json")
	assert.Equal(t, exitError, got.status)
	message, _ := problem(t, got)
	assert.Equal(t, "order shop-9 is not in this ledger", message)
	assert.Equal(t, exitUsage, s.run("recheck").status)
	assert.Equal(t, exitUsage, s.run("recheck", "shop 1", "x").status)
}

func TestRecheckNeedsTheKey(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.completesWithout("shop-1", 2, `"AAAA"`)
	got := s.run("recheck", "shop-1")
	assert.Equal(t, exitUsage, got.status)
	assert.Contains(t, got.err, "FOXRELOAD_API_KEY is not set")
}

func TestARecheckThatFailsSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := looksAgain(t)
	for _, c := range []struct {
		err  error
		says string
	}{
		{&foxreload.Error{Code: "UNAUTHORIZED", Status: 401, Class: foxreload.ClassUnauthorised}, "check FOXRELOAD_API_KEY"},
		{errors.New("the ledger is full"), "the ledger is full"},
	} {
		s.rechecks = func(context.Context, *activities.Activities, string) (order.Status, error) {
			return order.Status{}, c.err
		}
		got := s.run("recheck", "shop-1")
		assert.Equal(t, exitError, got.status)
		assert.Contains(t, got.err, c.says)
		assert.Empty(t, got.out)
	}
}
