package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.temporal.io/sdk/activity"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

// WatchLasts is how long one attempt of PollStatus waits to be completed, a safety net: the
// next one looks by itself, and registers the order again.
const WatchLasts = 15 * time.Minute

// watched is what a watcher has to know of a PollStatus that waits for news.
type watched struct {
	PollInput
	Run     string `json:"run"`
	Attempt int    `json:"attempt"`
	// Trace is where its requests belong.
	Trace map[string]string `json:"trace,omitempty"`
}

// register hands the order to the watcher, and leaves the activity to be completed by it.
// Where a later attempt has registered the order, that one waits for the news.
func (a *Activities) register(ctx context.Context, in PollInput, unseen error) error {
	first := pause(in, unseen, 1, a.now(ctx))
	if first == nil {
		return unseen
	}
	usual, err := a.Ledger.Deliveries.Usual(ctx, products(in.Step)...)
	if err != nil {
		return err
	}
	if pace, waits := in.Awaits(in.Facts, 1, early(usual), a.now(ctx)); waits {
		first = a.lookLater(ctx, in, max(first.after, pace), first.status)
	}
	t := tryingOf(ctx)
	w := watched{PollInput: in, Run: t.run, Attempt: t.number, Trace: map[string]string{}}
	propagation.TraceContext{}.Inject(ctx, propagation.MapCarrier(w.Trace))
	input, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("watch order %s (%s): %w", in.orderID(), in.reference(), err)
	}
	now := a.now(ctx)
	row := ledger.Watch{Reference: in.reference(), OrderID: in.orderID(), Step: stepOf(ctx, in.Seq), Token: activity.GetInfo(ctx).TaskToken,
		Input: input, Since: now, Next: now.Add(first.after), Status: string(first.status)}
	if t.number > 1 {
		row.Looks = 1 // by this attempt itself
	}
	if _, err := a.Ledger.Watches.Register(ctx, row); err != nil {
		return err
	}
	a.Watch()
	return activity.ErrResultPending
}

func products(s Step) []string {
	var ids []string
	for _, item := range s.Request.Items {
		ids = append(ids, item.ItemID)
	}
	return ids
}

// pause is how long to wait after a look that showed no news, or nil for what the workflow
// is told. failures counts those that failed, this one included.
func pause(in PollInput, err error, failures int, now time.Time) *later {
	var (
		refused   *life.Refusal
		wait      *later
		throttled *foxreload.ThrottledError
		api       *foxreload.Error
	)
	switch {
	case errors.As(err, &refused):
		if in.blockedBy(refused.Class) && in.waitsOut(refused, now) {
			return &later{after: in.BlockedPace(in.Facts, now), why: refused.Error()}
		}
		return nil
	case errors.As(err, &wait):
		return wait
	case errors.As(err, &throttled):
		return &later{after: throttled.For, why: "the request budget is used up"}
	case errors.As(err, &api):
		return &later{after: max(jittered(life.BackOff(failures)), api.RetryAfter), why: err.Error()}
	}
	return nil
}

// Look is what a look for another came to.
type Look struct {
	// Done says that the activity has come to its end, with Outcome and Err.
	Done    bool
	Outcome Outcome
	Err     error
	// Watch is else how the order is watched on.
	Watch ledger.Watch
	// Unasked is how long the request budget has no room: FoxReload was not asked; 0: it was,
	// or need not be.
	Unasked time.Duration
	// Status is what was seen; empty: nothing.
	Status foxreload.Status
}

// Looker looks at registered orders in the place of their activities. It is a type of its own
// because all methods of Activities are activities.
type Looker struct {
	acts    *Activities
	lessons *lessons
}

// LookerFor looks as these activities do.
func LookerFor(a *Activities) Looker { return Looker{a, &lessons{}} }

// lessonsLast is how long it is not asked again how soon orders usually end.
const lessonsLast = time.Second

// lessons are how soon orders usually end, by their products, as the ledger has just said.
type lessons struct {
	mu    sync.Mutex
	since time.Time
	usual map[string]time.Duration
}

