package door

import (
	"time"

	"foxflow/ledger"
)

const (
	// requestsToPay are what an order asks of FoxReload until it is paid; requestsToEnd what it
	// asks in all, where one look shows its codes.
	requestsToPay = 2
	requestsToEnd = 3
	// fewest orders may be on their way, however small the budget is.
	fewest = 5
	// stuckAfter is how long an order is on its way to its payment before it no longer keeps
	// others back.
	stuckAfter = 5 * time.Minute
	// slowly is how often one order begins though there is a reason to wait: whatever happens
	// to some, others go on. It is longer where the budget could not carry that.
	slowly = 15 * time.Second
	// busyAfter is how long a request that comes now would wait for the budget where it has no
	// room for more orders: looks, which wait least, still pass.
	busyAfter = 2500 * time.Millisecond
	// burstLasts is for how long ahead orders may begin at once.
	burstLasts = 5 * time.Second
)

// Room is how many orders may be on their way to their payment at a request budget: as many
// as a minute of it creates and pays.
func Room(perMinute int) int { return max(perMinute/requestsToPay, fewest) }

// About is how long it takes at a request budget until so many orders have begun.
func About(orders, perMinute int) time.Duration {
	return time.Duration(orders) * requestsToEnd * time.Minute / time.Duration(max(perMinute, 1))
}

// sight is what the door sees before it opens.
type sight struct {
	ledger.Crowd
	queue     time.Duration // that a request which comes now would wait for the budget
	since     time.Duration // orders began last
	perMinute int
}

// begins says how many orders may begin now, and how much of the time that has passed is left
// for the next ones then. They begin no faster than the budget creates and
// pays them, and only while those that are on their way have room and the budget has some to spare:
// it has none while looks make up for what they have put off. Where that is not so for long, one
// begins every so often all the same: but only while those that are stuck, not fresh ones, take
// the room.
func (s sight) begins() (n int, left time.Duration) {
	room := Room(s.perMinute)
	each := requestsToPay * time.Minute / time.Duration(s.perMinute) // what the budget takes to create and pay one
	passed := min(s.since, max(burstLasts, fewest*each))
	if pace := int(passed / each); s.queue < busyAfter && pace > 0 && s.Starting < room {
		n = min(pace, room-s.Starting)
		return n, passed - time.Duration(n)*each
	}
	if s.since >= pause(s.perMinute) && s.Fresh < room {
		return 1, 0
	}
	return 0, 0
}

// pause is how long nothing begins, at most, while there is a reason to wait.
func pause(perMinute int) time.Duration {
	return max(slowly, requestsToEnd*time.Minute/time.Duration(perMinute))
}
