package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

// Money is the part of FoxReload that a top-up needs; *foxreload.Client is one.
type Money interface {
	CreateTopUp(context.Context, foxreload.TopUpRequest) (foxreload.TopUp, error)
	Balances(context.Context) ([]foxreload.Balance, error)
}

// ClassLost is the refusal of a top-up whose one request was sent, or may have been,
// and whose answer is not known.
const ClassLost foxreload.Class = "lost"

// CodeLost is the error code that goes with it.
const CodeLost = "ANSWER_LOST"

// TypeTopUpConflict ends the workflow of a top-up whose id is on record with another
// amount or coin.
const TypeTopUpConflict = "TopUpConflict"

// AskedTopUp is where to send the money, as far as FoxReload's answer says.
type AskedTopUp struct {
	Address   string     `json:"address,omitempty"`
	Link      string     `json:"link,omitempty"`
	Amount    string     `json:"amount,omitempty"`
	Currency  string     `json:"currency,omitempty"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty"`
}

// OpenTopUp checks the request and sees to its row in the ledger. It fails, not to be
// retried, with TypeInvalidRequest and TypeTopUpConflict.
func (a *Activities) OpenTopUp(ctx context.Context, r order.TopUpRequest, startedAt time.Time) error {
	if wrong := r.Validate(); len(wrong) > 0 {
		return temporal.NewNonRetryableApplicationError(wrong[0].Error(), TypeInvalidRequest, nil)
	}
	if id := activity.GetInfo(ctx).WorkflowExecution.ID; id != order.TopUpWorkflowID(r.ID) {
		return temporal.NewNonRetryableApplicationError(
			fmt.Sprintf("top-up %s must run as workflow %s, not %s", r.ID, order.TopUpWorkflowID(r.ID), id), TypeInvalidRequest, nil)
	}
	err := a.Ledger.TopUps.Open(ctx, r, startedAt)
	if conflict := new(ledger.TopUpConflictError); errors.As(err, &conflict) {
		return temporal.NewNonRetryableApplicationError(conflict.Error(), TypeTopUpConflict, nil)
	}
	return err
}

// RecordTopUp makes t how the top-up stands in the ledger. seq is as Step's.
func (a *Activities) RecordTopUp(ctx context.Context, t order.TopUp, seq int, at time.Time) error {
	return a.Ledger.TopUps.Record(ctx, t, stepOf(ctx, seq), at)
}

// RequestTopUp asks FoxReload for a top-up with one POST, ever: its intent is in the
// ledger before the request leaves, and whoever finds an intent there sends nothing. It takes
// what the other attempt was told; where that is nothing once the request can't be on
// its way any more, the answer is lost. Only a request that surely was not carried out
// is sent again.
//
// Refusals: lost, and every class that FoxReload refuses with.
func (a *Activities) RequestTopUp(ctx context.Context, r order.TopUpRequest) (AskedTopUp, error) {
	ctx = context.WithoutCancel(ctx) // breaking it off would lose its answer
	defer heartbeat(ctx)()
	var asked AskedTopUp
	ctx, err := a.onClock(ctx)
	if err == nil {
		asked, err = a.requestTopUp(foxreload.WithPriority(ctx, foxreload.PriorityCreate), r)
	}
	return asked, a.convert(ctx, Step{}, err)
}

func (a *Activities) requestTopUp(ctx context.Context, r order.TopUpRequest) (AskedTopUp, error) {
	if err := a.lookBefore(ctx, r.ID); err != nil {
		return AskedTopUp{}, err
	}
	sent, err := a.Ledger.TopUps.Sent(ctx, r.ID)
	switch {
	case err != nil:
		return AskedTopUp{}, err
	case sent.At.IsZero():
		return a.sendTopUp(ctx, r)
	}
	return a.sentTopUp(ctx, r, sent)
}

