package activities

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"foxflow/foxreload"
	"foxflow/life"
	"foxflow/order"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// TestConvert walks every kind of error through the activities' last line: the
// outermost error is what Temporal decides by.
func TestConvert(t *testing.T) {
	unauthorised := &life.Refusal{Class: foxreload.ClassUnauthorised, Code: "UNAUTHORIZED", Message: "no"}
	balance := &life.Refusal{Class: foxreload.ClassBalance, Code: "BalanceNotEnough"}
	blocked := func(since time.Time) Step {
		return Step{Terms: life.Terms{Intervals: life.DefaultIntervals}, Facts: life.Facts{State: order.Blocked, Why: life.Why{Wait: order.WaitKey}, Money: life.Unsent,
			Blocker: &life.Blocker{Class: foxreload.ClassUnauthorised}, Clocks: life.Clocks{Entered: since}}}
	}
	held, over := blocked(noon), blocked(noon.Add(-24*time.Hour))
	asked := held
	asked.Answer = true
	doubtful := &life.Refusal{Class: foxreload.ClassUnauthorised, Code: "UNAUTHORIZED", Doubt: &life.Doubted{OrderID: "ord-1"}}
	a := &Activities{Now: func() time.Time { return noon }, Ledger: openLedger(t)}
	ctx := onClock(t, a)
	for name, c := range map[string]struct {
		in     Step
		err    error
		kind   string
		final  bool
		benign bool
		after  time.Duration
	}{
		"refused":                         {err: unauthorised, kind: "UNAUTHORIZED", final: true},
		"refused in the course of things": {err: balance, kind: "BalanceNotEnough", final: true, benign: true},
		"refused, wrapped":                {err: fmt.Errorf("x: %w", unauthorised), kind: "UNAUTHORIZED", final: true},
		"refused as before":               {in: held, err: unauthorised, kind: "UNAUTHORIZED", benign: true, after: time.Minute},
		"refused otherwise than before":   {in: held, err: balance, kind: "BalanceNotEnough", final: true, benign: true},
		"refused as before, time over":    {in: over, err: unauthorised, kind: "UNAUTHORIZED", final: true},
		"refused as before, and asked":    {in: asked, err: unauthorised, kind: "UNAUTHORIZED", final: true},
		"refused as before, now in doubt": {in: held, err: doubtful, kind: "UNAUTHORIZED", final: true},
		"no news":                         {err: &later{after: 5 * time.Second, why: "same"}, kind: "Unchanged", benign: true, after: 5 * time.Second},
		"budget":                          {err: &foxreload.ThrottledError{For: 7 * time.Second}, kind: "Budget", benign: true, after: 7 * time.Second},
		"429":                             {err: &foxreload.Error{Code: "HTTP_429", Class: foxreload.ClassPassing, RetryAfter: 9 * time.Second}, kind: "HTTP_429", after: 9 * time.Second},
		"502":                             {err: &foxreload.Error{Code: "HTTP_502", Class: foxreload.ClassPassing}, kind: "HTTP_502"},
		"a code that quotes what was sent": {in: Step{Terms: life.Terms{Request: order.Request{Items: []order.Item{{Note: map[string]string{"player_id": "ann7731"}}}}}},
			err: &foxreload.Error{Code: "PLAYER_ANN7731", Class: foxreload.ClassPassing}, kind: "UNKNOWN"},
		"ledger": {err: errors.New("disk full"), kind: "Ledger"},
	} {
		t.Run(name, func(t *testing.T) {
			var app *temporal.ApplicationError
			require.ErrorAs(t, a.convert(ctx, c.in, c.err), &app)
			assert.Equal(t, c.kind, app.Type())
			assert.Equal(t, c.final, app.NonRetryable())
			assert.Equal(t, c.benign, app.Category() == temporal.ApplicationErrorCategoryBenign)
			assert.Equal(t, c.after, app.NextRetryDelay())
		})
	}
	t.Run("nothing", func(t *testing.T) { assert.NoError(t, (&Activities{}).convert(t.Context(), Step{}, nil)) })
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		assert.True(t, temporal.IsCanceledError((&Activities{}).convert(ctx, Step{}, ctx.Err())))
	})
}

// The key is a promise across versions: another value for the same reference
// would make FoxReload take a repeated create for a new one.
func TestIdempotencyKeyNeverChanges(t *testing.T) {
	assert.Equal(t, "535c6d82-3a92-5829-a071-701c00026160", IdempotencyKey("shop-1001", 0, 0))
	assert.NotEqual(t, IdempotencyKey("shop-1001", 0, 0), IdempotencyKey("shop-1001", 1, 0))
}
