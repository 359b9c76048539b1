package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/order"
)

// settingNoKeys is the ledger setting that remembers, for good, that FoxReload
// rejects the idempotencyKey field.
const settingNoKeys = "foxreload.idempotency_key_rejected"

// CreateOrder makes sure that the reference has a FoxReload order and pins its
// id in the ledger. Creating moves no money, so a create whose answer was lost
// and whose order can't be found is simply made again: the orphan dies unpaid. One
// that never left, because the request budget had no room for it, leaves nothing to
// be found, and nobody looks.
//
// Refusals: final, not_found, balance, exists (and it can't be found), price,
// unauthorised, misdirected, guard.
func (a *Activities) CreateOrder(ctx context.Context, in Step) (Outcome, error) {
	// Breaking off a create only makes an orphan.
	return a.attempt(context.WithoutCancel(ctx), in, foxreload.PriorityCreate, func(ctx context.Context) (Outcome, error) {
		out, err := a.createOrder(ctx, in)
		if err == nil {
			out.Names = a.names(ctx, in.Request)
		}
		return out, err
	})
}

func (a *Activities) createOrder(ctx context.Context, in Step) (Outcome, error) {
	in, pinned, err := a.lastPinned(ctx, in)
	if err != nil {
		return Outcome{}, err
	}
	if pinned != "" {
		return a.seePinned(ctx, in, pinned)
	}
	terms, err := a.terms(ctx, in)
	if err != nil {
		return Outcome{}, err
	}
	left, first, err := a.Ledger.CreateAttempts(ctx, in.reference(), in.Status.Replacements)
	if err != nil {
		return Outcome{}, err
	}
	key, err := a.key(ctx, in)
	if err != nil {
		return Outcome{}, err
	}
	if left > 0 {
		switch found, ok, err := a.search(ctx, key, foxreload.StatusActive, first); {
		case err != nil:
			return Outcome{}, refusal(err, in.Request, foxreload.ClassUnauthorised, foxreload.ClassMisdirected)
		case ok:
			return a.adopt(ctx, in, found, "an earlier create had made it")
		}
		if err := a.note(ctx, in, fmt.Sprintf("orphan/%d", in.Status.Replacements),
			"the answer to an earlier create is not known and no open order carries our key; should there be one, it expires unpaid"); err != nil {
			return Outcome{}, err
		}
	}
	return a.create(ctx, &creating{Step: in, key: key, prices: terms.totals(in.Request), left: left})
}

