// Package budgettest checks the promise of the request budget, for tests of several rooms.
package budgettest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// RequireBound wants that in any T seconds at most perMinute·T/60 + burst requests were
// granted, in every window there is.
func RequireBound(t testing.TB, grants []time.Time, perMinute int) {
	t.Helper()
	grants = slices.SortedFunc(slices.Values(grants), time.Time.Compare)
	burst := max(1, perMinute/20)
	for i := range grants {
		for j := i; j < len(grants); j++ {
			window := grants[j].Sub(grants[i])
			most := float64(perMinute)*window.Seconds()/60 + float64(burst)
			require.LessOrEqual(t, float64(j-i+1), most+1e-9, "%d requests in %s at %d a minute", j-i+1, window, perMinute)
		}
	}
}
