package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"foxflow/foxreload"
	"foxflow/internal/budget"
	"foxflow/internal/settings"
	"foxflow/ledger"
)

// askingFoxReload is for commands that need FoxReload alone. Where there is a ledger they
// share the workers' request budget, which is in it; where there is none they make none, and
// need no keyset.
func (a *app) askingFoxReload(ctx context.Context, work func(*session, *foxreload.Client) error) error {
	s, err := settings.LoadStarter(a.raw)
	if err != nil {
		return err
	}
	keys, noKeys := s.Keys()
	in := &session{app: a, settings: s, keys: keys}
	in.book, err = ledger.OpenExisting(ctx, s.Ledger.Reveal(), keys)
	switch {
	case errors.Is(err, ledger.ErrNoLedger):
	case err != nil:
		return notOpened(err)
	default:
		defer func() { _ = in.book.Close() }()
		if noKeys != nil {
			return noKeys
		}
	}
	api, err := in.foxreload()
	if err != nil {
		return err
	}
	return work(in, api)
}

// foxreload is the API client, inside the budget that it shares with the workers.
func (in *session) foxreload() (*foxreload.Client, error) {
	if in.settings.APIKey.Empty() {
		_, err := in.settings.Client(nil) // says what is missing
		return nil, err
	}
	if in.book == nil {
		return in.settings.Client(nil)
	}
	return in.settings.Client(budget.New(in.book.Store, in.book.KeyID(in.settings.APIKey.Reveal()), in.settings.PerMinute))
}

// patience is how long a command waits for the request budget, which the workers
// may be using up, before it gives up.
const patience = 2 * time.Minute

// ask makes a call of the API, as often as the budget sends it back.
func ask[T any](ctx context.Context, in *session, call func(context.Context) (T, error)) (T, error) {
	until := in.now().Add(patience)
	for told := false; ; {
		answer, err := call(ctx)
		var throttled *foxreload.ThrottledError
		if !errors.As(err, &throttled) || in.now().Add(throttled.For).After(until) {
			return answer, explainAPI(err)
		}
		if !told {
			in.Note("the request budget is spent by others; waiting for room")
			told = true
		}
		select {
		case <-ctx.Done():
			return answer, ctx.Err()
		case <-time.After(throttled.For):
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
	foxreload.ClassThrottled:    "the workers are using the budget up: try again later, or raise FOXRELOAD_REQUESTS_PER_MINUTE if your key allows more",
	foxreload.ClassNotFound:     "find ids with: starter products search TEXT",
}

// explainAPI adds the hint; the error keeps its class.
func explainAPI(err error) error {
	var api *foxreload.Error
	var throttled *foxreload.ThrottledError
	if !errors.As(err, &api) && !errors.As(err, &throttled) || errors.Is(err, context.Canceled) {
		return err
	}
	hint := apiHints[foxreload.ClassOf(err)]
	if api != nil && api.Code == foxreload.CodeMalformed { // it won't pass if somebody else answers
		hint = apiHints[foxreload.ClassForeign]
	}
	return &failure{status: exitError, message: fmt.Sprintf("ask FoxReload: %v", err), hint: hint, cause: err}
}
