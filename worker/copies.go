package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"foxflow/ledger"
)

const (
	// copiesTick is how often a worker looks who else polls, presentEvery how often it says
	// that it is there.
	copiesTick   = 5 * time.Second
	presentEvery = ledger.PresenceLasts / 3
	// aliveLasts is how long a worker counts as alive that was seen to poll: a poll lasts
	// about a minute.
	aliveLasts = 2 * time.Minute
	// identityMark stands between what names a process and what names its ledger.
	identityMark = " foxflow "
)

// copies finds out whether two copies of one ledger are in use: their id is the same, so
// orders would be worked on from both, and what is on record of them be split. Each worker
// polls Temporal under its ledger's id and one of its own, and puts its own into the ledger.
// One that polls under this ledger's id, and that this ledger does not know, uses a copy.
type copies struct {
	ledger   *ledger.Ledger
	temporal client.Client
	queue    string
	self     string
	now      func() time.Time
	log      *zap.Logger

	mu    sync.Mutex
	seen  map[string]time.Time // strangers, by identity: their first poll that was seen
	alive map[string]time.Time // those that polled again since, and when that was noticed
}

// identity is what a worker polls as.
func identity(ledgerID, self string) string {
	host, _ := os.Hostname()
	return fmt.Sprintf("%d@%s%s%s/%s", os.Getpid(), host, identityMark, ledgerID, self)
}

// ofLedger says which worker of which ledger polls.
func ofLedger(identity string) (ledgerID, worker string) {
	_, named, _ := strings.Cut(identity, identityMark)
	ledgerID, worker, _ = strings.Cut(named, "/")
	return ledgerID, worker
}

func newCopies(book *ledger.Ledger, temporal client.Client, queue, self string, logger *zap.Logger) *copies {
	return &copies{ledger: book, temporal: temporal, queue: queue, self: self, now: time.Now, log: logger,
		seen: map[string]time.Time{}, alive: map[string]time.Time{}}
}

// run works until ctx ends.
func (c *copies) run(ctx context.Context) {
	var present time.Time
	look := func(ctx context.Context) error {
		if c.now().Sub(present) >= presentEvery && c.ledger.Present(ctx, c.self, c.now()) == nil {
			present = c.now()
		}
		return c.look(ctx)
	}
	every(ctx, copiesTick, look, c.log, "who else works on this task queue could not be seen")
}

// look takes in who polls now. Temporal shows a worker that is gone for minutes: one counts
// once it has polled again.
func (c *copies) look(ctx context.Context) error {
	polls, err := c.temporal.DescribeTaskQueue(ctx, c.queue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return err
	}
	known, err := c.ledger.Workers(ctx, c.now())
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, poller := range polls.GetPollers() {
		who, at := poller.GetIdentity(), poller.GetLastAccessTime().AsTime()
		id, worker := ofLedger(who)
		if id != c.ledger.ID() || worker == c.self || known[worker] {
			continue
		}
		switch first, there := c.seen[who]; {
		case !there:
			c.seen[who] = at
		case at.After(first):
			if _, told := c.alive[who]; !told {
				c.log.Error("another worker uses a copy of this ledger; this worker is not ready", zap.String("worker", who))
			}
			c.seen[who], c.alive[who] = at, c.now()
		}
	}
	return nil
}

// check is why this worker is not ready.
func (c *copies) check() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for who, at := range c.alive {
		if c.now().Sub(at) <= aliveLasts {
			return fmt.Errorf("%w: worker %s uses it. %s", ledger.ErrCopied, who, ledger.ErrCopied.Fix)
		}
		delete(c.alive, who)
	}
	return nil
}
