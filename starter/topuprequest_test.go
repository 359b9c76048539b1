package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"foxflow/client/clienttest"
	"foxflow/order"
	"foxflow/starter/internal/show"
)

const rawTopUp = `{"id":"fox-1","address":"TXyz","url":"https://pay.example/1"}`

// till is a shop with a key, whose worker takes each top-up through the given states.
func till(t *testing.T, states ...order.TopUpState) *shop {
	s := newShop(t)
	s.foxreload("1", nil)
	s.temporal.Tops = func(id string) { s.tops(id, states...) }
	return s
}

func (s *shop) tops(id string, states ...order.TopUpState) {
	s.t.Helper()
	ctx := context.Background()
	r := order.TopUpRequest{ID: id, Amount: decimal.NewFromInt(50), Currency: "usdt"}
	require.NoError(s.t, s.book.TopUps.Open(ctx, r, s.now))
	top := order.NewTopUp(r)
	for _, state := range states {
		top.State = state
		if state == order.TopUpWaiting {
			require.NoError(s.t, s.book.TopUps.Answer(ctx, id, json.RawMessage(rawTopUp)))
			address, link, until := "TXyz", "https://pay.example/1", s.now.Add(time.Hour)
			top.Amount, top.Address, top.Link, top.ExpiresAt = "50.37", &address, &link, &until
		}
		reason := "because of " + string(state)
		top.Reason = &reason
		require.NoError(s.t, s.book.TopUps.Record(ctx, top, 1, s.now))
	}
}

var request = []string{"top-up", "--request", "50", "--currency", "USDT"}

func ask50(more ...string) []string { return append(append([]string{}, request...), more...) }

func TestATopUpIsFollowedUntilItHasArrived(t *testing.T) {
	t.Parallel()
	s := till(t, order.TopUpWaiting)
	got := s.runUntil(t.Context(), "is waiting", func() {
		s.tops(s.temporal.Requested()[0].Request.ID, order.TopUpWaiting, order.TopUpArrived)
	}, request...)
	require.Equal(t, exitDone, got.status, got.err)
	for _, want := range []string{"send     50.37 usdt", "to       TXyz", "link     https://pay.example/1", "before   2026-11-24 13:00:00 UTC",
		"is waiting", "waits for because of waiting", "is arrived", "look again"} {
		assert.Contains(t, got.out, want)
	}
	require.Len(t, s.temporal.Requested(), 1)
	in := s.temporal.Requested()[0]
	assert.Equal(t, "50 usdt", in.Request.Amount.String()+" "+in.Request.Currency)
	assert.Equal(t, 30*time.Second, in.LookEvery)
	assert.Equal(t, 24*time.Hour, in.GiveUpAfter)
	assert.Contains(t, got.err, "--id "+in.Request.ID, "whoever loses the terminal finds it again")
	assert.NotContains(t, got.out, "█", "no QR code where nobody looks")
}

func TestATopUpInJSON(t *testing.T) {
	t.Parallel()
	s := till(t, order.TopUpWaiting, order.TopUpArrived)
	got := s.run(ask50("-o", "json", "--qr")...)
	require.Equal(t, exitDone, got.status, got.err)
	id := s.temporal.Requested()[0].Request.ID
	assert.JSONEq(t, `{"topUpId":"`+id+`","amount":"50.37","currency":"usdt","address":"TXyz","link":"https://pay.example/1",
		"expiresAt":"2026-11-24T13:00:00Z","state":"arrived","reason":"because of arrived","raw":`+rawTopUp+`}`, got.out)
}

// A program learns where to send the money before the end.
func TestATopUpInJSONSaysWhereToSendOnTheWay(t *testing.T) {
	t.Parallel()
	s := till(t, order.TopUpWaiting)
	got := s.run(ask50("-o", "json", "--timeout", "50ms")...)
	assert.Equal(t, exitNotEnded, got.status)
	assert.Contains(t, got.err, "send 50.37 usdt to TXyz")
	assert.Contains(t, got.out, `"state": "waiting"`)
	_, hint := problem(t, got)
	assert.Contains(t, hint, "--id "+s.temporal.Requested()[0].Request.ID)
}

func TestTheEndsOfATopUp(t *testing.T) {
	t.Parallel()
	for state, status := range map[order.TopUpState]int{
		order.TopUpArrived: exitDone, order.TopUpExpired: exitError, order.TopUpLost: exitError, order.TopUpFailed: exitError, order.TopUpCancelled: exitCancelled,
	} {
		got := till(t, state).run(request...)
		assert.Equal(t, status, got.status, state)
		if status != exitDone {
			assert.Contains(t, got.err, "because of "+string(state))
		}
	}
}

