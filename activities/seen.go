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
	return a.putOn(ctx, in, s, stepOf(ctx, in.Seq))
}

// putOn puts the state on record that follows from a sighting, where it is new.
func (a *Activities) putOn(ctx context.Context, in Step, s life.Sighting, step int) (Outcome, error) {
	if _, follows := in.follows(s); !follows {
		return Outcome{Seen: &s}, nil
	}
	return a.putOnPinned(ctx, in, s, step, nil)
}

// putOnPinned puts the state on record that follows from a sighting, and with it, where pin is
// given, that the order is the reference's own.
func (a *Activities) putOnPinned(ctx context.Context, in Step, s life.Sighting, step int, pin *int) (Outcome, error) {
	next, _ := in.follows(s)
	status := in.Status(next)
	record := RecordInput{Status: status, Seq: in.Seq, Chain: in.Chain, Reason: next.Reason(status)}
	return a.orAhead(ctx, in.reference(), Outcome{Seen: &s, Recorded: next.State}, a.record(ctx, record, step, pin))
}

// follows is what is known of the order after a sighting, and whether a new state follows from
// that alone.
func (s Step) follows(seen life.Sighting) (next life.Facts, isNew bool) {
	next = s.After(s.Facts, seen)
	return next, next.State != s.Facts.State && slices.Contains(recorded, next.State) && s.Facts.State.CanBecome(next.State)
}

// sight is what an answer shows, with its codes in the vault; where it shows that nothing
// was paid, the reference is free for another payment.
func (a *Activities) sight(ctx context.Context, in Step, o foxreload.Order) (life.Sighting, error) {
	return a.sightOf(ctx, in, o, false)
}

// sightOf is sight, of an order that a person named or not.
func (a *Activities) sightOf(ctx context.Context, in Step, o foxreload.Order, adopted bool) (life.Sighting, error) {
	places := life.Assign(in.Request.Items, o.Items)
	if err := a.store(ctx, in, o, places); err != nil {
		return life.Sighting{}, err
	}
	intent, codes, err := a.Ledger.Payments.Holds(ctx, o.ID)
	if err != nil {
		return life.Sighting{}, err
	}
	s := life.Sighting{At: left(ctx).UTC(), OrderID: o.ID, Status: o.Status, Reason: o.CancelReason, Mock: o.IsMock,
		Replacement: in.Facts.Replacements, LastPay: intent.Begun, Doubt: intent.Doubts > 0 && !intent.Voided, DoubtSince: intent.DoubtSince, Adopted: adopted}
	if o.Price != nil {
		s.Price = new(o.Price.String())
	}
	if o.Currency != "" {
		s.Currency = new(o.Currency)
	}
	if o.PaymentExpiresAt != nil {
		at := o.PaymentExpiresAt.UTC()
		s.Window = &at
	}
	s.Items = a.items(ctx, in, o, places, codes)
	switch void, over := life.Settles(in.Facts, in.After(in.Facts, s), s, !intent.Begun.IsZero() && !intent.Voided); {
	case over:
		return s, a.Ledger.Payments.End(ctx, in.reference(), o.ID, intent.Attempt, unpaidBecause(o), a.now(ctx))
	case void:
		return s, a.Ledger.Payments.Void(ctx, in.reference(), o.ID, intent.Attempt, unpaidBecause(o), a.now(ctx))
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
	if err := a.Ledger.Vault.Store(ctx, in.reference(), o.ID, codes); err != nil {
		return fmt.Errorf("store codes of order %s (%s): %w", o.ID, in.reference(), err)
	}
	return nil
}

// items are the order's items, in the order in which they were asked for, with the codes
// that are in the vault: so many of each.
func (a *Activities) items(ctx context.Context, in Step, o foxreload.Order, places []int, counts map[int]int) []order.ItemStatus {
	items := order.NewStatus(in.Request, in.Facts.Clocks.Started).Items
	for i, place := range places {
		for place >= len(items) {
			items = append(items, order.ItemStatus{ItemID: o.Items[i].ItemID, Quantity: o.Items[i].Quantity})
		}
		if o.Items[i].Error != "" {
			items[place].Error = new(scrub(o.Items[i].Error, in.Request, o.Items[i].Codes))
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
	return items
}
