package budget

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/ledger"
)

type fakeBudget struct {
	priority int
	held     time.Duration
	err      error
}

func (b *fakeBudget) Wait(_ context.Context, priority int) error {
	b.priority = priority
	return b.err
}

func (b *fakeBudget) Hold(_ context.Context, d time.Duration) error {
	b.held = d
	return b.err
}

func TestPayGoesFirst(t *testing.T) {
	for p, want := range map[foxreload.Priority]int{foxreload.PriorityPay: 1, foxreload.PriorityCreate: 2, foxreload.PriorityPoll: 3} {
		b := &fakeBudget{}
		require.NoError(t, gate{b}.Wait(t.Context(), p))
		assert.Equal(t, want, b.priority)
	}
}

func TestASpentBudgetSaysWhenToComeBack(t *testing.T) {
	b := &fakeBudget{err: fmt.Errorf("wait for budget: %w", &ledger.HeldError{For: 7 * time.Second})}
	var held *foxreload.HeldError
	require.ErrorAs(t, gate{b}.Wait(t.Context(), foxreload.PriorityPoll), &held)
	assert.Equal(t, 7*time.Second, held.For)
}

func TestALedgerThatFailsIsNoHold(t *testing.T) {
	broken := errors.New("disk is full")
	b := &fakeBudget{err: broken}
	assert.ErrorIs(t, gate{b}.Wait(t.Context(), foxreload.PriorityPay), broken)
	assert.ErrorIs(t, gate{b}.Hold(t.Context(), time.Second), broken)
	assert.Equal(t, time.Second, b.held)
}
