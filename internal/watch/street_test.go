package watch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	sdk "go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"foxflow/activities"
	"foxflow/client/clienttest"
	"foxflow/foxreload"
	"foxflow/internal/budget"
	"foxflow/internal/codec"
	"foxflow/internal/door"
	"foxflow/internal/keyset"
	"foxflow/internal/watch"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
	"foxflow/simulator"
	"foxflow/workflows"
)

// street is a crowd of orders in virtual time: the real door, watcher, activities, request
// budget and ledger, in front of the simulator. In Temporal's place orders are carried by
// goroutines, which ask package life what comes next, as the workflow does.
type street struct {
	*testing.T
	book     *ledger.Ledger
	acts     *activities.Activities
	temporal *clienttest.Temporal
	begun    time.Time

	mu      sync.Mutex
	waits   map[string]chan outcome // for news, by reference
	ends    map[string]time.Time
	stalled int
	sent    []simulator.Request
	carried sync.WaitGroup
}

// outcome is what an activity came to that was completed from outside.
type outcome struct {
	activities.Outcome
	err error
}

// answers lets one handler answer a client without a network.
type answers struct{ http.Handler }

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(5 * time.Millisecond)
	in := r.Clone(r.Context())
	in.RemoteAddr, in.RequestURI = "127.0.0.1:40000", r.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, in)
	return w.Result(), r.Context().Err()
}

// open makes a street for a crowd, with its door and its watcher, until ctx ends.
func (c crowd) open(ctx context.Context, t *testing.T, working *sync.WaitGroup) *street {
	s := &street{T: t, waits: map[string]chan outcome{}, ends: map[string]time.Time{}, begun: time.Now(), temporal: clienttest.New()}
	text, err := keyset.New()
	require.NoError(t, err)
	keys, err := keyset.Parse(text)
	require.NoError(t, err)
	s.book, err = ledger.Open(ctx, filepath.Join(t.TempDir(), "ledger.db"), keys)
	require.NoError(t, err)
	fox, err := simulator.New(simulator.Config{OnRequest: s.note, Tune: func(k *simulator.Knobs) {
		k.PaidFor, k.ProcessingFor, k.Spread, k.Requests, k.ListCodes = c.fulfil/5, c.fulfil-c.fulfil/5, c.spread, c.perMinute, c.codes
	}})
	require.NoError(t, err)
	requests := budget.New(s.book.Store, s.book.KeyID(simulator.DefaultAPIKey), c.perMinute)
	api, err := foxreload.New(foxreload.Config{BaseURL: "http://127.0.0.1:1", APIKey: simulator.DefaultAPIKey, Gate: requests, Transport: answers{fox}})
	require.NoError(t, err)
	s.acts = &activities.Activities{API: api, Ledger: s.book, Now: time.Now, PayTakes: time.Minute, IdempotencyKeys: true}
	options := codec.Seal(sdk.Options{}, keys)
	_, err = s.temporal.Dial(ctx, options)
	require.NoError(t, err)
	s.temporal.Works = s.begins
	watcher := watch.New(watch.Parts{Orders: activities.LookerFor(s.acts), API: api, Ledger: s.book, Temporal: news{s.temporal, s}, Namespace: "default",
		Now: time.Now, Holder: "worker", PerMinute: c.perMinute, Budget: requests.Standing, Log: zap.NewNop()})
	s.acts.Watch = watcher.Registered
	entrance := &door.Door{Ledger: s.book, Temporal: s.temporal, Payloads: options.DataConverter, TaskQueue: "foxflow", Now: time.Now,
		Holder: "worker", PerMinute: c.perMinute, Budget: requests.Standing, Log: zap.NewNop()}
	working.Go(func() { watcher.Run(ctx) })
	working.Go(func() {
		for ctx.Err() == nil {
			require.NoError(t, entrance.Tend(t.Context()))
			time.Sleep(time.Second)
		}
	})
	return s
}

// walk has a street see the crowd, and says what came of it.
func (c crowd) walk(t *testing.T) (seen sights) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var working sync.WaitGroup
		s := c.open(ctx, t, &working)
		working.Go(func() { c.place(ctx, s) })
		for over := c.watched > 0; !over && s.ended() < c.orders && time.Since(s.begun) < time.Hour; {
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(c.watched)
		seen = s.sights(c)
		stop()
		working.Wait()
		s.close()
		require.NoError(t, s.book.Close())
	})
	t.Log(seen)
	return seen
}

// place puts the orders on record, as a shop does.
func (c crowd) place(ctx context.Context, s *street) {
	var all []order.Request
	for i := range c.orders {
		all = append(all, order.Request{Reference: fmt.Sprintf("shop-%05d", i), Mock: true, Items: []order.Item{{ItemID: "product_01kr9ee0zbgj09tqm83xssss6y", Quantity: 1}}})
	}
	put := func(some []order.Request) {
		placed, err := s.book.Queue.Put(s.Context(), some, ledger.Placing{Most: door.Room(c.perMinute), Input: "{}", Claim: door.ClaimLasts, At: time.Now()})
		require.NoError(s, err)
		for i, p := range placed {
			if p.Status.State == order.Creating {
				_, err := s.temporal.ExecuteWorkflow(s.Context(), workflows.StartOptions(some[i], nil, "foxflow", s.book.ID()), workflows.OrderWorkflowName, workflows.OrderInput{Request: some[i]})
				require.NoError(s, err)
			}
		}
	}
	for len(all) > 0 && ctx.Err() == nil {
		put(all[:1])
		all = all[1:]
		time.Sleep(c.every)
	}
}

