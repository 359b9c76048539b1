package foxreload

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// countingGate lets everything pass and counts.
type countingGate struct{ waits atomic.Int32 }

func (g *countingGate) Wait(context.Context, Priority) error          { g.waits.Add(1); return nil }
func (g *countingGate) Throttle(context.Context, time.Duration) error { return nil }

// scriptedGate answers as told and notes what it was told.
type scriptedGate struct {
	wait, throttle error
	mu             sync.Mutex
	priorities     []Priority
	throttled      []time.Duration
}

func (g *scriptedGate) Wait(_ context.Context, p Priority) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.priorities = append(g.priorities, p)
	return g.wait
}

func (g *scriptedGate) Throttle(ctx context.Context, d time.Duration) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.throttled = append(g.throttled, d)
	return errors.Join(g.throttle, ctx.Err())
}

func TestTheGateLearnsThePriority(t *testing.T) {
	f := answering(t, 200, `{"id":"`+orderID+`","status":"paid"}`)
	gate := &scriptedGate{}
	c := client(t, f.URL, func(c *Config) { c.Gate = gate })
	_, _ = c.PayOrder(WithPriority(context.Background(), PriorityPay), orderID, PayRequest{})
	_, _ = c.CreateOrder(WithPriority(context.Background(), PriorityCreate), CreateRequest{})
	_, _ = c.GetOrder(context.Background(), orderID)
	assert.Equal(t, []Priority{PriorityPay, PriorityCreate, PriorityPoll}, gate.priorities)
}

func TestAHeldRequestIsNotSent(t *testing.T) {
	f := answering(t, 200, ``)
	gate := &scriptedGate{wait: &ThrottledError{For: 1500 * time.Millisecond}}
	err := payOne(client(t, f.URL, func(c *Config) { c.Gate = gate }))
	var throttled *ThrottledError
	assert.ErrorAs(t, err, &throttled)
	assert.Equal(t, 1500*time.Millisecond, throttled.For)
	assert.Equal(t, ClassThrottled, ClassOf(err))
	assert.EqualError(t, err, "pay order: the request budget is spent for the next 1.5s")
	assert.Empty(t, f.asked())
}

func TestABrokenGateSendsNothingAndIsPassing(t *testing.T) {
	f := answering(t, 200, ``)
	broken := errors.New("ledger is locked")
	err := payOne(client(t, f.URL, func(c *Config) { c.Gate = &scriptedGate{wait: broken} }))
	assert.ErrorIs(t, err, broken)
	assert.Equal(t, ClassPassing, ClassOf(err))
	assert.EqualError(t, err, "pay order: NOT_SENT: wait for the request budget: ledger is locked")
	assert.Empty(t, f.asked())
}

func TestA429HoldsTheKeyBack(t *testing.T) {
	for _, row := range []struct {
		name, retryAfter string
		asked, silence   time.Duration
	}{
		{"as asked", "7", 7 * time.Second, 7 * time.Second},
		{"capped", "86400", 5 * time.Minute, 5 * time.Minute},
		{"not said", "", 0, throttleByDefault},
		{"unreadable", "later", 0, throttleByDefault},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if row.retryAfter != "" {
					w.Header().Set("Retry-After", row.retryAfter)
				}
				w.WriteHeader(http.StatusTooManyRequests)
			})
			gate := &scriptedGate{}
			e := failure(t, payOne(client(t, f.URL, func(c *Config) { c.Gate = gate })))
			assert.Equal(t, ClassPassing, e.Class, "a 429 was not carried out")
			assert.Equal(t, row.asked, e.RetryAfter)
			assert.Equal(t, []time.Duration{row.silence}, gate.throttled)
		})
	}
}

func TestOnlyA429HoldsTheKeyBack(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	gate := &scriptedGate{}
	e := failure(t, getOne(client(t, f.URL, func(c *Config) { c.Gate = gate })))
	assert.Equal(t, 7*time.Second, e.RetryAfter)
	assert.Empty(t, gate.throttled)
}

