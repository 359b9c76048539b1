package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"foxflow/foxreload"
)

// keepAnswer keeps, sealed, what an external provider answered to a pay. The link in it
// is what a person waits for: where the ledger can't keep the rest, it goes on all the
// same.
func (a *Activities) keepAnswer(ctx context.Context, in Step, p foxreload.Payment) {
	if in.Request.Provider == "" || len(p.Raw) == 0 {
		return
	}
	if err := a.Ledger.KeepPaymentAnswer(ctx, in.reference(), in.orderID(), p.Raw, a.Now()); err != nil {
		activity.GetLogger(ctx).Error("keep the provider's answer", "reference", in.reference(), "order_id", in.orderID(), "error", err)
	}
}

// linkKept is the outcome of an earlier pay of an order that is still active, where the
// provider's answer to it was kept: its link is out, and another pay would put a second
// one beside it.
func (a *Activities) linkKept(ctx context.Context, in Step, o foxreload.Order) (out Outcome, kept bool, err error) {
	if in.Request.Provider == "" {
		return Outcome{}, false, nil
	}
	raw, kept, err := a.Ledger.PaymentAnswer(ctx, in.reference(), o.ID)
	if err != nil || !kept {
		return Outcome{}, false, err
	}
	out, err = a.linkOut(ctx, in, o, foxreload.PaymentLink(raw))
	return out, true, err
}
