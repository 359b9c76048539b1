package watch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	activitypb "go.temporal.io/api/activity/v1"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"foxflow/order"
)

// A worker dies between the start of an attempt and its registration: the attempt is made
// again within seconds. Whatever else an order waits for is left alone.
func TestAnAttemptThatWasNotRegisteredIsMadeAgain(t *testing.T) {
	pending := func(name string, state enumspb.PendingActivityState, heartbeat time.Duration) *workflowpb.PendingActivityInfo {
		return &workflowpb.PendingActivityInfo{ActivityId: "11", ActivityType: &commonpb.ActivityType{Name: name}, State: state,
			LastStartedTime: timestamppb.New(noon), ActivityOptions: &activitypb.ActivityOptions{HeartbeatTimeout: durationpb.New(heartbeat)}}
	}
	for name, c := range map[string]struct {
		activity *workflowpb.PendingActivityInfo
		again    bool
	}{
		"its worker died":        {pending("PollStatus", enumspb.PENDING_ACTIVITY_STATE_STARTED, 0), true},
		"it waits for a worker":  {pending("PollStatus", enumspb.PENDING_ACTIVITY_STATE_SCHEDULED, 0), false},
		"it looks by itself":     {pending("PollStatus", enumspb.PENDING_ACTIVITY_STATE_STARTED, 10*time.Second), false},
		"it is another activity": {pending("PayOrder", enumspb.PENDING_ACTIVITY_STATE_STARTED, 0), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.paid("a")
			s.temporal.pending = map[string]*workflowpb.PendingActivityInfo{order.WorkflowID("a"): c.activity}
			s.after(unregistered - time.Second)
			assert.Empty(t, s.temporal.failed)
			s.after(7 * time.Second)
			if c.again {
				assert.Equal(t, []string{"order/a  11"}, s.temporal.failed)
			} else {
				assert.Empty(t, s.temporal.failed)
			}
		})
	}
}

// An order without a workflow, or one that waits for a person, is asked about ever more seldom.
func TestTemporalIsAskedSeldomAboutOneOrder(t *testing.T) {
	s := newShop(t)
	s.paid("a")
	s.after(2 * time.Minute)
	assert.LessOrEqual(t, s.watchers[0].lost.asked["a"].times, 3)
}
