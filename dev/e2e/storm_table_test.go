package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tally is the storm in numbers.
type tally struct {
	Seed           uint64         `json:"seed"`
	Orders         int            `json:"orders"`
	Ends           map[string]int `json:"ends"`
	Faults         map[string]int `json:"faults"` // by kind
	WorkerKills    int            `json:"workerKills"`
	WorkerFreezes  int            `json:"workerFreezes"`
	ServerKills    int            `json:"serverKills"`
	SimulatorKills int            `json:"simulatorKills"`
	LedgerOutages  int            `json:"ledgerOutages"`
	Resets         int            `json:"resets"`
	DoubleStarts   int            `json:"doubleStarts"`
	TopUps         int            `json:"topUps"`
	Resolves       int            `json:"resolves"`
	TakenBack      int            `json:"takenBack"`
	Replaced       int            `json:"replaced"`
	Adopted        int            `json:"adopted"` // orders found again after a lost answer
	Orphans        int            `json:"orphans"` // FoxReload's orders on nobody's log: unpaid, says the judge
	DoublePayments int            `json:"doublePayments"`
	LostOrders     int            `json:"lostOrders"`
	LostCodes      int            `json:"lostCodes"`
	Breaches       int            `json:"breaches"`
	AuditEntries   int            `json:"auditEntries"`
	Seconds        int            `json:"seconds"`
}

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

// lines are the table's lines, in its order.
func (t tally) lines() [][2]string {
	faults := 0
	for _, n := range t.Faults {
		faults += n
	}
	lines := [][2]string{{"seed", fmt.Sprint(t.Seed)}, {"orders", fmt.Sprint(t.Orders)}}
	for _, state := range []string{"completed", "cancelled", "failed", "unresolved"} {
		lines = append(lines, [2]string{state, fmt.Sprint(t.Ends[state])})
	}
	for _, n := range []struct {
		name  string
		value int
	}{
		{"faults", faults}, {"worker kills", t.WorkerKills}, {"worker freezes", t.WorkerFreezes}, {"Temporal kills", t.ServerKills}, {"FoxReload kills", t.SimulatorKills},
		{"ledger outages", t.LedgerOutages}, {"resets", t.Resets}, {"double starts", t.DoubleStarts}, {"top-ups", t.TopUps},
		{"resolves", t.Resolves}, {"cancels", t.TakenBack}, {"replacements", t.Replaced}, {"adopted", t.Adopted}, {"orphans", t.Orphans},
		{"double payments", t.DoublePayments}, {"lost orders", t.LostOrders}, {"lost codes", t.LostCodes}, {"other breaches", t.Breaches},
		{"audit entries verified", t.AuditEntries}, {"seconds", t.Seconds},
	} {
		lines = append(lines, [2]string{n.name, fmt.Sprint(n.value)})
	}
	return lines
}

// text is the table for a terminal.
func (t tally) text() string {
	var b strings.Builder
	for _, line := range t.lines() {
		fmt.Fprintf(&b, "%-24s %s\n", line[0], line[1])
		if line[0] == "faults" {
			kinds := make([]string, 0, len(t.Faults))
			for kind := range t.Faults {
				kinds = append(kinds, kind)
			}
			slices.Sort(kinds)
			for _, kind := range kinds {
				fmt.Fprintf(&b, "  %-22s %d\n", kind, t.Faults[kind])
			}
		}
	}
	return b.String()
}

// report adds the storm to a file: as a row of a Markdown table, or as a line of
// JSON where the file's name ends in json or jsonl.
func (t tally) report(path string) error {
	var text string
	if extension := filepath.Ext(path); extension == ".json" || extension == ".jsonl" {
		row, err := json.Marshal(t)
		if err != nil {
			return err
		}
		text = string(row) + "\n"
	} else {
		var names, rules, cells []string
		for _, line := range t.lines() {
			names, rules, cells = append(names, line[0]), append(rules, "--:"), append(cells, line[1])
		}
		if _, err := os.Stat(path); err != nil {
			text = markdownRow(names) + markdownRow(rules)
		}
		text += markdownRow(cells)
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // a report for everybody
	if err != nil {
		return err
	}
	if _, err := file.WriteString(text); err != nil {
		return err
	}
	return file.Close()
}

func markdownRow(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// faultsByKind is how often each kind of fault struck; the simulator remembers it
// over its kills.
func (s *storm) faultsByKind() map[string]int {
	s.Helper()
	var answer struct{ Injected map[string]map[string]int }
	s.admin(http.MethodGet, "/admin/faults", "", &answer)
	kinds := map[string]int{}
	for kind, routes := range answer.Injected {
		for _, n := range routes {
			kinds[kind] += n
		}
	}
	return kinds
}
