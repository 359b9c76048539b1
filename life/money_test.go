package life

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// What the model check's small times can't tell apart: windows longer than an hour, and
// requests of which nobody knows when they left.
func TestADoubtEndsWithItsWindowOrAnHourAfterTheLastRequest(t *testing.T) {
	at := func(d time.Duration) *time.Time { t := noon.Add(d); return &t }
	for name, c := range map[string]struct {
		window  *time.Time
		lastPay *time.Time
		want    Money
	}{
		"a long window, an hour on":          {at(time.Hour), at(-2 * time.Hour), Doubtful},
		"the window over for less":           {at(-59 * time.Second), at(-2 * time.Hour), Doubtful},
		"the window over for a minute":       {at(-time.Minute), at(-2 * time.Minute), Spared},
		"a request left less than that ago":  {at(-time.Hour), at(-59 * time.Second), Doubtful},
		"one left a minute ago":              {at(-time.Hour), at(-time.Minute), Spared},
		"no window, less than an hour on":    {nil, at(-59 * time.Minute), Doubtful},
		"no window, an hour on":              {nil, at(-time.Hour), Unsent},
		"no window, and nobody knows when":   {nil, nil, Doubtful},
		"a long window, and nobody knows it": {at(time.Hour), nil, Doubtful},
	} {
		f := Facts{Money: Doubtful, Order: Order{Window: c.window}}
		if c.lastPay != nil {
			f.Clocks.LastPay = *c.lastPay
		}
		assert.Equal(t, c.want, f.moneyWhileActive(true, noon), name)
	}
}
