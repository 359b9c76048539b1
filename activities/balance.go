package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/foxreload"
)

// WatchInput says whose money is waited for, and how long.
type WatchInput struct {
	TopUpID string `json:"topUpId"`
	// Every is the longest time between looks.
	Every time.Duration `json:"every"`
	// Until ends the watch after one more look.
	Until time.Time `json:"until"`
}

// Watched is what the watch came to.
type Watched struct {
	// Risen is by what the balance grew between two looks, as "50 usd"; empty: no rise
	// was seen before the time was up.
	Risen string `json:"risen,omitempty"`
	// Unseen says that the last look was not possible.
	Unseen bool `json:"unseen,omitempty"`
}

const (
	// lookTakes is when to see what a look showed that the desk was asked for.
	lookTakes = 5 * time.Second
	// lastLookTakes is how long after its end a watch waits for the look that ends it.
	lastLookTakes = time.Minute
)

// seen is what the account held at a look, as it is kept for a top-up.
type seen struct {
	At       time.Time                  `json:"at"`
	Balances map[string]decimal.Decimal `json:"balances"` // nil: it could not be seen
}

// WatchBalance returns once the balance has risen between two looks, in any currency, or
// once Until has passed. It sends no request: the balance desk looks, for all who wait,
// and is asked to when its last look is older than Every. Until then it fails benignly
// with the time of the next try as its retry delay. FoxReload does not say what raised a
// balance, and the amount is in a coin, not in the balance's currency: so any rise
// counts, and an order that is paid between the same two looks may hide one.
//
// Refusals: none.
func (a *Activities) WatchBalance(ctx context.Context, in WatchInput) (Watched, error) {
	defer heartbeat(ctx)()
	var out Watched
	ctx, err := a.onClock(ctx)
	if err == nil {
		out, err = a.watchBalance(ctx, in)
	}
	return out, a.convert(ctx, Step{}, err)
}

func (a *Activities) watchBalance(ctx context.Context, in WatchInput) (Watched, error) {
	text, risen, err := a.Ledger.TopUps.Balances(ctx, in.TopUpID)
	if err != nil || risen != "" {
		return Watched{Risen: risen}, err
	}
	before := readSeen(text)
	var now seen
	if now.Balances, now.At, err = a.account().Balances(ctx); err != nil {
		return Watched{}, err
	}
	// The desk may have looked before this top-up did.
	if now.At.After(before.At) {
		risen = rise(before, now)
		if err := a.keepSeen(ctx, in.TopUpID, text, now, risen); err != nil {
			return Watched{}, err
		}
	}
	at := a.now(ctx)
	switch {
	case risen != "":
		return Watched{Risen: risen}, nil
	case !now.At.Before(in.Until):
		return Watched{}, nil
	case !at.Before(in.Until.Add(lastLookTakes)):
		return Watched{Unseen: true}, nil
	}
	why := fmt.Sprintf("top-up %s: the balance has not risen yet", in.TopUpID)
	age := at.Sub(now.At)
	if fresh := min(in.Every-age, in.Until.Sub(at)); fresh > 0 {
		return Watched{}, &later{after: fresh, why: why}
	}
	wait := lookTakes
	if age > 2*in.Every+lookTakes && at.Before(in.Until) {
		wait = min(in.Every, in.Until.Sub(at)) // the balance can't be read now
	}
	return Watched{}, errors.Join(a.account().Ask(ctx, at), &later{after: wait, why: why})
}

// lookBefore looks at the balance before anybody can know where to send money. Where it
// can't be seen, the watch begins with the desk's first look from now on.
func (a *Activities) lookBefore(ctx context.Context, id string) error {
	text, _, err := a.Ledger.TopUps.Balances(ctx, id)
	if err != nil || text != "" {
		return err
	}
	now := seen{At: a.now(ctx)}
	balances, err := a.Money.Balances(ctx)
	if throttled := new(foxreload.ThrottledError); errors.As(err, &throttled) {
		return err
	}
	if err == nil { // else the address is what a person waits for
		now.Balances = map[string]decimal.Decimal{}
		for _, b := range balances {
			now.Balances[b.Currency] = now.Balances[b.Currency].Add(b.Available)
		}
	}
	return a.keepSeen(ctx, id, "", now, "")
}

// keepSeen keeps a look in the place of the one before it.
func (a *Activities) keepSeen(ctx context.Context, id, before string, look seen, risen string) error {
	text, err := json.Marshal(look)
	if err != nil {
		return err
	}
	return a.Ledger.TopUps.SeeBalances(ctx, id, before, string(text), risen)
}

// readSeen reads a look that was kept; one that another version wrote otherwise is as
// good as none.
func readSeen(text string) (look seen) {
	if json.Unmarshal([]byte(text), &look) != nil {
		return seen{}
	}
	return look
}

// rise says by what the money that can be spent has grown since a look, currency by
// currency; "" when it has not, or nothing was seen before.
func rise(before, now seen) string {
	if before.Balances == nil {
		return ""
	}
	var grown []string
	for currency, amount := range now.Balances {
		if more := amount.Sub(before.Balances[currency]); more.IsPositive() {
			grown = append(grown, fmt.Sprintf("%s %s", more, currency))
		}
	}
	slices.Sort(grown)
	return strings.Join(grown, ", ")
}

// WakeOrders has the balance desk look at once: it wakes the orders that wait, as many as
// there is money for.
func (a *Activities) WakeOrders(ctx context.Context) error {
	defer heartbeat(ctx)()
	return a.convert(ctx, Step{}, a.account().Hint(ctx, a.Now()))
}
