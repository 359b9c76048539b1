package watch

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"foxflow/activities"
	"foxflow/ledger"
	"foxflow/life"
)

// tellTakes bounds how long Temporal is told of news, also by a worker that stops.
const tellTakes = 10 * time.Second

// typeUnregistered is the type of the failure by which an attempt that nobody looks for is
// made again.
const typeUnregistered = "Unregistered"

// again is the failure of an attempt that is to be made again at once.
func again(why string) error {
	return temporal.NewApplicationErrorWithOptions(why, typeUnregistered, temporal.ApplicationErrorOptions{
		NextRetryDelay: time.Millisecond, Category: temporal.ApplicationErrorCategoryBenign})
}

// finish completes the activity that waits for the news.
func (w *Watcher) finish(ctx context.Context, row ledger.Watch, seen activities.Look) error {
	var result any
	if seen.Err == nil {
		result = seen.Outcome
	}
	return w.told(ctx, row, w.tell(ctx, row, result, seen.Err))
}

// end ends an activity that nobody waits for any more: it was broken off. One that was not is
// made again.
func (w *Watcher) end(ctx context.Context, row ledger.Watch) error {
	err := w.tell(ctx, row, nil, temporal.NewCanceledError())
	if unasked := new(serviceerror.InvalidArgument); errors.As(err, &unasked) {
		err = w.tell(ctx, row, nil, again("a later step of the order is on record"))
	}
	return w.told(ctx, row, err)
}

// tell tells Temporal what an activity has come to. A worker that stops still does.
func (w *Watcher) tell(ctx context.Context, row ledger.Watch, result any, err error) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), tellTakes)
	defer stop()
	return w.Temporal.CompleteActivity(ctx, row.Token, result, err)
}

// told ends the watch of an order once Temporal was told. An activity that does not wait any
// more is not found: it ran out of time, or its workflow was reset.
func (w *Watcher) told(ctx context.Context, row ledger.Watch, err error) error {
	ctx = context.WithoutCancel(ctx)
	var gone *serviceerror.NotFound
	switch {
	case err == nil, errors.As(err, &gone):
		w.mu.Lock()
		w.away = 0
		w.mu.Unlock()
		return w.Ledger.Watches.End(ctx, row.Reference, row.Step)
	case isAway(err):
		w.restWithoutTemporal(err)
		return nil
	}
	return w.later(ctx, row, err)
}

// isAway says that Temporal could not be told, whatever it was to be told.
func isAway(err error) bool {
	var unavailable *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	var busy *serviceerror.ResourceExhausted
	return errors.As(err, &unavailable) || errors.As(err, &late) || errors.As(err, &busy) || errors.Is(err, context.DeadlineExceeded)
}

// restWithoutTemporal has nothing asked for a while: nobody could be told of news. What was
// seen is on record, and is told without another request once Temporal is back.
func (w *Watcher) restWithoutTemporal(err error) {
	w.mu.Lock()
	w.away++
	times := w.away
	w.mu.Unlock()
	w.Log.Warn("Temporal can't be told of news", zap.Error(err))
	w.rest(w.Now(), patience(times))
}

// patience is how long to wait after so many failures in a row.
func patience(failures int) time.Duration { return life.BackOff(failures) }

// rest has nothing asked for a while.
func (w *Watcher) rest(now time.Time, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if until := now.Add(d); until.After(w.rests) {
		w.rests = until
	}
}

// resting is until when nothing is asked.
func (w *Watcher) resting() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rests
}