// seePinned looks at the order that is pinned already. Where it can't be seen, a
// payment of it that was begun leaves it in doubt.
func (a *Activities) seePinned(ctx context.Context, in Step, id string) (Outcome, error) {
	begun, voided, err := a.Ledger.PaymentIntent(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	o, err := a.API.GetOrder(ctx, id)
	if err != nil {
		return Outcome{}, inDoubt(refusal(err, in.Request, foxreload.ClassUnauthorised, foxreload.ClassMisdirected), !begun.IsZero() && !voided)
	}
	return a.saw(ctx, in, o)
}

// lastPinned is the order id pinned for this replacement or for a later one, and
// the step with its number: after a reset the workflow starts counting again, the
// ledger doesn't.
func (a *Activities) lastPinned(ctx context.Context, in Step) (Step, string, error) {
	var last string
	for n := in.Status.Replacements; ; n++ {
		id, ok, err := a.Ledger.Pinned(ctx, in.reference(), n)
		if err != nil || !ok {
			return in, last, err
		}
		last, in.Status.Replacements = id, n
	}
}

// key is the idempotency key to send, or "" where the field is not to be sent.
func (a *Activities) key(ctx context.Context, in Step) (string, error) {
	if !a.IdempotencyKeys {
		return "", nil
	}
	_, rejected, err := a.Ledger.Setting(ctx, settingNoKeys)
	if err != nil || rejected {
		return "", err
	}
	fresh, err := a.Ledger.FreshKeys(ctx, in.reference(), in.Status.Replacements)
	return IdempotencyKey(in.reference(), in.Status.Replacements, fresh), err
}

// creating is a create under way.
type creating struct {
	Step
	key    string // "": none is sent
	prices totals
	left   int // requests that left and may have made an order, those of earlier attempts too
}

func (a *Activities) create(ctx context.Context, c *creating) (Outcome, error) {
	o, err := a.sendCreate(ctx, c)
	if foxreload.ClassOf(err) == foxreload.ClassPrice {
		if c.prices, err = a.reprice(ctx, c.Step, c.prices); err != nil {
			return Outcome{}, err
		}
		o, err = a.sendCreate(ctx, c)
	}
	switch api := new(foxreload.Error); {
	case err == nil:
		return a.adopt(ctx, c.Step, o, "")
	case !errors.As(err, &api):
		return Outcome{}, err
	case api.Class == foxreload.ClassExists:
		return a.adoptExisting(ctx, c.Step, c.key, api)
	case c.key != "" && rejectsKey(api):
		if err := a.Ledger.SetSetting(ctx, settingNoKeys, "true"); err != nil {
			return Outcome{}, err
		}
		c.key = ""
		return a.create(ctx, c)
	}
	return Outcome{}, refusal(err, c.Request, foxreload.ClassFinal, foxreload.ClassNotFound, foxreload.ClassBalance,
		foxreload.ClassPrice, foxreload.ClassUnauthorised, foxreload.ClassMisdirected)
}

// sendCreate sends one request. It goes on record as it leaves; where another
// attempt's has left since this one looked, what that one made is looked for first.
// One that surely was not carried out is taken off again: a search for it would cost
// requests for nothing.
func (a *Activities) sendCreate(ctx context.Context, c *creating) (foxreload.Order, error) {
	recorded := false
	o, err := a.API.CreateOrder(foxreload.Leaving(ctx, func(ctx context.Context) (context.Context, error) {
		left, err := a.Ledger.CreateIntent(ctx, c.reference(), c.Status.Replacements, a.Now().UTC())
		if err != nil {
			return nil, err
		}
		recorded = true
		if c.left++; left != c.left {
			return nil, &later{after: settle, why: fmt.Sprintf("create order (%s): another attempt has sent a create, look for what it made first", c.reference())}
		}
		return ctx, nil
	}), createRequest(c.Request, c.key, c.prices))
	if class := foxreload.ClassOf(err); recorded && (class == foxreload.ClassPassing || class == foxreload.ClassHeld) {
		c.left--
		return o, errors.Join(err, a.Ledger.WithdrawCreate(ctx, c.reference(), c.Status.Replacements))
	}
	return o, err
}

func createRequest(r order.Request, key string, prices totals) foxreload.CreateRequest {
	body := foxreload.CreateRequest{IsMock: r.Mock, IdempotencyKey: key}
	for i, item := range r.Items {
		line := foxreload.CreateItem{ItemID: item.ItemID, Quantity: item.Quantity, Note: item.Note}
		if prices != nil {
			line.TotalPrice = &prices[i]
		}
		body.Items = append(body.Items, line)
	}
	return body
}

// rejectsKey says whether FoxReload refused the create because of the
// idempotencyKey field itself.
func rejectsKey(api *foxreload.Error) bool {
	return api.Status == 422 && strings.Contains(strings.ToLower(api.Field), "idempotencykey")
}

// adoptExisting finds the order that FoxReload says we made already. Only an
// order known by our key is taken: which one is meant where no key was sent, a
// person has to say.
func (a *Activities) adoptExisting(ctx context.Context, in Step, key string, exists *foxreload.Error) (Outcome, error) {
	message := "FoxReload says that this order exists, but shows none that carries our key"
	if exists.OrderID != "" {
		message = fmt.Sprintf("FoxReload says that this order exists as %s, which is not known to be ours", exists.OrderID)
	}
	if exists.OrderID != "" && key != "" {
		o, err := a.API.GetOrder(ctx, exists.OrderID)
		switch {
		case err != nil && foxreload.ClassOf(err) != foxreload.ClassNotFound:
			return Outcome{}, refusal(err, in.Request, foxreload.ClassUnauthorised, foxreload.ClassMisdirected)
		case err == nil && (o.IdempotencyKey == "" || o.IdempotencyKey == key):
			// The id came as the answer to our key; an order that shows another
			// key is somebody else's.
			return a.adopt(ctx, in, o, "FoxReload knew our key")
		}
	}
	found, ok, err := a.search(ctx, key, "", time.Time{})
	switch {
	case err != nil:
		return Outcome{}, refusal(err, in.Request, foxreload.ClassUnauthorised, foxreload.ClassMisdirected)
	case ok:
		return a.adopt(ctx, in, found, "FoxReload knew our key")
	}
	return Outcome{}, &Refusal{Class: foxreload.ClassExists, Code: exists.Code, Message: message}
}

// adopt pins the order to the reference, then takes in what it says. how is
// empty for an order that this very call created.
func (a *Activities) adopt(ctx context.Context, in Step, o foxreload.Order, how string) (Outcome, error) {
	now := a.Now().UTC()
	err := a.Ledger.Pin(ctx, in.reference(), in.Status.Replacements, o.ID, now)
	if pinned := new(ledger.PinnedError); errors.As(err, &pinned) {
		return Outcome{}, &Refusal{Class: ClassGuard, Code: CodeGuard, Message: pinned.Error()}
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("pin order %s (%s): %w", o.ID, in.reference(), err)
	}
	if how != "" {
		in.Status.OrderID = &o.ID
		if err := a.note(ctx, in, "adopted/"+o.ID, "adopted order "+o.ID+": "+how); err != nil {
			return Outcome{}, err
		}
	}
	return a.saw(ctx, in, o)
}
