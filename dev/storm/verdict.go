package storm

import (
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// faultKinds are what the simulator can do to a request; the long form has to
// have met them all.
var faultKinds = []string{"lost-answer", "reset", "slow-commit", "error-500", "error-500-late", "bad-gateway", "bad-gateway-late",
	"proxy-400", "proxy-403", "proxy-404", "proxy-404-late", "late-pay", "stale", "malformed", "too-many", "too-many-date", "unauthorised", "forbidden",
	"redirect", "redirect-away", "duplicate-pages", "exists", "exists-hidden", "exists-other"}

// verdict lets the judge speak, prints the table, and fails with the story of
// each reference that a promise was broken for.
func (s *storm) verdict() {
	s.Helper()
	e := s.gather()
	v := judge(e)
	t := s.sum(e, v)
	s.Logf("\n%s", t.text())
	if path := os.Getenv("FOXFLOW_STORM_REPORT"); path != "" {
		require.NoError(s, t.report(path))
	}
	if len(s.orders) >= longStorm {
		for _, kind := range faultKinds {
			assert.Positive(s, t.Faults[kind], "no fault of kind %s was injected (seed %d)", kind, s.seed)
		}
	}
	for _, kind := range s.ground.must() {
		assert.Positive(s, t.HostFaults[kind], "no %s ever happened (seed %d)", kind, s.seed)
	}
	for _, text := range []string{"panic", "TMPRL1100"} { // the second is the SDK's word for a replay that differs
		assert.Empty(s, s.workerLogs(text, 3), "seed %d: the workers' logs", s.seed)
	}
	told := map[string]bool{}
	const stories = 5
	for _, b := range v.breaches {
		s.Errorf("seed %d: %s: %s: %s", s.seed, b.rule, b.reference, b.words)
		if b.reference != "" && !told[b.reference] && len(told) < stories {
			told[b.reference] = true
			s.Logf("the story of %s:\n%s", b.reference, s.story(e, b.reference))
		}
	}
}

func (s *storm) sum(e *evidence, v *verdict) tally {
	t := s.done
	t.Seed, t.Orders, t.Ends, t.Faults = s.seed, len(s.orders), v.ends, s.faultsByKind()
	t.DoublePayments, t.LostOrders, t.LostCodes, t.Breaches = v.doublePayments, v.lostOrders, v.lostCodes, len(v.breaches)
	t.AuditEntries, t.Seconds = len(e.audit), int(time.Since(s.begun).Seconds())
	for _, said := range s.takenBack {
		if said {
			t.TakenBack++
		}
	}
	for _, o := range e.orders {
		t.Replaced += o.Replacements
	}
	for _, a := range e.audit {
		if a.Kind == "note" && strings.HasPrefix(a.Reason, "adopted order") {
			t.Adopted++
		}
	}
	owner := e.owners()
	for _, o := range e.fox {
		if owner[o.ID] == "" {
			t.Orphans++
		}
	}
	return t
}

// faultsByKind is how often each kind of fault struck; the simulator remembers it
// over its kills.
func (s *storm) faultsByKind() map[string]int {
	s.Helper()
	var answer struct{ Injected map[string]map[string]int }
	s.Admin(http.MethodGet, "/admin/faults", "", &answer)
	kinds := map[string]int{}
	for kind, routes := range answer.Injected {
		for _, n := range routes {
			kinds[kind] += n
		}
	}
	return kinds
}
