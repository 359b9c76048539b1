package door

import (
	"context"
	"encoding/json"
	"time"

	"go.temporal.io/sdk/converter"
	"go.uber.org/zap"

	"foxflow/internal/budget"
	"foxflow/internal/store"
	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

const (
	// ClaimLasts is how long whoever has an order begin may take to start its workflow, before
	// another door does.
	ClaimLasts = time.Minute
	// afterFailure is the time to the next try after Temporal did not start an order.
	afterFailure = 15 * time.Second

	leaseName = "door"
	// leaseLasts is when another worker goes on if the one at the door dies.
	leaseLasts = 10 * time.Second
	// setting holds when orders began last.
	setting = "door opened"
)

// Door is one worker's door.
type Door struct {
	Ledger   *ledger.Ledger
	Temporal workflows.Starter
	// Payloads open what Temporal keeps.
	Payloads  converter.DataConverter
	TaskQueue string
	Now       func() time.Time
	// Holder names this door in the lease: no two have the same.
	Holder string
	// PerMinute is the request budget, and Budget says how it stands.
	PerMinute int
	Budget    func(context.Context) (budget.Standing, error)
	Log       *zap.Logger

	notBefore time.Time // the next order begins, after Temporal did not start one
}

// Tend has orders begin, if any may and it is this worker's turn. Call it once a second.
func (d *Door) Tend(ctx context.Context) error {
	if d.Now().Before(d.notBefore) {
		return nil
	}
	return d.Ledger.Store.Leases.Alone(ctx, store.Sole{Name: leaseName, Holder: d.Holder, Lasts: leaseLasts, Now: d.Now}, d.due, d.open)
}

// due says whether anybody waits.
func (d *Door) due(ctx context.Context) (bool, error) {
	now, err := d.Ledger.Store.Now(ctx, d.Now())
	if err != nil {
		return false, err
	}
	return d.Ledger.Queue.Busy(ctx, now)
}

// open has as many orders begin as may, and starts them.
func (d *Door) open(ctx context.Context) error {
	now, err := d.Ledger.Store.Now(ctx, d.Now())
	if err != nil {
		return err
	}
	opened, err := d.lastOpened(ctx)
	if err != nil {
		return err
	}
	seen, err := d.look(ctx, now, opened)
	if err != nil {
		return err
	}
	ways, err := d.ways(ctx, seen.Crowd, now)
	if err != nil {
		return err
	}
	n, left := seen.begins()
	take := map[order.Payer]int{}
	for payer, way := range ways {
		switch {
		case way == open:
			take[payer] = n
		case way == ajar && now.Sub(opened.Ajar) >= pause(d.PerMinute):
			take[payer] = min(n, 1)
		}
	}
	claimed, err := d.Ledger.Queue.Claim(ctx, n, take, ClaimLasts, d.Now())
	if err != nil || len(claimed) == 0 {
		return err
	}
	for _, c := range claimed {
		if !c.Turn {
			continue
		}
		opened.Last = now.Add(-left)
		if ways[c.Request.Payer()] == ajar {
			opened.Ajar = now
		}
	}
	return d.begin(ctx, claimed, opened)
}

// begin starts the orders that were claimed, and keeps when that was.
func (d *Door) begin(ctx context.Context, claimed []ledger.Claimed, at openings) error {
	text, err := json.Marshal(at)
	if err != nil {
		return err
	}
	if err := d.Ledger.Switches.Set(ctx, setting, string(text)); err != nil {
		return err
	}
	return d.start(ctx, claimed)
}

// openings are when orders began last.
type openings struct {
	Last time.Time `json:"last"` // any
	Ajar time.Time `json:"ajar"` // one that might wait for money, or for the day
}

// lastOpened is when orders began last: long ago where nobody knows.
func (d *Door) lastOpened(ctx context.Context) (at openings, err error) {
	text, there, err := d.Ledger.Switches.Setting(ctx, setting)
	if err != nil || !there || json.Unmarshal([]byte(text), &at) != nil {
		return openings{}, err
	}
	return at, nil
}

// look sees how many orders are on their way, and whether the budget carries them.
func (d *Door) look(ctx context.Context, now time.Time, opened openings) (sight, error) {
	crowd, err := d.Ledger.Queue.Crowd(ctx, now.Add(-stuckAfter))
	if err != nil {
		return sight{}, err
	}
	standing, err := d.Budget(ctx)
	if err != nil {
		return sight{}, err
	}
	since := now.Sub(opened.Last)
	if since < 0 { // a clock that was set back must not keep the door shut
		since = pause(d.PerMinute)
	}
	return sight{Crowd: crowd, queue: standing.Queue, since: since, perMinute: d.PerMinute}, nil
}
