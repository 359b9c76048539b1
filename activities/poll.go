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

// PollStatus comes to its end when a look shows news, or, with nothing seen, once Until has
// passed. It does not wait for that: it registers the order in the ledger, and the watcher
// (package watch), which looks for all orders, completes it. So its history is of one
// length, however many looks it takes. An attempt that is not the first looks by itself
// before that: perhaps nobody else does.
//
// Every error but its refusals passes. Of an order that is paid, and at a last look, these
// are the key and the address alone: one that can't be found is late, and no more.
func (a *Activities) PollStatus(ctx context.Context, in PollInput) (Outcome, error) {
	return a.attempt(ctx, in.Step, foxreload.PriorityPoll, func(ctx context.Context) (out Outcome, err error) {
		watched := a.Watch != nil && !in.Once
		if wait := in.NotBefore.Sub(a.now(ctx)); attempts(ctx) == 1 && (watched || wait > 0) {
			err = a.lookLater(ctx, in, max(wait, 0), in.Facts.Order.Status)
		} else {
			out, err = a.looked(ctx, in, looking{looks: attempts(ctx)})
		}
		if watched && err != nil {
			err = a.register(ctx, in, err)
		}
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

// looking is what is known of a look beside what the order's workflow knows.
type looking struct {
	looks int              // that showed nothing new, this one included
	shown foxreload.Status // by the look before this one; empty: not known
	// usual is how soon orders like this usually end after their payment; 0: not known.
	usual time.Duration
	// listed is the order as a list showed it, which is as good as a look; nil: none did.
	listed *foxreload.Order
}

// looked is one look at an order: what follows from it is the same whoever looks. Without
// news its error says when the next one is due.
func (a *Activities) looked(ctx context.Context, in PollInput, l looking) (Outcome, error) {
	out, err := a.lookedAt(ctx, in, l)
	a.polled(out, err)
	return out, err
}

func (a *Activities) lookedAt(ctx context.Context, in PollInput, l looking) (Outcome, error) {
	hurried := in.Once && in.Facts.Asked.Cancel
	o, err := a.glimpse(ctx, in, l.listed, hurried)
	over := in.Once || !in.Until.IsZero() && !a.now(ctx).Before(in.Until)
	if err != nil {
		if refused, throttled := new(life.Refusal), new(foxreload.ThrottledError); over && !errors.As(err, &refused) && (hurried || !errors.As(err, &throttled)) {
			return Outcome{}, nil
		}
		return Outcome{}, err
	}
	if in.Once || !in.same(o, l.shown) {
		if out, told, err := a.news(ctx, in, o); told || err != nil {
			return out, err
		}
	}
	if over {
		return Outcome{}, nil
	}
	pace, early := in.Awaits(in.Facts, l.looks, l.usual, a.now(ctx))
	wait := a.lookLater(ctx, in, jittered(pace), o.Status)
	wait.early = early
	return Outcome{}, wait
}

// same says that a look shows an order that is on its way as the one before it did, which was
// no news.
func (in PollInput) same(o foxreload.Order, shown foxreload.Status) bool {
	return in.Facts.OnItsWay() && o.Status == shown && o.Delivered() == 0 &&
		(shown == foxreload.StatusPaid || shown == foxreload.StatusProcessing)
}

// news takes in what a look shows, and says whether the workflow is to be told. Nothing follows
// from that a paid order is processed now: that goes on record in passing.
func (a *Activities) news(ctx context.Context, in PollInput, o foxreload.Order) (out Outcome, told bool, err error) {
	s, err := a.sight(ctx, in.Step, o)
	if err != nil {
		return Outcome{}, false, err
	}
	if in.Once || in.Told(in.Facts, s) {
		out, err = a.tell(ctx, in.Step, s)
		return out, true, err
	}
	out, err = a.putOn(ctx, in.Step, s, inPassing(stepOf(ctx, in.Seq)))
	return out, err == nil && in.Told(in.Facts, *out.Seen), err // more may be on record than was seen
}

// jittered is up to 30 % more: orders that were placed at once are not to be looked at at once
// for ever.
func jittered(d time.Duration) time.Duration {
	return d + time.Duration(0.3*rand.Float64()*float64(d)) //nolint:gosec // jitter needs no secret
}

func (a *Activities) glimpse(ctx context.Context, in PollInput, listed *foxreload.Order, hurried bool) (foxreload.Order, error) {
	if hurried {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, hurriedLook)
		defer cancel()
	}
	switch {
	case listed != nil:
		return *listed, nil
	case !in.Once && in.Facts.Money != life.Left:
		return a.look(ctx, in.Step, in.orderID())
	}
	o, err := a.API.GetOrder(ctx, in.orderID())
	return o, refuse(err, in.Request, foxreload.ClassUnauthorised, foxreload.ClassMisdirected)
}

// lookLater asks for another look after d, but not later than Until.
func (a *Activities) lookLater(ctx context.Context, in PollInput, d time.Duration, s foxreload.Status) *later {
	if !in.Until.IsZero() {
		d = max(min(d, in.Until.Sub(a.now(ctx))), time.Millisecond)
	}
	return &later{after: d, why: fmt.Sprintf("order %s (%s) is still %.40s", in.orderID(), in.reference(), s), status: s}
}
