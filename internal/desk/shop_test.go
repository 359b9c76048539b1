package desk

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"foxflow/foxreload"
	"foxflow/internal/balance"
	"foxflow/internal/blank"
	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// shop is a real ledger under desks of two workers, with an account and a Temporal
// that do as the story says.
type shop struct {
	*testing.T
	now    time.Time
	book   *ledger.Ledger
	desks  [2]*Desk
	log    *observer.ObservedLogs
	money  map[string]string
	reads  int
	refuse error // what a read of the balance answers
	woken  []string
	gone   map[string]bool // references without a workflow
	down   bool            // Temporal

	releases [2]*Release
	withheld order.Wait // what every paused order waits for now
	asked    int        // how often that was asked
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{T: t, now: noon, money: map[string]string{"usd": "0"}, gone: map[string]bool{}}
	core, log := observer.New(zapcore.InfoLevel)
	s.log = log
	file := blank.New(t)
	for i := range s.desks {
		book := file.Open(t)
		s.book = book
		s.desks[i] = &Desk{API: s, Store: book.Store, Temporal: s, Now: func() time.Time { return s.now }, Holder: fmt.Sprint("worker ", i), Log: zap.New(core)}
	}
	return s
}

func (s *shop) Balances(context.Context) ([]foxreload.Balance, error) {
	s.reads++
	if s.refuse != nil {
		return nil, s.refuse
	}
	var balances []foxreload.Balance
	for currency, amount := range s.money {
		balances = append(balances, foxreload.Balance{Currency: currency, Available: decimal.RequireFromString(amount)})
	}
	return balances, nil
}

func (s *shop) SignalWorkflow(_ context.Context, id, run, signal string, arg any) error {
	reference := strings.TrimPrefix(id, "order/")
	switch {
	case s.down:
		return serviceerror.NewUnavailable("no answer")
	case s.gone[reference]:
		return serviceerror.NewNotFound("no such workflow")
	}
	require.Equal(s, order.WorkflowID(reference), id)
	require.Equal(s, workflows.SignalTopUp, signal)
	require.Empty(s, run)
	require.Nil(s, arg)
	s.woken = append(s.woken, reference)
	return nil
}

// waits has an order wait for a price ("9.55 usd"; empty: not known), whose payment
// window ends so many minutes after noon (0: none).
func (s *shop) waits(reference, price string, window int) {
	s.Helper()
	status, _, err := s.book.Orders.Begin(s.Context(), order.Request{Reference: reference, Items: []order.Item{{ItemID: "product_a", Quantity: 1}}}, s.now)
	require.NoError(s, err)
	if amount, currency, found := strings.Cut(price, " "); found {
		status.Price, status.Currency = &amount, &currency
	}
	if window != 0 {
		ends := noon.Add(time.Duration(window) * time.Minute)
		status.PaymentExpiresAt = &ends
	}
	s.enters(status, order.AwaitingTopUp)
}

func (s *shop) enters(status order.Status, state order.State) {
	s.Helper()
	status.State, status.UpdatedAt = state, s.now
	require.NoError(s, s.book.Orders.Record(s.Context(), ledger.Entry{Reference: status.Reference, Key: "state/" + string(state), Kind: ledger.KindState,
		State: state, At: s.now}, status))
}

// pays does what PayOrder does for a woken order that is paid, and takes the money.
func (s *shop) pays(reference string) {
	s.Helper()
	status, err := s.book.Orders.Status(s.Context(), reference)
	require.NoError(s, err)
	price, _ := status.Amount()
	admitted, err := balance.New(s.book.Store).Admit(s.Context(), balance.Claim{Reference: reference, Currency: *status.Currency, Amount: &price, At: s.now, Waits: true})
	require.NoError(s, err)
	require.True(s, admitted, reference)
	have := decimal.RequireFromString(s.money[*status.Currency])
	s.money[*status.Currency] = have.Sub(decimal.RequireFromString(*status.Price)).String()
	require.NoError(s, balance.New(s.book.Store).Accepted(s.Context(), reference, s.now))
	s.enters(status, order.Paid)
}

// after has both desks tend to what is to be done a while later, and tells who was
// woken by that.
func (s *shop) after(d time.Duration) []string {
	s.Helper()
	s.now = s.now.Add(d)
	s.woken = nil
	for _, desk := range s.desks {
		require.NoError(s, desk.Tend(s.Context()))
	}
	return s.woken
}

func (s *shop) hint() { require.NoError(s, balance.New(s.book.Store).Hint(s.Context(), s.now)) }
