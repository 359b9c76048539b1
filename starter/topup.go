package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"

	"foxflow/ledger"
	"foxflow/order"
	"foxflow/starter/internal/show"
	"foxflow/workflows"
)

// waking is the JSON of top-up: which orders were told to look again, and how
// those stand that were not waiting for it.
type waking struct {
	Woken      []string        `json:"woken"`
	NotWaiting []awakeDocument `json:"notWaiting"`
	failures   []string
}

type awakeDocument struct {
	Reference string      `json:"reference"`
	State     order.State `json:"state"`
}

func (a *app) topUpCommand() *cobra.Command {
	var all bool
	var r requesting
	cmd := &cobra.Command{
		Use:   "top-up [REFERENCE… | --all | --request AMOUNT --currency COIN]",
		Short: "Raise the balance, or tell the orders that wait for it that it was raised",
		Long: `Tell orders that the balance was raised, so that they look again at once. It is a
hint: an order that waits for something else, or for nothing, is not harmed by it.
The workers read the balance and wake as many as it covers: the soonest payment
window first, then the oldest. They do so within a minute or so without this, too.

With --request, ask FoxReload for a crypto top-up, show where to send the money, follow
it until the balance has risen, then wake the orders:
  starter top-up --request 50 --currency usdt
FoxReload is asked once. Whoever stops following it loses nothing: it goes on, and the
same command with --id shows it again.

Exit status with --request: 0 the balance has risen, 1 refused, lost or not seen to come
in time, 3 cancelled, 5 not at its end when --timeout ran out (it goes on).`,
		Args: func(cmd *cobra.Command, args []string) error {
			requested := cmd.Flags().Changed("request")
			if wrong := refuseRequesting(cmd, requested, all, args); requested || wrong != nil {
				return wrong
			}
			switch {
			case len(args) == 0 && !all:
				return misused("name references, or write --all for every order that waits", "reference: none is named")
			case len(args) > 0 && all:
				return misused("name references, or write --all, not both", "--all: stands beside references")
			}
			return normalReferences(args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if cmd.Flags().Changed("request") {
				r, err := r.named()
				if err != nil {
					return err
				}
				return a.atDesk(ctx, func(d *desk) error { return d.requestTopUp(ctx, r) })
			}
			return a.atDesk(ctx, func(d *desk) error {
				orders, err := d.chosen(ctx, args)
				if err != nil {
					return err
				}
				t, err := d.connectToOrders(ctx)
				if err != nil {
					return err
				}
				defer t.Close()
				if err := d.book.HintTopUp(ctx, d.now()); err != nil {
					return err
				}
				if !all {
					return d.showWaking(d.wake(ctx, t, orders))
				}
				left, err := d.leftToDesk(ctx, orders)
				if err != nil {
					return err
				}
				return d.showWaking(d.wake(ctx, t, orders, left...))
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&all, "all", false, "every order in this ledger that waits for a top-up or is paused")
	f.Var(amountValue{&r.top.Amount}, "request", "ask FoxReload for a crypto top-up of this much")
	f.Var(coinValue{&r.top.Currency}, "currency", "with --request: the coin to send, e.g. usdt")
	f.Var(textValue{&r.top.ID, "the id that was shown"}, "id", "with --request: follow the one that was requested under this id")
	f.BoolVar(&r.qr, "qr", false, "with --request: draw the QR code off a terminal too")
	f.Var(timeoutValue{&r.timeout}, "timeout", "with --request: how long to stay (else to its end)")
	return cmd
}

// refuseRequesting refuses flags that say two things at once, or half of one.
func refuseRequesting(cmd *cobra.Command, requested, all bool, args []string) error {
	switch {
	case requested && (all || len(args) > 0):
		return misused("ask for a top-up, or wake orders, not both", "--request: stands beside references or --all")
	case requested && !cmd.Flags().Changed("currency"):
		return misused("name the coin to send: --currency usdt", "--currency: is missing")
	case requested:
		return nil
	}
	for _, name := range []string{"currency", "id", "qr", "timeout"} {
		if cmd.Flags().Changed(name) {
			return misused("write --request AMOUNT, or leave it out", "--%s: needs --request", name)
		}
	}
	return nil
}

// chosen are the named orders, or all that wait for money. Every name is looked
// up before anything is sent.
func (d *desk) chosen(ctx context.Context, references []string) ([]order.Status, error) {
	if len(references) == 0 {
		return d.inStates(ctx, order.AwaitingTopUp, order.Paused)
	}
	var orders []order.Status
	for _, reference := range references {
		s, err := d.book.Status(ctx, reference)
		if err != nil {
			return nil, d.notHere(reference, err)
		}
		orders = append(orders, s)
	}
	return orders, nil
}

func (d *desk) inStates(ctx context.Context, states ...order.State) ([]order.Status, error) {
	var orders []order.Status
	for _, state := range states {
		found, err := d.book.List(ctx, ledger.Filter{State: state})
		if err != nil {
			return nil, err
		}
		orders = append(orders, found...)
	}
	return orders, nil
}

// deskSilent is after how long without a look at the balance no worker's balance desk
// is taken to be at work: while orders wait it looks once a minute.
const deskSilent = 90 * time.Second

// leftToDesk are the orders that need no word of ours: a worker's balance desk has
// been told to look at once, and wakes as many as the balance covers. Waking all would
// have FoxReload orders made anew for some that can't be paid.
func (d *desk) leftToDesk(ctx context.Context, orders []order.Status) (left []string, err error) {
	at, err := d.book.Desk(ctx)
	if err != nil || d.now().Sub(at.LookedAt) > deskSilent {
		return nil, err
	}
	for _, s := range orders {
		if s.State == order.AwaitingTopUp && !s.Mock {
			left = append(left, s.Reference)
		}
	}
	return left, nil
}

// wake tells each order to look again, but those that are left to the balance desk.
// One that can't be told does not keep the others from it.
func (d *desk) wake(ctx context.Context, t *temporal, orders []order.Status, left ...string) waking {
	w := waking{Woken: []string{}, NotWaiting: []awakeDocument{}}
	for _, s := range orders {
		if s.State != order.AwaitingTopUp && s.State != order.Paused {
			w.NotWaiting = append(w.NotWaiting, awakeDocument{s.Reference, s.State})
		}
		if s.State.Ended() {
			continue
		}
		if slices.Contains(left, s.Reference) {
			w.Woken = append(w.Woken, s.Reference)
			continue
		}
		err := t.SignalWorkflow(ctx, s.WorkflowID, "", workflows.SignalTopUp, nil)
		var missing *serviceerror.NotFound
		switch {
		case errors.As(err, &missing):
			w.failures = append(w.failures, fmt.Sprintf("%s: Temporal runs no workflow for it; place it again the same way", s.Reference))
		case err != nil:
			w.failures = append(w.failures, fmt.Sprintf("%s: %s", s.Reference, t.explain(err)))
		case s.State == order.AwaitingTopUp || s.State == order.Paused:
			w.Woken = append(w.Woken, s.Reference)
		}
	}
	return w
}

func (d *desk) showWaking(w waking) error {
	if d.JSON {
		if err := d.Document(w); err != nil {
			return err
		}
	} else {
		for _, reference := range w.Woken {
			d.Printf("%s looks again\n", reference)
		}
		for _, one := range w.NotWaiting {
			d.Printf("%s is not waiting for a top-up (%s): nothing changes\n", one.Reference, one.State)
		}
		if len(w.Woken)+len(w.NotWaiting)+len(w.failures) == 0 {
			d.Printf("no order waits for a top-up\n")
		}
	}
	return w.failure()
}

func (w waking) failure() error {
	if len(w.failures) == 0 {
		return nil
	}
	f := &failure{status: exitError, message: "not every order could be woken", hint: "run the same command again: waking twice does no harm"}
	for _, line := range w.failures {
		f.details = append(f.details, show.Clean(line))
	}
	return f
}
