package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"foxflow/foxreload"
	"foxflow/foxreload/foxtest"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

// counter is a shop counter: the real client in front of a server that behaves, in the few
// ways that count here, and a request budget that has room or has none.
type counter struct {
	*testing.T
	acts *Activities
	book *ledger.Ledger

	server  *foxtest.Server
	mu      sync.Mutex
	full    bool             // the budget has no room
	history []map[string]any // what the order list holds, newest first
	deaf    bool             // status= is not known in the list
	// redirect sends clients to the other slash form, and then the budget is full.
	redirect bool
	// queued is what happens while a request waits for the budget; nil: nothing.
	queued func(foxreload.Priority)
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	book := openLedger(t)
	c := &counter{T: t, book: book, server: foxtest.New(t)}
	c.server.Behave(c.behave)
	client := c.server.Client(t, foxreload.Config{Gate: c})
	c.acts = &Activities{API: client, Money: client, Ledger: book, Now: time.Now, IdempotencyKeys: true, PayTakes: time.Minute}
	return c
}

func (c *counter) Wait(_ context.Context, p foxreload.Priority) error {
	if c.queued != nil {
		c.queued(p)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.full {
		return &foxreload.ThrottledError{For: time.Second}
	}
	return nil
}

func (*counter) Throttle(context.Context, time.Duration) error { return nil }

func (c *counter) behave(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.redirect && r.Method == http.MethodPost {
		c.full = true
		to := strings.TrimSuffix(r.URL.Path, "/")
		if to == r.URL.Path {
			to += "/"
		}
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		return
	}
	var body any = map[string]any{"id": "fox-1", "status": "active"}
	switch {
	case strings.HasSuffix(r.URL.Path, "/pay"):
		body = map[string]any{"id": "fox-1", "status": "paid"}
	case strings.Contains(r.URL.Path, "topups"):
		body = map[string]any{"address": "T-address"}
	case strings.Contains(r.URL.Path, "balances"):
		body = []any{}
	case r.Method == http.MethodGet && r.URL.Path == "/api/orders/":
		body = c.page(r)
	}
	_ = json.NewEncoder(w).Encode(body)
}

func (c *counter) page(r *http.Request) any {
	var rows []map[string]any
	for _, o := range c.history {
		if status := r.URL.Query().Get("status"); c.deaf || status == "" || o["status"] == status {
			rows = append(rows, o)
		}
	}
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	from := min(offset, len(rows))
	return map[string]any{"items": rows[from:min(from+50, len(rows))], "total": len(rows)}
}

func (c *counter) count(call foxtest.Call) int { return c.server.Asked(call) }

func (c *counter) set(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

// run makes one attempt at an activity.
func (c *counter) run(activity any, in any) error {
	c.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(c.acts)
	_, err := env.ExecuteActivity(activity, in)
	return err
}

func (c *counter) begin() Step {
	c.Helper()
	r := order.Request{Reference: "shop-1", Items: []order.Item{{ItemID: "product_a", Quantity: 1}}, NoCheck: true}
	_, _, err := c.book.Orders.Begin(c.Context(), r, time.Now())
	require.NoError(c, err)
	return Step{Terms: life.Terms{Request: r, Intervals: life.DefaultIntervals}, Facts: life.Facts{State: order.Creating, Money: life.Unsent}, Seq: 1}
}

func (c *counter) intents() (n int) {
	c.Helper()
	entries, err := c.book.Log.Entries(c.Context(), "shop-1")
	require.NoError(c, err)
	for _, e := range entries {
		if e.Kind == ledger.KindIntent {
			n++
		}
	}
	return n
}

// A call that the budget turned away was not made: no intent, no attempt, no search.
func TestACreateThatTheBudgetTurnedAwayNeverLeft(t *testing.T) {
	c := newCounter(t)
	in := c.begin()
	c.full = true
	for range 3 {
		require.ErrorContains(t, c.run(c.acts.CreateOrder, in), "budget")
		begun, err := c.book.Creates.Begun(t.Context(), "shop-1", 0)
		require.NoError(t, err)
		assert.Zero(t, begun.Attempts)
		assert.Zero(t, begun.First)
	}
	assert.Zero(t, c.intents())
	c.set(func() { c.full = false })
	require.NoError(t, c.run(c.acts.CreateOrder, in))
	assert.Equal(t, 1, c.count(foxtest.Create))
	assert.Zero(t, c.count(foxtest.List))
	assert.Equal(t, 1, c.intents())
}

func TestAPayThatTheBudgetTurnedAwayNeverLeft(t *testing.T) {
	c := newCounter(t)
	in := c.begin()
	require.NoError(t, c.book.Pins.Pin(t.Context(), "shop-1", 0, "fox-1", time.Now()))
	in.Facts.State, in.Facts.Order = order.Active, life.Order{ID: "fox-1", Status: foxreload.StatusActive}
	c.full = true
	for range 3 {
		require.ErrorContains(t, c.run(c.acts.PayOrder, in), "budget")
		intent, err := c.book.Payments.Intent(t.Context(), "fox-1")
		require.NoError(t, err)
		assert.Zero(t, intent, "nobody has to wait for it")
	}
	assert.Zero(t, c.intents())
	c.set(func() { c.full = false })
	require.NoError(t, c.run(c.acts.PayOrder, in))
	assert.Equal(t, 1, c.count(foxtest.Pay))
	assert.Zero(t, c.count(foxtest.Look), "there is nothing to look at before the first pay")
	assert.Equal(t, 1, c.intents())
}

func TestATopUpThatTheBudgetTurnedAwayNeverLeft(t *testing.T) {
	c := newCounter(t)
	r := order.TopUpRequest{ID: "t-1", Amount: decimal.NewFromInt(50), Currency: "usdt"}
	require.NoError(t, c.book.TopUps.Open(t.Context(), r, time.Now()))
	c.full = true
	require.ErrorContains(t, c.run(c.acts.RequestTopUp, r), "budget")
	sent, err := c.book.TopUps.Sent(t.Context(), "t-1")
	require.NoError(t, err)
	assert.Zero(t, sent)
	c.set(func() { c.full = false })
	require.NoError(t, c.run(c.acts.RequestTopUp, r))
	require.NoError(t, c.run(c.acts.RequestTopUp, r), "an attempt that was not heard of takes the same answer")
	assert.Equal(t, 1, c.count(foxtest.TopUp))
}

// What surely was not carried out made nothing that could be looked for; what may have
// been is looked for.
func TestOnlyACreateThatMayHaveMadeAnOrderIsSearchedFor(t *testing.T) {
	for status, searches := range map[int]int{429: 0, 425: 0, 500: 1, 502: 1, 408: 1} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			c := newCounter(t)
			in := c.begin()
			c.server.Once(foxtest.Create, foxtest.Answer(status, ""))
			require.Error(t, c.run(c.acts.CreateOrder, in))
			require.NoError(t, c.run(c.acts.CreateOrder, in))
			assert.Equal(t, 2, c.count(foxtest.Create))
			assert.Equal(t, searches, c.count(foxtest.List))
		})
	}
}

