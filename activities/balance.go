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
	// Every is the time between looks.
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

// WatchBalance returns once the balance has risen between two looks, in any currency, or
// once Until has passed. Until then it fails benignly with the time of the next look as
// its retry delay. FoxReload does not say what raised a balance, and the amount is in a
// coin, not in the balance's currency: so any rise counts, and an order that is paid
// between the same two looks may hide one.
//
// Refusals: none. An outage and a refused key pass.
func (a *Activities) WatchBalance(ctx context.Context, in WatchInput) (Watched, error) {
	defer heartbeat(ctx)()
	out, err := a.watchBalance(foxreload.WithPriority(ctx, foxreload.PriorityPoll), in)
	return out, a.convert(ctx, Step{}, err)
}

func (a *Activities) watchBalance(ctx context.Context, in WatchInput) (Watched, error) {
	before, risen, err := a.Ledger.TopUpBalances(ctx, in.TopUpID)
	if err != nil || risen != "" {
		return Watched{Risen: risen}, err
	}
	now, err := a.Money.Balances(ctx)
	over := !a.Now().Before(in.Until)
	switch {
	case err != nil && over && !errors.Is(err, context.Canceled):
		return Watched{Unseen: true}, nil
	case err != nil:
		return Watched{}, err
	}
	risen = rise(before, now)
	if err := a.keepBalances(ctx, in.TopUpID, now, risen); err != nil {
		return Watched{}, err
	}
	if risen != "" || over {
		return Watched{Risen: risen}, nil
	}
	wait := max(min(in.Every, in.Until.Sub(a.Now())), time.Millisecond)
	return Watched{}, &later{after: wait, why: fmt.Sprintf("top-up %s: the balance has not risen yet", in.TopUpID)}
}

// lookBefore looks at the balance before anybody can know where to send money. Where it
// can't be seen, the watch begins with its own first look.
func (a *Activities) lookBefore(ctx context.Context, id string) error {
	before, _, err := a.Ledger.TopUpBalances(ctx, id)
	if err != nil || before != "" {
		return err
	}
	now, err := a.Money.Balances(ctx)
	if held := new(foxreload.HeldError); errors.As(err, &held) {
		return err
	}
	if err != nil {
		return nil //nolint:nilerr // the address is what a person waits for
	}
	return a.keepBalances(ctx, id, now, "")
}

func (a *Activities) keepBalances(ctx context.Context, id string, balances []foxreload.Balance, risen string) error {
	text, err := json.Marshal(balances)
	if err != nil {
		return err
	}
	return a.Ledger.SeeTopUpBalances(ctx, id, string(text), risen)
}

// rise says by what the money that can be spent has grown since a look, currency by
// currency; "" when it has not, or nothing was seen before.
func rise(before string, now []foxreload.Balance) string {
	var then []foxreload.Balance
	if json.Unmarshal([]byte(before), &then) != nil {
		return ""
	}
	had := map[string]decimal.Decimal{}
	for _, b := range then {
		had[b.Currency] = had[b.Currency].Add(b.Available)
	}
	has := map[string]decimal.Decimal{}
	for _, b := range now {
		has[b.Currency] = has[b.Currency].Add(b.Available)
	}
	var grown []string
	for currency, amount := range has {
		if more := amount.Sub(had[currency]); more.IsPositive() {
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
	return a.convert(ctx, Step{}, a.Ledger.HintTopUp(ctx, a.Now()))
}