// usual is how soon orders like this usually end after their payment; 0: that is not known.
func (l Looker) usual(ctx context.Context, in Step) (time.Duration, error) {
	of, now := products(in), l.acts.Now()
	key := strings.Join(of, " ")
	l.lessons.mu.Lock()
	defer l.lessons.mu.Unlock()
	if age := now.Sub(l.lessons.since); age < 0 || age >= lessonsLast {
		l.lessons.since, l.lessons.usual = now, map[string]time.Duration{}
	}
	if usual, there := l.lessons.usual[key]; there {
		return usual, nil
	}
	usual, err := l.acts.Ledger.Deliveries.Usual(ctx, of...)
	if err == nil {
		l.lessons.usual[key] = usual
	}
	return usual, err
}

// early is when to look for an order that usually takes so long: only who looks a little early
// learns that it takes less time by now.
func early(usual time.Duration) time.Duration { return usual * 4 / 5 }

// Likely says whether a registered order is likely to have ended: orders like it usually have
// by this time.
func (l Looker) Likely(ctx context.Context, row ledger.Watch, now time.Time) (bool, error) {
	var w watched
	if json.Unmarshal(row.Input, &w) != nil {
		return false, nil //nolint:nilerr // what can't be read is told by the look at it
	}
	usual, err := l.usual(ctx, w.Step)
	return usual > 0 && w.Facts.OnItsWay() && !now.Before(w.Facts.Clocks.Paid.Add(usual)), err
}

// OnClock is a context for looks that one list stands in for: what its entries show was so
// when the page that they are on was asked for.
func (l Looker) OnClock(ctx context.Context) (context.Context, error) { return l.acts.onClock(ctx) }

// Look looks at a registered order once, as its PollStatus would. An entry of a list may
// stand in for the look; nil: none does. What goes wrong on our side is an error; then
// nothing is known, and the order is to be looked at again.
func (l Looker) Look(ctx context.Context, row ledger.Watch, p foxreload.Priority, listed *foxreload.Order) (Look, error) {
	a := l.acts
	var w watched
	if err := json.Unmarshal(row.Input, &w); err != nil {
		return Look{}, fmt.Errorf("look at order %s (%s): what is known of it is not whole", row.OrderID, row.Reference)
	}
	ctx = traced(ctx, w)
	ctx = context.WithValue(ctx, tryingKey{}, trying{run: w.Run, number: w.Attempt})
	if !onWatch(ctx) {
		var err error
		if ctx, err = a.onClock(ctx); err != nil {
			return Look{}, err
		}
	}
	in := w.PollInput
	usual, err := l.usual(ctx, in.Step)
	if err != nil {
		return Look{}, err
	}
	again := row.Recorded/mostSteps >= in.Seq // else nothing of this step is on record
	out, err := a.try(ctx, in.Step, p, again, func(ctx context.Context) (Outcome, error) {
		return a.looked(ctx, in, looking{looks: row.Looks + 1, shown: foxreload.Status(row.Status), usual: early(usual), listed: listed})
	})
	now := a.now(ctx)
	look := Look{Outcome: out, Watch: row}
	wait := pause(in, err, row.Failures+1, now)
	switch {
	case err == nil, wait == nil && refusedIn(err):
		look.Done, look.Err = true, a.convert(ctx, in.Step, err)
		if out.Seen != nil {
			look.Status = out.Seen.Status
			a.learn(ctx, in, out.Seen.Status, out.Seen.At, row.Looked, usual)
		}
		look.Watch.Looked = now
		return look, nil
	case wait == nil:
		return Look{}, err
	}
	look.weigh(err, wait, now, in.Until)
	return look, nil
}

// traced is a context whose requests belong to the trace of the activity that waits.
func traced(ctx context.Context, w watched) context.Context {
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier(w.Trace))
	whose, err := baggage.NewMemberRaw("temporalWorkflowID", order.WorkflowID(w.Request.Reference))
	if err != nil {
		return ctx // a trace is not worth a look
	}
	about, err := baggage.New(whose)
	if err != nil {
		return ctx
	}
	return baggage.ContextWithBaggage(ctx, about)
}

