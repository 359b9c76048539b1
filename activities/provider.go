package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"foxflow/foxreload"
	"foxflow/life"
)

// keepAnswer keeps, sealed, what an external provider answered to a pay. The link in it
// is what a person waits for: where the ledger can't keep the rest, it goes on all the
// same.
func (a *Activities) keepAnswer(ctx context.Context, in *paying, p foxreload.Payment) {
	if in.Request.Provider == "" || len(p.Raw) == 0 {
		return
	}
	if err := a.Ledger.Payments.KeepAnswer(ctx, in.reference(), in.orderID(), in.attempt, p.Raw, a.now(ctx)); err != nil {
		activity.GetLogger(ctx).Error("keep the provider's answer", "reference", in.reference(), "order_id", in.orderID(), "error", err)
	}
}

// linkKept is the outcome of an earlier pay of an order that is still active, where the
// provider's answer to it was kept: its link is out, and another pay would put a second
// one beside it.
func (a *Activities) linkKept(ctx context.Context, in Step, s life.Sighting) (out Outcome, kept bool, err error) {
	if in.Request.Provider == "" {
		return Outcome{}, false, nil
	}
	raw, kept, err := a.Ledger.Payments.Answer(ctx, in.reference(), s.OrderID)
	if err != nil || !kept {
		return Outcome{}, false, err
	}
	return a.linkOut(s, foxreload.PaymentLink(raw)), true, nil
}

// linkOut is the outcome of a pay that an external provider was asked for.
func (a *Activities) linkOut(s life.Sighting, link string) Outcome {
	if s.LinkOut = true; link != "" {
		s.Link = &link
	}
	return Outcome{Seen: &s}
}
