package activities

import (
	"context"
	"errors"
	"strings"
	"time"

	"foxflow/ledger"
)

// payment is what the order in its present state would be paid as.
func (a *Activities) payment(in Step, begun time.Time) ledger.Payment {
	p := ledger.Payment{
		Reference: in.reference(), OrderID: in.orderID(), Mock: in.Request.Mock,
		Currency: strings.ToLower(deref(in.Status.Currency)), At: begun.UTC(),
		Key: "intent/pay/" + in.orderID(), State: in.Status.State, InFlight: a.PayTakes,
	}
	if p.Currency == "" {
		p.Currency = a.Currency
	}
	if amount, known := in.Status.Amount(); known {
		p.Amount = &amount
	}
	if limit, limited := a.DailyLimit[p.Currency]; limited {
		p.Limit = &limit
	}
	return p
}

// countable refuses money that may count towards a limit, and nobody knows which.
func (a *Activities) countable(p ledger.Payment) error {
	if len(a.DailyLimit) == 0 || p.Currency != "" || p.Mock {
		return nil
	}
	return &Refusal{Class: ClassLimit, Code: CodeDailyLimit,
		Message: "FoxReload did not say in which currency the order is paid, so it can't be counted towards FOXFLOW_DAILY_LIMIT; set FOXRELOAD_CURRENCY"}
}

// needsPrice says whether the order must not be paid before its price is known.
func (a *Activities) needsPrice(in Step) bool {
	return in.Request.MaxPrice != nil || (len(a.DailyLimit) > 0 && !in.Request.Mock)
}

// stillHeld is the refusal of an order whose payment is held now, or nil.
func (a *Activities) stillHeld(ctx context.Context, in Step) error {
	p := a.payment(in, a.Now())
	if err := a.countable(p); err != nil {
		return err
	}
	why, err := a.Ledger.PaymentHeld(ctx, p)
	if err != nil {
		return err
	}
	return held(why)
}

// held turns the ledger's reasons to hold a payment into refusals.
func held(err error) error {
	var over *ledger.LimitError
	switch {
	case errors.Is(err, ledger.ErrPaused):
		return &Refusal{Class: ClassPaused, Code: CodePaused, Message: "payments are paused"}
	case errors.As(err, &over):
		return &Refusal{Class: ClassLimit, Code: CodeDailyLimit, Message: over.Error()}
	}
	return err
}
