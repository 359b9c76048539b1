package life

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"foxflow/foxreload"
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
// Promise 2: nothing is guessed.
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
	assert.Equal(t, time.Minute, terms.BlockedPace(Facts{State: order.Paused}, noon))
	assert.Equal(t, 5*time.Second, terms.BlockedPace(Facts{State: order.Paused, Money: Doubtful, Clocks: Clocks{LastPay: noon}}, noon))
}

// Until an order is usually done a look shows nothing new: none is made that need not be, and
// none comes later than the longest interval.
func TestAnOrderIsAwaitedAsLongAsItUsuallyTakes(t *testing.T) {
	terms := Terms{Intervals: DefaultIntervals}
	paid := Facts{State: order.Paid, Money: Left, Clocks: Clocks{Paid: noon}}
	for name, c := range map[string]struct {
		facts Facts
		usual time.Duration
		after time.Duration
		want  time.Duration
		early bool
	}{
		"not known":      {paid, 0, 0, 5 * time.Second, false},
		"soon":           {paid, 12 * time.Second, 0, 12 * time.Second, true},
		"a minute":       {paid, time.Minute, 0, 30 * time.Second, true},
		"almost over":    {paid, time.Minute, 59 * time.Second, 5 * time.Second, true},
		"over":           {paid, time.Minute, 61 * time.Second, 5 * time.Second, false},
		"late anyway":    {Facts{State: order.Stalled, Money: Left, Clocks: Clocks{Paid: noon}}, time.Hour, 0, time.Minute, false},
		"not to be paid": {Facts{State: order.Active, Money: Unsent}, time.Minute, 0, 5 * time.Second, false},
	} {
		pace, early := terms.Awaits(c.facts, 1, c.usual, noon.Add(c.after))
		assert.Equal(t, c.want, pace, name)
		assert.Equal(t, c.early, early, name)
	}
}

// That FoxReload has begun to process a paid order is no news: nothing follows from it. Whatever
// else a look shows that was not known, is.
func TestWhatIsNews(t *testing.T) {
	terms := Terms{Intervals: DefaultIntervals}
	paid := Facts{State: order.Paid, Money: Left, Order: Order{ID: "fox-1", Status: foxreload.StatusPaid}, Clocks: Clocks{Paid: noon}}
	changed := func(change func(*Facts)) Facts {
		f := paid
		change(&f)
		return f
	}
	for name, c := range map[string]struct {
		facts  Facts
		status foxreload.Status
		news   bool
	}{
		"the same":                   {paid, foxreload.StatusPaid, false},
		"processed":                  {paid, foxreload.StatusProcessing, false},
		"processed, and late":        {changed(func(f *Facts) { f.State = order.Stalled }), foxreload.StatusProcessing, false},
		"completed":                  {paid, foxreload.StatusCompleted, true},
		"failed":                     {paid, foxreload.StatusFailed, true},
		"a status that nobody knows": {paid, "shipped", true},
		"known again":                {changed(func(f *Facts) { f.Order.Odd = true }), foxreload.StatusPaid, true},
		"it was held":                {changed(func(f *Facts) { f.State, f.Blocker = order.Blocked, &Blocker{Class: foxreload.ClassUnauthorised} }), foxreload.StatusPaid, true},
		"it was never seen":          {changed(func(f *Facts) { f.Order.Status = "" }), foxreload.StatusPaid, true},
		"a step back":                {changed(func(f *Facts) { f.State, f.Order.Status = order.Processing, foxreload.StatusProcessing }), foxreload.StatusPaid, false},
	} {
		assert.Equal(t, c.news, terms.Told(c.facts, Sighting{OrderID: "fox-1", Status: c.status, At: noon}), name)
	}
}
