package budget

import (
	"context"
	"errors"
	"time"

	"foxflow/foxreload"
	"foxflow/ledger"
)

// spender is what the gate needs of a *ledger.Budget.
type spender interface {
	Wait(ctx context.Context, priority int) error
	Hold(ctx context.Context, d time.Duration) error
}

// Gate lets requests pass as the budget allows. A budget that is spent becomes
// a *foxreload.HeldError with the time to come back after; any other error of
// the ledger stays as it is and nothing is sent.
func Gate(b *ledger.Budget) foxreload.Gate { return gate{b} }

type gate struct{ budget spender }

func (g gate) Wait(ctx context.Context, p foxreload.Priority) error {
	err := g.budget.Wait(ctx, int(p))
	var held *ledger.HeldError
	if errors.As(err, &held) {
		return &foxreload.HeldError{For: held.For}
	}
	return err
}

func (g gate) Hold(ctx context.Context, d time.Duration) error { return g.budget.Hold(ctx, d) }
