package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/order"
)

// FoxReload is away for an hour, whatever the order is just about. It is asked
// again ever more rarely, down to once in 30 s and no less: so K open orders make
// 2 K requests a minute when it comes back, and each order goes on within 30 s.
// How many of those go through at once is the request budget's to say.
// Promise 6: the request budget is respected and spent on orders.
func TestHourOfOutageEndsWithoutAStampede(t *testing.T) {
	t.Parallel()
	const outage, rarest = time.Hour, time.Minute
	for call, away := range map[string]func(*upstream, func(int) error){
		"create": func(u *upstream, f func(int) error) { u.onCreate = f },
		"pay":    func(u *upstream, f func(int) error) { u.onPay = f },
		"poll":   func(u *upstream, f func(int) error) { u.onGet = f },
	} {
		t.Run(call, func(t *testing.T) {
			w := newWorld(t)
			begun := w.env.Now()
			var asked []time.Duration
			away(w.fox, func(int) error {
				asked = append(asked, w.env.Now().Sub(begun))
				if asked[len(asked)-1] < outage {
					return apiError(foxreload.ClassPassing, "HTTP_503")
				}
				return nil
			})
			assert.Equal(t, order.Completed, w.run().State)
			before, after := 0, 0
			for i, at := range asked {
				switch gap := at - asked[max(i-1, 0)]; {
				case at > outage:
					after++
					if after == 1 {
						assert.LessOrEqual(t, at, outage+rarest+time.Second, "the order goes on soon after the outage")
					}
				case at > outage/2:
					before++
					require.LessOrEqual(t, gap, rarest+time.Second, "it is asked again, at %s", at)
				}
			}
			assert.InDelta(t, (outage/2)/rarest, before, 2, "asked in the last half hour of the outage")
			assert.Positive(t, after)
		})
	}
}
