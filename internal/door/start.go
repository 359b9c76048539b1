package door

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
	"foxflow/workflows"
)

const (
	// startsAtOnce is how many orders are being started at the same time.
	startsAtOnce = 8
	// startTakes bounds one conversation with Temporal about one order.
	startTakes = 15 * time.Second
)

// started is what starting orders came to.
type started struct {
	sync.Mutex
	over   []string // their workflows run, or they need none
	failed []string
	errs   []error
	away   bool // one that has begun just now could not be started: Temporal may be away
}

// start starts the workflows of orders that have begun. Those that run leave the queue; those
// that could not be started are tried again after a pause.
func (d *Door) start(ctx context.Context, claimed []ledger.Claimed) error {
	var done started
	var group errgroup.Group
	group.SetLimit(startsAtOnce)
	for _, c := range claimed {
		group.Go(func() error {
			err := d.startOne(ctx, c)
			done.Lock()
			defer done.Unlock()
			if err != nil {
				done.failed, done.errs = append(done.failed, c.Status.Reference), append(done.errs, err)
				done.away = done.away || c.Turn
			} else {
				done.over = append(done.over, c.Status.Reference)
			}
			return nil
		})
	}
	_ = group.Wait() // it returns none
	d.Log.Info("queued orders begin", zap.Int("begun", len(done.over)), zap.Int("failed", len(done.failed)))
	if done.away { // one that fails again and again holds up no others
		d.notBefore = d.Now().Add(afterFailure)
	}
	ctx = context.WithoutCancel(ctx) // what is started is started, whoever has the lease now
	return errors.Join(append(done.errs[:min(1, len(done.errs))],
		d.Ledger.Queue.Leave(ctx, done.over...), d.Ledger.Queue.GiveBack(ctx, afterFailure, d.Now(), done.failed...))...)
}

// startOne starts the workflow of an order, and makes sure that the one which runs then is
// this ledger's. An order whose reference belongs to another ledger ends as failed.
func (d *Door) startOne(ctx context.Context, c ledger.Claimed) error {
	ctx, cancel := context.WithTimeout(ctx, startTakes)
	defer cancel()
	reference := c.Status.Reference
	var intervals life.Intervals
	if err := json.Unmarshal([]byte(c.Input), &intervals); err != nil {
		return fmt.Errorf("start order %s: what it is started with is not whole", reference)
	}
	names, err := d.Ledger.Products.Names(ctx, c.Request.Products()...)
	if err != nil {
		return err
	}
	_, err = d.Temporal.ExecuteWorkflow(ctx, workflows.StartOptions(c.Request, names, d.TaskQueue, d.Ledger.ID()), workflows.OrderWorkflowName,
		workflows.OrderInput{Request: c.Request, Intervals: intervals})
	if err != nil {
		return fmt.Errorf("start order %s: %w", reference, err)
	}
	run, there, err := workflows.Find(ctx, d.Temporal, d.Payloads, order.WorkflowID(reference))
	switch {
	case err != nil:
		return fmt.Errorf("look for order %s: %w", reference, err)
	case !there:
		return fmt.Errorf("start order %s: Temporal does not show it yet", reference)
	case run.Ledger != d.Ledger.ID():
		return d.foreign(ctx, c.Status)
	case run.Closed: // the comparison of ledger and Temporal tells of it
		d.Log.Warn("a queued order's workflow is over before it began", zap.String("reference", reference))
	}
	return nil
}

// foreign ends an order whose reference Temporal knows from another ledger: joining that one
// would hand out its order.
func (d *Door) foreign(ctx context.Context, s order.Status) error {
	now, err := d.Ledger.Store.Now(ctx, d.Now())
	if err != nil {
		return err
	}
	s.State, s.UpdatedAt = order.Failed, now
	s.Error = &order.Error{Code: order.CodeForeign, Message: "Temporal knows this reference from another ledger; nothing was started, created or paid"}
	return d.Ledger.Orders.Record(ctx, ledger.Entry{Reference: s.Reference, Key: "queue/foreign", Kind: ledger.KindState, State: order.Failed,
		Reason: s.Error.Code + ": " + s.Error.Message, At: now}, s)
}