// Under the fresh key that a person decided on none has left: there is nothing to
// look for.
func TestACreateUnderAFreshKeyIsNotSearchedFor(t *testing.T) {
	c := newCounter(t)
	in := c.begin()
	c.server.Once(foxtest.Create, foxtest.Answer(502, ""))
	require.Error(t, c.run(c.acts.CreateOrder, in))
	require.NoError(t, c.run(c.acts.RecordDecision, Decision{Step: in, ID: "d-1", FreshKey: true, Text: "create it anew"}))
	require.NoError(t, c.run(c.acts.CreateOrder, in))
	assert.Zero(t, c.count(foxtest.List))
}

// A slash redirect processed nothing; where the budget has no room for the request
// that follows it, none was carried out.
func TestARedirectedRequestWithoutRoomForTheNextMadeNothing(t *testing.T) {
	c := newCounter(t)
	in := c.begin()
	c.redirect = true
	require.ErrorContains(t, c.run(c.acts.CreateOrder, in), "budget")
	begun, err := c.book.Creates.Begun(t.Context(), "shop-1", 0)
	require.NoError(t, err)
	assert.Zero(t, begun.Attempts)
	c.set(func() { c.redirect, c.full = false, false })
	require.NoError(t, c.run(c.acts.CreateOrder, in))
	assert.Zero(t, c.count(foxtest.List))

	in.Facts.State, in.Facts.Order = order.Active, life.Order{ID: "fox-1", Status: foxreload.StatusActive}
	c.set(func() { c.redirect = true })
	require.ErrorContains(t, c.run(c.acts.PayOrder, in), "budget")
	intent, err := c.book.Payments.Intent(t.Context(), "fox-1")
	require.NoError(t, err)
	assert.Zero(t, intent.Doubts)
}

// A look is older than what left since: while an attempt waits for the budget, another
// one's pay may leave, be lost and be over. Then the first one looks again.
func TestAPayThatWasOvertakenWhileItQueuedLooksAgain(t *testing.T) {
	for name, before := range map[string]int{"the first pay": 0, "a repeat": 1} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			in := c.begin()
			require.NoError(t, c.book.Pins.Pin(t.Context(), "shop-1", 0, "fox-1", time.Now()))
			in.Facts.State, in.Facts.Order = order.Active, life.Order{ID: "fox-1", Status: foxreload.StatusActive}
			lostPay := func() {
				p := c.acts.payment(in, uuid.NewString(), time.Now().Add(-time.Minute))
				p.InFlight = time.Second
				require.NoError(t, c.book.Payments.Begin(t.Context(), p))
				require.NoError(t, c.book.Payments.Land(t.Context(), "fox-1", p.Attempt, ledger.Landing{At: p.At}))
			}
			for range before {
				lostPay()
			}
			looks := 0
			c.queued = func(foxreload.Priority) {
				if looks = c.count(foxtest.Look); looks == before { // the pay waits
					c.queued = nil
					lostPay()
				}
			}
			require.ErrorContains(t, c.run(c.acts.PayOrder, in), "look before anything else")
			assert.Zero(t, c.count(foxtest.Pay))
			require.NoError(t, c.run(c.acts.PayOrder, in))
			assert.Equal(t, before+1, c.count(foxtest.Look), "it looks again")
			assert.Equal(t, 1, c.count(foxtest.Pay))
		})
	}
}

