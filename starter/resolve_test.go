package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdk "go.temporal.io/sdk/temporal"

	"foxflow/order"
	"foxflow/workflows"
)

// asking is an order that waits for a person's decision.
func asking(s *shop, reference string) {
	s.begins(reference, false)
	s.enters(reference, order.Creating)
	s.enters(reference, order.Blocked, waitsFor(order.WaitDecision))
	s.temporal.Runs(s.book.ID(), reference)
}

func TestResolveHandsOverTheDecision(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flags []string
		want  workflows.Resolution
	}{
		{[]string{"--retry"}, workflows.Resolution{Choice: workflows.Retry}},
		{[]string{"--abort"}, workflows.Resolution{Choice: workflows.Abort}},
		{[]string{"--adopt", "1f0c"}, workflows.Resolution{Choice: workflows.Adopt, OrderID: "1f0c"}},
	} {
		s := newShop(t)
		asking(s, "shop-1")
		var got workflows.Resolution
		s.temporal.Resolved = func(reference string, r workflows.Resolution) (order.Status, error) {
			got = r
			return s.enters(reference, order.Creating), nil
		}
		a := s.run(append([]string{"resolve", "shop-1", "-o", "json"}, c.flags...)...)
		require.Equal(t, exitDone, a.status, a.err)
		assert.Contains(t, compact(t, a.out), `"state":"creating"`)
		assert.Contains(t, got.By, "@", "who decided")
		got.By = ""
		assert.Equal(t, c.want, got)
	}
}

func TestResolveIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	waiting(s, "shop-1")
	s.temporal.Resolved = func(string, workflows.Resolution) (order.Status, error) {
		return order.Status{}, sdk.NewApplicationError("resolve order shop-1: it asks for no decision; it is awaiting_topup and waits for a top-up", "wrapError")
	}
	got := s.run("resolve", "shop-1", "--retry", "-o", "json")
	assert.Equal(t, exitError, got.status)
	message, _ := problem(t, got)
	assert.Contains(t, message, "it asks for no decision")
}

func TestOrderOfAnotherReferenceIsNotAdopted(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	asking(s, "shop-1")
	s.begins("shop-2", false)
	require.NoError(t, s.book.Pins.Pin(t.Context(), "shop-2", 0, "1f0c", s.now))
	s.temporal.Down = true // nobody needs to be asked
	got := s.run("resolve", "shop-1", "--adopt", "1f0c")
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "order 1f0c belongs to reference shop-2")
}

func TestResolveOfWhatHasEnded(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.temporal.Down = true
	s.begins("shop-1", false)
	s.completes("shop-1", `"A"`)
	got := s.run("resolve", "shop-1", "--abort")
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "it has ended already: completed")
}
