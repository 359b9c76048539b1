package workflows_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/order"
)

// An attempt has put the end on record and dies before Temporal hears of it; the
// next one can't reach FoxReload. The end has happened all the same: the order must
// not be said to stall, or to be blocked, after it.
// Promise 4: each state is on record.
func TestWhatIsOnRecordIsNotTakenBackByTheNextAttempt(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]error{
		"outage":      apiError(foxreload.ClassPassing, "HTTP_502"),
		"refused key": apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			died := false
			w.env.OnActivity(w.acts.PollStatus, mock.Anything, mock.Anything).Return(
				func(ctx context.Context, in activities.PollInput) (activities.Outcome, error) {
					out, err := w.acts.PollStatus(ctx, in)
					if !died && err == nil && out.Recorded == order.Completed {
						died = true
						w.fox.do(func() { w.fox.onGet = func(int) error { return refused } })
						return activities.Outcome{}, errors.New("the worker was killed")
					}
					return out, err
				})
			s := w.run()
			assert.True(t, died)
			assert.Equal(t, order.Completed, s.State)
			assert.Equal(t, 1, s.Items[0].Codes)
			assert.Equal(t, []order.State{order.Creating, order.Active, order.Paid, order.Processing, order.Completed}, w.states())
		})
	}
}
