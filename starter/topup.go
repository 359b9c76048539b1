package main

import (
	"context"

	"github.com/spf13/cobra"

	"foxflow/client"
	"foxflow/order"
	"foxflow/starter/internal/show"
)

// wokenDocument is the JSON of top-up: which orders were told to look again, and how
// those stand that were not waiting for it.
type wokenDocument struct {
	Woken      []string        `json:"woken"`
	NotWaiting []awakeDocument `json:"notWaiting"`
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
		Args: func(cmd *cobra.Command, args []string) error { return refuseTopUp(cmd, all, args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if !cmd.Flags().Changed("request") {
				return a.inSession(ctx, func(in *session) error { return in.toppedUp(ctx, args) })
			}
			r, err := r.named()
			if err != nil {
				return err
			}
			return a.inSession(ctx, func(in *session) error { return in.requestTopUp(ctx, r) })
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

// refuseTopUp refuses flags and references that say two things at once, or half of one.
func refuseTopUp(cmd *cobra.Command, all bool, args []string) error {
	requested := cmd.Flags().Changed("request")
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
	switch {
	case len(args) == 0 && !all:
		return misused("name references, or write --all for every order that waits", "reference: none is named")
	case len(args) > 0 && all:
		return misused("name references, or write --all, not both", "--all: stands beside references")
	}
	return normalReferences(args)
}

// toppedUp tells the named orders, or all that wait, that the balance was raised.
func (in *session) toppedUp(ctx context.Context, references []string) error {
	w, err := in.client.Waiting.ToppedUp(ctx, references...)
	if err != nil {
		return err
	}
	if err := in.showWoken(w); err != nil {
		return err
	}
	if len(w.Failures) == 0 {
		return nil
	}
	f := &failure{status: exitError, message: "not every order could be woken", hint: "run the same command again: waking twice does no harm"}
	for _, line := range w.Failures {
		f.details = append(f.details, show.Clean(line))
	}
	return f
}

func (in *session) showWoken(w client.Woken) error {
	if in.JSON {
		doc := wokenDocument{Woken: append([]string{}, w.Woken...), NotWaiting: []awakeDocument{}}
		for _, s := range w.NotWaiting {
			doc.NotWaiting = append(doc.NotWaiting, awakeDocument{s.Reference, s.State})
		}
		return in.Document(doc)
	}
	for _, reference := range w.Woken {
		in.Printf("%s looks again\n", reference)
	}
	for _, one := range w.NotWaiting {
		in.Printf("%s is not waiting for a top-up (%s): nothing changes\n", one.Reference, one.State)
	}
	if len(w.Woken)+len(w.NotWaiting)+len(w.Failures) == 0 {
		in.Printf("no order waits for a top-up\n")
	}
	return nil
}
