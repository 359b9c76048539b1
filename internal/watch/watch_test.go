package watch

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

// The code is in the vault and the end on record before the workflow hears of it;
// that the order is processed goes on record, and wakes nobody.
// Promise 3: nothing is lost.
func TestNewsEndsTheWatch(t *testing.T) {
	s := newShop(t)
	s.watched("a", processed(3*time.Second), done(20*time.Second))
	s.after(10 * time.Second)
	assert.Equal(t, order.Processing, s.status("a").State)
	assert.Empty(t, s.temporal.words())
	s.after(30 * time.Second)
	words := s.temporal.words()
	require.Len(t, words, 1)
	require.NoError(t, words[0].err)
	assert.Equal(t, order.Completed, words[0].outcome.Recorded)
	assert.Equal(t, 1, words[0].outcome.Seen.Items[0].Codes)
	assert.Equal(t, order.Completed, s.status("a").State)
	codes, err := s.book.Vault.Count(t.Context(), "fox-a")
	require.NoError(t, err)
	assert.Equal(t, 1, codes[0])
	assert.False(t, s.isWatched("a"))
	require.NoError(t, s.book.Log.Verify(t.Context(), "a"))
}

func TestNothingIsAskedWhileNothingIsDue(t *testing.T) {
	s := newShop(t)
	s.watched("a", done(20*time.Second))
	s.after(4 * time.Second)
	looks, pages := s.fox.asked()
	assert.Zero(t, looks+pages)
	s.after(40 * time.Second)
	looks, _ = s.fox.asked()
	s.after(time.Hour)
	again, pages := s.fox.asked()
	assert.Equal(t, looks, again, "it has ended")
	assert.Zero(t, pages)
}

// What a single order costs: the pace grows by half from 5 s to 30 s.
func TestOneOrderIsLookedAtAsItsPaceSays(t *testing.T) {
	s := newShop(t)
	s.watched("a")
	s.after(4 * time.Minute)
	looks, pages := s.fox.asked()
	assert.InDelta(t, 10, looks, 3)
	assert.Zero(t, pages)
}

// A watch whose time is over ends without news, after a last look.
func TestTheTimeOfAWatchIsOver(t *testing.T) {
	s := newShop(t)
	in := s.paid("a")
	in.Until = s.now().Add(time.Minute)
	require.ErrorIs(t, s.polls(in, 1), activity.ErrResultPending)
	s.after(59 * time.Second)
	require.Empty(t, s.temporal.words())
	s.after(2 * time.Second)
	words := s.temporal.words()
	require.Len(t, words, 1)
	assert.Nil(t, words[0].outcome.Seen)
	assert.False(t, s.isWatched("a"))
}

func TestARefusedKeyEndsTheWatch(t *testing.T) {
	s := newShop(t)
	s.fox.onGet = func(string, int) error {
		return &foxreload.Error{Code: "FORBIDDEN", Class: foxreload.ClassUnauthorised, Status: 403}
	}
	s.watched("a")
	s.after(10 * time.Second)
	words := s.temporal.words()
	require.Len(t, words, 1)
	var app *temporal.ApplicationError
	require.ErrorAs(t, words[0].err, &app)
	assert.True(t, app.NonRetryable())
	assert.Equal(t, "FORBIDDEN", app.Type())
	assert.True(t, app.HasDetails(), "the refusal")
}

// An order that was held goes on as soon as it is seen, though it is where it was.
func TestAnOrderThatWasHeldIsSeen(t *testing.T) {
	s := newShop(t)
	in := s.paid("a")
	in.Facts.State, in.Facts.Blocker = order.Blocked, &life.Blocker{Class: foxreload.ClassUnauthorised, Code: "FORBIDDEN"}
	require.ErrorIs(t, s.polls(in, 1), activity.ErrResultPending)
	s.after(10 * time.Second)
	words := s.temporal.words()
	require.Len(t, words, 1)
	assert.Equal(t, foxreload.StatusPaid, words[0].outcome.Seen.Status)
}

// Nobody knows what an outage proves: the order is looked at again, ever more seldom.
func TestAnOutageBacksOff(t *testing.T) {
	s := newShop(t)
	away := true
	s.fox.onGet = func(string, int) error {
		if away {
			return &foxreload.Error{Code: "HTTP_503", Class: foxreload.ClassPassing, Status: 503}
		}
		return nil
	}
	s.watched("a", done(0))
	s.after(10 * time.Minute)
	looks, _ := s.fox.asked()
	assert.LessOrEqual(t, looks, 16)
	assert.Empty(t, s.temporal.words())
	away = false
	s.after(80 * time.Second)
	assert.Len(t, s.temporal.words(), 1)
}