// weigh counts a look without news.
func (l *Look) weigh(err error, wait *later, now, until time.Time) {
	l.Status, l.Watch.Next = wait.status, now.Add(wait.after)
	if now.Before(until) && until.Before(l.Watch.Next) {
		l.Watch.Next = until
	}
	if throttled := new(foxreload.ThrottledError); errors.As(err, &throttled) {
		l.Unasked = max(throttled.For, time.Millisecond)
		return
	}
	l.Watch.Looked = now
	if wait.status == "" {
		l.Watch.Failures++
		return
	}
	l.Watch.Failures, l.Watch.Status = 0, string(wait.status)
	if !wait.early {
		l.Watch.Looks++
	}
}

func refusedIn(err error) bool {
	refused := new(life.Refusal)
	return errors.As(err, &refused)
}

// Says is what a list's entry says of an order that is watched.
type Says string

// What an entry says.
const (
	SaysSame Says = "same" // as the last look showed it: as good as a look
	SaysAll  Says = "all"  // something else, and all that a look would show
	SaysLook Says = "look" // something that a look has to show wholly
)

// Says is what an entry of a list says of a registered order. One that shows more codes than
// were asked for, or of which item is not certain, is looked at.
func (l Looker) Says(row ledger.Watch, listed foxreload.Order) Says {
	var w watched
	if json.Unmarshal(row.Input, &w) != nil {
		return SaysLook
	}
	switch {
	case w.same(listed, foxreload.Status(row.Status)):
		return SaysSame
	case w.Facts.Money == life.Left && row.Status == string(foxreload.StatusPaid) && listed.Status == foxreload.StatusProcessing && listed.Delivered() == 0:
		return SaysAll // it goes on record in passing; what it shows beside that is no matter
	case w.Facts.Money == life.Left && listed.Status == foxreload.StatusCompleted && delivered(w.Step, listed):
		return SaysAll
	}
	return SaysLook
}

// delivered says whether an order shows every code of each item that was asked for, beyond
// doubt: which of several items of one product a code is for, an entry may not say.
func delivered(in Step, o foxreload.Order) bool {
	if len(o.Items) != len(in.Request.Items) {
		return false
	}
	shown := map[string]foxreload.Item{}
	for _, item := range o.Items {
		shown[item.ItemID] = item
	}
	for _, item := range in.Request.Items {
		if have, there := shown[item.ItemID]; !there || int64(len(have.Codes)) != item.Quantity {
			return false
		}
		delete(shown, item.ItemID)
	}
	return true
}

// Ended remembers that a list showed a registered order at its end: the look that is to see it
// wholly may come late.
func (l Looker) Ended(ctx context.Context, row ledger.Watch, listed foxreload.Order, now time.Time) {
	var w watched
	if json.Unmarshal(row.Input, &w) != nil {
		return
	}
	if usual, err := l.usual(ctx, w.Step); err == nil {
		l.acts.learn(ctx, w.PollInput, listed.Status, now, row.Looked, usual)
	}
}

// learn remembers how long the order took from its payment to its end. That is known but for the
// time from the last look to this one: as far as that allows, it took what orders like it usually
// take. Else looks that come late would have later ones come later still. That it can't be
// remembered harms nobody.
func (a *Activities) learn(ctx context.Context, in PollInput, seen foxreload.Status, at, looked time.Time, usual time.Duration) {
	paid := in.Facts.Clocks.Paid
	if seen != foxreload.StatusCompleted || in.Facts.Money != life.Left || !in.Facts.State.MoneyOut() || paid.IsZero() {
		return
	}
	took := at.Sub(paid)
	if usual > 0 && usual < took && !looked.After(paid.Add(usual)) {
		took = usual
	}
	for _, product := range products(in.Step) {
		_ = a.Ledger.Deliveries.Keep(ctx, product, took, at)
	}
}
