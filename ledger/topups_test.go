package ledger

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"foxflow/internal/ledgertest/twice"
	"foxflow/order"
)

func topUpRequest(id string) order.TopUpRequest {
	return order.TopUpRequest{ID: id, Amount: decimal.RequireFromString("50.00"), Currency: "usdt"}
}

func openTopUp(t *testing.T, l *Ledger, id string) {
	t.Helper()
	require.NoError(t, l.TopUps.Open(t.Context(), topUpRequest(id), noon))
}

// Of all that would send a top-up's request, in however many processes, one may.
func TestOneMaySendTheRequestOfATopUp(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	openTopUp(t, s.open(t), "tu-1")
	var senders atomic.Int32
	var wait sync.WaitGroup
	for range 4 {
		l := s.open(t)
		for range 8 {
			wait.Go(func() {
				sent, err := l.TopUps.Send(t.Context(), "tu-1", newAttempt(), noon)
				if err == nil && sent.Now {
					senders.Add(1)
				}
			})
		}
	}
	wait.Wait()
	require.EqualValues(t, 1, senders.Load())
}

func TestARequestThatWasNotCarriedOutMayBeSentAgain(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	openTopUp(t, l, "tu-1")
	first, err := l.TopUps.Send(t.Context(), "tu-1", "one", noon)
	require.NoError(t, err)
	require.True(t, first.Now)
	require.NoError(t, l.TopUps.Unsend(t.Context(), "tu-1", "two"))
	again, err := l.TopUps.Send(t.Context(), "tu-1", "two", noon.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, TopUpSent{At: noon, Attempt: "one"}, again, "another's request was taken back")

	require.NoError(t, l.TopUps.Unsend(t.Context(), "tu-1", "one"))
	again, err = l.TopUps.Send(t.Context(), "tu-1", "two", noon.Add(time.Minute))
	require.NoError(t, err)
	require.True(t, again.Now)
}

// A top-up whose attempt does not know whether its own intent is on record is sent all the
// same, by that attempt and by no other.
func TestTopUpWhoseIntentMayBeOnRecordIsSent(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	openTopUp(t, l, "tu-1")
	for after := range 2 { // the first time its answer is lost
		at := noon.Add(time.Duration(after) * time.Second)
		sent, err := l.TopUps.Send(t.Context(), "tu-1", "one", at)
		require.NoError(t, err)
		require.Equal(t, TopUpSent{At: at, Now: true, Attempt: "one"}, sent)
	}
	seen, err := l.TopUps.Sent(t.Context(), "tu-1")
	require.NoError(t, err)
	require.Equal(t, TopUpSent{At: noon.Add(time.Second), Attempt: "one"}, seen)
	sent, err := l.TopUps.Send(t.Context(), "tu-1", "two", noon)
	require.NoError(t, err)
	require.False(t, sent.Now)
	_, err = l.TopUps.Send(t.Context(), "tu-1", "", noon)
	require.ErrorContains(t, err, "the attempt has no id")
}

func TestAnAnsweredRequestIsNeverTakenBack(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(l *Ledger) error{
		"answered": func(l *Ledger) error {
			return l.TopUps.Answer(t.Context(), "tu-1", json.RawMessage(`{"address":"TXyz"}`))
		},
		"refused": func(l *Ledger) error {
			return l.TopUps.Refuse(t.Context(), "tu-1", order.Error{Code: "NO", Message: "no"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t)
			openTopUp(t, l, "tu-1")
			_, err := l.TopUps.Send(t.Context(), "tu-1", "one", noon)
			require.NoError(t, err)
			require.NoError(t, answer(l))
			require.NoError(t, l.TopUps.Unsend(t.Context(), "tu-1", "one"))
			for _, attempt := range []string{"one", "two"} {
				sent, err := l.TopUps.Send(t.Context(), "tu-1", attempt, noon)
				require.NoError(t, err)
				require.False(t, sent.Now)
				require.True(t, sent.Answer != nil || sent.Refusal != nil)
			}
		})
	}
}

