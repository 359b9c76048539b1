package workflows_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"foxflow/activities"
	"foxflow/internal/balance"
	"foxflow/internal/blank"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
	"foxflow/workflows"
)

var two = decimal.NewFromInt(2)

// trial plays one script: the real workflow, the real activities and a real
// ledger, in virtual time, over as many runs as the script has resets.
type trial struct {
	script   script
	ctx      context.Context
	book     *ledger.Ledger
	in       workflows.OrderInput
	fox      *hostile
	acts     *activities.Activities
	env      *testsuite.TestWorkflowEnvironment
	began    time.Time
	runs     int
	runBegan time.Time
	asked    []string // by updates, which a reset takes along

	mu        sync.Mutex // all below, and fox
	points    int        // where a kill could have struck
	dead      bool       // this attempt's worker was killed: nothing that it does counts
	abandoned bool       // this run was reset: its activities do nothing more
	lost      bool       // it never ends
	deafDisk  time.Time  // the ledger refuses writes until then
	outside   bool       // a write of the script's own
	cancelled bool       // a person was told that it is
	wrong     []string
	story     []string
}

// shelf is a ledger that many trials share, each with a reference of its own.
type shelf struct {
	book   *ledger.Ledger
	raw    *sql.DB
	trials int
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	strikeAtCommits()
	file := blank.New(t)
	book := file.Open(t)
	raw, err := sql.Open("sqlite", file.Path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = raw.Close() })
	return &shelf{book: book, raw: raw}
}

