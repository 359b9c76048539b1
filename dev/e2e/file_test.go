package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A starter that is killed in the middle of a file leaves nothing behind that the same file
// would place again: every order is bought once.
func TestAFileGoesOnWhereItsStarterWasKilled(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=100000"})
	const orders = 80
	var lines strings.Builder
	for i := range orders {
		fmt.Fprintf(&lines, `{"reference":%q,"items":[{"itemId":%q,"quantity":1}]}`+"\n", s.ref(fmt.Sprint("f", i)), giftCard)
	}
	file := s.Write("orders.jsonl", lines.String())
	var list struct {
		Orders []order `json:"orders"`
	}
	for begun := 1; begun <= 20; begun += 19 { // killed as it begins, and once more later
		s.Run("starter", "place", "--file", file, "--yes")
		s.Eventually("some orders to be placed", func() bool {
			s.json(&list, "list")
			return len(list.Orders) >= begun
		})
		s.Kill("starter")
	}
	r := s.Starter("place", "--file", file, "--yes", "--wait", "--timeout", "10m", "--results", "results.csv")
	require.Zero(t, r.Code, r.Stdout+r.Stderr)
	s.json(&list, "list")
	assert.Len(t, list.Orders, orders)
	debits := s.debits()
	assert.Len(t, debits, orders)
	for id, times := range debits {
		assert.Equal(t, 1, times, id)
	}
}
