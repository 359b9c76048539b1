package ledger

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"foxflow/internal/ledgertest/twice"
)

func TestPostgresIsHere(t *testing.T) { twice.Here(t) }

// requireBreaks wants a constraint of the tables to have refused what was done.
func requireBreaks(t testing.TB, err error, constraint string, message ...any) {
	t.Helper()
	require.Error(t, err, message...)
	require.Contains(t, strings.ToLower(err.Error()), constraint, message...)
}
