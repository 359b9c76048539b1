package simulator

import (
	"testing"

	"foxflow/internal/pages"
)

// The README's tables are those of the code.
func TestREADMEHoldsTheTables(t *testing.T) {
	for name, table := range map[string]string{"behaviours": BehaviourTable(), "knobs": KnobTable(), "faults": FaultTable(), "admin": AdminTable(), "catalogue": CatalogueTable()} {
		pages.Holds(t, "simulator/README.md", name, table)
	}
}
