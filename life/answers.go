package life

import (
	"cmp"
	"errors"
	"math"
	"time"

	"foxflow/foxreload"
	"foxflow/order"
)

// Then is what follows from an answer.
type Then string

// What follows.
const (
	TakeIn    Then = "take in"    // the answer is the order
	LookNow   Then = "look"       // look at the order; what it shows counts
	LookLater Then = "look later" // it may be on its way: look before anything else, in a while
	Refused   Then = "refused"    // the order waits, or ends
	Try       Then = "try again"  // it was not carried out: back off and repeat
	Reprice   Then = "reprice"    // read the prices again
	Find      Then = "find"       // find the order that exists already
)

// PayAnswer is what one class of answer to a request to pay means.
type PayAnswer struct {
	// Spared says that it surely was not carried out. Where it is not said, the payment may
	// have gone through, or yet will: a doubt.
	Spared bool
	Then   Then
	// Refusal is what the order is refused with where the look that follows shows it
	// unpaid, or at once where none does; "": it is tried again.
	Refusal foxreload.Class
	// Patience is how often and how long that answer must have come before.
	Patience Patience
}

// Patience is how often the same answer must come, and over how long, before the order is
// held because of it.
type Patience struct {
	Times int
	For   time.Duration
}

// Over says whether an answer that came so often, over so long, is enough.
func (p Patience) Over(times int, over time.Duration) bool { return times >= p.Times && over >= p.For }

var (
	atOnce      = Patience{}
	briefly     = Patience{Times: 3, For: 5 * time.Second} // a replica may be behind
	threeTimes  = Patience{Times: 3, For: time.Minute}
	fiveMinutes = Patience{Times: 2, For: 5 * time.Minute}
)

// payAnswers says what happens when pay is answered with 500, 409, a proxy's page or
// nothing: one row for each class of answer. None of them ends the order.
var payAnswers = map[foxreload.Class]PayAnswer{
	"":                          {Then: TakeIn},
	foxreload.ClassBalance:      {Spared: true, Then: LookNow, Refusal: foxreload.ClassBalance, Patience: atOnce},
	foxreload.ClassPrice:        {Spared: true, Then: LookNow, Refusal: ClassPaymentRefused, Patience: threeTimes},
	foxreload.ClassNotPayable:   {Then: LookNow, Refusal: ClassPaymentRefused, Patience: threeTimes}, // paid already, perhaps
	foxreload.ClassFinal:        {Then: LookNow, Refusal: ClassPaymentRefused, Patience: threeTimes}, // 409, 423, 402: an earlier one may be at work
	foxreload.ClassExists:       {Then: LookNow, Refusal: ClassPaymentRefused, Patience: threeTimes},
	foxreload.ClassForeign:      {Then: LookNow, Refusal: foxreload.ClassForeign, Patience: fiveMinutes},
	foxreload.ClassNotFound:     {Spared: true, Then: LookNow, Refusal: ClassGone, Patience: fiveMinutes},
	foxreload.ClassUnauthorised: {Spared: true, Then: Refused, Refusal: foxreload.ClassUnauthorised, Patience: atOnce},
	foxreload.ClassMisdirected:  {Then: Refused, Refusal: foxreload.ClassMisdirected, Patience: atOnce}, // "see other" is said of what was done, too
	foxreload.ClassUnknown:      {Then: LookLater},
	foxreload.ClassPassing:      {Spared: true, Then: Try},
	foxreload.ClassThrottled:    {Spared: true, Then: Try},
}

// OfPay is what an answer to a request to pay means; nil is a success. A listed code
// that an unlisted one wraps proves no more than the unlisted one.
func OfPay(err error) PayAnswer {
	class := foxreload.ClassOf(err)
	if api := new(foxreload.Error); errors.As(err, &api) && api.Mixed {
		class = foxreload.ClassFinal
	}
	return payAnswers[class]
}

// CreateAnswer is what one class of answer to a create means. Creating moves no money, so
// what the API itself refuses may end the order.
type CreateAnswer struct {
	Spared   bool // it surely made no order: nothing is to be searched for
	Then     Then
	Patience Patience
}

