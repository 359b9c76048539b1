package storm

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	HostFaults     map[string]int `json:"hostFaults,omitempty"` // what befell hosts and links, by kind
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

// lines are the table's lines, in its order.
func (t tally) lines() [][2]string {
	faults := 0
	for _, n := range t.Faults {
		faults += n
	}
	hosts := 0
	for _, n := range t.HostFaults {
		hosts += n
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
		{"ledger outages", t.LedgerOutages}, {"host faults", hosts}, {"resets", t.Resets}, {"double starts", t.DoubleStarts}, {"top-ups", t.TopUps},
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
		if by := map[string]map[string]int{"faults": t.Faults, "host faults": t.HostFaults}[line[0]]; by != nil {
			for _, kind := range slices.Sorted(maps.Keys(by)) {
				fmt.Fprintf(&b, "  %-22s %d\n", kind, by[kind])
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
