package activities

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"foxflow/foxreload"
	"foxflow/life"
)

// PollInput says how long to look for news of an order.
type PollInput struct {
	Step
	// NotBefore keeps the first look back: the order was seen just now.
	NotBefore time.Time `json:"notBefore,omitzero"`
	// Until ends the watch without news; zero: never.
	Until time.Time `json:"until,omitzero"`
	// Once has it look once and answer whatever that showed.
	Once bool `json:"once,omitempty"`
}

// pollRefusals are the refusals that PollStatus can give.
var pollRefusals = []foxreload.Class{foxreload.ClassUnauthorised, foxreload.ClassMisdirected, foxreload.ClassForeign, life.ClassGone}

// hurriedLook bounds the look before an order is cancelled: somebody waits for the answer,
// however slow FoxReload is, and however long it has asked for silence.
const hurriedLook = 5 * time.Second

// PollStatus returns as soon as a look shows news, or, with nothing seen, once Until has
// passed. While there is no news it fails benignly with the time of the next look as its
// retry delay: that keeps the history at a constant length, however many looks it takes.
//
// Every error but its refusals passes. Of an order that is paid, and at a last look, these
// are the key and the address alone: one that can't be found is late, and no more.
func (a *Activities) PollStatus(ctx context.Context, in PollInput) (Outcome, error) {
	return a.attempt(ctx, in.Step, foxreload.PriorityPoll, func(ctx context.Context) (Outcome, error) {
		out, err := a.pollStatus(ctx, in)
		a.polled(out, err)
		return out, err
	})
}

// Polled is what a look at an order came to.
type Polled string

// What a look comes to.
const (
	PolledNews      Polled = "news"
	PolledUnchanged Polled = "unchanged"
	PolledError     Polled = "error"
)

func (a *Activities) polled(out Outcome, err error) {
	result := PolledNews
	switch wait := new(later); {
	case errors.As(err, &wait), err == nil && out.Seen == nil:
		result = PolledUnchanged
	case err != nil:
		result = PolledError
	}
	if a.Polled != nil {
		a.Polled(result)
	}
}

func (a *Activities) pollStatus(ctx context.Context, in PollInput) (Outcome, error) {
	if wait := in.NotBefore.Sub(a.now(ctx)); attempts(ctx) == 1 && wait > 0 {
		return Outcome{}, a.unchanged(ctx, in, wait, in.Facts.Order.Status)
	}
	asked := ctx
	if in.Once && in.Facts.Asked.Cancel {
		var cancel context.CancelFunc
		asked, cancel = context.WithTimeout(ctx, hurriedLook)
		defer cancel()
	}
	o, err := a.glimpse(asked, in)
	over := in.Once || !in.Until.IsZero() && !a.now(ctx).Before(in.Until)
	if err != nil {
		if refused, held := new(life.Refusal), new(foxreload.HeldError); over && !errors.As(err, &refused) && (asked != ctx || !errors.As(err, &held)) {
			return Outcome{}, nil
		}
		return Outcome{}, err
	}
	s, err := a.sight(ctx, in.Step, o)
	switch {
	case err != nil:
		return Outcome{}, err
	case in.Once, in.Told(in.Facts, s):
		return a.tell(ctx, in.Step, s)
	case over:
		return Outcome{}, nil
	}
	// Jitter needs no secret.
	pace := in.Pace(in.Facts, attempts(ctx), a.now(ctx))
	return Outcome{}, a.unchanged(ctx, in, pace+time.Duration(0.3*rand.Float64()*float64(pace)), o.Status) //nolint:gosec // see above
}

func (a *Activities) glimpse(ctx context.Context, in PollInput) (foxreload.Order, error) {
	if !in.Once && in.Facts.Money != life.Left {
		return a.look(ctx, in.Step, in.orderID())
	}
	o, err := a.API.GetOrder(ctx, in.orderID())
	return o, refuse(err, in.Request, foxreload.ClassUnauthorised, foxreload.ClassMisdirected)
}

// unchanged asks to be run again after d, but not later than Until.
func (a *Activities) unchanged(ctx context.Context, in PollInput, d time.Duration, s foxreload.Status) error {
	if !in.Until.IsZero() {
		d = max(min(d, in.Until.Sub(a.now(ctx))), time.Millisecond)
	}
	return &later{after: d, why: fmt.Sprintf("order %s (%s) is still %.40s", in.orderID(), in.reference(), s)}
}