func (s *street) note(r simulator.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, r)
}

func (s *street) ended() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ends)
}

func (s *street) close() {
	s.mu.Lock()
	for _, c := range s.waits {
		close(c)
	}
	s.waits = nil
	s.mu.Unlock()
	s.carried.Wait()
}

// news is Temporal as the watcher sees it.
type news struct {
	*clienttest.Temporal
	*street
}

func (n news) CompleteActivity(_ context.Context, token []byte, result any, err error) error {
	time.Sleep(5 * time.Millisecond)
	n.mu.Lock()
	defer n.mu.Unlock()
	reference, _, _ := strings.Cut(string(token), "/")
	out, _ := result.(activities.Outcome)
	if c, there := n.waits[reference]; there {
		c <- outcome{out, err}
	}
	return nil
}

func (n news) CompleteActivityByID(context.Context, string, string, string, string, any, error) error {
	return nil
}

// begins carries an order.
func (s *street) begins(reference string) {
	started := s.temporal.Started()
	at := slices.IndexFunc(started, func(in workflows.OrderInput) bool { return in.Request.Reference == reference })
	s.carried.Go(func() { s.carry(started[at]) })
}

func (s *street) carry(in workflows.OrderInput) {
	terms := life.Terms{Request: in.Request, Intervals: in.Intervals.OrDefaults()}
	now := time.Now()
	c := &carrier{street: s, reference: in.Request.Reference, seq: int(now.UnixMilli())}
	value, err := c.once(s.acts.OpenOrder, 1, activities.OpenInput{Terms: terms, StartedAt: now, Now: now, Seq: c.seq})
	require.NoError(s, err)
	var opened activities.Opened
	require.NoError(s, value.Get(&opened))
	c.seq = opened.Seq
	facts := opened.Begin(life.Begin(now), now)
	for !facts.State.Ended() {
		move := terms.Next(facts)
		c.seq = max(c.seq+1, int(time.Now().UnixMilli()))
		if move.Do == life.Create || move.Do == life.Pay {
			facts = life.Paying(facts)
		}
		step := activities.Step{Terms: terms, Facts: facts, Seq: c.seq}
		var out activities.Outcome
		var gone bool
		switch move.Do {
		case life.Create:
			out, gone = c.call(s.acts.CreateOrder, step)
		case life.Pay:
			out, gone = c.call(s.acts.PayOrder, step)
		case life.Look:
			look := activities.PollInput{Step: step, Until: move.Until}
			if seen := facts.Order.SeenAt; !seen.IsZero() {
				look.NotBefore = seen.Add(terms.Pace(facts, 1, time.Now()))
			}
			out, gone = c.watch(look)
		default:
			s.Errorf("%s: %v comes next", c.reference, move.Do)
			return
		}
		switch {
		case gone:
			return
		case out.Seen == nil:
			facts = terms.Overdue(facts, time.Now())
			s.mu.Lock()
			s.stalled++
			s.mu.Unlock()
		default:
			facts = terms.After(facts, *out.Seen)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends[c.reference] = time.Now()
}

// carrier makes an order's attempts at activities.
type carrier struct {
	*street
	reference string
	seq       int
}

// once makes one attempt.
func (c *carrier) once(does any, attempt int32, in any) (value interface{ Get(any) error }, err error) {
	time.Sleep(20 * time.Millisecond) // Temporal
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&watch.Attempted{Reference: c.reference, Seq: c.seq, Attempt: attempt}}})
	env.SetTestTimeout(time.Hour)
	env.RegisterActivity(c.acts)
	return env.ExecuteActivity(does, in)
}

// call makes attempts until one has an outcome.
func (c *carrier) call(does, in any) (out activities.Outcome, gone bool) {
	for attempt := int32(1); ; attempt++ {
		value, err := c.once(does, attempt, in)
		if err == nil {
			require.NoError(c, value.Get(&out))
			return out, false
		}
		if c.isClosed() {
			return out, true
		}
		c.pause(err, attempt)
	}
}

func (c *carrier) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waits == nil
}

// pause waits for the next attempt, as long as the one before it says.
func (c *carrier) pause(err error, attempt int32) {
	again := new(temporal.ApplicationError)
	require.ErrorAs(c, err, &again)
	require.False(c, again.NonRetryable(), "%s: %v", c.reference, err)
	wait := again.NextRetryDelay()
	if wait == 0 {
		wait = min(time.Second<<min(attempt-1, 6), time.Minute)
	}
	time.Sleep(wait)
}

// watch waits for news.
func (c *carrier) watch(in activities.PollInput) (out activities.Outcome, gone bool) {
	told := make(chan outcome, 10)
	c.mu.Lock()
	if c.waits == nil {
		c.mu.Unlock()
		return out, true
	}
	c.waits[c.reference] = told
	c.mu.Unlock()
	for attempt := int32(1); ; attempt++ {
		value, err := c.once(c.acts.PollStatus, attempt, in)
		if err == nil {
			require.NoError(c, value.Get(&out))
			return out, false
		}
		if errors.Is(err, activity.ErrResultPending) {
			word, there := <-told
			if !there {
				return out, true
			}
			if word.err == nil {
				return word.Outcome, false
			}
			err = word.err
		}
		c.pause(err, attempt)
	}
}
