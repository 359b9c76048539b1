package activities

import (
	"context"
	"fmt"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/order"
)

// saw takes in an answer of FoxReload about the order: first the codes go into
// the vault, then the state goes on record, then what is public goes on to the
// workflow. This order is promise 2: a code is stored before the order is called
// completed.
func (a *Activities) saw(ctx context.Context, in Step, o foxreload.Order) (Outcome, error) {
	if err := a.store(ctx, in, o); err != nil {
		return Outcome{}, err
	}
	if err := a.void(ctx, in, o); err != nil {
		return Outcome{}, err
	}
	status, err := a.observe(ctx, in, o)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Status: status, Upstream: o.Status, UpstreamReason: o.CancelReason, SeenAt: status.UpdatedAt}
	next, known := recordable[o.Status]
	if !known || !in.Status.State.CanBecome(next) {
		return out, nil // news, perhaps, and no new state
	}
	out.Status.State = next
	out.Recorded = true
	return out, a.record(ctx, out.Status, in.Seq, reasonOf(out.Status))
}

// store seals every code of the answer into the vault.
func (a *Activities) store(ctx context.Context, in Step, o foxreload.Order) error {
	var codes []ledger.Code
	for i, item := range o.Items {
		for _, raw := range item.Codes {
			codes = append(codes, ledger.Code{ItemIndex: i, ItemID: item.ItemID, Raw: raw})
		}
	}
	if len(codes) == 0 {
		return nil
	}
	if err := a.Ledger.StoreCodes(ctx, in.reference(), o.ID, codes); err != nil {
		return fmt.Errorf("store codes of order %s (%s): %w", o.ID, in.reference(), err)
	}
	return nil
}

// void frees the reference for another payment once FoxReload has said, with a
// reason that leaves no doubt, that this order ended without being paid.
func (a *Activities) void(ctx context.Context, in Step, o foxreload.Order) error {
	if o.Status != foxreload.StatusCancelled || in.Status.State.MoneyOut() || !endedUnpaid(o.CancelReason) {
		return nil
	}
	return a.Ledger.VoidPayment(ctx, in.reference(), o.ID, "cancelled: "+o.CancelReason, a.Now().UTC())
}

// endedUnpaid says whether a cancel reason means that no payment was made.
func endedUnpaid(reason string) bool {
	return reason == order.PaymentFailure || reason == order.PaymentExpiration
}

// observe is the order's status with what the answer says.
func (a *Activities) observe(ctx context.Context, in Step, o foxreload.Order) (order.Status, error) {
	counts, err := a.Ledger.CountCodes(ctx, o.ID)
	if err != nil {
		return order.Status{}, err
	}
	s := in.Status
	s.OrderID = &o.ID
	s.UpdatedAt = a.Now().UTC()
	s.WaitingFor, s.WaitingForCode, s.Error = nil, nil, nil
	if o.Price != nil {
		s.Price = text(o.Price.String())
	}
	if o.Currency != "" {
		s.Currency = text(o.Currency)
	}
	if o.PaymentExpiresAt != nil {
		at := o.PaymentExpiresAt.UTC()
		s.PaymentExpiresAt = &at
	}
	s.Items = make([]order.ItemStatus, 0, max(len(o.Items), len(in.Status.Items)))
	for i := range max(len(o.Items), len(in.Status.Items)) {
		var item order.ItemStatus
		if i < len(in.Status.Items) {
			item = in.Status.Items[i]
		}
		if i < len(o.Items) {
			if item.ItemID == "" {
				item.ItemID, item.Quantity = o.Items[i].ItemID, o.Items[i].Quantity
			}
			if o.Items[i].Error != "" {
				item.Error = text(scrub(o.Items[i].Error, in.Request, o.Items[i].Codes))
			}
		}
		item.Codes = counts[i]
		s.Items = append(s.Items, item)
	}
	if o.Status == foxreload.StatusFailed {
		s.Error = &order.Error{Code: "ORDER_FAILED", Message: firstError(s)}
	}
	return s, nil
}

func firstError(s order.Status) string {
	for _, item := range s.Items {
		if item.Error != nil {
			return fmt.Sprintf("%s: %s", item.ItemID, *item.Error)
		}
	}
	return "FoxReload could not fulfil the order and gave no reason"
}

// reasonOf is what the audit log says beside a state that FoxReload reported.
func reasonOf(s order.Status) string {
	switch {
	case s.Error != nil:
		return s.Error.Message
	case s.State == order.Completed:
		var n int
		for _, item := range s.Items {
			n += item.Codes
		}
		return fmt.Sprintf("codes stored: %d", n)
	default:
		return ""
	}
}

func text(s string) *string { return &s }
