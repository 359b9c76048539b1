package workflows_test

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// script is one hostile world, drawn as a whole before it is played, so that a
// failing one shrinks to the few lines that matter.
type script struct {
	Order  placed
	Fox    habits
	Life   future
	Create []fault // the first create's, the second's, …; those beyond are fine
	Pay    []fault
	Get    []fault
	List   []fault
	Queue  []time.Duration // how long the budget has no room for the first create and the first pay, the second ones, …
	Kills  []kill
	Events []event
}

// placed is what the partner asked for.
type placed struct {
	Mock, Provider bool
	MaxPrice       string // "": none
	MaxCurrency    string // "": not said
	Items          int
}

// habits are what FoxReload leaves open, decided one way or the other.
type habits struct {
	Key        string // the idempotencyKey field is: honoured, replayed (answered as the first time), ignored, rejected
	ShowsKey   bool   // orders show the key that they were created with
	NamesOrder bool   // ORDER_ALREADY_EXISTS says which
	Balance    string
	LowCancels bool          // a pay without enough balance cancels the order
	Window     time.Duration // to pay in; 0: endless
	KeyUsed    bool          // another shop has used our key, for something else
	Mock       string        // isMock is: echoed, unsaid, ignored
	Currency   string        // of prices; "": unsaid
	Priceless  bool          // prices can't be read
	Turned     string        // items come: asked, reversed, changing
	ThinCreate bool          // the answer to a create is an id, a status and a window
	ThinList   bool          // so are the entries of the list
	DeafList   bool          // status= is ignored
	Balances   string        // the currency that the balance list names; "": it was never read
	Busy       string        // how a pay is refused while an earlier one is at work: by a code, or by a page; "": not
	Refuses    string        // how pays are refused from the first on; "": they aren't
	RefusesFor time.Duration
}

// codesInTurn is a FoxReload that words the same refusal of pay in another way each time.
const codesInTurn = "in turn"

// future is what becomes of an order once it is paid, counted from the payment.
type future struct {
	ShownAfter time.Duration // looks show it as active until then
	Processing time.Duration // 0: skipped
	End        string        // completed, failed, cancelled; "": none, ever
	EndAfter   time.Duration
	Odd        bool          // instead of processing it shows a status that nobody knows
	Early      bool          // a first code is there before the end
	CodesAfter time.Duration // the others come so long after completed
	Short      bool          // the last one never comes
	Forms      bool          // codes are strings that read like JSON
}

// fault is one call's fate.
type fault struct {
	Kind string
	For  time.Duration
}

func (f fault) String() string {
	if f.For == 0 {
		return f.Kind
	}
	return fmt.Sprintf("%s %s", f.Kind, f.For)
}

// kill ends the worker at the n-th point where that can make a difference:
// before and after each call of FoxReload, before each commit of the ledger, and
// before the result reaches Temporal.
type kill struct {
	Point int
	Late  time.Duration // before a call: it was sent, and takes effect so much later; 0: it was not
	Reset bool          // the order is then reset to its first event
}

// event is something that happens outside, so long after the order was placed.
type event struct {
	At   time.Duration
	What string
}

func (e event) String() string { return e.What + " at " + e.At.String() }

// GoString is how rapid prints a draw.
func (s script) GoString() string { return "\n" + s.String() }

func (s script) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "order  %+v\nfox    %+v\nlife   %+v\n", s.Order, s.Fox, s.Life)
	fmt.Fprintf(&b, "create %v\npay    %v\nget    %v\nlist   %v\nqueue  %v\n", s.Create, s.Pay, s.Get, s.List, s.Queue)
	fmt.Fprintf(&b, "kills  %+v\nevents %v", s.Kills, s.Events)
	return b.String()
}

