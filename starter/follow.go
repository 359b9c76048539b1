package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"foxflow/ledger"
	"foxflow/order"
	"foxflow/starter/internal/show"
	"foxflow/story"
)

// step is a state that an order entered: a line of watch.
type step struct {
	Reference string      `json:"reference"`
	State     order.State `json:"state"`
	Reason    string      `json:"reason"`
	At        time.Time   `json:"at"`
}

func (a *app) watchCommand() *cobra.Command {
	timeout := defaultTimeout
	cmd := &cobra.Command{
		Use:   "watch REFERENCE",
		Short: "Follow an order to its end",
		Long:  "Show each state that the order has entered and enters, to its end.\nThe exit status tells how it ended, as with place --wait.",
		Args:  oneReference,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.atDesk(cmd.Context(), func(d *desk) error {
				tell := d.showStep
				if d.JSON {
					tell = func(s step, _ order.Status) error { return d.Line(s) }
				}
				s, err := d.follow(cmd.Context(), args[0], timeout, tell)
				if err != nil {
					return d.notHere(args[0], err)
				}
				return ending(s)
			})
		},
	}
	cmd.Flags().Var(timeoutValue{&timeout}, "timeout", "how long to stay")
	return cmd
}

// follow tells each state of an order, the ones on record first, until it has
// ended or the time is up, and says how it stands then. It reads the ledger
// alone: it needs neither Temporal nor a worker.
func (d *desk) follow(ctx context.Context, reference string, timeout time.Duration, tell func(step, order.Status) error) (order.Status, error) {
	over := time.NewTimer(timeout)
	defer over.Stop()
	tick := time.NewTicker(d.lookEvery)
	defer tick.Stop()
	moving := d.Moving()
	defer moving.Clear()
	teller := teller{reference: reference, tell: func(one step, s order.Status) error {
		moving.Clear()
		return tell(one, s)
	}}
	began := d.now()
	for last := false; ; {
		// The status is read first: an end that it shows has its entry by then.
		s, err := d.book.Status(ctx, reference)
		if err != nil {
			return s, err
		}
		entries, err := d.book.Audit(ctx, reference)
		if err != nil {
			return s, err
		}
		if err := teller.catchUp(s, entries); err != nil || s.State.Ended() || last {
			return s, err
		}
		moving.Show(fmt.Sprintf("%s is %s · %s", reference, s.State, d.now().Sub(began).Round(time.Second)))
		select {
		case <-ctx.Done():
			return s, fmt.Errorf("follow order %s: %w", reference, ctx.Err())
		case <-over.C:
			last = true
		case <-tick.C:
		}
	}
}

// teller knows which states it has told.
type teller struct {
	reference string
	tell      func(step, order.Status) error
	seen      int64
	// early is the state told from the status alone, before the log had one.
	early order.State
}

func (t *teller) catchUp(s order.Status, entries []ledger.AuditEntry) error {
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
		if again {
			continue
		}
		if err := t.tell(step{t.reference, e.State, e.Reason, e.At}, s); err != nil {
			return err
		}
	}
	if t.seen == 0 && t.early == "" {
		t.early = s.State
		return t.tell(step{t.reference, s.State, "", s.StartedAt}, s)
	}
	return nil
}

// showStep is a step as a person reads it, with what to do where the order waits
// for somebody now.
func (d *desk) showStep(one step, s order.Status) error {
	line := d.Faint(one.At.UTC().Format("15:04:05")) + "  " + d.State(one.State)
	if one.Reason != "" {
		line += "  " + show.Clean(one.Reason)
	}
	d.Printf("%s\n", line)
	if one.State != s.State || !s.State.Waits() {
		return nil
	}
	if s.PaymentURL != nil {
		d.Printf("          pay here: %s\n", show.Clean(*s.PaymentURL))
	}
	if next := story.Next(s); len(next) > 0 {
		d.Printf("          → %s\n", show.Clean(next[0].String()))
	}
	return nil
}
