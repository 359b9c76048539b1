package activities

import (
	"context"
	"fmt"
	"slices"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

// saw takes in an answer of FoxReload about the order: first the codes go into
// the vault, then the state goes on record, then what is public goes on to the
// workflow. A code is stored before the order is called completed.
func (a *Activities) saw(ctx context.Context, in Step, o foxreload.Order) (Outcome, error) {
	s, err := a.sight(ctx, in, o)
	if err != nil {
		return Outcome{}, err
	}
	return a.tell(ctx, in, s)
}

// recorded are the states that follow from a sighting alone, whatever is asked of the
// order meanwhile: whoever sees it puts them on record.
var recorded = []order.State{order.Active, order.Paid, order.Processing, order.Stalled, order.Completed, order.Failed}

// tell hands a sighting on to the workflow, with its state on record.
func (a *Activities) tell(ctx context.Context, in Step, s life.Sighting) (Outcome, error) {
	if !s.Status.Known() {
		if err := a.note(ctx, in, "strange/"+string(s.Status), fmt.Sprintf("FoxReload reports a status nobody knows: %.40q; nothing follows from it", s.Status)); err != nil {
			return Outcome{}, err
		}
	}
	out, next := Outcome{Seen: &s}, in.After(in.Facts, s)
	if next.State == in.Facts.State || !slices.Contains(recorded, next.State) || !in.Facts.State.CanBecome(next.State) {
		return out, nil
	}
	out.Recorded = next.State
	status := in.Status(next)
	return a.orAhead(ctx, in.reference(), out, a.record(ctx, RecordInput{Status: status, Seq: in.Seq, Reason: next.Reason(status)}))
}

// sight is what an answer shows, with its codes in the vault; where it shows that nothing
// was paid, the reference is free for another payment.
func (a *Activities) sight(ctx context.Context, in Step, o foxreload.Order) (life.Sighting, error) {
	places := life.Assign(in.Request.Items, o.Items)
	if err := a.store(ctx, in, o, places); err != nil {
		return life.Sighting{}, err
	}
	intent, err := a.Ledger.PaymentIntent(ctx, o.ID)
	if err != nil {
		return life.Sighting{}, err
	}
	s := life.Sighting{At: left(ctx).UTC(), OrderID: o.ID, Status: o.Status, Reason: o.CancelReason, Mock: o.IsMock,
		Replacement: in.Facts.Replacements, LastPay: intent.Begun, Doubt: intent.Doubts > 0 && !intent.Voided, DoubtSince: intent.DoubtSince}
	if o.Price != nil {
		s.Price = text(o.Price.String())
	}
	if o.Currency != "" {
		s.Currency = text(o.Currency)
	}
	if o.PaymentExpiresAt != nil {
		at := o.PaymentExpiresAt.UTC()
		s.Window = &at
	}
	if s.Items, err = a.items(ctx, in, o, places); err != nil {
		return life.Sighting{}, err
	}
	if next := in.After(in.Facts, s); !intent.Begun.IsZero() && !intent.Voided && (next.Money == life.Spared || s.Doubt && next.Money == life.Unsent) && s.Status.Known() {
		return s, a.Ledger.VoidPayment(ctx, in.reference(), o.ID, intent.Attempt, unpaidBecause(o), a.now(ctx))
	}
	return s, nil
}

func unpaidBecause(o foxreload.Order) string {
	if o.Status == foxreload.StatusCancelled {
		return "cancelled: " + o.CancelReason
	}
	return "its payment window is over, and FoxReload still shows it as not paid"
}

// store seals every code of the answer into the vault.
func (a *Activities) store(ctx context.Context, in Step, o foxreload.Order, places []int) error {
	var codes []ledger.Code
	for i, item := range o.Items {
		for _, raw := range item.Codes {
			codes = append(codes, ledger.Code{ItemIndex: places[i], ItemID: item.ItemID, Raw: raw})
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

// items are the order's items, in the order in which they were asked for, with the codes
// that are in the vault.
func (a *Activities) items(ctx context.Context, in Step, o foxreload.Order, places []int) ([]order.ItemStatus, error) {
	counts, err := a.Ledger.CountCodes(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	items := order.NewStatus(in.Request, in.Facts.Clocks.Started).Items
	for i, place := range places {
		for place >= len(items) {
			items = append(items, order.ItemStatus{ItemID: o.Items[i].ItemID, Quantity: o.Items[i].Quantity})
		}
		if o.Items[i].Error != "" {
			items[place].Error = text(scrub(o.Items[i].Error, in.Request, o.Items[i].Codes))
		}
	}
	known := a.known(ctx, in.Request)
	completed := o.Status == foxreload.StatusCompleted || in.Facts.Completed(o.ID) // an answer from before takes nothing back
	for i := range items {
		items[i].Codes = counts[i]
		if completed && i < len(in.Request.Items) && known.delivers(in.Request.Items[i]) {
			items[i].Missing = max(int(items[i].Quantity)-counts[i], 0)
		}
	}
	return items, nil
}

func text(s string) *string { return &s }
