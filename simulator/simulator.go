package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/shopspring/decimal"
)

// DefaultAPIKey is the key that a simulator accepts when none is configured.
const DefaultAPIKey = "demo-key"

// Clock tells the time. Every state is computed from it when somebody looks, so
// a test that moves the clock moves the orders.
type Clock interface{ Now() time.Time }

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

// Config says how a simulator is set up; its zero value is a usable one.
type Config struct {
	// APIKeys are accepted in X-API-Key; all belong to one account, each has its
	// own rate limit. None: DefaultAPIKey.
	APIKeys []string
	// Opening is the balance per currency (usd, rub) of a new account. A currency
	// that the state file knows already is left as it is.
	Opening map[string]decimal.Decimal
	// StateFile keeps everything across restarts, SIGKILL included. Empty: memory.
	StateFile string
	// Tune changes the knobs from their defaults. It is applied after what the
	// state file remembers of knobs set over the admin API.
	Tune func(*Knobs)
	// Clock is the wall clock when nil.
	Clock Clock
	// FaultPlan and FaultSeed say which faults strike at random (faultplan.go).
	// They win over what the state file remembers; "" and 0 leave that as it is,
	// "none" is a plan without faults.
	FaultPlan string
	FaultSeed uint64
	// Faults stand between the checks that every request passes (key, rate limit)
	// and the faults of the plan, the first one outermost. RouteOf tells them where a
	// request is going; a fault may run the endpoint and then lose its answer.
	Faults []Middleware
	// OnRequest is told of every request once it is answered, from many
	// goroutines at once.
	OnRequest func(Request)
	// OpenAdmin lets others than loopback use /admin/ (a container's network).
	OpenAdmin bool
}

// Simulator is FoxReload's stand-in: an http.Handler, and methods that do for a
// test in the same process what the admin API does over HTTP.
type Simulator struct {
	Money  Money
	Faults Faults

	config   Config
	clock    Clock
	handler  http.Handler
	limiter  *limiter
	requests requestLog
	sleep    func(time.Duration) // time.Sleep, but in a test

	mu      sync.Mutex // guards all below; held over each endpoint, so that a pay is one step
	state   *state
	journal *journal
	knobs   Knobs
	faults  faultState
	looks   map[string]int // how often an order was shown, for items that change places
	// paidLooks is how often a paid order was looked at, for the knob looks. A restart forgets it.
	paidLooks map[string]int
}

// New makes a simulator, from its state file where there is one.
func New(config Config) (*Simulator, error) {
	s := &Simulator{config: config, clock: config.Clock, limiter: newLimiter(), sleep: time.Sleep, state: newState(), knobs: DefaultKnobs(), looks: map[string]int{}, paidLooks: map[string]int{}}
	s.Money, s.Faults = Money{s}, Faults{s}
	if s.clock == nil {
		s.clock = wallClock{}
	}
	if len(s.config.APIKeys) == 0 {
		s.config.APIKeys = []string{DefaultAPIKey}
	}
	if config.StateFile != "" {
		j, err := openJournal(config.StateFile, s.state)
		if err != nil {
			return nil, err
		}
		s.journal = j
	}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.handler = s.routes()
	return s, nil
}

// prepare settles the knobs and books the opening balance of currencies that
// the account has never held.
func (s *Simulator) prepare() error {
	for name, value := range s.state.knobs {
		turned := s.knobs
		if err := turned.Set(name, value); err == nil { // else: an older program's knob
			s.knobs = turned
		}
	}
	if s.config.Tune != nil {
		s.config.Tune(&s.knobs)
	}
	if err := s.knobs.check(); err != nil {
		return fmt.Errorf("start simulator: %w", err)
	}
	if err := s.prepareFaults(); err != nil {
		return err
	}
	var ch change
	for _, currency := range currencies {
		amount, given := s.config.Opening[currency]
		if _, held := s.state.balances[currency]; !given || held {
			continue
		}
		if err := checkAmount(amount); err != nil {
			return fmt.Errorf("start simulator: opening balance in %s: %w", currency, err)
		}
		ch.Entries = append(ch.Entries, Entry{Kind: EntryOpening, Currency: currency, Amount: amount, At: s.now()})
	}
	for currency := range s.config.Opening {
		if !knownCurrency(currency) {
			return fmt.Errorf("start simulator: opening balance in %q: the currencies are usd and rub", currency)
		}
	}
	return s.commit(ch)
}

// ServeHTTP answers one request.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close lets go of the state file. Nothing is flushed: it was all written when
// it happened.
func (s *Simulator) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.journal == nil {
		return nil
	}
	return s.journal.close()
}

func (s *Simulator) now() time.Time { return s.clock.Now().UTC() }

// commit writes a change to the state file, then lets it happen: what a client
// was told is on disk, and what could not be written has not happened.
func (s *Simulator) commit(ch change) error {
	if ch.empty() {
		return nil
	}
	s.state.number(&ch)
	if s.journal != nil {
		if err := s.journal.append(ch); err != nil {
			return err
		}
	}
	s.state.apply(ch)
	return nil
}