// What may befall each call. The first of each list is what a draw shrinks to.
var (
	anyCall = []string{"fine", "passing", "passing 429", "unauthorised", "misdirected", "page", "behind a proxy"}
	creates = with(anyCall, "lost after", "lost before", "late", "exists", "exists elsewhere", "refused", "balance", "dearer", "strange")
	pays    = with(anyCall, "lost after", "lost before", "late", "not payable", "refused", "balance", "409", "423", "402", "409 late", "page late", "not found", "silent", "strange")
	gets    = with(anyCall, "malformed", "stale", "strange", "not found")
	lists   = with(anyCall, "malformed", "hidden", "stale", "strange", "not found")
	happens = []string{"top-up", "hint", "money", "cancel", "retry", "abort", "adopt ours", "adopt theirs", "link is paid",
		"dashboard cancels", "reprice", "pause", "resume", "disk refuses", "reset", "workflow cancelled", "strange for a while", "strange for hours"}
	refusals = []string{"409", "423", "402", "page", "not payable", "not found", codesInTurn}
)

func with(kinds []string, more ...string) []string {
	return append(append([]string(nil), kinds...), more...)
}

// A pay of unknown outcome is given 10 s before it is repeated. FoxReload may carry
// it out late and show it late, both together within that time: beyond it nobody could
// tell a lost request from a slow one. An old copy may be older: what it does not show
// proves nothing.
const (
	latest  = 6 * time.Second
	unshown = 2 * time.Second
)

var (
	moments = rapid.SampledFrom([]time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second, 7 * time.Second, 12 * time.Second,
		25 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour})
	outages = rapid.SampledFrom([]time.Duration{4 * time.Second, 30 * time.Second, 10 * time.Minute, 3 * time.Hour})
	lates   = rapid.SampledFrom([]time.Duration{latest, time.Second, 4 * time.Second})
	oldest  = rapid.SampledFrom([]time.Duration{time.Second, 10 * time.Second, 45 * time.Second})
)

// befalls draws a fault of one of the kinds; more often than not it is none.
func befalls(kinds []string) *rapid.Generator[fault] {
	return rapid.Custom(func(t *rapid.T) fault {
		if rapid.IntRange(0, 2).Draw(t, "fine") == 0 {
			return fault{Kind: "fine"}
		}
		f := fault{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
		switch f.Kind {
		case "unauthorised", "misdirected", "behind a proxy", "passing 429":
			f.For = outages.Draw(t, "for")
		case "late", "409 late", "page late":
			f.For = lates.Draw(t, "late by")
		case "stale":
			f.For = oldest.Draw(t, "old by")
		}
		return f
	})
}

var scripts = rapid.Custom(func(t *rapid.T) script {
	chance := func(n int) bool { return rapid.IntRange(1, n).Draw(t, "chance") == n }
	s := script{
		Order: placed{Mock: chance(6), Provider: chance(6), Items: rapid.IntRange(1, 3).Draw(t, "items")},
		Fox: habits{
			Key:        rapid.SampledFrom([]string{"honoured", "ignored", "honoured", "replayed", "rejected"}).Draw(t, "key"),
			ShowsKey:   !chance(3),
			NamesOrder: !chance(2),
			Balance:    rapid.SampledFrom([]string{"100", "100", "0"}).Draw(t, "balance"),
			LowCancels: chance(2),
			Window:     rapid.SampledFrom([]time.Duration{15 * time.Minute, 0, time.Minute, 5 * time.Second, 2 * time.Hour}).Draw(t, "window"),
		},
		Life: future{
			ShownAfter: rapid.SampledFrom([]time.Duration{0, unshown}).Draw(t, "shown after"),
			Processing: rapid.SampledFrom([]time.Duration{time.Second, 0, 20 * time.Second}).Draw(t, "processing"),
			End:        rapid.SampledFrom([]string{"completed", "completed", "failed", "cancelled", ""}).Draw(t, "end"),
			EndAfter:   rapid.SampledFrom([]time.Duration{20 * time.Second, 0, 3 * time.Second, 4 * time.Minute, 20 * time.Minute}).Draw(t, "end after"),
			Odd:        chance(6),
			Early:      chance(3),
			CodesAfter: rapid.SampledFrom([]time.Duration{0, 0, 2 * time.Second, time.Minute, 3 * time.Hour}).Draw(t, "codes after"),
			Short:      chance(6),
			Forms:      chance(3),
		},
		Create: rapid.SliceOfN(befalls(creates), 0, 4).Draw(t, "create"),
		Pay:    rapid.SliceOfN(befalls(pays), 0, 5).Draw(t, "pay"),
		Get:    rapid.SliceOfN(befalls(gets), 0, 8).Draw(t, "get"),
		List:   rapid.SliceOfN(befalls(lists), 0, 3).Draw(t, "list"),
		Queue:  rapid.SliceOfN(rapid.SampledFrom([]time.Duration{0, time.Second, 20 * time.Second}), 0, 3).Draw(t, "queue"),
		Kills: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) kill {
			return kill{
				Point: rapid.IntRange(1, 60).Draw(t, "point"),
				Late:  rapid.SampledFrom([]time.Duration{0, time.Second, 8 * time.Second, 30 * time.Second, 34 * time.Second}).Draw(t, "late"),
				Reset: rapid.IntRange(1, 4).Draw(t, "reset") == 4,
			}
		}), 0, 3).Draw(t, "kills"),
		Events: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) event {
			return event{At: moments.Draw(t, "at"), What: rapid.SampledFrom(happens).Draw(t, "what")}
		}), 0, 5).Draw(t, "events"),
	}
	if s.Life.Odd && s.Life.End == "" {
		s.Life.End, s.Life.EndAfter = "completed", 20*time.Minute // in doubt, only a status that is known leads on
	}
	s.Fox = leavesOpen(t, s.Fox)
	if chance(3) {
		s.Order.MaxPrice = rapid.SampledFrom([]string{"12", "9.55", "5"}).Draw(t, "max price")
		s.Order.MaxCurrency = rapid.SampledFrom([]string{"", "usd"}).Draw(t, "max currency")
	}
	if s.Order.Provider && s.Fox.Window == 0 {
		s.Fox.Window = 15 * time.Minute // a link that never expires is waited for without end
	}
	return s
})

