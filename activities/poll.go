package activities

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"foxflow/foxreload"
)

// PollInput says what news is and how often to look for it.
type PollInput struct {
	Step
	// Known is the last upstream status that the workflow has taken in; Strange
	// are the ones nobody knows that it was told of already.
	Known   foxreload.Status   `json:"known"`
	Strange []foxreload.Status `json:"strange,omitempty"`
	// Initial is the first interval between looks; each is half as long again,
	// up to Max, with 0–30 % jitter.
	Initial time.Duration `json:"initial"`
	Max     time.Duration `json:"max"`
	// NotBefore keeps the first look back: the order was seen just now.
	NotBefore time.Time `json:"notBefore,omitzero"`
	// Until ends the watch without news; zero: never.
	Until time.Time `json:"until,omitzero"`
}

// PollStatus returns as soon as the order's status is news, or, with Unchanged,
// once Until has passed. While there is no news it fails benignly with the time
// of the next look as its retry delay: that keeps the history at a constant
// length, however many looks it takes.
//
// Refusals: unauthorised, misdirected. Every other error passes, an order that
// can't be found included: money may be out, so nothing here is final.
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
	case errors.As(err, &wait), err == nil && out.Unchanged:
		result = PolledUnchanged
	case err != nil:
		result = PolledError
	}
	if a.Polled != nil {
		a.Polled(result)
	}
}

func (a *Activities) pollStatus(ctx context.Context, in PollInput) (Outcome, error) {
	attempt := int(activity.GetInfo(ctx).Attempt)
	if wait := in.NotBefore.Sub(a.Now()); attempt == 1 && wait > 0 {
		return Outcome{}, a.unchanged(in, wait, in.Known)
	}
	o, err := a.API.GetOrder(ctx, in.orderID())
	over := !in.Until.IsZero() && !a.Now().Before(in.Until)
	switch {
	case err != nil:
		err = refusal(err, in.Request, foxreload.ClassUnauthorised, foxreload.ClassMisdirected)
		if refused := new(Refusal); over && !errors.As(err, &refused) {
			return Outcome{Status: in.Status, Unchanged: true}, nil
		}
		return Outcome{}, err
	case in.news(o.Status):
		if !o.Status.Known() {
			if err := a.note(ctx, in.Step, "strange/"+string(o.Status), fmt.Sprintf("FoxReload reports a status nobody knows: %.40q; polling goes on", o.Status)); err != nil {
				return Outcome{}, err
			}
		}
		return a.saw(ctx, in.Step, o)
	case over && o.Status == foxreload.StatusActive:
		return a.stillUnpaid(ctx, in, o)
	case over, in.Held != "":
		out, err := a.seenOpen(ctx, in.Step, o)
		out.Unchanged = true
		return out, err
	default:
		return Outcome{}, a.unchanged(in, interval(in.Initial, in.Max, attempt), o.Status)
	}
}

// stillUnpaid answers that there is no news of an unpaid order, once that is
// certain: a request to pay that may be on its way can still land.
func (a *Activities) stillUnpaid(ctx context.Context, in PollInput, o foxreload.Order) (Outcome, error) {
	until, err := a.Ledger.PaymentInFlight(ctx, in.reference())
	if err != nil {
		return Outcome{}, err
	}
	if wait := until.Sub(a.Now()); wait > 0 {
		return Outcome{}, &later{after: max(min(wait, settle), time.Millisecond),
			why: fmt.Sprintf("order %s (%s) is active, and a request to pay may be on its way", o.ID, in.reference())}
	}
	out, err := a.seenOpen(ctx, in.Step, o)
	out.Unchanged = true
	return out, err
}

// news says whether a status is one that the workflow must hear of: the first it
// hears, a step forward, or a status nobody knows. A step back is a stale answer.
func (in PollInput) news(s foxreload.Status) bool {
	if !s.Known() {
		return !slices.Contains(in.Strange, s)
	}
	return in.Known == "" || in.Known.CanBecome(s)
}

// unchanged asks to be run again after d, but not later than Until.
func (a *Activities) unchanged(in PollInput, d time.Duration, s foxreload.Status) error {
	if !in.Until.IsZero() {
		d = max(min(d, in.Until.Sub(a.Now())), time.Millisecond)
	}
	return &later{after: d, why: fmt.Sprintf("order %s (%s) is still %.40s", in.orderID(), in.reference(), s)}
}

// interval is the time to the next look after the given number of them.
func interval(initial, most time.Duration, looks int) time.Duration {
	d := math.Min(float64(initial)*math.Pow(1.5, float64(max(looks-1, 0))), float64(max(most, initial)))
	return time.Duration(d * (1 + 0.3*rand.Float64())) //nolint:gosec // jitter needs no secret
}