func TestRetryAfterIsKept(t *testing.T) {
	s := newShop(t)
	s.fox.onGet = func(_ string, looks int) error {
		if looks == 1 {
			return &foxreload.Error{Code: "HTTP_429", Class: foxreload.ClassPassing, Status: 429, RetryAfter: 40 * time.Second}
		}
		return nil
	}
	s.watched("a", done(0))
	s.after(44 * time.Second)
	looks, _ := s.fox.asked()
	assert.Equal(t, 1, looks)
	s.after(3 * time.Second)
	assert.Len(t, s.temporal.words(), 1)
}

// A budget without room puts all looks off, and no order is to blame.
func TestASpentBudgetPutsLooksOff(t *testing.T) {
	s := newShop(t)
	s.fox.onGet = func(_ string, looks int) error {
		if looks == 1 {
			return &foxreload.ThrottledError{For: 20 * time.Second}
		}
		return nil
	}
	s.watched("a", done(0))
	s.after(24 * time.Second)
	looks, _ := s.fox.asked()
	assert.Equal(t, 1, looks)
	s.after(2 * time.Second)
	assert.Len(t, s.temporal.words(), 1)
}

// Two watchers cost what one does: only one of them looks.
func TestOneOfTwoWatchers(t *testing.T) {
	s := newShop(t)
	s.watched("a", done(4*time.Second))
	asked, thaw := make(chan struct{}), make(chan struct{})
	s.fox.onGet = func(string, int) error {
		close(asked)
		<-thaw
		return nil
	}
	s.pass(6 * time.Second)
	ended := make(chan error)
	go func() { ended <- s.watchers[0].Tend(t.Context()) }()
	<-asked
	for range 3 {
		require.NoError(t, s.watchers[1].Tend(t.Context()))
	}
	close(thaw)
	require.NoError(t, <-ended)
	looks, _ := s.fox.asked()
	assert.Equal(t, 1, looks)
	assert.Len(t, s.temporal.words(), 1)
}

// The worker dies once the end is on record, before Temporal hears of it: the one that takes
// over tells it, without another request.
func TestAWatcherThatIsKilledIsTakenOver(t *testing.T) {
	s := newShop(t)
	s.watched("a", done(4*time.Second))
	s.pass(6 * time.Second)
	s.temporal.do(func() { s.temporal.down = true })
	require.NoError(t, s.watchers[0].Tend(t.Context()))
	require.Equal(t, order.Completed, s.status("a").State)
	require.True(t, s.isWatched("a"))
	s.temporal.do(func() { s.temporal.down = false })
	s.fox.onGet = func(string, int) error {
		return &foxreload.Error{Code: "HTTP_503", Class: foxreload.ClassPassing, Status: 503}
	}
	require.NoError(t, s.watchers[1].Tend(t.Context()))
	require.Len(t, s.temporal.words(), 1)
	assert.Equal(t, order.Completed, s.temporal.words()[0].outcome.Recorded)
	looks, _ := s.fox.asked()
	assert.Equal(t, 1, looks)
}

// While nobody can be told of news, it is looked for ever more seldom.
func TestTemporalIsAwayWhenThereIsNews(t *testing.T) {
	s := newShop(t)
	for i := range 3 {
		s.watched(fmt.Sprint(i), done(4*time.Second))
	}
	s.temporal.do(func() { s.temporal.down = true })
	s.after(5 * time.Minute)
	looks, pages := s.fox.asked()
	assert.LessOrEqual(t, looks+pages, 12)
	s.temporal.do(func() { s.temporal.down = false })
	s.after(time.Minute)
	assert.Len(t, s.temporal.words(), 3)
}

// A watcher that is frozen while it looks wakes up when another one has brought the
// order to its end: what it was told is old, and takes nothing back.
// Promise 4: each state is on record.
func TestAFrozenWatcherTakesNothingBack(t *testing.T) {
	s := newShop(t)
	in := s.watched("a", processed(time.Second), done(7*time.Second))
	asked, thaw := make(chan struct{}), make(chan struct{})
	s.fox.onGet = func(_ string, looks int) error {
		if looks == 1 {
			close(asked)
			<-thaw
		}
		return nil
	}
	s.pass(6 * time.Second)
	ended := make(chan error)
	go func() { ended <- s.watchers[0].Tend(t.Context()) }()
	<-asked
	s.pass(leaseLasts + time.Second)
	require.NoError(t, s.watchers[1].Tend(t.Context()))
	require.Len(t, s.temporal.words(), 1)
	before := s.status("a")
	require.Equal(t, order.Completed, before.State)
	close(thaw)
	require.NoError(t, <-ended)
	s.after(time.Minute)
	assert.Equal(t, before, s.status("a"))
	assert.Len(t, s.temporal.words(), 1)
	assert.False(t, s.isWatched("a"))
	require.NoError(t, s.book.Log.Verify(t.Context(), in.Request.Reference))
}

