package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/internal/phrase"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

// payment is what the order in its present state would be paid as. One that does not show
// itself as mock counts as a real one.
func (a *Activities) payment(in Step, attempt string, begun time.Time) ledger.Payment {
	o := in.Facts.Order
	p := ledger.Payment{
		Reference: in.reference(), OrderID: o.ID, Mock: in.Request.Mock && o.Mock != nil && *o.Mock,
		Currency: strings.ToLower(cmp.Or(phrase.Of(o.Currency), a.Currency)), At: begun, Attempt: attempt,
		Key: "intent/pay/" + o.ID, State: in.Facts.State, InFlight: a.PayTakes,
	}
	if price, known := amount(o.Price); known {
		p.Amount = &price
	}
	if limit, limited := a.DailyLimit[p.Currency]; limited {
		p.Limit = &limit
	}
	return p
}

// amount is a price as a number, and whether it is known.
func amount(price *string) (decimal.Decimal, bool) {
	if price == nil {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(*price)
	return d, err == nil
}

// countable refuses money that may count towards a limit, and nobody knows which.
func (a *Activities) countable(p ledger.Payment) error {
	_, limited := a.DailyLimit[p.Currency]
	switch {
	case len(a.DailyLimit) == 0, limited, p.Mock:
		return nil
	case p.Currency == "":
		return &life.Refusal{Class: life.ClassLimitCurrency, Code: order.CodeLimitCurrency,
			Message: "FoxReload did not say in which currency the order is paid, so it can't be counted towards FOXFLOW_DAILY_LIMIT; set FOXRELOAD_CURRENCY"}
	}
	return &life.Refusal{Class: life.ClassLimitCurrency, Code: order.CodeLimitCurrency,
		Message: fmt.Sprintf("the order is paid in %s, and FOXFLOW_DAILY_LIMIT names no limit in that currency", p.Currency)}
}

// needsPrice says whether the order must not be paid before its price is known.
func (a *Activities) needsPrice(in Step) bool {
	return in.Request.MaxPrice != nil || len(a.DailyLimit) > 0
}

// Withheld is what an order that is paused waits for now, as the ledger says; "": it may be
// paid. No request is made.
func (a *Activities) Withheld(ctx context.Context, s order.Status) (order.Wait, error) {
	ctx, err := a.onClock(ctx)
	if err != nil {
		return "", err
	}
	in := Step{Facts: life.Facts{State: s.State, Order: life.Order{ID: phrase.Of(s.OrderID), Price: s.Price, Currency: s.Currency}}}
	in.Request.Reference = s.Reference
	err = a.stillWithheld(ctx, in)
	if refused := new(life.Refusal); errors.As(err, &refused) {
		return life.WaitOf(refused.Class), nil
	}
	return "", err
}

// stillWithheld is the refusal of an order whose payment is withheld now, or nil.
func (a *Activities) stillWithheld(ctx context.Context, in Step) error {
	p := a.payment(in, "", a.now(ctx))
	if err := a.countable(p); err != nil {
		return err
	}
	why, err := a.Ledger.Payments.Withheld(ctx, p)
	if err != nil {
		return err
	}
	return withheldBy(why)
}

// withheldBy turns the ledger's reasons to withhold a payment into refusals.
func withheldBy(err error) error {
	var over *ledger.LimitError
	switch {
	case errors.Is(err, ledger.ErrPaused):
		return &life.Refusal{Class: life.ClassPaused, Code: order.CodePaused, Message: "payments are paused"}
	case errors.As(err, &over) && over.Amount != nil && over.Amount.GreaterThan(over.Limit):
		return &life.Refusal{Class: life.ClassLimit, Code: order.CodeDailyLimit,
			Message: fmt.Sprintf("%s: it costs %s, and the limit is %s %s", order.AboveDailyLimit, over.Amount, over.Limit, over.Currency)}
	case errors.As(err, &over):
		return &life.Refusal{Class: life.ClassLimit, Code: order.CodeDailyLimit, Message: over.Error()}
	}
	return err
}
