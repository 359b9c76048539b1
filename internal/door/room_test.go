package door

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"foxflow/ledger"
)

// What begins is what the budget carries: no more than has room, no faster than it pays, and
// nothing while that is busy. What is stuck never shuts the door for good.
func TestOrdersBeginAsTheBudgetCarriesThem(t *testing.T) {
	long := time.Hour
	for name, c := range map[string]struct {
		sight
		begins int
	}{
		"at the beginning, what 5 s of the budget pay": {sight{perMinute: 100, since: long}, 5},
		"of a large budget":                            {sight{perMinute: 6000, since: long}, 250},
		"of a small one, a few":                        {sight{perMinute: 6, since: long}, 5},
		"a second later":                               {sight{perMinute: 100, since: time.Second}, 0},
		"1.2 s later, one":                             {sight{perMinute: 100, since: 1200 * time.Millisecond}, 1},
		"what has room":                                {sight{Crowd: ledger.Crowd{Starting: 48, Fresh: 48}, perMinute: 100, since: long}, 2},
		"no room":                                      {sight{Crowd: ledger.Crowd{Starting: 50, Fresh: 50}, perMinute: 100, since: long}, 0},
		"no room, and one is stuck":                    {sight{Crowd: ledger.Crowd{Starting: 50, Fresh: 49}, perMinute: 100, since: slowly}, 1},
		"no room, and one is stuck, a moment later":    {sight{Crowd: ledger.Crowd{Starting: 50, Fresh: 49}, perMinute: 100, since: slowly - 1}, 0},
		"no room, and far more are stuck":              {sight{Crowd: ledger.Crowd{Starting: 500, Fresh: 0}, perMinute: 100, since: slowly}, 1},
		"no room, and far more are not stuck":          {sight{Crowd: ledger.Crowd{Starting: 500, Fresh: 50}, perMinute: 100, since: long}, 0},
		"the budget is busy":                           {sight{queue: busyAfter, perMinute: 100, since: slowly - 1}, 0},
		"the budget is busy for long":                  {sight{queue: busyAfter, perMinute: 100, since: slowly}, 1},
		"it is busy for long, at five requests":        {sight{queue: busyAfter, perMinute: 5, since: slowly}, 0},
		"it is busy for very long, at five requests":   {sight{queue: busyAfter, perMinute: 5, since: 36 * time.Second}, 1},
		"one request a minute":                         {sight{perMinute: 1, since: 2 * time.Minute}, 1},
	} {
		n, _ := c.sight.begins()
		assert.Equal(t, c.begins, n, name)
	}
	n, left := sight{perMinute: 100, since: 2 * time.Second}.begins()
	assert.Equal(t, 1, n)
	assert.Equal(t, 800*time.Millisecond, left, "however seldom the door looks, no time of the budget is lost")
	assert.Equal(t, 50, Room(100))
	assert.Equal(t, 5, Room(1))
	assert.Equal(t, 3*time.Minute, About(100, 100))
}
