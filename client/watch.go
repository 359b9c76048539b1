package client

import (
	"context"
	"fmt"
	"iter"
	"time"

	"foxflow/ledger"
	"foxflow/order"
)

// Transition is a state that an order entered, when and why.
type Transition struct {
	Reference string
	State     order.State
	Reason    string
	At        time.Time
}

// Look is one look at an order that is followed.
type Look struct {
	Status order.Status
	// Entered are the states that it entered since the look before, the ones on record at
	// the first look; each comes once.
	Entered []Transition
}

// Watch follows an order until it has ended or the time is up: one Look every so often, the
// last one when it is over. A timeout of 0 has no end. It reads the ledger alone: it needs
// neither Temporal nor a worker. An error ends it; a reference that is not on record is
// ErrNotFound.
func (c *Client) Watch(ctx context.Context, reference string, timeout time.Duration) iter.Seq2[Look, error] {
	return func(yield func(Look, error) bool) {
		told := told{reference: reference}
		for range c.looks(ctx, timeout) {
			look, err := c.lookAt(ctx, &told)
			if !yield(look, err) || err != nil || look.Status.State.Ended() {
				return
			}
		}
		if ctx.Err() != nil {
			yield(Look{}, fmt.Errorf("follow order %s: %w", reference, ctx.Err()))
		}
	}
}

func (c *Client) lookAt(ctx context.Context, told *told) (Look, error) {
	// The status is read first: an end that it shows has its entry by then.
	s, err := c.Status(ctx, told.reference)
	if err != nil {
		return Look{}, err
	}
	entries, err := c.ledger.Log.Entries(ctx, told.reference)
	if err != nil {
		return Look{}, err
	}
	return Look{Status: s, Entered: told.entered(s, entries)}, nil
}

// looks comes now, every so often, and once more when the time is up; it is over once ctx
// is. A timeout of 0 has no end.
func (c *Client) looks(ctx context.Context, timeout time.Duration) func(yield func() bool) {
	return func(yield func() bool) {
		var over <-chan time.Time
		if timeout > 0 {
			timer := time.NewTimer(timeout)
			defer timer.Stop()
			over = timer.C
		}
		tick := time.NewTicker(c.lookEvery)
		defer tick.Stop()
		for last := false; yield() && !last; {
			select {
			case <-ctx.Done():
				return
			case <-over:
				last = true
			case <-tick.C:
			}
		}
	}
}

// told knows which states of an order were told.
type told struct {
	reference string
	seen      int64
	// early is the state told from the status alone, before the log had one.
	early order.State
}

func (t *told) entered(s order.Status, entries []ledger.AuditEntry) (all []Transition) {
	for _, e := range entries {
		if e.Seq <= t.seen {
			continue
		}
		t.seen = e.Seq
		if e.Kind != ledger.KindState {
			continue
		}
		again := e.State == t.early
		t.early = ""
		if !again {
			all = append(all, Transition{t.reference, e.State, e.Reason, e.At})
		}
	}
	if t.seen == 0 && t.early == "" {
		t.early = s.State
		all = append(all, Transition{t.reference, s.State, "", s.StartedAt})
	}
	return all
}
