package simulator

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the README's tables anew")

// The README's tables are those of the code. After a change:
// go test ./simulator -run README -update
func TestREADMEHoldsTheTables(t *testing.T) {
	raw, err := os.ReadFile("README.md")
	require.NoError(t, err)
	text := string(raw)
	for name, table := range map[string]string{"behaviours": BehaviourTable(), "knobs": KnobTable(), "faults": FaultTable(), "admin": AdminTable(), "catalogue": CatalogueTable()} {
		begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->\n"
		before, rest, found := strings.Cut(text, begin)
		require.True(t, found, name)
		inside, after, found := strings.Cut(rest, end)
		require.True(t, found, name)
		if *update {
			text = before + begin + table + end + after
			continue
		}
		require.Equal(t, table, inside, "the table of %s: run go test ./simulator -run README -update", name)
	}
	if *update {
		require.NoError(t, os.WriteFile("README.md", []byte(text), 0o644))
	}
}
