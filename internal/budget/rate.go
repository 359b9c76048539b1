package budget

import "time"

// rate is a GCRA, the leaky bucket that remembers one time only: tat, the
// theoretical arrival time of the next request if they came evenly. In any time T
// it grants at most T/interval + burst requests.
type rate struct {
	interval  time.Duration // between two requests of an even flow
	tolerance time.Duration // how much earlier than tat a request may come
}

// jitter is what lies between a grant and the request on the wire: a commit, a
// scheduler, a network. Grants that follow a burst wait this much longer, so that
// the bound holds for the requests too, as the other side counts them.
const jitter = 100 * time.Millisecond

// rateOf is the budget that is promised outside: perMinute requests, with a burst of a
// twentieth of it, at least 1. With a burst of 1 there is no tolerance to take the
// jitter from, so the interval stretches by it, by a twentieth at most.
func rateOf(perMinute int) rate {
	perMinute = max(1, perMinute)
	interval := time.Minute / time.Duration(perMinute)
	if interval*time.Duration(perMinute) < time.Minute {
		interval++ // rounded down, it would grant more than the budget in the long run
	}
	burst := time.Duration(max(1, perMinute/20))
	slack := min(jitter, interval)
	if burst == 1 {
		slack = min(jitter, interval/20)
	}
	return rate{interval: interval, tolerance: (burst-1)*interval - slack}
}

// next is the first moment, not before earliest, at which a request may go, and
// the tat once it does. Times are nanoseconds since 1970.
func (r rate) next(tat, earliest int64) (slot, newTAT int64) {
	slot = max(earliest, tat-int64(r.tolerance))
	return slot, max(tat, slot) + int64(r.interval)
}
