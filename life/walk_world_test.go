package life

import (
	"slices"
	"time"

	"foxflow/foxreload"
	"foxflow/internal/rules"
	"foxflow/order"
)

// scene is one small world to walk through: what FoxReload does by itself in it, and
// which troubles there are.
type scene struct {
	name     string
	window   bool      // orders show when their payment window ends
	provider bool      // the payment is an external provider's
	crowd    bool      // it is placed where there is no room
	mock     bool      // a mock order is asked for, and FoxReload makes a real one
	slow     bool      // processing is seen between paid and the end
	direct   bool      // what is ordered is delivered without codes
	low      bool      // the balance is too low at the start
	expired  int       // orders in a row that have expired already
	orders   int       // FoxReload orders at most
	has      []trouble // its troubles; nil: all
	more     int       // troubles on one way beyond the bound
}

// trouble is something that goes wrong, or is asked from outside, as often on one way as
// the bounds say.
type trouble uint8

const (
	lostPay trouble = iota
	oddStatus
	lateAnswer
	bareAnswer
	notFound
	foreignPage
	keyRefused
	payFinal
	payAgain
	payAccepted
	payPrice
	payForeign
	payMisdirected
	payNotFound
	payPassing
	crashes
	freezes
	resets
	dashboard
	paidElsewhere
	takenBack
	moneyGone
	tooDear
	createLost
	createFinal
	createExists
	createElse
	slowWorker
	watcherFreezes
	restored
	startLost
	startRefused
	// From here on: what people ask. It has a bound of its own.
	pauses
	limits
	hints
	cancels
	stops
	retries
	adopts
)

// upstream is where a FoxReload order truly stands.
type upstream uint8

const (
	absent upstream = iota
	active
	paid
	processing
	completed
	failed
	paymentFailure
	paymentExpiration
	userRequest
)

var shows = [...]struct {
	status foxreload.Status
	reason string
	words  string
}{
	absent:            {"", "", "absent"},
	active:            {foxreload.StatusActive, "", "active"},
	paid:              {foxreload.StatusPaid, "", "paid"},
	processing:        {foxreload.StatusProcessing, "", "processing"},
	completed:         {foxreload.StatusCompleted, "", "completed"},
	failed:            {foxreload.StatusFailed, "", "failed"},
	paymentFailure:    {foxreload.StatusCancelled, order.PaymentFailure, "cancelled: payment_failure"},
	paymentExpiration: {foxreload.StatusCancelled, order.PaymentExpiration, "cancelled: payment_expiration"},
	userRequest:       {foxreload.StatusCancelled, order.UserRequest, "cancelled: user_request"},
}

const (
	mostOrders = 3
	quantity   = 2  // codes that an order is to deliver
	hourAgo    = 60 // minutes
)

// foxOrder is an order at FoxReload.
type foxOrder struct {
	is, was    upstream // was: before the last minute's changes, as a replica may show it
	left       int8     // minutes to the end of its payment window; -1: over for a minute
	onWay      int8     // requests to pay it that left and can still arrive
	codes      int8
	everPaid   bool
	link       bool // anybody can pay it
	elsewhere  bool // a person paid it from the dashboard
	tooLate    bool // for the last look to see that
	lostAnswer bool // a request to pay it left that no listed answer came to
}

// canBePaid says whether a request that arrives now may be carried out. For a minute after
// the window nobody's clock is trusted.
func (o foxOrder) canBePaid() bool { return o.is == active && o.left > -1 }

// mayYetBePaid says whether it is paid, or may be by what left already.
func (o foxOrder) mayYetBePaid() bool {
	return o.everPaid || o.canBePaid() && (o.onWay > 0 || o.link)
}

// payRow is what the ledger knows of the payment of one order.
type payRow struct {
	intent, voided bool
	over           bool // the order has ended unpaid: no request for it leaves any more
	doubts         int8
	lastPay        int8 // minutes ago
	codes          int8 // in the vault
}

func (r payRow) stands() bool { return r.intent && !r.voided }

func (r payRow) doubt() bool { return r.stands() && r.doubts > 0 }

func (r *payRow) void() { r.voided, r.doubts = true, 0 }

// code is a class of answer, or of refusal, as a number: states without pointers are
// walked through much faster.
type code uint8

var classes = []foxreload.Class{"", foxreload.ClassFinal, foxreload.ClassPassing, foxreload.ClassBalance, foxreload.ClassNotPayable,
	foxreload.ClassExists, foxreload.ClassPrice, foxreload.ClassUnauthorised, foxreload.ClassMisdirected, foxreload.ClassNotFound,
	foxreload.ClassUnknown, foxreload.ClassForeign, foxreload.ClassThrottled, ClassPaused, ClassLimit, ClassLimitCurrency, ClassPriceGuard,
	ClassGuard, ClassNotOurs, ClassGone, ClassPaymentRefused}

func codeOf(class foxreload.Class) code { return code(slices.Index(classes, class)) }

func (c code) class() foxreload.Class { return classes[c] }

// at is how far the activity at work is.
type at uint8

const (
	idle     at = iota // an attempt is to begin, or one is waited for
	ready              // about to send the request to pay
	answered           // the request was answered; a look comes next
	done               // it has answered; the workflow has not taken that in
)

