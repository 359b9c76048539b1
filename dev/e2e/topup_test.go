package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// topUpShown is the JSON of "starter top-up --request".
type topUpShown struct {
	ID      string          `json:"topUpId"`
	Address *string         `json:"address"`
	State   string          `json:"state"`
	Reason  *string         `json:"reason"`
	Raw     json.RawMessage `json:"raw"`
}

// ask asks for a top-up, or looks at the one with this id, for a moment.
func (s *stack) askTopUp(id string) (topUpShown, int) {
	s.Helper()
	args := []string{"top-up", "--request", "50", "--currency", "usdt", "--timeout", "300ms", "-o", "json"}
	if id != "" {
		args = append(args, "--id", id)
	}
	r := s.Starter(args...)
	var shown topUpShown
	require.NoError(s, json.Unmarshal([]byte(r.Stdout), &shown), r.Stderr)
	return shown, r.Code
}

// topUpUntil looks until the top-up is in a state.
func (s *stack) topUpUntil(id, state string) (shown topUpShown, code int) {
	s.Helper()
	s.Eventually("top-up "+id+" to be "+state, func() bool {
		shown, code = s.askTopUp(id)
		return shown.State == state
	})
	return shown, code
}

// topUpPosts counts the requests for a top-up, as the simulator saw them.
func (s *stack) topUpPosts() int {
	s.Helper()
	return count(s.requests(), isRoute("topup"))
}

type simulatedTopUp struct{ ID, Address string }

func (s *stack) simulatedTopUps() []simulatedTopUp {
	s.Helper()
	var answer struct{ TopUps []simulatedTopUp }
	s.Admin(http.MethodGet, "/admin/topups", "", &answer)
	return answer.TopUps
}

// The worker dies while FoxReload is thinking about a request for a top-up: nobody asks
// it again, and the next worker says so. Asked for anew, the money comes, and the order
// that waits for it completes by itself.
func TestWorkerKilledInTheMiddleOfATopUp(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1", "--slow-commit-for", "3s"})
	order := s.ref("r")
	s.place(order, giftCard).until(order, "awaiting_topup")

	s.Admin(http.MethodPost, "/admin/faults/next", `{"kind":"slow-commit","route":"topup"}`, nil)
	first, code := s.askTopUp("")
	assert.Equal(t, 5, code, "it goes on")
	s.Eventually("the request to be at FoxReload", func() bool {
		var faults struct{ Pending []any }
		s.Admin(http.MethodGet, "/admin/faults", "", &faults)
		return len(faults.Pending) == 0
	})
	s.Kill("worker")
	s.StartWorker()
	lost, code := s.topUpUntil(first.ID, "lost")
	assert.Equal(t, 1, code)
	assert.Contains(t, *lost.Reason, "ask again, under a new id")
	assert.Equal(t, 1, s.topUpPosts())
	require.Len(t, s.simulatedTopUps(), 1, "FoxReload did make it")

	second, _ := s.askTopUp("")
	second, _ = s.topUpUntil(second.ID, "waiting")
	assert.Contains(t, string(second.Raw), *second.Address)
	for _, topUp := range s.simulatedTopUps() {
		if topUp.Address == *second.Address {
			s.Admin(http.MethodPost, "/admin/topups/"+topUp.ID+"/confirm", "", nil)
		}
	}
	_, code = s.topUpUntil(second.ID, "arrived")
	assert.Zero(t, code)
	o := s.until(order, "completed")
	assert.Equal(t, map[string]int{*o.OrderID: 1}, s.debits())
	assert.Equal(t, 2, s.topUpPosts(), "one for each id")
}

// An order that a provider is paid for: its link is shown everywhere, and whoever opens
// it has paid.
func TestOrderPaidThroughAProvidersLink(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1"})
	r := s.ref("r")
	s.place(r, giftCard, "--provider", "pally", "--return-url", "https://shop.example/back").until(r, "awaiting_payment")
	var shown struct {
		PaymentURL string `json:"paymentUrl"`
	}
	s.json(&shown, "status", r)
	require.NotEmpty(t, shown.PaymentURL)
	for _, command := range [][]string{{"status", r}, {"explain", r},
		{"place", "--reference", r, "--item", giftCard, "--provider", "pally", "--return-url", "https://shop.example/back"}} {
		assert.Contains(t, s.Must("starter", command...), shown.PaymentURL, command[0])
	}
	assert.Contains(t, s.Starter("watch", r, "--timeout", "300ms").Stdout, "pay here: "+shown.PaymentURL)

	visit, err := http.NewRequestWithContext(t.Context(), http.MethodGet, shown.PaymentURL, nil)
	require.NoError(t, err)
	page, err := http.DefaultClient.Do(visit)
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, page.Body)
	require.NoError(t, page.Body.Close())
	require.Equal(t, http.StatusOK, page.StatusCode)
	s.until(r, "completed")
	assert.NotContains(t, s.Must("starter", "status", r), shown.PaymentURL, "nobody is to pay it again")
	assert.Empty(t, s.debits(), "the balance paid nothing")
}

// Nobody pays: it ends with the window, and nothing takes its place.
func TestAProvidersLinkThatNobodyUses(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1", "--payment-window", "10s"})
	r := s.ref("r")
	s.place(r, giftCard, "--provider", "pally", "--return-url", "https://shop.example/back").until(r, "awaiting_payment")
	o := s.until(r, "cancelled")
	assert.Equal(t, "payment_expiration", *o.CancelReason)
	assert.Zero(t, o.Replacements)
	assert.Equal(t, 3, s.Starter("watch", r).Code)
}
