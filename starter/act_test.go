package main

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"foxflow/ledger"
	"foxflow/order"
)

func waiting(s *shop, references ...string) {
	for _, reference := range references {
		s.begins(reference, false)
		s.enters(reference, order.Creating)
		s.enters(reference, order.Active)
		s.enters(reference, order.AwaitingTopUp)
		s.temporal.Runs(s.book.ID(), reference)
	}
}

func TestTopUpWakesTheNamedOrders(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	waiting(s, "shop-1", "shop-2")
	s.begins("shop-3", false)
	s.completes("shop-3", `"A"`)
	got := s.run("top-up", "shop-1", "shop-3", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Equal(t, `{"woken":["shop-1"],"notWaiting":[{"reference":"shop-3","state":"completed"}]}`, compact(t, got.out))
	assert.Equal(t, []string{"shop-1"}, s.temporal.Signalled())
	assert.Contains(t, s.run("top-up", "shop-3").out, "not waiting for a top-up (completed): nothing changes")
}

func TestTopUpOfAnUnknownReferenceWakesNobody(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	waiting(s, "shop-1")
	assert.Equal(t, exitError, s.run("top-up", "shop-1", "shop-9").status)
	assert.Empty(t, s.temporal.Signalled())
}

func TestTopUpAllWakesWhoWaitsForMoney(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	assert.Contains(t, s.run("top-up", "--all").out, "no order waits")
	waiting(s, "shop-1", "shop-2", "shop-3")
	s.enters("shop-2", order.Paused)
	s.begins("shop-4", false)
	got := s.run("top-up", "--all")
	require.Equal(t, exitDone, got.status, got.err)
	assert.ElementsMatch(t, []string{"shop-1", "shop-2", "shop-3"}, s.temporal.Signalled())
}

func TestOneOrderThatCantBeWokenDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	waiting(s, "shop-1", "shop-2")
	s.temporal.Forget("order/shop-1")
	got := s.run("top-up", "--all", "-o", "json")
	assert.Equal(t, exitError, got.status)
	message, _ := problem(t, got)
	assert.Contains(t, message, "shop-1: Temporal runs no workflow for it")
	assert.Equal(t, []string{"shop-2"}, s.temporal.Signalled())
}

func TestTopUpNeedsTemporal(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	waiting(s, "shop-1")
	s.temporal.Down = true
	got := s.run("top-up", "--all")
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "does not answer")
}

func TestCancelStopsAnUnpaidOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	waiting(s, "shop-1")
	s.temporal.Cancelled = func(r string) (order.Status, error) {
		return s.enters(r, order.Cancelled, because(order.UserRequest)), nil
	}
	got := s.run("cancel", "shop-1", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Contains(t, compact(t, got.out), `"state":"cancelled","cancelReason":"user_request"`)

	again := s.run("cancel", "shop-1")
	assert.Equal(t, exitDone, again.status)
	assert.Contains(t, again.err, "cancelled already")
}

func TestCancelIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	waiting(s, "shop-1")
	s.enters("shop-1", order.Paid)
	s.temporal.Cancelled = func(string) (order.Status, error) {
		return order.Status{}, sdk.NewApplicationError("order shop-1 can't be cancelled: it is paid (paid)", "wrapError")
	}
	got := s.run("cancel", "shop-1", "-o", "json")
	assert.Equal(t, exitError, got.status)
	message, _ := problem(t, got)
	assert.Equal(t, "order shop-1 can't be cancelled: it is paid (paid)", message)
}

func TestCancelOfWhatHasEnded(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.temporal.Down = true // nothing needs to be asked
	s.begins("shop-1", false)
	s.completes("shop-1", `"A"`)
	got := s.run("cancel", "shop-1")
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "it has ended already: completed")
}