func TestA429HoldsEvenIfTheCallerHasGone(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	gate := &scriptedGate{}
	limited := roundTrip(func(*http.Request) (*http.Response, error) {
		cancel() // the caller leaves while the answer is on its way
		return &http.Response{StatusCode: 429, Header: http.Header{}, Body: http.NoBody}, nil
	})
	c := client(t, "https://foxreload.invalid", func(c *Config) { c.Transport, c.Gate = limited, gate })
	_, err := c.GetOrder(ctx, orderID)
	assert.Len(t, gate.throttled, 1)
	assert.NotErrorIs(t, err, context.Canceled, "it was told under a context of its own")
}

func TestAGateThatCannotHoldDoesNotHideThe429(t *testing.T) {
	f := answering(t, 429, `{"detail":"slow down"}`)
	broken := errors.New("ledger is locked")
	err := getOne(client(t, f.URL, func(c *Config) { c.Gate = &scriptedGate{throttle: broken} }))
	e := failure(t, err)
	assert.Equal(t, 429, e.Status)
	assert.Equal(t, ClassPassing, e.Class)
	assert.ErrorIs(t, err, broken)
	assert.True(t, strings.Contains(e.Error(), "ledger is locked") && strings.Contains(e.Error(), "slow down"), e.Error())
}

// What is about to leave is told of after the gate has let it pass, and only then.
func TestLeavingIsToldOnceTheGateHasLetTheRequestPass(t *testing.T) {
	f := answering(t, 200, `{"id":"`+orderID+`","status":"paid"}`)
	type key struct{}
	gate, told := &scriptedGate{}, 0
	ctx := Leaving(context.Background(), func(ctx context.Context) (context.Context, error) {
		told++
		assert.Len(t, gate.priorities, told, "after the gate")
		assert.Empty(t, f.asked(), "before the request")
		return context.WithValue(ctx, key{}, "on"), nil
	})
	var under any
	c := client(t, f.URL, func(c *Config) {
		c.Gate = gate
		c.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			under = r.Context().Value(key{})
			return http.DefaultTransport.RoundTrip(r)
		})
	})
	_, err := c.PayOrder(ctx, orderID, PayRequest{})
	assert.NoError(t, err)
	assert.Equal(t, 1, told)
	assert.Equal(t, "on", under, "it is sent under the context that leaving returned")

	for _, stopped := range []error{&ThrottledError{For: time.Second}, errors.New("ledger is locked")} {
		gate.wait = stopped
		_, err = c.PayOrder(ctx, orderID, PayRequest{})
		assert.ErrorIs(t, err, stopped)
	}
	assert.Equal(t, 1, told, "what the gate turned away was never about to leave")
}

func TestAnErrorOfLeavingSendsNothing(t *testing.T) {
	f := answering(t, 200, ``)
	refused := errors.New("payments are paused")
	_, err := client(t, f.URL).PayOrder(Leaving(context.Background(), func(ctx context.Context) (context.Context, error) { return nil, refused }), orderID, PayRequest{})
	assert.ErrorIs(t, err, refused)
	assert.Equal(t, ClassPassing, ClassOf(err), "surely not carried out")
	assert.Empty(t, f.asked())
}

func TestARequestThatIsSentOnceMoreLeavesOnce(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/") {
			http.Redirect(w, r, r.URL.Path+"/", http.StatusTemporaryRedirect)
			return
		}
		_, _ = w.Write([]byte(`{"id":"` + orderID + `","status":"paid"}`))
	})
	told := 0
	_, err := client(t, f.URL).PayOrder(Leaving(context.Background(), func(ctx context.Context) (context.Context, error) { told++; return ctx, nil }), orderID, PayRequest{})
	assert.NoError(t, err)
	assert.Len(t, f.asked(), 2)
	assert.Equal(t, 1, told)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
