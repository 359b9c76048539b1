package ledger

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

// needy is two ways to one ledger with orders that wait for a top-up, 10 usd each.
type needy struct {
	*testing.T
	books [2]*Ledger
}

func newNeedy(t *testing.T, references ...string) needy {
	s := newShop(t)
	n := needy{t, [2]*Ledger{s.open(t), s.open(t)}}
	for _, reference := range references {
		n.waits(reference, "10", 0)
	}
	return n
}

// waits has an order wait, whose payment window ends so long after noon (0: none).
func (n needy) waits(reference, price string, window time.Duration) {
	n.Helper()
	l := n.books[0]
	s := begin(n.T, l, reference)
	s.OrderID, s.State, s.UpdatedAt = text("fox-%s", reference), order.AwaitingTopUp, noon
	if price != "" {
		s.Price, s.Currency = &price, text("USD")
	}
	if window != 0 {
		ends := noon.Add(window)
		s.PaymentExpiresAt = &ends
	}
	require.NoError(n, l.Record(n.Context(), Entry{Reference: reference, Key: "state/creating", Kind: KindState, State: order.Creating, At: noon}, order.Status{
		Reference: reference, State: order.Creating, StartedAt: s.StartedAt}))
	require.NoError(n, l.Record(n.Context(), Entry{Reference: reference, Key: "state/waits", Kind: KindState, State: order.AwaitingTopUp, At: noon}, s))
}

func (n needy) sees(after time.Duration, usd string) map[string]decimal.Decimal {
	n.Helper()
	before, err := n.books[0].SawBalances(n.Context(), noon.Add(after), map[string]decimal.Decimal{"usd": decimal.RequireFromString(usd)})
	require.NoError(n, err)
	return before
}

func claim(reference, usd string, after time.Duration) Claim {
	c := Claim{Reference: reference, Currency: "usd", At: noon.Add(after)}
	if usd != "" {
		amount := decimal.RequireFromString(usd)
		c.Amount = &amount
	}
	return c
}

// hinted is the claim of a waiting order that was told to look again.
func hinted(reference, usd string, after time.Duration) Claim {
	c := claim(reference, usd, after)
	c.Waits = true
	return c
}

func (n needy) admit(c Claim) bool {
	n.Helper()
	ok, err := n.books[1].AdmitPayment(n.Context(), c)
	require.NoError(n, err)
	return ok
}

func (n needy) promise(c Claim) bool {
	n.Helper()
	ok, err := n.books[0].Promise(n.Context(), c)
	require.NoError(n, err)
	return ok
}

func (n needy) refused(reference string, after time.Duration) {
	n.Helper()
	require.NoError(n, n.books[1].PaymentRefused(n.Context(), reference, noon.Add(after)))
}

func (n needy) kept(reference string, after time.Duration) {
	n.Helper()
	require.NoError(n, n.books[1].PaymentKept(n.Context(), reference, noon.Add(after)))
}

func (n needy) desk() Desk {
	n.Helper()
	d, err := n.books[0].Desk(n.Context())
	require.NoError(n, err)
	return d
}

func TestWhoWaitsAndInWhichOrder(t *testing.T) {
	n := newNeedy(t)
	n.waits("late", "3", time.Hour)
	n.waits("none", "", 0)
	n.waits("over", "1", -time.Hour)
	n.waits("soon", "2", time.Minute)
	n.waits("anone", "5", 0)
	deliver(t, n.books[0], "done")
	mock := request("mock")
	mock.Mock = true
	s, _, err := n.books[0].Begin(t.Context(), mock, noon)
	require.NoError(t, err)
	s.State = order.AwaitingTopUp
	require.NoError(t, n.books[0].Record(t.Context(), Entry{Reference: "mock", Key: "state", Kind: KindState, State: s.State, At: noon}, s))

	needs, err := n.books[1].Waiting(t.Context())
	require.NoError(t, err)
	var references []string
	for _, need := range needs {
		references = append(references, need.Reference)
	}
	require.Equal(t, []string{"over", "soon", "late", "anone", "none"}, references)
	require.Equal(t, "2", needs[1].Amount.String())
	require.Equal(t, "usd", needs[1].Currency)
	require.Equal(t, "fox-soon", needs[1].OrderID)
	require.Equal(t, "order/soon", needs[1].WorkflowID)
	require.True(t, needs[1].Window.Equal(noon.Add(time.Minute)))
	require.Nil(t, needs[4].Amount)
	require.True(t, n.desk().Waits)
}

func TestOneHoldsTheLease(t *testing.T) {
	n := newNeedy(t)
	lease := func(book int, after time.Duration) bool {
		mine, err := n.books[book].Lease(t.Context(), "desk", []string{"ann", "bob"}[book], noon.Add(after), noon.Add(after+time.Minute))
		require.NoError(t, err)
		return mine
	}
	require.True(t, lease(0, 0))
	require.False(t, lease(1, 59*time.Second))
	require.True(t, lease(0, 59*time.Second), "renewed")
	require.False(t, lease(1, time.Minute))
	require.True(t, lease(1, 2*time.Minute), "taken over once it ran out")
	require.False(t, lease(0, 2*time.Minute))
	require.NoError(t, n.books[0].GiveUp(t.Context(), "desk", "ann"), "not hers")
	require.False(t, lease(0, 2*time.Minute))
	require.NoError(t, n.books[1].GiveUp(t.Context(), "desk", "bob"))
	require.True(t, lease(0, 2*time.Minute))
	var won atomic.Int32
	noErrors(t, atOnce(10, func(i int) error {
		mine, err := n.books[i%2].Lease(t.Context(), "other", fmt.Sprint(i), noon, noon.Add(time.Minute))
		if mine {
			won.Add(1)
		}
		return err
	}))
	require.EqualValues(t, 1, won.Load())
}
