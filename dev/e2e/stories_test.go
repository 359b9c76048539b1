package e2e

import (
	"strings"
	"testing"

	"foxflow/dev/stage"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Products of the simulator's catalogue.
const (
	giftCard  = stage.GiftCard
	gameTopUp = stage.GameTopUp
	voucher   = stage.Voucher
	esim      = stage.Esim
	steamCard = stage.SteamCard
	appleCard = stage.AppleCard
	playCard  = stage.PlayCard
)

func TestFourStories(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=12"})

	t.Run("completed", func(t *testing.T) {
		r := s.Starter("place", "--reference", s.ref("done"), "--item", giftCard, "--wait")
		require.Zero(t, r.Code, r.Stderr)
		for _, state := range []string{"creating", "active", "paid", "processing", "completed"} {
			assert.Contains(t, r.Stdout, state)
		}
		var codes struct {
			Items []struct{ Codes []string }
		}
		s.json(&codes, "codes", s.ref("done"))
		require.Len(t, codes.Items, 1)
		assert.Len(t, codes.Items[0].Codes, 1)
		assert.Equal(t, 1, s.debits()[*s.status(s.ref("done")).OrderID])
	})
	t.Run("failed", func(t *testing.T) {
		r := s.Starter("place", "--reference", s.ref("fails"), "--item", gameTopUp, "--note", "player_id=fail", "--wait")
		assert.Equal(t, 4, r.Code, r.Stderr)
		o := s.status(s.ref("fails"))
		assert.Equal(t, "failed", o.State)
		require.NotNil(t, o.Error)
		assert.NotEmpty(t, o.Error.Message)
	})
	t.Run("cancelled", func(t *testing.T) {
		s.setBalance("1")
		require.Zero(t, s.Starter("place", "--reference", s.ref("stops"), "--item", giftCard).Code)
		waiting := s.until(s.ref("stops"), "awaiting_topup")
		require.NotNil(t, waiting.WaitingFor)
		assert.Contains(t, *waiting.WaitingFor, "starter top-up "+s.ref("stops"))
		assert.Equal(t, "BalanceNotEnough", waiting.Error.Code)
		r := s.Starter("cancel", s.ref("stops"))
		assert.Zero(t, r.Code, r.Stderr)
		o := s.status(s.ref("stops"))
		assert.Equal(t, "cancelled", o.State)
		assert.Equal(t, "user_request", *o.CancelReason)
		assert.Equal(t, 3, s.Starter("watch", s.ref("stops")).Code)
	})
	t.Run("top-up", func(t *testing.T) {
		require.Zero(t, s.Starter("place", "--reference", s.ref("waits"), "--item", giftCard).Code)
		s.until(s.ref("waits"), "awaiting_topup")
		assert.Equal(t, 5, s.Starter("watch", s.ref("waits"), "--timeout", "1s").Code)
		s.setBalance("50")
		require.Zero(t, s.Starter("top-up", s.ref("waits")).Code)
		assert.Zero(t, s.Starter("watch", s.ref("waits")).Code)
		assert.Equal(t, 1, s.debits()[*s.status(s.ref("waits")).OrderID])
	})
	r := s.Starter("audit", "--verify-all")
	assert.Zero(t, r.Code, r.Stdout+r.Stderr)
}

// A low balance that cancels the order: the top-up brings a replacement under
// the same reference.
func TestTopUpBringsAReplacement(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1", "--low-balance", "cancel"})
	require.Zero(t, s.Starter("place", "--reference", s.ref("r"), "--item", giftCard).Code)
	s.until(s.ref("r"), "awaiting_topup")
	s.setBalance("50")
	require.Zero(t, s.Starter("top-up", "--all").Code)
	o := s.until(s.ref("r"), "completed")
	assert.Equal(t, 1, o.Replacements)
	assert.Equal(t, map[string]int{*o.OrderID: 1}, s.debits())
}

func TestSameReference(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil)
	place := func(item string) result {
		return s.Starter("place", "--reference", s.ref("once"), "--item", item, "-o", "json")
	}
	require.Zero(t, place(giftCard).Code)
	require.Zero(t, place(giftCard).Code)
	refused := place(giftCard + ":2")
	assert.Equal(t, 1, refused.Code)
	assert.Contains(t, refused.Stderr, "quantity")
	s.until(s.ref("once"), "completed")
	assert.Zero(t, place(giftCard).Code, "the same answer after the end")
	assert.Equal(t, 1, place(giftCard+":2").Code, "and the same refusal")
	assert.Len(t, s.debits(), 1)
}

func TestManyOrdersFromAFile(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1000"})
	var csv strings.Builder
	csv.WriteString("reference,item,quantity,note,mock,max_price\n")
	for _, r := range []string{"f1", "f2", "f3", "f4", "f5"} {
		csv.WriteString(s.ref(r) + "," + gameTopUp + ",1,player_id=00" + r + ",,\n")
	}
	csv.WriteString(s.ref("f6") + "," + giftCard + ",1,,,5.00\n")
	file := s.Write("orders.csv", csv.String())
	for range 2 { // the second time starts nothing
		r := s.Starter("place", "--file", file, "--wait", "--results", "results.csv", "--yes")
		assert.Equal(t, 3, r.Code, r.Stderr)
		assert.Len(t, s.debits(), 5)
	}
	bad := s.Write("bad.csv", csv.String()+"bad ref,"+giftCard+",x,,,\n")
	r := s.Starter("place", "--file", bad)
	assert.Equal(t, 2, r.Code)
	assert.Contains(t, r.Stderr, "bad.csv:8")
	assert.Equal(t, "cancelled", s.status(s.ref("f6")).State)
	assert.Equal(t, "price_guard", *s.status(s.ref("f6")).CancelReason)
}