func TestNoWorkerTakesTheTopUpUp(t *testing.T) {
	t.Parallel()
	s := till(t)
	s.temporal.Tops = func(string) {}
	got := s.run(ask50("--timeout", "50ms", "-o", "json")...)
	assert.Equal(t, exitNotEnded, got.status)
	assert.Contains(t, compact(t, got.out), `"address":null,"link":null,"expiresAt":null,"state":"requested","reason":null,"raw":null}`)
}

func TestTheQRCodeIsDrawnWhenAskedFor(t *testing.T) {
	t.Parallel()
	s := till(t, order.TopUpWaiting)
	got := s.runUntil(t.Context(), "█", func() {
		s.tops(s.temporal.Requested()[0].Request.ID, order.TopUpArrived)
	}, ask50("--qr")...)
	require.Equal(t, exitDone, got.status, got.err)
	assert.Contains(t, got.out, show.QR("TXyz"), "the address, for a wallet")
	assert.NotContains(t, got.out, show.QR("https://pay.example/1"))
	assert.Greater(t, strings.Count(got.out, "█"), 100)
	assert.Empty(t, show.QR(strings.Repeat("x", 10_000)))
	assert.Empty(t, show.QR(""))
}

func TestInterruptedATopUpGoesOn(t *testing.T) {
	t.Parallel()
	s := till(t, order.TopUpWaiting)
	ctx, stop := context.WithCancel(t.Context())
	got := s.runUntil(ctx, "is waiting", stop, request...)
	assert.Equal(t, exitError, got.status)
	id := s.temporal.Requested()[0].Request.ID
	assert.Contains(t, got.err, "top-up "+id+" goes on")
	assert.Contains(t, got.err, "starter top-up --request 50 --currency usdt --id "+id)
}

func TestATopUpIsJoinedByItsID(t *testing.T) {
	t.Parallel()
	s := till(t, order.TopUpWaiting)
	require.Equal(t, exitNotEnded, s.run(ask50("--timeout", "50ms")...).status)
	id := s.temporal.Requested()[0].Request.ID
	got := s.run(ask50("--id", id, "--timeout", "50ms")...)
	assert.Equal(t, exitNotEnded, got.status)
	assert.Contains(t, got.out, "TXyz")
	assert.Len(t, s.temporal.Requested(), 1)

	other := s.run("top-up", "--request", "60", "--currency", "usdt", "--id", id)
	assert.Equal(t, exitError, other.status)
	assert.Contains(t, other.err, "on record for 50 usdt")

	// At its end it needs no workflow any more.
	s.tops(id, order.TopUpArrived)
	s.temporal.Forget(order.TopUpWorkflowID(id))
	assert.Equal(t, exitDone, s.run(ask50("--id", id)...).status)
	assert.Len(t, s.temporal.Requested(), 1)
}

func TestATopUpOfAnotherLedgerIsNotJoined(t *testing.T) {
	t.Parallel()
	s := till(t)
	s.temporal.Has(order.TopUpWorkflowID("tu-9"), clienttest.Workflow{Ledger: "another"})
	got := s.run(ask50("--id", "tu-9", "--timeout", "50ms")...)
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "refused, never joined")
	assert.Empty(t, s.temporal.Requested())
}

func TestATopUpWhoseWorkflowWasTerminated(t *testing.T) {
	t.Parallel()
	s := till(t)
	s.tops("tu-1", order.TopUpWaiting)
	s.temporal.Has(order.TopUpWorkflowID("tu-1"), clienttest.Workflow{Ledger: s.book.ID(), Status: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED})
	got := s.run(ask50("--id", "tu-1", "--timeout", "50ms")...)
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "nobody watches the balance")
}

func TestATopUpNeedsTheKeyAndTemporal(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.temporal.Down = true
	got := s.run(request...)
	assert.Equal(t, exitUsage, got.status, "the key is missed before Temporal is")
	assert.Contains(t, got.err, "FOXRELOAD_API_KEY")
	s.foxreload("1", nil)
	assert.Contains(t, s.run(request...).err, "does not answer")
}

func TestATopUpThatMayHaveBeenStarted(t *testing.T) {
	t.Parallel()
	s := till(t)
	var id string
	s.temporal.Starting = func(asked string) error { id = asked; return serviceerror.NewUnavailable("gone") }
	got := s.run(request...)
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "is not known")
	assert.Contains(t, got.err, "--id "+id)
	s.temporal.Starting = func(string) error { return serviceerror.NewInvalidArgument("no") }
	assert.Contains(t, s.run(request...).err, "nothing was requested")
}
