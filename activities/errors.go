package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"foxflow/foxreload"
	"foxflow/life"
	"foxflow/order"
)

const codeGone = order.CodeNotFound

// expected are refusals in the course of business: they alarm nobody.
var expected = map[foxreload.Class]bool{
	foxreload.ClassBalance:  true,
	life.ClassPaused:        true,
	life.ClassLimit:         true,
	life.ClassLimitCurrency: true,
	life.ClassPriceGuard:    true,
}

// refusal is the API's error as a Refusal, in words that are fit to be told.
func refusal(err error, r order.Request) *life.Refusal {
	api := new(foxreload.Error)
	if !errors.As(err, &api) {
		return &life.Refusal{Class: foxreload.ClassOf(err), Code: "UNKNOWN", Message: scrub(err.Error(), r, nil)}
	}
	message := scrub(api.Message, r, nil)
	if message == "" {
		message = fmt.Sprintf("FoxReload answered %s to %s %s", api.Code, api.Method, api.Path)
	}
	return &life.Refusal{Class: api.Class, Code: publicCode(api.Code, r), Message: message}
}

// refuse turns the API's error into a Refusal where its class is one of
// classes, and returns it as it is otherwise: then it is to be retried.
func refuse(err error, r order.Request, classes ...foxreload.Class) error {
	if api := new(foxreload.Error); errors.As(err, &api) && slices.Contains(classes, api.Class) {
		return refusal(err, r)
	}
	return err
}

// publicCode is the API's code, which names the error's type and so is never sealed;
// one that quotes what was sent is not told.
func publicCode(code string, r order.Request) string {
	if scrub(code, r, nil) != code {
		return "UNKNOWN"
	}
	return code
}

// later says that nothing is wrong and the activity is to be run again after a
// while.
type later struct {
	after  time.Duration
	why    string
	status foxreload.Status // of the order that was looked at; empty: none was
	early  bool             // nothing else was to be expected
}

func (l *later) Error() string { return l.why }

// convert is the last line of every activity that calls the API: it turns
// whatever happened into the one ApplicationError that Temporal and the workflow
// decide by.
func (a *Activities) convert(ctx context.Context, in Step, err error) error {
	var (
		refused   *life.Refusal
		wait      *later
		throttled *foxreload.ThrottledError
		api       *foxreload.Error
	)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, activity.ErrResultPending):
		return activity.ErrResultPending
	case errors.As(err, &refused):
		if in.blockedBy(refused.Class) && in.waitsOut(refused, a.now(ctx)) {
			return retry(refused.Error(), refused.Code, in.BlockedPace(in.Facts, a.now(ctx)), temporal.ApplicationErrorCategoryBenign)
		}
		return temporal.NewApplicationErrorWithOptions(refused.Error(), refused.Code, temporal.ApplicationErrorOptions{
			NonRetryable: true,
			Details:      []any{refused},
			Category:     category(expected[refused.Class]),
		})
	case errors.As(err, &wait):
		return retry(wait.why, "Unchanged", wait.after, temporal.ApplicationErrorCategoryBenign)
	case errors.As(err, &throttled):
		return retry("the request budget is used up", "Budget", throttled.For, temporal.ApplicationErrorCategoryBenign)
	case errors.Is(ctx.Err(), context.Canceled):
		return temporal.NewCanceledError()
	case errors.As(err, &api):
		return retry(scrub(err.Error(), in.Request, nil), publicCode(api.Code, in.Request), api.RetryAfter, temporal.ApplicationErrorCategoryUnspecified)
	default:
		return retry(scrub(err.Error(), in.Request, nil), "Ledger", 0, temporal.ApplicationErrorCategoryUnspecified)
	}
}

// waitsOut says that a refusal of the class that holds the order already is no news:
// nothing else would come next.
func (s Step) waitsOut(r *life.Refusal, now time.Time) bool {
	next := s.Refuse(s.Facts, *r, now)
	return s.Facts.Tells(next) && s.Facts.Money == next.Money && s.Facts.Asked == next.Asked && s.Next(s.Facts).Do == s.Next(next).Do
}

// retry asks Temporal for another attempt after the given time; 0 leaves the
// time to the retry policy.
func retry(message, kind string, after time.Duration, c temporal.ApplicationErrorCategory) error {
	return temporal.NewApplicationErrorWithOptions(message, kind, temporal.ApplicationErrorOptions{
		NextRetryDelay: after, Category: c,
	})
}

func category(benign bool) temporal.ApplicationErrorCategory {
	if benign {
		return temporal.ApplicationErrorCategoryBenign
	}
	return temporal.ApplicationErrorCategoryUnspecified
}