func TestCancelThatComesTooLate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(*shop, string) (order.Status, error)
		status int
		says   string
	}{
		"it completed meanwhile": {func(s *shop, r string) (order.Status, error) {
			s.enters(r, order.Paid)
			s.enters(r, order.Completed)
			return order.Status{}, errors.New("workflow execution already completed")
		}, exitError, "it has ended already: completed"},
		"it was cancelled meanwhile": {func(s *shop, r string) (order.Status, error) {
			s.enters(r, order.Cancelled)
			return order.Status{}, errors.New("workflow execution already completed")
		}, exitDone, "cancelled already"},
		"no worker": {func(*shop, string) (order.Status, error) {
			return order.Status{}, client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded)
		}, exitError, "is a worker running"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			waiting(s, "shop-1")
			s.temporal.Cancelled = func(r string) (order.Status, error) { return c.answer(s, r) }
			got := s.run("cancel", "shop-1")
			assert.Equal(t, c.status, got.status)
			assert.Contains(t, got.err, c.says)
		})
	}
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	got := s.run("pause", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	by, since, on, err := s.book.Switches.Paused(t.Context())
	require.NoError(t, err)
	assert.True(t, on)
	assert.Equal(t, noon, since)
	assert.Equal(t, `{"paused":true,"by":"`+by+`","since":"2026-11-24T12:00:00Z","woken":[]}`, compact(t, got.out))
	assert.Contains(t, s.run("pause").out, "were paused already")

	waiting(s, "shop-1", "shop-2")
	s.enters("shop-2", order.Paused)
	got = s.run("resume", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Equal(t, `{"paused":false,"by":null,"since":null,"woken":["shop-2"]}`, compact(t, got.out))
	assert.Equal(t, []string{"shop-2"}, s.temporal.Signalled())
	_, _, on, _ = s.book.Switches.Paused(t.Context())
	assert.False(t, on)
	assert.Contains(t, s.run("resume").out, "payments were not paused")
}

func TestResumeNeedsNoTemporal(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	waiting(s, "shop-1")
	s.enters("shop-1", order.Paused)
	require.Equal(t, exitDone, s.run("pause").status)
	s.temporal.Down = true
	got := s.run("resume")
	assert.Equal(t, exitDone, got.status)
	assert.Contains(t, got.err, "they look again by themselves")
	_, _, on, _ := s.book.Switches.Paused(t.Context())
	assert.False(t, on)
}

func TestBalanceAndProducts(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.foxreload("12.50", map[string]string{"product_a": `"5.5"`})
	got := s.run("balance", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Equal(t, `{"balances":[{"currency":"usd","available":"12.50","reserved":"0","pending":"0"}]}`, compact(t, got.out))

	got = s.run("products", "search", "gift", "card", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Equal(t, `{"products":[{"id":"product_a","name":"Gift card [31m","price":"5.5","currency":"usd","quantity":3,"orderMinQuantity":1,"orderMaxQuantity":10,"requiredNoteFields":["player_id"]},`+
		`{"id":"product_b","name":"Sold out","price":null,"currency":null,"quantity":null,"orderMinQuantity":null,"orderMaxQuantity":null,"requiredNoteFields":[]}]}`, compact(t, got.out))
	table := s.run("products", "search", "gift").out
	assert.Contains(t, table, "not for sale")
	assert.NotContains(t, table, "\x1b")

	got = s.run("products", "show", "product_a", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Contains(t, compact(t, got.out), `{"products":[{"id":"product_a",`)
	assert.Equal(t, exitError, s.run("products", "show", "product_x").status)
}

func TestARefusedKeyIsNamed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.foxreload("1", nil)
	s.setenv("FOXRELOAD_API_KEY=wrong-key-4711")
	got := s.run("balance", "-o", "json")
	assert.Equal(t, exitError, got.status)
	_, hint := problem(t, got)
	assert.Contains(t, hint, "FOXRELOAD_API_KEY")
	assert.NotContains(t, got.err, "4711")
}

// Without its search attributes a workflow stands still: whoever wants something of an order
// is told so, and not left to wait.
func TestMissingSearchAttributesAreSaidAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.enters("shop-1", order.Creating)
	s.enters("shop-1", order.Active)
	s.enters("shop-1", order.AwaitingTopUp)
	s.temporal.Runs(s.book.ID(), "shop-1")
	s.temporal.Lacks = []string{"FoxflowState", "FoxflowMock"}
	for _, args := range [][]string{{"cancel", "shop-1"}, {"top-up", "shop-1"}, {"top-up", "--all"}, {"resolve", "shop-1", "--retry"},
		{"place", "--reference", "shop-2", "--item", "product_a"}} {
		got := s.run(append(args, "-o", "json")...)
		assert.Equal(t, exitError, got.status, args)
		message, hint := problem(t, got)
		assert.Contains(t, message, "lacks search attributes: FoxflowState (Keyword), FoxflowMock (Bool); orders can't go on without", args)
		assert.Contains(t, hint, "--name FoxflowState --type Keyword --name FoxflowMock --type Bool", args)
	}
	assert.Empty(t, s.temporal.Signalled())
	assert.Empty(t, s.temporal.Started())
	_, err := s.book.Orders.Status(t.Context(), "shop-2")
	assert.ErrorIs(t, err, ledger.ErrNotFound)
}
