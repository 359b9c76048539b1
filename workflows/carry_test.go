package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"foxflow/order"
	"foxflow/workflows"
)

// continued is an order that waits for money and whose history has grown long: it has a new
// run, with what the first one handed on.
func continued(t *testing.T) *world {
	w := newWorld(t)
	w.fox.balance = w.fox.balance.Sub(w.fox.balance)
	w.at(time.Hour, func() {
		w.env.SetContinueAsNewSuggested(true)
		w.env.SignalWorkflow(workflows.SignalTopUp, nil)
	})
	w.env.ExecuteWorkflow(workflows.OrderWorkflowName, w.in)
	var anew *workflow.ContinueAsNewError
	require.True(t, errors.As(w.env.GetWorkflowError(), &anew), "%v", w.env.GetWorkflowError())
	require.NoError(t, w.sealing.DataConverter.FromPayloads(anew.Input, &w.in))
	require.Equal(t, order.AwaitingTopUp, w.in.Carried.Facts.State)
	w.in.Carried.Chain = "run-1" // the test environment's workflows all have one run id
	w.restart()
	return w
}

func TestAnOrderThatIsContinuedAsNewGoesOnWhereItStood(t *testing.T) {
	w := continued(t)
	var during order.Status
	w.at(time.Minute, func() {
		during = w.now()
		w.topUp(100)
	})
	s := w.run()
	assert.Equal(t, order.AwaitingTopUp, during.State)
	assert.Equal(t, "BalanceNotEnough", during.Error.Code)
	assert.Equal(t, order.Completed, s.State)
	assert.Equal(t, []order.State{order.Creating, order.Active, order.AwaitingTopUp, order.Paid, order.Processing, order.Completed}, w.states())
	assert.NotContains(t, w.notes(), "the order's workflow was taken up again")
	assert.Equal(t, 1, w.fox.creates)
}

// Whoever cancels as the new run begins is heard.
func TestACancelOfARunThatWasJustContinuedIsHeard(t *testing.T) {
	w := continued(t)
	a := &answer{}
	w.at(0, func() { w.env.UpdateWorkflow(workflows.UpdateCancel, "", a) })
	assert.Equal(t, order.Cancelled, w.run().State)
	assert.True(t, a.accepted && a.done)
}

func TestAResetOfARunThatWasContinuedBeginsAsAnyReset(t *testing.T) {
	w := continued(t)
	w.at(time.Minute, func() { w.topUp(100) })
	assert.Equal(t, order.Completed, w.run().State)
	w.restart()
	assert.Equal(t, order.Completed, w.run().State)
	assert.Equal(t, 1, w.fox.creates)
}