// Of two attempts that both found no request for a top-up on record one sends it.
func TestOfTwoAttemptsOneAsksForATopUp(t *testing.T) {
	c := newCounter(t)
	r := order.TopUpRequest{ID: "t-1", Amount: decimal.NewFromInt(50), Currency: "usdt"}
	require.NoError(t, c.book.TopUps.Open(t.Context(), r, time.Now()))
	_, err := c.book.TopUps.Send(t.Context(), "t-1", "other", time.Now())
	require.NoError(t, err)
	_, err = c.acts.sendTopUp(onClock(t, c.acts), r)
	require.ErrorContains(t, err, "another attempt has sent its one request")
	assert.Zero(t, c.count(foxtest.TopUp))
	sent, err := c.book.TopUps.Sent(t.Context(), "t-1")
	require.NoError(t, err)
	assert.NotZero(t, sent.At, "the other one's stays on record")
}

// One whose create has left since this attempt looked stops this attempt's.
func TestAnOvertakenCreateLooksFirst(t *testing.T) {
	c := newCounter(t)
	in := c.begin()
	frozen := &creating{Step: in, key: "key"}
	_, _, err := c.book.Creates.Intend(t.Context(), "shop-1", 0, time.Now())
	require.NoError(t, err)
	_, err = c.acts.sendCreate(onClock(t, c.acts), frozen)
	require.ErrorContains(t, err, "look for what it made first")
	assert.Zero(t, c.count(foxtest.Create))
	begun, err := c.book.Creates.Begun(t.Context(), "shop-1", 0)
	require.NoError(t, err)
	assert.Equal(t, 1, begun.Attempts, "the other one's; this one did not leave")
}

// The history of a large shop has thousands of pages; a search reads five at most, and
// none beyond the orders that are older than what it looks for.
func TestASearchIsBounded(t *testing.T) {
	now := time.Now()
	old := func(i int) time.Time { return now.Add(-time.Hour - time.Duration(i)*time.Minute) }
	young := func(i int) time.Time { return now.Add(time.Hour - time.Duration(i)*time.Millisecond) }
	for name, row := range map[string]struct {
		made  func(int) time.Time // nil: the list does not say
		deaf  bool                // status= is not known
		pages int
	}{
		"all younger":           {young, false, searchPages},
		"all older":             {old, false, 1},
		"no times":              {nil, false, searchPages},
		"status ignored":        {old, true, 1},
		"ignored and no times":  {nil, true, searchPages},
		"oldest first":          {func(i int) time.Time { return old(30000 - i) }, false, searchPages},
		"in no order":           {func(i int) time.Time { return old((i + 1) * 89 % 100) }, false, searchPages},
		"a clock a bit behind":  {func(i int) time.Time { return now.Add(-clocksApart/2 - time.Duration(i)*time.Nanosecond) }, false, searchPages},
		"one younger, then old": {func(i int) time.Time { return map[bool]time.Time{true: young(0), false: old(i)}[i == 0] }, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			in := c.begin()
			c.deaf = row.deaf
			for i := range 25000 {
				o := map[string]any{"id": fmt.Sprintf("other-%d", i), "status": "active", "idempotencyKey": "somebody-else"}
				if row.deaf {
					o["status"] = "completed"
				}
				if row.made != nil {
					o["createdAt"] = row.made(i).UTC().Format(time.RFC3339Nano)
				}
				c.history = append(c.history, o)
			}
			c.server.Once(foxtest.Create, foxtest.Answer(502, ""))
			require.Error(t, c.run(c.acts.CreateOrder, in))
			require.NoError(t, c.run(c.acts.CreateOrder, in), "the order goes on")
			assert.Equal(t, row.pages, c.count(foxtest.List))
		})
	}
}

// What is looked for is found, wherever in those pages it is.
func TestASearchFindsWhatALostCreateMade(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		for _, at := range []int{0, 1, 49, 50, 249} {
			c := newCounter(t)
			c.deaf = deaf
			in := c.begin()
			for i := range 300 {
				o := map[string]any{"id": fmt.Sprintf("other-%d", i), "status": "active", "createdAt": time.Now().Add(-time.Duration(i) * time.Millisecond).UTC().Format(time.RFC3339Nano)}
				if i == at {
					o["id"], o["idempotencyKey"] = "fox-1", IdempotencyKey("shop-1", 0, 0)
				}
				c.history = append(c.history, o)
			}
			c.server.Once(foxtest.Create, foxtest.Answer(502, ""))
			require.Error(t, c.run(c.acts.CreateOrder, in))
			require.NoError(t, c.run(c.acts.CreateOrder, in))
			assert.Equal(t, 1, c.count(foxtest.Create), "at %d: it is adopted, not made once more", at)
		}
	}
}
