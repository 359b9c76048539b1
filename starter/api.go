package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"foxflow/foxreload"
)

// patience is how long a command waits for the request budget, which the workers
// may be using up, before it gives up.
const patience = 2 * time.Minute

// ask makes a call of the API, as often as the budget sends it back.
func ask[T any](ctx context.Context, d *desk, call func(context.Context) (T, error)) (T, error) {
	until := d.now().Add(patience)
	for told := false; ; {
		answer, err := call(ctx)
		var held *foxreload.HeldError
		if !errors.As(err, &held) || d.now().Add(held.For).After(until) {
			return answer, explainAPI(err)
		}
		if !told {
			d.Note("the request budget is spent by others; waiting for room")
			told = true
		}
		select {
		case <-ctx.Done():
			return answer, ctx.Err()
		case <-time.After(held.For):
		}
	}
}

// apiHints says what a person can do about a failed call, by its class.
var apiHints = map[foxreload.Class]string{
	foxreload.ClassUnauthorised: "check FOXRELOAD_API_KEY, and the key's IP allowlist in FoxReload's dashboard",
	foxreload.ClassMisdirected:  "check FOXRELOAD_BASE_URL",
	foxreload.ClassForeign:      "check FOXRELOAD_BASE_URL, and the proxy on the way if there is one",
	foxreload.ClassPassing:      "this passes: try again in a moment",
	foxreload.ClassUnknown:      "this passes: try again in a moment",
	foxreload.ClassHeld:         "the workers are using the budget up: try again later, or raise FOXRELOAD_REQUESTS_PER_MINUTE if your key allows more",
	foxreload.ClassNotFound:     "find ids with: starter products search TEXT",
}

// explainAPI adds the hint; the error keeps its class.
func explainAPI(err error) error {
	var api *foxreload.Error
	var held *foxreload.HeldError
	if !errors.As(err, &api) && !errors.As(err, &held) || errors.Is(err, context.Canceled) {
		return err
	}
	hint := apiHints[foxreload.ClassOf(err)]
	if api != nil && api.Code == foxreload.CodeMalformed { // it won't pass if somebody else answers
		hint = apiHints[foxreload.ClassForeign]
	}
	return &failure{status: exitError, message: fmt.Sprintf("ask FoxReload: %v", err), hint: hint, cause: err}
}
