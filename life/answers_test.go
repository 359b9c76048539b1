package life

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"foxflow/order"
)

func TestRepeatsBackOffToOnceAMinute(t *testing.T) {
	for n, want := range map[int]time.Duration{0: 3, 1: 3, 2: 6, 3: 12, 4: 24, 5: 48, 6: 60, 11: 60, 1000: 60} {
		assert.Equal(t, want*time.Second, Repeat(n), "after request %d", n)
		assert.Equal(t, want*time.Second, BackOff(n), "after attempt %d", n)
	}
}

func TestReplacementsWaitLongerEachTimeButForAHint(t *testing.T) {
	terms := Terms{Intervals: DefaultIntervals}
	for expired, want := range []time.Duration{0, 10, 20, 40, 80} {
		f := Facts{Money: Spared, Expired: expired}
		assert.Equal(t, Move{Do: Replace, Pause: want * time.Second}, terms.Next(f), "after %d", expired)
		f.Asked.Hint = FreshHint
		assert.Equal(t, Move{Do: Replace}, terms.Next(f), "after %d, with a hint", expired)
	}
}

func TestPatienceAsksForTimesAndForTime(t *testing.T) {
	assert.True(t, atOnce.Over(0, 0))
	for _, p := range []Patience{threeTimes, fiveMinutes} {
		assert.True(t, p.Over(p.Times, p.For))
		assert.False(t, p.Over(p.Times-1, p.For))
		assert.False(t, p.Over(p.Times, p.For-1))
	}
}

// No answer to pay ends an order, and what nobody knows is a doubt: the rows that say
// otherwise are counted.
func TestFewAnswersToPaySpareTheMoney(t *testing.T) {
	var spared []string
	for class, answer := range payAnswers {
		if answer.Spared {
			spared = append(spared, string(class))
		}
		if answer.Refusal != "" {
			assert.False(t, refusals[answer.Refusal].state.Ended(), class)
		}
	}
	assert.ElementsMatch(t, []string{"balance", "price", "not_found", "unauthorised", "passing", "held"}, spared)
}

func TestAnOrderIsLookedAtAsOftenAsItMatters(t *testing.T) {
	terms := Terms{Intervals: DefaultIntervals}
	for _, c := range []struct {
		name  string
		facts Facts
		looks int
		want  time.Duration
	}{
		{"first", Facts{State: order.Paid, Money: Left}, 1, 5 * time.Second},
		{"then more slowly", Facts{State: order.Paid, Money: Left}, 3, 11250 * time.Millisecond},
		{"at most", Facts{State: order.Paid, Money: Left}, 50, 30 * time.Second},
		{"late", Facts{State: order.Stalled, Money: Left}, 1, time.Minute},
		{"held", Facts{State: order.Blocked, Money: Unsent}, 1, time.Minute},
		{"held in doubt", Facts{State: order.Blocked, Money: Doubtful, Clocks: Clocks{LastPay: noon}}, 1, 5 * time.Second},
		{"in doubt", Facts{State: order.Active, Money: Doubtful, Clocks: Clocks{LastPay: noon.Add(-5 * time.Minute)}}, 1, 5 * time.Second},
		{"in doubt for long", Facts{State: order.Active, Money: Doubtful, Clocks: Clocks{LastPay: noon.Add(-5*time.Minute - 1)}}, 1, time.Minute},
	} {
		assert.Equal(t, c.want, terms.Pace(c.facts, c.looks, noon), c.name)
	}
	assert.Equal(t, time.Minute, terms.HeldPace(Facts{State: order.Paused}, noon))
	assert.Equal(t, 5*time.Second, terms.HeldPace(Facts{State: order.Paused, Money: Doubtful, Clocks: Clocks{LastPay: noon}}, noon))
}