var createAnswers = map[foxreload.Class]CreateAnswer{
	"":                          {Then: TakeIn},
	foxreload.ClassExists:       {Then: Find, Patience: briefly},
	foxreload.ClassPrice:        {Then: Reprice},
	foxreload.ClassBalance:      {Then: Refused, Patience: atOnce},
	foxreload.ClassFinal:        {Then: Refused, Patience: atOnce},
	foxreload.ClassNotFound:     {Then: Refused, Patience: atOnce},
	foxreload.ClassNotPayable:   {Then: Try}, // not an answer to a create: nothing is known
	foxreload.ClassUnauthorised: {Then: Refused, Patience: atOnce},
	foxreload.ClassMisdirected:  {Then: Refused, Patience: atOnce},
	foxreload.ClassForeign:      {Then: Refused, Patience: fiveMinutes},
	foxreload.ClassUnknown:      {Then: Try}, // the search comes first, then
	foxreload.ClassPassing:      {Spared: true, Then: Try},
	foxreload.ClassThrottled:    {Spared: true, Then: Try},
}

// OfCreate is what an answer to a create means; nil is a success.
func OfCreate(err error) CreateAnswer { return createAnswers[foxreload.ClassOf(err)] }

// LookAnswer is what one class of failure to see an order means: it proves nothing of the
// order, ever.
type LookAnswer struct {
	Then     Then
	Refusal  foxreload.Class
	Patience Patience
}

var lookAnswers = map[foxreload.Class]LookAnswer{
	foxreload.ClassUnauthorised: {Then: Refused, Refusal: foxreload.ClassUnauthorised, Patience: atOnce},
	foxreload.ClassMisdirected:  {Then: Refused, Refusal: foxreload.ClassMisdirected, Patience: atOnce},
	foxreload.ClassForeign:      {Then: Refused, Refusal: foxreload.ClassForeign, Patience: fiveMinutes},
	foxreload.ClassNotFound:     {Then: Refused, Refusal: ClassGone, Patience: fiveMinutes},
}

// OfLook is what it means that an order could not be seen.
func OfLook(err error) LookAnswer {
	if answer, listed := lookAnswers[foxreload.ClassOf(err)]; listed {
		return answer
	}
	return LookAnswer{Then: Try}
}

// Repeat is how long after the n-th request to pay an order the next may follow.
func Repeat(sent int) time.Duration { return doubling(3*time.Second, time.Minute, sent) }

// BackOff is how long to wait before the attempt after the n-th where nothing else is said.
func BackOff(attempt int) time.Duration { return doubling(3*time.Second, time.Minute, attempt) }

func doubling(first, most time.Duration, n int) time.Duration {
	if n > 10 {
		return most
	}
	return min(first<<max(n-1, 0), most)
}

// Pace is the time from one look at the order to the next, after so many: growing by half
// while it is watched, once a minute where it is late, or in doubt for long.
func (t Terms) Pace(f Facts, looks int, now time.Time) time.Duration {
	i := t.Intervals
	switch {
	case f.State == order.Stalled, f.State == order.Blocked && f.Money != Doubtful:
		return i.StallPoll
	case f.Money == Doubtful && now.Sub(cmp.Or(f.Clocks.Doubt, f.Clocks.LastPay)) > doubtWatched:
		return max(i.PollMax, time.Minute)
	}
	grown := float64(i.PollInitial) * math.Pow(1.5, float64(min(max(looks-1, 0), 30)))
	return time.Duration(math.Min(grown, float64(max(i.PollMax, i.PollInitial))))
}

// Awaits is the time to the next look at an order that usually takes so long from its payment
// to its end, and whether that is still to come: until then a look shows nothing new, so none
// is made more often than has to be. usual is 0 where that is not known.
func (t Terms) Awaits(f Facts, looks int, usual time.Duration, now time.Time) (pace time.Duration, early bool) {
	pace = t.Pace(f, looks, now)
	if usual <= 0 || f.Money != Left || f.State != order.Paid && f.State != order.Processing {
		return pace, false
	}
	left := f.Clocks.Paid.Add(usual).Sub(now)
	return max(pace, min(left, t.Intervals.PollMax)), left > 0
}

// doubtWatched is how long an order in doubt is looked at at the polling pace.
const doubtWatched = 5 * time.Minute

// BlockedPace is the time from one try of a blocked order to the next.
func (t Terms) BlockedPace(f Facts, now time.Time) time.Duration {
	if f.Money == Doubtful {
		return t.Pace(f, 1, now)
	}
	return t.Intervals.StallPoll
}
