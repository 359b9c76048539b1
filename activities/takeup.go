package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

// soon is when an order goes on that the ledger has just taken up.
const soon = 100 * time.Millisecond

// lacking takes an order up that the ledger does not know as it should, and has the attempt
// made again. What it lacks nothing of was refused for another reason.
func (a *Activities) lacking(ctx context.Context, in Step, cause error) error {
	lacked, err := a.takeUp(ctx, in, true)
	unpinned := new(ledger.NotPinnedError)
	switch {
	case err != nil:
		return err
	case lacked:
		return &later{after: soon, why: fmt.Sprintf("order %s was missing in the ledger, which was put back from a backup; it is taken up again", in.reference())}
	case errors.As(cause, &unpinned):
		return &life.Refusal{Class: life.ClassGuard, Code: order.CodeGuard, Message: cause.Error()}
	}
	return cause
}

// takeUp has the ledger make anew what it lacks of an order. The workflow knows all but what
// the attempts of this step have sent.
func (a *Activities) takeUp(ctx context.Context, in Step, mayHaveSent bool) (lacked bool, err error) {
	sent := mayHaveSent || in.Facts.Money != life.Unsent && in.Facts.Money != life.Spared
	return a.Ledger.Orders.TakeUp(ctx, ledger.Running{Request: in.Request, Status: in.Status(in.Facts), Sent: sent, InFlight: a.PayTakes, At: a.now(ctx)})
}

// mayHaveForgotten says that a request to pay the order may have left that the ledger does
// not know of: it was to be paid before this process opened the ledger.
func (a *Activities) mayHaveForgotten(p *paying) bool {
	return !a.Since.IsZero() && p.Facts.Clocks.Entered.Before(a.Since)
}
