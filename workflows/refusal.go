package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"

	"foxflow/life"
)

// refusalIn finds the refusal that an activity ended with. Details that can't be
// read are no answer but a worker with another keyset: the panic has the workflow
// task tried again, where an error would end the order.
func refusalIn(err error) (*life.Refusal, bool) {
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || !app.NonRetryable() || !app.HasDetails() {
		return nil, false
	}
	var refused life.Refusal
	if err := app.Details(&refused); err != nil {
		panic(fmt.Errorf("read refusal %s: %w", app.Type(), err))
	}
	return &refused, refused.Class != ""
}