// An activity that timed out, was cancelled or reset is not waited for any more.
func TestAnActivityThatIsGoneIsForgotten(t *testing.T) {
	s := newShop(t)
	s.temporal.gone = map[string]bool{"a/1/1": true}
	in := s.watched("a", done(4*time.Second))
	s.after(10 * time.Second)
	assert.False(t, s.isWatched("a"))
	assert.Empty(t, s.temporal.words())

	// The next attempt looks by itself, and what is on record has happened.
	require.NoError(t, s.polls(in, 2))
}

// The registration of an attempt that was overtaken never takes the place of the latest one's,
// and its end does not end that.
func TestALaterAttemptsRegistrationStays(t *testing.T) {
	s := newShop(t)
	in := s.watched("a")
	s.pass(time.Second)
	require.ErrorIs(t, s.polls(in, 2), activity.ErrResultPending)
	later, _, err := s.book.Watches.Find(t.Context(), "a")
	require.NoError(t, err)
	require.ErrorIs(t, s.polls(in, 1), activity.ErrResultPending, "it was frozen")
	now, _, err := s.book.Watches.Find(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, later, now)
	require.NoError(t, s.book.Watches.End(t.Context(), "a", later.Step-1))
	assert.True(t, s.isWatched("a"))
}

// Once the workflow has begun another step nobody waits, and FoxReload is not asked; the activity
// that was broken off does not stay behind.
func TestAWatchThatALaterStepHasEnded(t *testing.T) {
	s := newShop(t)
	in := s.watched("a")
	status := s.status("a")
	status.State = order.Blocked
	require.NoError(t, s.book.Orders.Record(t.Context(), ledger.Entry{Reference: "a", Key: "state/run/9/blocked", Kind: ledger.KindState, Run: "state/run/",
		Step: (in.Seq + 1) << 20, State: order.Blocked, At: s.now()}, status))
	s.after(10 * time.Second)
	looks, _ := s.fox.asked()
	assert.Zero(t, looks)
	assert.False(t, s.isWatched("a"))
	require.Len(t, s.temporal.words(), 1)
	assert.True(t, temporal.IsCanceledError(s.temporal.words()[0].err))
}

// An attempt that was not broken off, and that a later step has overtaken all the same, is made
// again.
func TestAnOvertakenAttemptIsMadeAgain(t *testing.T) {
	s := newShop(t)
	in := s.watched("a")
	s.temporal.unasked = true
	status := s.status("a")
	require.NoError(t, s.book.Orders.Record(t.Context(), ledger.Entry{Reference: "a", Key: "state/other/9/blocked", Kind: ledger.KindState, Run: "state/other/",
		Step: (in.Seq + 1) << 20, State: order.Blocked, At: s.now()}, status))
	s.after(10 * time.Second)
	require.Len(t, s.temporal.words(), 1)
	var app *temporal.ApplicationError
	require.ErrorAs(t, s.temporal.words()[0].err, &app)
	assert.False(t, app.NonRetryable())
}

// D19. A look that gets no answer for long keeps no other order waiting.
func TestASlowLookKeepsNobodyWaiting(t *testing.T) {
	s := newShop(t)
	s.fox.listFails = &foxreload.Error{Code: "NOT_FOUND", Class: foxreload.ClassNotFound, Status: 404}
	s.watched("slow")
	for i := range 20 {
		s.watched(fmt.Sprint(i), done(4*time.Second))
	}
	thaw := make(chan struct{})
	s.fox.onGet = func(id string, _ int) error {
		if id == "fox-slow" {
			<-thaw
		}
		return nil
	}
	s.pass(6 * time.Second)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for s.watchers[0].Tend(t.Context()) == nil && s.isWatched("19") {
		}
	}()
	require.Eventually(t, func() bool { return len(s.temporal.words()) >= looksAtOnce-1 }, time.Minute, 5*time.Millisecond)
	close(thaw)
	<-ended
	assert.Len(t, s.temporal.words(), 20)
}

// Orders of a product that usually take a minute are not asked for every few seconds before.
func TestLooksComeWhenAnOrderIsUsuallyDone(t *testing.T) {
	s := newShop(t)
	for i := range 4 {
		s.watched(fmt.Sprint("first-", i), done(time.Minute))
		s.after(2 * time.Minute)
	}
	before, _ := s.fox.asked()
	s.watched("next", done(time.Minute))
	s.after(life.DefaultIntervals.PollMax - time.Second)
	looks, _ := s.fox.asked()
	assert.Equal(t, before, looks, "never later than the longest interval")
	s.after(2 * time.Minute)
	looks, _ = s.fox.asked()
	assert.LessOrEqual(t, looks-before, 4)
	assert.Len(t, s.temporal.words(), 5)
}
