package simulator

import (
	"net/http"
	"slices"
	"strings"
)

// Fault is one way in which the world fails a client: something that the API
// never means to do, unlike a behaviour (an order's own course) or a knob (an
// answer that the contract leaves open). It strikes single requests.
type Fault struct {
	Name string
	Help string

	// storm is its rate in the plan of that name. All of them hit about a sixth of
	// reading requests and a quarter of writing ones. The rare ones do more than hit one
	// request: a 429 holds back all calls of a key, a refused key hits whatever is
	// asked meanwhile, a redirect to another host parks an order, and exists-hidden
	// needs a person for each order.
	storm float64
	// routes are where it makes sense; nil: everywhere.
	routes []string
	// suits says whether it can strike this request at all; nil: any. It runs
	// under the simulator's lock.
	suits func(*strike) bool
	// before happens before the endpoint runs; nil: nothing.
	before func(*strike)
	// effect: the endpoint runs, so what was asked for happens.
	effect bool
	// ifDone: an endpoint that refuses is not struck; its refusal goes out as it is.
	ifDone bool
	// answer is what the client gets in place of the endpoint's answer.
	answer func(*strike)
}

// writing are the routes that change something. A late effect, or a redirect that
// tempts a client to send twice, means something only there.
var writing = []string{RouteCreate, RoutePay, RouteTopUp}

// faultRedirect has a name in the code: what it has struck is served at the other
// slash form from then on.
const faultRedirect = "redirect"

// faultTable is a function because what the faults do leads back here.
func faultTable() []Fault {
	return []Fault{
		{Name: "lost-answer", storm: 0.04, Help: "the request takes effect, then the connection is reset: no answer",
			effect: true, answer: resetConnection},
		{Name: "reset", storm: 0.03, Help: "the connection is reset before anything happens",
			answer: resetConnection},
		{Name: "slow-commit", storm: 0.01, Help: "no answer for `slow-commit-for`; only then the request takes effect, whether or not the client is still there",
			routes: writing, before: waitToCommit, effect: true, answer: asItCame},
		{Name: "error-500", storm: 0.03, Help: "500 as JSON; nothing happens",
			answer: internalError},
		{Name: "error-500-late", storm: 0.02, Help: "the same answer, but the request took effect",
			routes: writing, effect: true, answer: internalError},
		{Name: "bad-gateway", storm: 0.03, Help: "502 with a proxy's HTML page; nothing happens",
			answer: badGateway},
		{Name: "bad-gateway-late", storm: 0.02, Help: "the same answer, but the request took effect",
			routes: writing, effect: true, answer: badGateway},
		{Name: "proxy-400", storm: 0.002, Help: "400 with a proxy's page: HTML and, every second time, plain text; nothing happens",
			answer: proxyPage(http.StatusBadRequest)},
		{Name: "proxy-403", storm: 0.002, Help: "the same with 403",
			answer: proxyPage(http.StatusForbidden)},
		{Name: "proxy-404", storm: 0.005, Help: "the same with 404",
			answer: proxyPage(http.StatusNotFound)},
		{Name: "proxy-404-late", storm: 0.005, Help: "the same answer as proxy-404, but the request took effect",
			routes: writing, effect: true, answer: proxyPage(http.StatusNotFound)},
		{Name: "late-pay", storm: 0.02, Help: "a pay from the balance: the connection is reset, the payment lands after `late-pay-for`; until then a repeat is refused as `late-pay-refusal` says",
			routes: []string{RoutePay}, suits: fromBalanceAlone, before: landLate, effect: true, ifDone: true, answer: resetConnection},
		{Name: "stale", storm: 0.02, Help: "a replica that is behind: orders as they were `stale-by` ago, none that is newer",
			routes: []string{RouteGet, RouteList}, before: lookBack, effect: true, answer: asItCame},
		{Name: "malformed", storm: 0.02, Help: "the request takes effect; the answer is 2xx, but its JSON is cut off and, every second time, no JSON at all",
			effect: true, answer: garbled},
		{Name: "too-many", storm: 0.005, Help: "429 with Retry-After in seconds (`fault-retry-after`); nothing happens",
			answer: tooMany(retrySeconds)},
		{Name: "too-many-date", storm: 0.005, Help: "the same with Retry-After as an HTTP date",
			answer: tooMany(retryDate)},
		{Name: "unauthorised", storm: 0.0005, Help: "401, for this and every request of the same key for `fault-access-for`; one strike counts once",
			answer: keyRefused(codeUnknownKey)},
		{Name: "forbidden", storm: 0.0005, Help: "the same with 403",
			answer: keyRefused(codeForbidden)},
		{Name: faultRedirect, storm: 0.02, Help: "307 to the other slash form of the path, which the endpoint takes from then on, whatever `slash` says; nothing happens",
			routes: writing, suits: canonicalPath, answer: redirectToOtherSlash},
		{Name: "redirect-away", storm: 0.001, Help: "307 to another host, where nobody listens; nothing happens",
			answer: redirectAway},
		{Name: "duplicate-pages", storm: 0.05, Help: "from then on, until a plan is set anew, every later page repeats the last 3 orders of the page before, as if 3 had been created meanwhile",
			routes: []string{RouteList}, before: beginRepeating, effect: true, answer: asItCame},
		{Name: "exists", storm: 0.01, Help: "the order is created with its key, but the answer is `ORDER_ALREADY_EXISTS` without its id",
			routes: []string{RouteCreate}, suits: keyed, effect: true, ifDone: true, answer: alreadyExists},
		{Name: "exists-hidden", storm: 0.005, Help: "the same answer, but there is no order, and none carries the key: only a person can tell",
			routes: []string{RouteCreate}, suits: keyedAnew, answer: alreadyExists},
		{Name: "exists-other", storm: 0.005, Help: "the same answer, with the id as `idempotency` has it, and the order under the key is for something else (`other-order`); it shows all of itself, whatever `echo`, `list-echo` and `mock` say",
			routes: []string{RouteCreate}, suits: keyedForOther, before: makeOther, effect: true, ifDone: true, answer: otherExists},
	}
}

// AllFaults lists the faults in the order in which they are documented.
func AllFaults() []Fault { return faultTable() }

// Routes are the names of the routes that the fault can strike.
func (f Fault) Routes() []string {
	if f.routes == nil {
		return routeNames()
	}
	return slices.Clone(f.routes)
}

// Where is Routes in a word or a few.
func (f Fault) Where() string {
	if f.routes == nil {
		return "all"
	}
	return strings.Join(f.routes, ", ")
}

func (f Fault) strikes(route string) bool { return f.routes == nil || slices.Contains(f.routes, route) }

func faultNamed(name string) (Fault, bool) {
	table := faultTable()
	at := slices.IndexFunc(table, func(f Fault) bool { return f.Name == name })
	if at < 0 {
		return Fault{}, false
	}
	return table[at], true
}

func faultNames() (names []string) {
	for _, f := range faultTable() {
		names = append(names, f.Name)
	}
	return names
}

func routeNames() (names []string) {
	for _, rt := range routeTable {
		names = append(names, rt.name)
	}
	return names
}

// strike is one fault at work on one request.
type strike struct {
	*Simulator
	fault Fault
	w     http.ResponseWriter
	r     *http.Request
	route route
	body  []byte
	held  *heldAnswer // what the endpoint answered; nil where it did not run
	count int         // how often this fault has struck this route, this time included
}