func TestATopUpIsOnRecord(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	_, _, err := l.TopUps.Status(t.Context(), "tu-1")
	require.ErrorIs(t, err, ErrNoTopUp)
	_, err = l.TopUps.Request(t.Context(), "tu-1")
	require.ErrorIs(t, err, ErrNoTopUp)
	require.ErrorIs(t, l.TopUps.Record(t.Context(), order.TopUp{ID: "tu-1"}, 1, noon), ErrNoTopUp)
	_, err = l.TopUps.Send(t.Context(), "tu-1", "one", noon)
	require.ErrorIs(t, err, ErrNoTopUp)

	openTopUp(t, l, "tu-1")
	openTopUp(t, l, "tu-1")
	s, at, err := l.TopUps.Status(t.Context(), "tu-1")
	require.NoError(t, err)
	require.Equal(t, order.NewTopUp(topUpRequest("tu-1")), s)
	require.Equal(t, noon, at)

	raw := json.RawMessage(`{ "address" : "TXyz" }`)
	require.NoError(t, l.TopUps.Answer(t.Context(), "tu-1", raw))
	address := "TXyz"
	s.State, s.Address = order.TopUpWaiting, &address
	require.NoError(t, l.TopUps.Record(t.Context(), s, 1, noon))
	have, _, err := l.TopUps.Status(t.Context(), "tu-1")
	require.NoError(t, err)
	s.Raw = raw
	require.Equal(t, s, have, "the answer as it came")

	other := topUpRequest("tu-1")
	other.Amount = decimal.NewFromInt(60)
	var conflict *TopUpConflictError
	require.ErrorAs(t, l.TopUps.Open(t.Context(), other, noon), &conflict)
	require.Equal(t, "50", conflict.Have.Amount.String())
}

func TestTheFirstRiseStays(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	openTopUp(t, l, "tu-1")
	before := ""
	for _, step := range []struct{ balances, risen, want string }{{"a", "", ""}, {"b", "50 usd", "50 usd"}, {"c", "", "50 usd"}, {"d", "7 usd", "50 usd"}} {
		require.NoError(t, l.TopUps.SeeBalances(t.Context(), "tu-1", before, step.balances, step.risen))
		before = step.balances
		balances, risen, err := l.TopUps.Balances(t.Context(), "tu-1")
		require.NoError(t, err)
		require.Equal(t, step.balances, balances)
		require.Equal(t, step.want, risen)
	}
}

// payable is a ledger whose order ord-1 is about to be paid by a provider.
func payable(t *testing.T, s shop) *Ledger {
	t.Helper()
	l := s.open(t)
	begin(t, l, "shop-1")
	require.NoError(t, l.Pins.Pin(t.Context(), "shop-1", 0, "ord-1", noon))
	require.NoError(t, l.Payments.Begin(t.Context(), Payment{Reference: "shop-1", OrderID: "ord-1", Attempt: "one", At: noon}))
	return l
}

func TestTheLatestAnswerOfAProviderIsShown(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l := payable(t, s)
	_, kept, err := l.Payments.Answer(t.Context(), "shop-1", "ord-1")
	require.NoError(t, err)
	require.False(t, kept)
	for _, answer := range []string{`{"url":"1"}`, `{"url":"2"}`, `{"url":"2"}`} {
		require.NoError(t, l.Payments.KeepAnswer(t.Context(), "shop-1", "ord-1", intent(t, l, "ord-1").Attempt, json.RawMessage(answer), noon))
	}
	raw, kept, err := l.Payments.Answer(t.Context(), "shop-1", "ord-1")
	require.NoError(t, err)
	require.True(t, kept)
	require.JSONEq(t, `{"url":"2"}`, string(raw))
	require.Error(t, l.Payments.KeepAnswer(t.Context(), "shop-1", "ord-9", intent(t, l, "ord-9").Attempt, raw, noon), "of a payment that was never begun")
	_, _, err = l.Payments.Answer(t.Context(), "shop-2", "ord-1")
	require.Error(t, err, "sealed for its reference")

	var rows int
	require.NoError(t, l.store.Reads().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM payment_answers`).Scan(&rows))
	require.Equal(t, 2, rows, "every answer, and none twice in a row")
}

func TestAnswersAreNotInTheFile(t *testing.T) {
	t.Parallel()
	twice.AboutSQLite(t)
	s := newShop(t)
	l := payable(t, s)
	require.NoError(t, l.Payments.KeepAnswer(t.Context(), "shop-1", "ord-1", intent(t, l, "ord-1").Attempt, json.RawMessage(`{"session":"marker-session"}`), noon))
	openTopUp(t, l, "tu-1")
	require.NoError(t, l.TopUps.Answer(t.Context(), "tu-1", json.RawMessage(`{"address":"marker-address"}`)))
	require.NoError(t, l.TopUps.Refuse(t.Context(), "tu-1", order.Error{Code: "marker-code", Message: "marker-message"}))
	address := "marker-address"
	require.NoError(t, l.TopUps.Record(t.Context(), order.TopUp{ID: "tu-1", State: order.TopUpWaiting, Address: &address, Raw: json.RawMessage(`"marker-raw"`)}, 1, noon))

	files, err := filepath.Glob(s.path + "*")
	require.NoError(t, err)
	found := false
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		found = found || string(text) != ""
		require.NotContains(t, string(text), "marker", file)
	}
	require.True(t, found)
}
