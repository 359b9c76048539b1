package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"foxflow/ledger"
	"foxflow/order"
	"foxflow/workflows"
)

// Request has FoxReload asked for a crypto top-up, once for its id, ever; a worker
// asks, and watches the balance. With join the id was asked for before: what there is of it
// is joined, and nothing is started where it has ended.
//
// It refuses with a *TopUpConflict, *Foreign, *NotStarted or *Stranded; after a
// *MaybeStarted, joining finds out.
func (u TopUps) Request(ctx context.Context, r order.TopUpRequest, join bool) error {
	c := u.client
	ctx, cancel := context.WithTimeout(ctx, placeTimeout)
	defer cancel()
	t, err := c.Connect(ctx)
	if err != nil {
		return err
	}
	if join {
		ended, err := u.join(ctx, t, r)
		if ended || err != nil {
			return err
		}
	}
	in := workflows.TopUpInput{Request: r, LookEvery: c.intervals.PollMax, GiveUpAfter: c.intervals.GiveUpAfter}
	_, err = t.ExecuteWorkflow(ctx, workflows.TopUpStartOptions(r, c.taskQueue, c.ledger.ID()), workflows.TopUpWorkflowName, in)
	switch {
	case err == nil:
		return nil
	case workflows.SurelyNotStarted(err):
		return &NotStarted{Kind: KindTopUp, Name: r.ID, Err: t.explain(err)}
	}
	return &MaybeStarted{Kind: KindTopUp, Name: r.ID, Err: err}
}

// join refuses an id that belongs to another request, or to another ledger.
func (u TopUps) join(ctx context.Context, t *Connection, r order.TopUpRequest) (ended bool, err error) {
	c := u.client
	have, err := c.ledger.TopUps.Request(ctx, r.ID)
	switch {
	case err == nil && !have.Same(r):
		return false, &TopUpConflict{Have: have}
	case err != nil && !errors.Is(err, ledger.ErrNoTopUp):
		return false, err
	}
	s, _, err := c.ledger.TopUps.Status(ctx, r.ID)
	here := err == nil
	switch {
	case here && s.State.Ended():
		return true, nil
	case !here && !errors.Is(err, ledger.ErrNoTopUp):
		return false, err
	}
	run, known, err := t.look(ctx, KindTopUp, r.ID)
	switch {
	case err != nil || !known:
		return false, err
	case run.Ledger != c.ledger.ID():
		return false, &Foreign{Kind: KindTopUp, Name: r.ID}
	case here && run.Closed:
		return u.refuseStranded(ctx, r.ID)
	}
	return false, nil
}

// refuseStranded tells of a workflow that is closed though its top-up has no end:
// somebody terminated it.
func (u TopUps) refuseStranded(ctx context.Context, id string) (ended bool, err error) {
	s, _, err := u.client.ledger.TopUps.Status(ctx, id)
	if err != nil || s.State.Ended() {
		return true, err
	}
	return false, &Stranded{Kind: KindTopUp, Name: id, State: string(s.State)}
}

// Watch follows a top-up until it has ended or the time is up: how it stands, every so
// often, the last time when it is over. A timeout of 0 has no end. One that no worker has
// taken up yet stands as it was requested. It reads the ledger alone.
func (u TopUps) Watch(ctx context.Context, r order.TopUpRequest, timeout time.Duration) iter.Seq2[order.TopUp, error] {
	return func(yield func(order.TopUp, error) bool) {
		for range u.client.looks(ctx, timeout) {
			s, _, err := u.client.ledger.TopUps.Status(ctx, r.ID)
			if errors.Is(err, ledger.ErrNoTopUp) {
				s, err = order.NewTopUp(r), nil
			}
			if ctx.Err() != nil {
				break
			}
			if !yield(s, err) || err != nil || s.State.Ended() {
				return
			}
		}
		if ctx.Err() != nil {
			yield(order.TopUp{}, fmt.Errorf("follow top-up %s: %w", r.ID, ctx.Err()))
		}
	}
}
