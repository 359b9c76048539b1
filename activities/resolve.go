package activities

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/order"
)

// CodeNotAdopted is the code of the refusal to adopt an order.
const CodeNotAdopted = "NOT_ADOPTED"

// Decision is what a person decided about a blocked order.
type Decision struct {
	Step
	// ID tells this decision from every other: the id of the update that brought it.
	ID string `json:"id"`
	// By is who decided.
	By string `json:"by,omitempty"`
	// OrderID is the FoxReload order to adopt.
	OrderID string `json:"orderId,omitempty"`
	// FreshKey has the order created anew, under a fresh idempotency key.
	FreshKey bool `json:"freshKey,omitempty"`
	// Text says on the audit log what was decided.
	Text string `json:"text"`
}

func (d Decision) entry(a *Activities) ledger.Entry {
	who := d.By
	if who == "" {
		who = "a person"
	}
	return ledger.Entry{
		Reference: d.reference(),
		Key:       "decision/" + d.ID,
		Kind:      ledger.KindNote,
		State:     d.Status.State,
		Reason:    who + " decided: " + d.Text,
		OrderID:   d.orderID(),
		At:        a.Now().UTC(),
	}
}

// RecordDecision puts a person's decision on the audit log; with FreshKey, the
// order is created under a fresh idempotency key from now on. Doing it again
// changes nothing.
func (a *Activities) RecordDecision(ctx context.Context, d Decision) error {
	if d.FreshKey {
		return a.Ledger.RenewKey(ctx, d.entry(a), d.Status.Replacements)
	}
	return a.Ledger.Append(ctx, d.entry(a))
}

// AdoptOrder makes the order that a person names the reference's own. It moves no
// money: whether the order is still to be paid is seen from then on as for any
// other.
//
// Refusals: not_found, final, unauthorised, misdirected, and guard where the order
// is somebody else's or is for something else.
func (a *Activities) AdoptOrder(ctx context.Context, d Decision) (Outcome, error) {
	return a.attempt(ctx, d.Step, foxreload.PriorityCreate, func(ctx context.Context) (Outcome, error) {
		return a.adoptNamed(ctx, d)
	})
}

func (a *Activities) adoptNamed(ctx context.Context, d Decision) (Outcome, error) {
	owner, owned, err := a.Ledger.OwnerOf(ctx, d.OrderID)
	if err != nil {
		return Outcome{}, err
	}
	if owned && owner != d.reference() {
		return Outcome{}, notAdopted("order %s belongs to reference %s", d.OrderID, owner)
	}
	o, err := a.API.GetOrder(ctx, d.OrderID)
	if err != nil {
		return Outcome{}, refusal(err, d.Request, foxreload.ClassNotFound, foxreload.ClassFinal, foxreload.ClassUnauthorised, foxreload.ClassMisdirected)
	}
	if why := otherThan(d.Request, o); why != "" {
		return Outcome{}, notAdopted("order %s %s", d.OrderID, why)
	}
	if ours, err := a.keyedByUs(ctx, d.Step, o); err != nil || !ours {
		if err == nil {
			err = notAdopted("order %s carries an idempotency key that this reference never sent", d.OrderID)
		}
		return Outcome{}, err
	}
	if err := a.Ledger.Append(ctx, d.entry(a)); err != nil {
		return Outcome{}, err
	}
	in := d.Step
	in.Status.OrderID = &o.ID
	if owned {
		return a.saw(ctx, in, o)
	}
	if in, err = a.freePlace(ctx, in); err != nil {
		return Outcome{}, err
	}
	return a.adopt(ctx, in, o, "")
}

func notAdopted(format string, args ...any) *Refusal {
	return &Refusal{Class: ClassGuard, Code: CodeNotAdopted, Message: fmt.Sprintf(format, args...)}
}

// freePlace is the step with the first replacement number, from the present one
// on, that no order is pinned to.
func (a *Activities) freePlace(ctx context.Context, in Step) (Step, error) {
	for {
		_, taken, err := a.Ledger.Pinned(ctx, in.reference(), in.Status.Replacements)
		if err != nil || !taken {
			return in, err
		}
		in.Status.Replacements++
	}
}

// otherThan says how an order differs from what was asked for, as far as it shows
// that; "" when it fits.
func otherThan(r order.Request, o foxreload.Order) string {
	if o.IsMock != nil && *o.IsMock != r.Mock {
		return fmt.Sprintf("has isMock=%t, this reference asks for %t", *o.IsMock, r.Mock)
	}
	// Notes are personal data: they are compared and never shown.
	var theirs, ours, theirNotes, ourNotes []string
	notesShown := false
	for _, item := range o.Items {
		if item.ItemID == "" || item.Quantity == 0 {
			return "" // not shown
		}
		what := fmt.Sprintf("%d × %s", item.Quantity, item.ItemID)
		theirs, theirNotes = append(theirs, what), append(theirNotes, withNote(what, item.Note))
		notesShown = notesShown || len(item.Note) > 0
	}
	for _, item := range r.Items {
		what := fmt.Sprintf("%d × %s", item.Quantity, item.ItemID)
		ours, ourNotes = append(ours, what), append(ourNotes, withNote(what, item.Note))
	}
	for _, list := range [][]string{theirs, ours, theirNotes, ourNotes} {
		slices.Sort(list)
	}
	switch {
	case len(theirs) > 0 && !slices.Equal(theirs, ours):
		return fmt.Sprintf("is for %s, this reference asks for %s", strings.Join(theirs, ", "), strings.Join(ours, ", "))
	case notesShown && !slices.Equal(theirNotes, ourNotes):
		return "is for another player or account: its note is not the one that this reference asks for"
	}
	return ""
}

// withNote is a line with its note, for comparing. The note is a plain map here:
// an order.Note prints alike whatever it holds.
func withNote(what string, note map[string]string) string { return fmt.Sprint(what, note) }

// keyedByUs says whether the idempotency key that an order shows, if it shows
// one, is one of the keys that this reference has sent.
func (a *Activities) keyedByUs(ctx context.Context, in Step, o foxreload.Order) (bool, error) {
	if o.IdempotencyKey == "" {
		return true, nil
	}
	for replacement := range in.Status.Replacements + 1 {
		most, err := a.Ledger.FreshKeys(ctx, in.reference(), replacement)
		if err != nil {
			return false, err
		}
		for fresh := range most + 1 {
			if o.IdempotencyKey == IdempotencyKey(in.reference(), replacement, fresh) {
				return true, nil
			}
		}
	}
	return false, nil
}
