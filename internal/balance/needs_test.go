package balance

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"foxflow/ledger"
	"foxflow/order"
)

// needy is two ways to one ledger with orders that wait for a top-up, 10 usd each.
type needy struct {
	*testing.T
	books    [2]*ledger.Ledger
	accounts [2]*Account
}

func newNeedy(t *testing.T, references ...string) needy {
	at := address(t)
	n := needy{T: t}
	for i := range n.books {
		n.books[i] = open(t, at)
		n.accounts[i] = New(n.books[i].Store)
	}
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
	s.OrderID, s.State, s.UpdatedAt = text("fox-"+reference), order.AwaitingTopUp, noon
	if price != "" {
		s.Price, s.Currency = &price, text("USD")
	}
	if window != 0 {
		ends := noon.Add(window)
		s.PaymentExpiresAt = &ends
	}
	require.NoError(n, l.Orders.Record(n.Context(), ledger.Entry{Reference: reference, Key: "state/creating", Kind: ledger.KindState, State: order.Creating, At: noon}, order.Status{
		Reference: reference, State: order.Creating, StartedAt: s.StartedAt}))
	require.NoError(n, l.Orders.Record(n.Context(), ledger.Entry{Reference: reference, Key: "state/waits", Kind: ledger.KindState, State: order.AwaitingTopUp, At: noon}, s))
}

func (n needy) sees(after time.Duration, usd string) map[string]decimal.Decimal {
	n.Helper()
	before, err := n.accounts[0].Saw(n.Context(), noon.Add(after), map[string]decimal.Decimal{"usd": decimal.RequireFromString(usd)})
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
	ok, err := n.accounts[1].Admit(n.Context(), c)
	require.NoError(n, err)
	return ok
}

func (n needy) reserve(c Claim) bool {
	n.Helper()
	ok, err := n.accounts[0].Reserve(n.Context(), c)
	require.NoError(n, err)
	return ok[0]
}

func (n needy) refused(reference string, after time.Duration) {
	n.Helper()
	require.NoError(n, n.accounts[1].Refused(n.Context(), reference, noon.Add(after)))
}

func (n needy) accepted(reference string, after time.Duration) {
	n.Helper()
	require.NoError(n, n.accounts[1].Accepted(n.Context(), reference, noon.Add(after)))
}

func (n needy) desk() Standing {
	n.Helper()
	d, err := n.accounts[0].Standing(n.Context())
	require.NoError(n, err)
	return d
}

func TestWhoWaitsAndInWhichOrder(t *testing.T) {
	t.Parallel()
	n := newNeedy(t)
	n.waits("late", "3", time.Hour)
	n.waits("none", "", 0)
	n.waits("over", "1", -time.Hour)
	n.waits("soon", "2", time.Minute)
	n.waits("anone", "5", 0)
	begin(t, n.books[0], "done")
	enter(t, n.books[0], "done", order.Creating, order.Active, order.Paid, order.Processing, order.Completed)
	mock := request("mock")
	mock.Mock = true
	s, _, err := n.books[0].Orders.Begin(t.Context(), mock, noon)
	require.NoError(t, err)
	s.State = order.AwaitingTopUp
	require.NoError(t, n.books[0].Orders.Record(t.Context(), ledger.Entry{Reference: "mock", Key: "state", Kind: ledger.KindState, State: s.State, At: noon}, s))

	needs, err := n.accounts[1].Waiting(t.Context())
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
