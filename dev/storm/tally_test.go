package storm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A report grows by a row for each storm, under one head.
func TestStormReportGrows(t *testing.T) {
	for name, lines := range map[string]int{"storms.txt": 4, "storms.jsonl": 2} {
		path := filepath.Join(t.TempDir(), name)
		for seed := range 2 {
			require.NoError(t, tally{Seed: uint64(seed), Orders: 300, DoublePayments: 1}.report(path)) //nolint:gosec // not negative
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, lines, strings.Count(string(text), "\n"), name)
	}
}

// What must be 0 is told in every table, and each kind of fault under their sum.
func TestStormTableTellsBreachesAndFaults(t *testing.T) {
	text := tally{DoublePayments: 3, LostOrders: 4, LostCodes: 5, Breaches: 6, Faults: map[string]int{"stale": 7, "reset": 1}}.text()
	lines := strings.Split(strings.Join(strings.Fields(strings.ReplaceAll(text, "\n", " | ")), " "), " | ")
	for _, want := range []string{"double payments 3", "lost orders 4", "lost codes 5", "other breaches 6", "faults 8", "stale 7", "reset 1"} {
		assert.Contains(t, lines, want)
	}
}
