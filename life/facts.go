package life

import (
	"time"

	"foxflow/foxreload"
	"foxflow/order"
)

// Terms are what was ordered, and how long each wait may take. They never change.
type Terms struct {
	Request   order.Request `json:"request"`
	Intervals Intervals     `json:"intervals"`
}

// Intervals are the knobs of waiting. In JSON they are nanoseconds, Go's form of
// a duration; a zero value means the default.
type Intervals struct {
	PollInitial time.Duration `json:"pollInitial"`
	PollMax     time.Duration `json:"pollMax"`
	StallAfter  time.Duration `json:"stallAfter"`
	StallPoll   time.Duration `json:"stallPoll"`
	GiveUpAfter time.Duration `json:"giveUpAfter"`
}

// DefaultIntervals are FoxReload's own figures where it gives any: poll every
// 5 s, alert a person after 300 s.
var DefaultIntervals = Intervals{
	PollInitial: 5 * time.Second,
	PollMax:     30 * time.Second,
	StallAfter:  300 * time.Second,
	StallPoll:   60 * time.Second,
	GiveUpAfter: 24 * time.Hour,
}

// OrDefaults fills in what is not set.
func (i Intervals) OrDefaults() Intervals {
	for _, knob := range []struct{ value, standard *time.Duration }{
		{&i.PollInitial, &DefaultIntervals.PollInitial},
		{&i.PollMax, &DefaultIntervals.PollMax},
		{&i.StallAfter, &DefaultIntervals.StallAfter},
		{&i.StallPoll, &DefaultIntervals.StallPoll},
		{&i.GiveUpAfter, &DefaultIntervals.GiveUpAfter},
	} {
		if *knob.value <= 0 {
			*knob.value = *knob.standard
		}
	}
	return i
}

// Facts are all that is known of an order: plain data.
type Facts struct {
	State        order.State `json:"state"`
	Why          Why         `json:"why"`   // what goes with the state
	Order        Order       `json:"order"` // the present FoxReload order
	Money        Money       `json:"money"` // where its money is
	Asked        Asked       `json:"asked"`
	Blocker      *Blocker    `json:"blocker,omitempty"`
	Ending       *Ending     `json:"ending,omitempty"` // an end that is decided on; Looked says how far it is
	Looked       bool        `json:"looked,omitempty"` // a last look was made for the end that is to come
	Clocks       Clocks      `json:"clocks"`
	Replacements int         `json:"replacements,omitempty"` // FoxReload orders before the present one
	Expired      int         `json:"expired,omitempty"`      // of these, the last ones in a row that money was not the cause of
}

// Why is what a state is entered with.
type Why struct {
	Wait         order.Wait   `json:"wait,omitempty"` // what the order waits for
	CancelReason string       `json:"cancelReason,omitempty"`
	Error        *order.Error `json:"error,omitempty"`
	Note         string       `json:"note,omitempty"` // for the audit log alone
}

// Order is what FoxReload said last of the present order; without an ID there is none
// that we know of.
type Order struct {
	ID       string             `json:"id,omitempty"`
	Status   foxreload.Status   `json:"status,omitempty"` // the last one that is known; "": none was seen yet
	Reason   string             `json:"reason,omitempty"` // of its cancellation
	Odd      bool               `json:"odd,omitempty"`    // the last look showed a status that nobody knows
	Strange  []foxreload.Status `json:"strange,omitempty"`
	SeenAt   time.Time          `json:"seenAt,omitzero"`
	Window   *time.Time         `json:"window,omitempty"` // when its payment window ends, UTC
	Price    *string            `json:"price,omitempty"`
	Currency *string            `json:"currency,omitempty"`
	Mock     *bool              `json:"mock,omitempty"` // as it shows itself; nil: it does not say
	Link     *string            `json:"link,omitempty"` // for the payment, from an external provider
	Items    []order.ItemStatus `json:"items,omitempty"`
}

// Asked is what was asked of the order from outside.
type Asked struct {
	Hint   Hint `json:"hint,omitempty"`
	Cancel bool `json:"cancel,omitempty"` // somebody waits for its cancellation
	Stop   bool `json:"stop,omitempty"`   // it is to be cancelled as soon as that is safe, whoever waits
	Decide bool `json:"decide,omitempty"` // a person's decision waits to be carried out
}

// Hint is what is known of money that may have come.
type Hint string

// The hints.
const (
	NoHint    Hint = ""
	FreshHint Hint = "fresh" // the balance may have been raised, and nothing was tried since
	TriedHint Hint = "tried" // one was acted on, and the balance was not found too low since
)

// Blocker is why the order is held: the refusal that is waited out.
type Blocker struct {
	Class   foxreload.Class `json:"class"`
	Code    string          `json:"code"`
	Message string          `json:"message"`
}

// Ending is an end as one that was not paid.
type Ending struct {
	State        order.State  `json:"state"`
	CancelReason string       `json:"cancelReason,omitempty"`
	Error        *order.Error `json:"error,omitempty"`
}

// Clocks are when things began; a zero time: they have not.
type Clocks struct {
	Entered   time.Time `json:"entered,omitzero"`   // the present state
	Paid      time.Time `json:"paid,omitzero"`      // money was first seen to have left
	Completed time.Time `json:"completed,omitzero"` // it was first seen completed without all of its codes
	Short     time.Time `json:"short,omitzero"`     // the balance was first found too low: outlives FoxReload's orders
	LastPay   time.Time `json:"lastPay,omitzero"`   // the last request to pay that left
	Doubt     time.Time `json:"doubt,omitzero"`     // the payment that is in doubt, as far as that is known
	Started   time.Time `json:"started,omitzero"`   // the reference was first placed
	Updated   time.Time `json:"updated,omitzero"`
}

// Begin is what is known of an order as it begins.
func Begin(startedAt time.Time) Facts {
	startedAt = startedAt.UTC()
	return Facts{Money: Unsent, Clocks: Clocks{Started: startedAt, Updated: startedAt}}
}

// Opened is an order whose workflow begins, with what the ledger remembers of it: after a
// reset that is more than nothing. money is where the money of that order is; "": nothing
// is known of it.
func Opened(f Facts, startedAt time.Time, orderID string, replacements int, money Money, now time.Time) Facts {
	f.Clocks.Started, f.Order.ID, f.Replacements = startedAt.UTC(), orderID, replacements
	if money != "" {
		f.Money = money
	}
	if money == Left {
		f.Clocks.Paid = now.UTC()
		return f.enter(order.Paid, Why{}, now)
	}
	return f.enter(order.Creating, Why{}, now)
}

// enter puts the order into a state. One that it is in already keeps its time.
func (f Facts) enter(state order.State, why Why, now time.Time) Facts {
	if state != f.State {
		f.Clocks.Entered = now.UTC()
	}
	f.State, f.Why, f.Clocks.Updated = state, why, now.UTC()
	return f
}

// Tells says whether two facts tell the world the same: the same state, for the same cause,
// of the same order, with a payment in doubt or without, in a status that is known or not.
// Whoever reads the ledger must not be told of a doubt that is over, nor of none while there
// is one.
func (f Facts) Tells(g Facts) bool {
	return f.State == g.State && f.Why.Wait == g.Why.Wait && f.Order.ID == g.Order.ID && (f.Money == Doubtful) == (g.Money == Doubtful) &&
		f.Order.Odd == g.Order.Odd
}
