package simulator

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
)

// faultState is what is under way with faults; the simulator's lock guards it.
// All but the setting and the counts (state.go) is forgotten at a restart.
type faultState struct {
	setting   faultSetting
	dice      dice
	next      onDemand
	refused   map[string]refusedKey // by API key
	repeating bool                  // later pages of the order list repeat some of the page before
}

// faultSetting is which faults the dice give.
type faultSetting struct {
	Plan string `json:"plan"`
	Seed uint64 `json:"seed"`
}

// prepareFaults takes up the plan that was set over the admin API, unless the
// configuration has another.
func (s *Simulator) prepareFaults() error {
	setting := faultSetting{Seed: DefaultFaultSeed}
	if kept := s.state.faultSetting; kept != nil && CheckFaultPlan(kept.Plan) == nil { // else: an older program's plan
		setting = *kept
	}
	if s.config.FaultPlan != "" {
		setting.Plan = s.config.FaultPlan
	}
	if s.config.FaultSeed != 0 {
		setting.Seed = s.config.FaultSeed
	}
	p, err := parsePlan(setting.Plan)
	if err != nil {
		return fmt.Errorf("start simulator: faults: %w", err)
	}
	s.faults = faultState{setting: setting, dice: newDice(p, setting.Seed), refused: map[string]refusedKey{}}
	return nil
}

// inject stands before an endpoint and lets faults strike.
func (s *Simulator) inject(rt route, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The whole request first: a client that leaves early has still sent it.
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			s.writeError(w, refuseBody())
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		st := &strike{Simulator: s, w: w, r: r, route: rt, body: body}
		f, struck := s.choose(st)
		if !struck {
			next.ServeHTTP(w, r)
			return
		}
		st.fault = f
		if f.before != nil {
			f.before(st)
		}
		if f.effect {
			// A client that leaves now ends nothing of what it asked for.
			st.held = &heldAnswer{header: http.Header{}}
			next.ServeHTTP(st.held, st.r.WithContext(context.WithoutCancel(st.r.Context())))
			if f.ifDone && !st.held.done() {
				asItCame(st)
				return
			}
		}
		// Counted after what happened and before it is told: the counts never
		// run ahead of the truth, nor behind what a client has seen.
		if st.count, err = s.countFault(f.Name, rt.name); err != nil {
			s.writeError(w, err)
			return
		}
		noteFault(r, f.Name)
		f.answer(st)
	})
}

// choose decides on one request: by what was asked for, else by the dice, which
// roll every time so that a fault on demand does not shift those to come.
func (s *Simulator) choose(st *strike) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	suits := func(f Fault) bool { return f.suits == nil || f.suits(st) }
	rolled, struck := s.faults.dice.roll(st.route.name)
	if asked, found := s.faults.next.take(st.route.name, suits); found {
		return asked, true
	}
	return rolled, struck && suits(rolled)
}

func (s *Simulator) countFault(kind, route string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := s.state.injected[kind][route] + 1
	return count, s.commit(change{Injected: map[string]map[string]int{kind: {route: count}}})
}

// refusedNow says whether a fault refuses a key at this moment.
func (s *Simulator) refusedNow(key string) (refusedKey, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	refusal, struck := s.faults.refused[key]
	return refusal, struck && s.now().Before(refusal.until)
}

// movedToOtherSlash says whether a redirect fault has sent clients to the other slash form
// of a route: it must then be there.
func (s *Simulator) movedToOtherSlash(route string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.injected[faultRedirect][route] > 0
}

// FaultReport is which faults may come and which have come.
type FaultReport struct {
	Seed     uint64                    `json:"seed"`
	Plan     string                    `json:"plan"`
	Injected map[string]map[string]int `json:"injected"` // by kind and route
	Total    int                       `json:"total"`
	Pending  []NextFault               `json:"pending"` // asked for and not come yet
}

// Faults are what goes wrong: at random by a plan, or at the next request of a route.
type Faults struct{ simulator *Simulator }

// Report tells plan and counts. The counts survive a restart with the state
// file.
func (f Faults) Report() FaultReport {
	s := f.simulator
	s.mu.Lock()
	defer s.mu.Unlock()
	report := FaultReport{Seed: s.faults.setting.Seed, Plan: s.faults.setting.Plan, Injected: map[string]map[string]int{}, Pending: s.faults.next.pending()}
	for kind, byRoute := range s.state.injected {
		report.Injected[kind] = maps.Clone(byRoute)
		for _, n := range byRoute {
			report.Total += n
		}
	}
	return report
}

// Set sets the plan ("" or none: no faults) and, unless it is 0, the seed.
// The dice begin anew, faults asked for with Next are forgotten, keys that
// a fault refuses are accepted again; the counts go on.
func (f Faults) Set(planText string, seed uint64) error {
	s := f.simulator
	p, err := parsePlan(planText)
	if err != nil {
		return fmt.Errorf("set faults: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	setting := faultSetting{Plan: planText, Seed: seed}
	if seed == 0 {
		setting.Seed = s.faults.setting.Seed
	}
	if err := s.commit(change{FaultSetting: &setting}); err != nil {
		return err
	}
	s.faults = faultState{setting: setting, dice: newDice(p, setting.Seed), refused: map[string]refusedKey{}}
	return nil
}