// leavesOpen decides the rest of what FoxReload leaves open.
func leavesOpen(t *rapid.T, fox habits) habits {
	chance := func(n int) bool { return rapid.IntRange(1, n).Draw(t, "chance") == n }
	fox.KeyUsed = chance(8)
	fox.Mock = rapid.SampledFrom([]string{"echoed", "unsaid", "ignored"}).Draw(t, "mock")
	fox.Currency = rapid.SampledFrom([]string{"usd", "usd", "rub", ""}).Draw(t, "currency")
	fox.Priceless = chance(8)
	fox.Turned = rapid.SampledFrom([]string{"asked", "reversed", "changing"}).Draw(t, "turned")
	fox.ThinCreate, fox.ThinList, fox.DeafList = chance(3), chance(3), chance(3)
	fox.Balances = rapid.SampledFrom([]string{"", "usd", "rub"}).Draw(t, "balances")
	fox.Busy = rapid.SampledFrom([]string{"", "409", "423", "402", "page"}).Draw(t, "busy")
	if chance(4) {
		fox.Refuses = rapid.SampledFrom(refusals).Draw(t, "refuses")
		fox.RefusesFor = rapid.SampledFrom([]time.Duration{30 * time.Second, 10 * time.Minute, 3 * time.Hour}).Draw(t, "refuses for")
		fox.Window = min(fox.Window, 15*time.Minute)
	}
	return fox
}

// doubtful are scripts in which a payment is sent, its answer is lost, and somebody
// does something before anyone can see what became of it.
var doubtful = rapid.Custom(func(t *rapid.T) script {
	s := scripts.Draw(t, "script")
	s.Order.Mock, s.Order.Provider, s.Fox.Balance = false, false, "100"
	s.Order.MaxPrice = rapid.SampledFrom([]string{"", "", "12"}).Draw(t, "max price")
	s.Fox.KeyUsed, s.Fox.Priceless = false, false
	s.Create = nil
	s.Pay = append([]fault{{Kind: rapid.SampledFrom([]string{"lost after", "late", "lost before", "409 late", "page late"}).Draw(t, "pay"), For: latest}}, s.Pay...)
	s.Get = append([]fault{{Kind: rapid.SampledFrom([]string{"unauthorised", "misdirected", "malformed", "fine"}).Draw(t, "look"), For: outages.Draw(t, "for")}}, s.Get...)
	s.Events = append(s.Events, event{At: moments.Draw(t, "at"),
		What: rapid.SampledFrom([]string{"cancel", "abort", "retry", "reset", "dashboard cancels", "hint", "workflow cancelled", "reprice"}).Draw(t, "meanwhile")})
	return s
})