// tidy takes back what a trial has left for all that follow.
func (s *shelf) tidy(ctx context.Context) error {
	for _, table := range []string{"settings", "switches", "desk", "balances"} {
		if _, err := s.raw.ExecContext(ctx, "DELETE FROM "+table); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) trial(ctx context.Context, played script) *trial {
	s.trials++
	r := order.Request{Reference: fmt.Sprintf("shop-%d", s.trials), Mock: played.Order.Mock}
	for i := range played.Order.Items {
		r.Items = append(r.Items, order.Item{ItemID: fmt.Sprintf("product_%c", 'a'+i), Quantity: int64(i + 1)})
	}
	if played.Order.Provider {
		r.Provider, r.ReturnURL = "pally", "https://shop.example/return"
	}
	if played.Order.MaxPrice != "" {
		most := decimal.RequireFromString(played.Order.MaxPrice)
		r.MaxPrice, r.MaxPriceCurrency = &most, played.Order.MaxCurrency
	}
	t := &trial{script: played, ctx: ctx, book: s.book, began: time.Date(2100, 1, 1, 10, 0, 0, 0, time.UTC), in: workflows.OrderInput{
		Request: r,
		// A day is shortened to hours: what matters is what comes before what.
		Intervals: life.Intervals{PollMax: 2 * time.Minute, StallPoll: 20 * time.Minute, GiveUpAfter: 2 * time.Hour},
	}}
	t.fox = newHostile(t)
	return t
}

// tellBalance has the desk's memory know the balance that FoxReload lists.
func (t *trial) tellBalance() {
	listed := map[string]decimal.Decimal{"usd": t.fox.balance}
	switch t.script.Fox.Balances {
	case "":
		return
	case "rub":
		listed = map[string]decimal.Decimal{"rub": decimal.NewFromInt(1000)}
	}
	if _, err := balance.New(t.book.Store).Saw(t.ctx, t.now(), listed); err != nil {
		t.breach("the balance can't be kept: %v", err)
	}
}

func (t *trial) ref() string { return t.in.Request.Reference }

// short is an order id without the reference.
func short(id string) string { return id[strings.Index(id, "fox-"):] }

func (t *trial) now() time.Time {
	if t.env == nil {
		return t.began
	}
	return t.env.Now()
}

// play carries the order to its end, through every reset.
func (t *trial) play() (order.Status, error) {
	playing.Store(t)
	defer playing.Store(nil)
	t.outside = true
	t.tellBalance()
	t.outside = false
	for {
		t.open()
		t.env.ExecuteWorkflow(workflows.OrderWorkflowName, t.in)
		switch {
		case t.lost, !t.env.IsWorkflowCompleted():
			return order.Status{}, errors.New("the order does not end")
		case t.abandoned && !abandonedBy(t.env.GetWorkflowError()):
			return order.Status{}, fmt.Errorf("run %d, abandoned: %w", t.runs, t.env.GetWorkflowError())
		case !t.abandoned && !t.resetLater():
			var s order.Status
			err := t.env.GetWorkflowError()
			if err == nil {
				err = t.env.GetWorkflowResult(&s)
			}
			return s, err
		}
	}
}

// abandonedBy says whether a run that was reset ended as such a run does.
func abandonedBy(err error) bool {
	var app *temporal.ApplicationError
	return err == nil || (errors.As(err, &app) && app.Type() == typeAbandoned)
}

// open gives the order a new run over the same ledger and FoxReload, as a reset
// to the first event does.
func (t *trial) open() {
	start := t.began
	if t.env != nil {
		start = t.env.Now().Add(time.Second)
	}
	t.runs++
	t.abandoned, t.runBegan = false, start
	t.tell("run %d", t.runs)
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(start)
	env.SetTestTimeout(time.Minute)
	env.SetWorkerOptions(worker.Options{
		DeadlockDetectionTimeout: 20 * time.Second, // ends what goes round without any activity
		Interceptors:             []interceptor.WorkerInterceptor{&reaper{trial: t}},
	})
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: order.WorkflowID(t.ref()), TaskQueue: "foxflow"})
	t.acts = &activities.Activities{API: t.fox, Ledger: t.book, Now: t.now, IdempotencyKeys: true, PayTakes: 35 * time.Second}
	env.RegisterActivity(t.acts)
	env.RegisterWorkflowWithOptions(workflows.OrderWorkflow, workflow.RegisterOptions{Name: workflows.OrderWorkflowName})
	t.env = env
	tellPaused(t.ctx, env, t.acts, t.ref())
	for _, what := range t.asked {
		env.RegisterDelayedCallback(func() { t.say(what) }, 0)
	}
	for _, after := range []time.Duration{5 * time.Second, time.Minute, 6 * time.Minute, 18 * time.Minute, 30 * time.Minute, 90 * time.Minute} {
		env.RegisterDelayedCallback(t.honest, after)
	}
	// Payments that are paused have no end of their own.
	for _, e := range append(t.script.Events, event{At: 4 * time.Hour, What: "resume"}) {
		if after := t.began.Add(e.At).Sub(start); t.runs == 1 || after > 0 {
			env.RegisterDelayedCallback(func() { t.happen(e.What) }, after)
		}
	}
}

// resetLater says whether a reset comes after the order's end.
func (t *trial) resetLater() bool {
	for _, e := range t.script.Events {
		if e.What == "reset" && t.began.Add(e.At).After(t.env.Now()) && t.runs < 6 {
			return true
		}
	}
	return false
}

// lock guards a call of FoxReload or an event; kills pass through it.
func (t *trial) lock() (unlock func()) {
	t.mu.Lock()
	return t.mu.Unlock
}

// tell adds a line to the trial's story, which a failure prints.
func (t *trial) tell(format string, args ...any) {
	at := t.now().Sub(t.began).Round(time.Millisecond)
	t.story = append(t.story, fmt.Sprintf("%12s  ", at)+fmt.Sprintf(format, args...))
}

// breach notes what must never happen.
func (t *trial) breach(format string, args ...any) {
	t.tell("!!!!    "+format, args...)
	t.wrong = append(t.wrong, fmt.Sprintf(format, args...))
}

// playing is the trial whose commits are watched.
var playing atomic.Pointer[trial]

// told is the story so far; of a long one, how it began and how it ended.
func (t *trial) told() string {
	const most = 100
	lines := t.story
	if n := len(lines); n > most {
		lines = append(append(slices.Clone(lines[:most/2]), "…"), lines[n-most/2:]...)
	}
	return strings.Join(lines, "\n")
}
