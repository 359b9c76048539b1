package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"

	"foxflow/foxreload"
	"foxflow/order"
)

// Classes of refusals that are foxflow's own, beside those of the API.
const (
	ClassPaused     foxreload.Class = "paused"      // payments are held by the switch
	ClassLimit      foxreload.Class = "daily_limit" // the order would exceed the most that may be paid in a day
	ClassPriceGuard foxreload.Class = "price_guard" // the order costs more than the partner will pay
	ClassGuard      foxreload.Class = "guard"       // the ledger forbids it: another order of this reference may be paid
)

// Codes of errors that are foxflow's own, as Status.Error shows them.
const (
	CodePaused     = "PAYMENTS_PAUSED"
	CodeDailyLimit = "DAILY_LIMIT"
	CodePriceGuard = "PRICE_GUARD"
	CodeGuard      = "PAYMENT_GUARD"
)

// Refusal is an answer that repeating the same call at once will not change. It
// reaches the workflow as the details of a non-retryable ApplicationError whose
// type is the API's code.
type Refusal struct {
	Class   foxreload.Class `json:"class"`
	Code    string          `json:"code"`
	Message string          `json:"message"`
	// InDoubt says that an earlier call may have paid the order after all.
	InDoubt bool `json:"inDoubt,omitempty"`
	// Seen is what a look at the order showed, where one was made.
	Seen *Outcome `json:"seen,omitempty"`
}

func (r *Refusal) Error() string { return r.Code + ": " + r.Message }

// expected are refusals in the course of business: they alarm nobody.
var expected = map[foxreload.Class]bool{
	foxreload.ClassBalance: true,
	ClassPaused:            true,
	ClassLimit:             true,
	ClassPriceGuard:        true,
}

// refusal turns the API's error into a Refusal where its class is one of
// classes, and returns it as it is otherwise: then it is to be retried.
func refusal(err error, r order.Request, classes ...foxreload.Class) error {
	var api *foxreload.Error
	if !errors.As(err, &api) {
		return err
	}
	for _, class := range classes {
		if api.Class == class {
			message := scrub(api.Message, r, nil)
			if message == "" {
				message = fmt.Sprintf("FoxReload answered %s to %s %s", api.Code, api.Method, api.Path)
			}
			return &Refusal{Class: class, Code: publicCode(api.Code, r), Message: message}
		}
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
	after time.Duration
	why   string
}

func (l *later) Error() string { return l.why }

// convert is the last line of every activity that calls the API: it turns
// whatever happened into the one ApplicationError that Temporal and the workflow
// decide by.
func (a *Activities) convert(ctx context.Context, in Step, err error) error {
	var (
		refused *Refusal
		wait    *later
		held    *foxreload.HeldError
		api     *foxreload.Error
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		if refused.Class == in.Held && (in.HoldUntil.IsZero() || a.Now().Before(in.HoldUntil)) {
			return retry(refused.Error(), refused.Code, in.HoldEvery, temporal.ApplicationErrorCategoryBenign)
		}
		return temporal.NewApplicationErrorWithOptions(refused.Error(), refused.Code, temporal.ApplicationErrorOptions{
			NonRetryable: true,
			Details:      []any{refused},
			Category:     category(expected[refused.Class]),
		})
	case errors.As(err, &wait):
		return retry(wait.why, "Unchanged", wait.after, temporal.ApplicationErrorCategoryBenign)
	case errors.As(err, &held):
		return retry("the request budget is used up", "Budget", held.For, temporal.ApplicationErrorCategoryBenign)
	case errors.Is(ctx.Err(), context.Canceled):
		return temporal.NewCanceledError()
	case errors.As(err, &api):
		return retry(scrub(err.Error(), in.Request, nil), publicCode(api.Code, in.Request), api.RetryAfter, temporal.ApplicationErrorCategoryUnspecified)
	default:
		return retry(scrub(err.Error(), in.Request, nil), "Ledger", 0, temporal.ApplicationErrorCategoryUnspecified)
	}
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
