package watch

import (
	"context"
	"iter"
	"sync"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.uber.org/zap"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/internal/budget"
	"foxflow/internal/store"
	"foxflow/ledger"
)

const (
	leaseName = "watcher"
	// leaseLasts and standby together are when another worker goes on if the one that
	// watches dies: as soon as Temporal would notice it.
	leaseLasts = 8 * time.Second
	standby    = 1500 * time.Millisecond
	// tick is how often the ledger is asked for orders that other workers registered.
	tick = time.Second
	// looksAtOnce is how many looks are on their way at most: one that gets no answer for
	// long keeps no other waiting.
	looksAtOnce = 16
	// apart is the least time between the beginnings of two rounds: one serves all that
	// happened meanwhile.
	apart = 20 * time.Millisecond
)

// Orders looks at an order; activities.Looker does.
type Orders interface {
	Look(ctx context.Context, row ledger.Watch, p foxreload.Priority, listed *foxreload.Order) (activities.Look, error)
	Says(row ledger.Watch, listed foxreload.Order) activities.Says
	Likely(ctx context.Context, row ledger.Watch, now time.Time) (bool, error)
	Ended(ctx context.Context, row ledger.Watch, listed foxreload.Order, now time.Time)
	OnClock(ctx context.Context) (context.Context, error)
}

// Lister lists FoxReload's orders; *foxreload.Client does.
type Lister interface {
	ListOrders(context.Context, foxreload.OrderFilter) iter.Seq2[foxreload.Order, error]
}

// Temporal is the part of its client that the watcher needs.
type Temporal interface {
	CompleteActivity(ctx context.Context, taskToken []byte, result any, err error) error
	CompleteActivityByID(ctx context.Context, namespace, workflowID, runID, activityID string, result any, err error) error
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
}

// Parts are what a watcher is made of.
type Parts struct {
	Orders    Orders
	API       Lister
	Ledger    *ledger.Ledger
	Temporal  Temporal
	Namespace string // Temporal's
	Now       func() time.Time
	// Holder names this watcher in the lease: no two have the same.
	Holder string
	// PerMinute is the request budget: requests a minute.
	PerMinute int
	// Budget says how the request budget stands; nil: it is never short.
	Budget func(context.Context) (budget.Standing, error)
	// Looked is told how each order was seen; nil: nobody is.
	Looked func(Way)
	Log    *zap.Logger
}

// Way is how an order was seen.
type Way string

// The ways.
const (
	BySelf Way = "single" // by a request of its own
	ByList Way = "list"   // in a list
)

// Watcher is one worker's watcher.
type Watcher struct {
	Parts
	poked chan struct{}
	list  list
	lost  lost

	flights sync.WaitGroup
	mu      sync.Mutex // all below
	flying  map[string]bool
	// alone are the orders, and their steps, that a list did not show, or not wholly: they
	// are looked at by a request of their own.
	alone map[string]int
	// rests is until when nothing is asked: the budget has no room, or Temporal is away;
	// away counts how often in a row it was.
	rests time.Time
	away  int
}

// New makes a watcher.
func New(p Parts) *Watcher {
	if p.Looked == nil {
		p.Looked = func(Way) {}
	}
	w := &Watcher{Parts: p, poked: make(chan struct{}, 1), flying: map[string]bool{}, alone: map[string]int{}}
	w.lost.asked = map[string]inquiry{}
	return w
}

// Registered says that an order was registered by this process.
func (w *Watcher) Registered() {
	select {
	case w.poked <- struct{}{}:
	default:
	}
}

// Run watches until ctx ends. What goes wrong is logged, and tried again.
func (w *Watcher) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := w.turn(ctx, w.watch); err != nil && ctx.Err() == nil {
			w.Log.Warn("watcher", zap.Error(err))
		}
		sleep(ctx, standby, nil)
	}
}

// Tend does what is to be done now, if it is this worker's turn, and waits for it.
func (w *Watcher) Tend(ctx context.Context) error {
	return w.turn(ctx, func(ctx context.Context) error {
		_, _, err := w.round(ctx)
		w.flights.Wait()
		return err
	})
}

// turn does work if there is any and no other worker is at it.
func (w *Watcher) turn(ctx context.Context, work func(context.Context) error) error {
	return w.Ledger.Store.Leases.Alone(ctx, store.Sole{Name: leaseName, Holder: w.Holder, Lasts: leaseLasts, Now: w.Now}, w.needed, work)
}

// needed says whether any order is watched, or was to be.
func (w *Watcher) needed(ctx context.Context) (bool, error) {
	now, err := w.Ledger.Store.Now(ctx, w.Now())
	if err != nil {
		return false, err
	}
	standing, err := w.Ledger.Watches.Count(ctx, now)
	if err != nil || standing.All > 0 {
		return err == nil, err
	}
	unwatched, err := w.unwatched(ctx, now, 1)
	return len(unwatched) > 0, err
}

// watch goes round until nothing is left to watch, or the lease is lost.
func (w *Watcher) watch(ctx context.Context) error {
	defer w.flights.Wait()
	for ctx.Err() == nil {
		began := time.Now()
		wait, watched, err := w.round(ctx)
		if err != nil {
			return err
		}
		sleep(ctx, min(wait, tick), w.poked)
		if watched {
			sleep(ctx, apart-time.Since(began), nil)
		} else if needed, err := w.needed(ctx); err != nil || !needed {
			return err
		}
	}
	return nil
}

// sleep waits for d, a word, or the end of ctx.
func sleep(ctx context.Context, d time.Duration, word <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-word:
	case <-ctx.Done():
	}
}