// task is the activity at work; its last fields are what it answers.
type task struct {
	at     at
	order  int8
	fresh  bool // no other attempt has written an intent since it looked
	seen   bool // it has looked
	class  code
	last   bool // the last look before an end
	is     upstream
	odd    bool
	bare   bool
	doubt  bool // of that order
	about  int8 // of a refusal: the order in doubt, by the ledger: its index + 1
	minute int8 // ago
	left   int8
	lastP  int8
	codes  int8
	number int8
	adopt  bool
	link   bool
}

// frozen is an attempt that another has overtaken, and that will wake up.
type frozen struct {
	on, fresh   bool
	voids, over bool // it is about to say that the payment is void, or that the order is over; else to send
	late        bool // a later step is on record
	order       int8
}

// decision is what a person decided.
type decision uint8

const (
	undecided decision = iota
	retry
	abort
	adopt
)

// world is all there is beside the workflow's facts.
type world struct {
	fox       [mostOrders]foxOrder
	rows      [mostOrders]payRow
	pins      [mostOrders]int8 // by replacement number: the order's index + 1
	q         queue
	task      task
	frozen    frozen
	watch     task // what a frozen watcher has seen and not told
	orphan    int8 // index + 1 of an order that a lost create made
	creates   bool // for all that the ledger knows, a create may have made an order
	choice    decision
	held      code // payments are paused by the switch or the limit
	low       bool // the balance
	dear      bool // the order's price is above the highest
	noKey     bool
	gone      bool // FoxReload finds no order any more
	flying    bool // for all that the ledger knows, a request may be in flight
	early     bool // for another request to pay the order
	ended     bool // on record
	cancelled bool // on record: cancelled on request
	seenPaid  bool // on record
	busy      bool // a request left, and the workflow was not told yet
	inRow     int8 // orders that ended unpaid, one after the other, without a hint
	behind    int8 // answers until the workflow knows what an overtaken attempt sent
	spent     int8 // troubles
	asked     int8 // things that people asked
}

func (w *world) doubt() bool { return w.doubted() >= 0 }

// doubted is the order whose payment is in doubt, by the ledger, or -1.
func (w *world) doubted() int8 {
	for i, row := range w.rows {
		if row.doubt() {
			return int8(i)
		}
	}
	return -1
}

// about is what the ledger says of an order that is in doubt; of none: nil.
func (w *world) about(i int8) *Doubted {
	if i < 0 {
		return nil
	}
	return &Doubted{OrderID: orderIDs[i], Replacement: int(w.pinOf(i))}
}

// settle writes what somebody says of an order's payment who knows of the latest attempt, or
// does not.
func (w world) settle(i int8, latest, over bool) world {
	row := &w.rows[i]
	void, over, _ := rules.Unpaid{Begun: row.intent, Latest: latest, Ended: over}.Void()
	if void {
		row.void()
	}
	row.over = row.over || over
	return w
}

// otherStands says whether another order of the reference may be paid, by the ledger.
func (w *world) otherStands(i int8) bool {
	for j, row := range w.rows {
		if int8(j) != i && row.stands() {
			return true
		}
	}
	return false
}

func (w *world) pinned(i int8) bool {
	for _, pin := range w.pins {
		if pin == i+1 {
			return true
		}
	}
	return false
}

// lastPin is the highest replacement number that an order is pinned to, or -1.
func (w *world) lastPin() int8 {
	last := int8(-1)
	for n, pin := range w.pins {
		if pin != 0 {
			last = int8(n)
		}
	}
	return last
}

// free is the index of an order that FoxReload has not made yet, or -1.
func (w *world) free(most int) int8 {
	for i := range most {
		if w.fox[i].is == absent {
			return int8(i)
		}
	}
	return -1
}

// become is an order of FoxReload's in another place.
func (w world) become(i int8, is upstream) world {
	w.fox[i].is = is
	if is == paid {
		w.fox[i].everPaid = true
	}
	return w
}

// intend writes the intent of a request that leaves.
func (w world) intend(i int8) world {
	row := &w.rows[i]
	if row.voided || !row.intent {
		row.doubts = 0
	}
	row.intent, row.voided, row.lastPay = true, false, 0
	row.doubts = min(row.doubts+1, 2)
	w.flying, w.early = true, true
	if w.frozen.order == i {
		w.frozen.fresh = false
	}
	if w.task.order == i {
		w.task.fresh = false
	}
	return w
}

// older is the world after minutes have passed.
func (w world) older(minutes int8, window bool) world {
	for i := range w.fox {
		o := &w.fox[i]
		if o.is == absent {
			continue
		}
		o.was = o.is
		if window {
			o.left = max(o.left-minutes, -1)
		}
		if !o.canBePaid() || minutes == hourAgo {
			o.onWay = 0
		}
		if row := &w.rows[i]; row.intent && row.lastPay < hourAgo {
			if row.lastPay = min(row.lastPay+minutes, 1); minutes == hourAgo {
				row.lastPay = hourAgo
			}
		}
	}
	w.flying, w.early, w.q.lapsed = false, false, w.q.claimed
	if w.task.at == done {
		w.task.minute++
	}
	if w.watch.at == done {
		if w.watch.minute = min(w.watch.minute+minutes, 2); minutes == hourAgo {
			w.watch.minute = hourAgo
		}
	}
	return w
}

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func ago(minutes int8) time.Time { return noon.Add(-time.Duration(minutes) * time.Minute) }

// orderIDs are FoxReload's, by index.
var orderIDs = [mostOrders]string{"first", "second", "third"}

func indexOf(id string) int8 {
	for i, have := range orderIDs {
		if have == id {
			return int8(i)
		}
	}
	return -1
}
