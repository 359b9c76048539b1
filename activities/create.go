package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"foxflow/foxreload"
	"foxflow/life"
	"foxflow/order"
)

// settingNoKeys is the ledger setting that remembers, for good, that FoxReload
// rejects the idempotencyKey field.
const settingNoKeys = "foxreload.idempotency_key_rejected"

// createRefusals are the refusals that CreateOrder can give.
var createRefusals = []foxreload.Class{foxreload.ClassFinal, foxreload.ClassNotFound, foxreload.ClassBalance, foxreload.ClassPrice,
	foxreload.ClassExists, foxreload.ClassUnauthorised, foxreload.ClassMisdirected, foxreload.ClassForeign,
	life.ClassPriceGuard, life.ClassGuard, life.ClassNotOurs, life.ClassGone}

// CreateOrder makes sure that the reference has a FoxReload order and pins its
// id in the ledger. Creating moves no money, so a create whose answer was lost
// and whose order can't be found is simply made again: the orphan dies unpaid. One
// that never left, because the request budget had no room for it, leaves nothing to
// be found, and nobody looks.
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

// creating is a create under way.
type creating struct {
	Step
	key    string // "": none is sent
	prices totals
	// repriced says that the prices were read again: where those are refused, too, the
	// catalogue's are not what FoxReload compares with.
	repriced bool
	left     int       // requests that left and may have made an order, those of earlier attempts too
	first    time.Time // when the first of them left
}

func (a *Activities) createOrder(ctx context.Context, in Step) (Outcome, error) {
	begun, err := a.Ledger.Creates.Begun(ctx, in.reference(), in.Facts.Replacements)
	if err != nil {
		return Outcome{}, err
	}
	if begun.OrderID != "" {
		in, pinned, err := a.lastPinned(ctx, in)
		if err != nil {
			return Outcome{}, err
		}
		o, err := a.look(ctx, in, pinned)
		if err != nil {
			return Outcome{}, err
		}
		return a.saw(ctx, in, o)
	}
	terms, err := a.terms(ctx, in, begun.Attempts)
	if err != nil {
		return Outcome{}, err
	}
	c := &creating{Step: in, prices: terms.totals(in.Request), left: begun.Attempts, first: begun.First}
	if c.key, err = a.key(ctx, in, begun.FreshKeys); err != nil {
		return Outcome{}, err
	}
	if c.left == 0 {
		return a.create(ctx, c)
	}
	switch found, ok, err := a.search(ctx, c.key, foxreload.StatusActive, c.first); {
	case err != nil:
		return Outcome{}, a.createFailed(ctx, c, err)
	case ok:
		return a.adoptListed(ctx, in, found.ID, "an earlier create had made it")
	}
	if err := a.note(ctx, in, fmt.Sprintf("orphan/%d", in.Facts.Replacements),
		"the answer to an earlier create is not known and no open order carries our key; should there be one, it expires unpaid"); err != nil {
		return Outcome{}, err
	}
	return a.create(ctx, c)
}

// create sends one request, and does what its answer asks for.
func (a *Activities) create(ctx context.Context, c *creating) (Outcome, error) {
	o, err := a.sendCreate(ctx, c)
	switch api := new(foxreload.Error); life.OfCreate(err).Then {
	case life.TakeIn:
		if differs := life.OtherItems(c.Request, o); differs != "" { // a server may answer a used key with what that key made
			return Outcome{}, notOurs(o, differs)
		}
		return a.own(ctx, c.Step, o)
	case life.Reprice:
		switch {
		case !c.repriced:
			if c.prices, err = a.reprice(ctx, c.Step, c.prices); err != nil {
				return Outcome{}, err
			}
			c.repriced = true
		case c.prices != nil:
			c.prices = nil
		default:
			return Outcome{}, a.createFailed(ctx, c, err)
		}
		return a.create(ctx, c)
	case life.Find:
		errors.As(err, &api)
		return a.adoptExisting(ctx, c, api)
	default:
		if c.key == "" || !errors.As(err, &api) || !rejectsKey(api) {
			return Outcome{}, a.createFailed(ctx, c, err)
		}
		if err := a.Ledger.Switches.Set(ctx, settingNoKeys, "true"); err != nil {
			return Outcome{}, err
		}
		c.key = ""
		return a.create(ctx, c)
	}
}

// createFailed is what follows from a request that made no order, or may not have.
func (a *Activities) createFailed(ctx context.Context, c *creating, err error) error {
	api := new(foxreload.Error)
	if answer := life.OfCreate(err); errors.As(err, &api) && (answer.Then == life.Refused || answer.Then == life.Reprice) {
		return a.patiently(ctx, c.Step, "create", api.Class, answer.Patience, err)
	}
	return err
}

// sendCreate sends one request. It goes on record as it leaves; where another
// attempt's has left since this one looked, what that one made is looked for first.
// One that surely was not carried out is taken off again: a search for it would cost
// requests for nothing.
func (a *Activities) sendCreate(ctx context.Context, c *creating) (foxreload.Order, error) {
	recorded, fresh := false, 0
	o, err := a.API.CreateOrder(foxreload.Leaving(ctx, func(ctx context.Context) (context.Context, error) {
		left, keys, err := a.Ledger.Creates.Intend(ctx, c.reference(), c.Facts.Replacements, a.now(ctx))
		if err != nil {
			return nil, err
		}
		recorded, fresh = true, keys
		if c.left++; left != c.left {
			return nil, &later{after: showsWithin, why: fmt.Sprintf("create order (%s): another attempt has sent a create, look for what it made first", c.reference())}
		}
		a.leaves(ctx)
		return ctx, nil
	}), createRequest(c.Request, c.key, c.prices))
	if recorded && err != nil && life.OfCreate(err).Spared {
		c.left--
		return o, errors.Join(err, a.Ledger.Creates.Withdraw(ctx, c.reference(), c.Facts.Replacements, fresh))
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

// lastPinned is the order id pinned for this replacement or for a later one, and
// the step with its number: after a reset the workflow starts counting again, the
// ledger doesn't.
func (a *Activities) lastPinned(ctx context.Context, in Step) (Step, string, error) {
	var last string
	for n := in.Facts.Replacements; ; n++ {
		id, ok, err := a.Ledger.Pins.Pinned(ctx, in.reference(), n)
		if err != nil || !ok {
			return in, last, err
		}
		last, in.Facts.Replacements = id, n
	}
}

// key is the idempotency key to send, or "" where the field is not to be sent.
func (a *Activities) key(ctx context.Context, in Step, fresh int) (string, error) {
	if !a.IdempotencyKeys {
		return "", nil
	}
	_, rejected, err := a.Ledger.Switches.Setting(ctx, settingNoKeys)
	if err != nil || rejected {
		return "", err
	}
	return IdempotencyKey(in.reference(), in.Facts.Replacements, fresh), nil
}