// sentTopUp is what the request was answered that another attempt has sent.
func (a *Activities) sentTopUp(ctx context.Context, r order.TopUpRequest, sent ledger.TopUpSent) (AskedTopUp, error) {
	switch {
	case sent.Answer != nil:
		return asked(foxreload.ReadTopUp(sent.Answer)), nil
	case sent.Refusal != nil:
		class := foxreload.ClassFinal
		if sent.Refusal.Code == CodeLost {
			class = ClassLost
		}
		return AskedTopUp{}, &life.Refusal{Class: class, Code: sent.Refusal.Code, Message: sent.Refusal.Message}
	}
	if wait := sent.At.Add(a.PayTakes).Sub(a.now(ctx)); wait > 0 {
		// It may be on its way: another attempt that was thought dead can still tell.
		return AskedTopUp{}, &later{after: max(min(wait, showsWithin), time.Millisecond),
			why: fmt.Sprintf("top-up %s: its one request is out; waiting for what it was answered", r.ID)}
	}
	return AskedTopUp{}, lost("the worker that sent the request did not live to take its answer")
}

func (a *Activities) sendTopUp(ctx context.Context, r order.TopUpRequest) (AskedTopUp, error) {
	var sent ledger.TopUpSent
	attempt := uuid.NewString()
	stop := func() {}
	defer func() { stop() }()
	t, err := a.Money.CreateTopUp(foxreload.Leaving(ctx, func(ctx context.Context) (_ context.Context, err error) {
		if sent, err = a.Ledger.TopUps.Send(ctx, r.ID, attempt, a.now(ctx)); err != nil {
			return nil, err
		}
		if !sent.Now {
			return nil, &later{after: time.Millisecond, why: fmt.Sprintf("top-up %s: another attempt has sent its one request", r.ID)}
		}
		ctx, stop = context.WithTimeout(ctx, sent.At.Add(a.PayTakes).Sub(a.now(ctx)))
		return ctx, nil
	}), foxreload.TopUpRequest{Amount: r.Amount, Currency: r.Currency})
	switch class := foxreload.ClassOf(err); class {
	case "":
		if err := a.Ledger.TopUps.Answer(ctx, r.ID, t.Raw); err != nil {
			// What a person needs goes on all the same: it can't be asked for again.
			activity.GetLogger(ctx).Error("keep answer", "top_up", r.ID, "error", err)
		}
		return asked(t), nil
	case foxreload.ClassPassing, foxreload.ClassThrottled:
		if !sent.Now {
			return AskedTopUp{}, err
		}
		// Surely not carried out. Where that can't be written down, nobody sends it again.
		return AskedTopUp{}, errors.Join(err, a.Ledger.TopUps.Unsend(ctx, r.ID, attempt))
	case foxreload.ClassUnknown, foxreload.ClassForeign:
		refused := lost(scrub(err.Error(), order.Request{}, nil))
		return AskedTopUp{}, errors.Join(refused, a.Ledger.TopUps.Refuse(ctx, r.ID, order.Error{Code: refused.Code, Message: refused.Message}))
	default:
		if api := new(foxreload.Error); !errors.As(err, &api) {
			return AskedTopUp{}, err
		}
		refused := refusal(err, order.Request{})
		return AskedTopUp{}, errors.Join(refused, a.Ledger.TopUps.Refuse(ctx, r.ID, order.Error{Code: refused.Code, Message: refused.Message}))
	}
}

// lost says what it means that an answer is lost.
func lost(why string) *life.Refusal {
	return &life.Refusal{Class: ClassLost, Code: CodeLost, Message: "FoxReload's answer to the request is lost and can't be asked for again (" + why +
		"); it may have made a request that nobody will pay, which harms no one: ask again, under a new id"}
}

func asked(t foxreload.TopUp) AskedTopUp {
	out := AskedTopUp{Address: t.Address, Link: t.Link, ExpiresAt: t.ExpiresAt, Currency: t.Currency}
	if t.Amount != nil {
		out.Amount = t.Amount.String()
	}
	return out
}
