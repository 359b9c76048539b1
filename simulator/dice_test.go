package simulator

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// strikes are the faults of the next requests of a route, "" where none.
func (d *dice) strikes(route string, requests int) (faults []string) {
	for range requests {
		f, _ := d.roll(route)
		faults = append(faults, f.Name)
	}
	return faults
}

func stormDice(t *testing.T, seed uint64) dice {
	p, err := parsePlan("storm")
	require.NoError(t, err)
	return newDice(p, seed)
}

func TestTheSeedDecides(t *testing.T) {
	one, again, other := stormDice(t, 7), stormDice(t, 7), stormDice(t, 8)
	first := one.strikes(RoutePay, 500)
	var second []string
	for range 500 { // with other routes in between
		second = append(second, again.strikes(RoutePay, 1)...)
		again.strikes(RouteGet, 3)
	}
	require.Equal(t, first, second)
	require.NotEqual(t, first, other.strikes(RoutePay, 500))
	require.NotEqual(t, first, one.strikes(RouteTopUp, 500), "routes do not all suffer at once")
}

func TestRatesAreKept(t *testing.T) {
	const requests = 20_000
	d := stormDice(t, 1)
	counts := map[string]int{}
	for _, fault := range d.strikes(RouteCreate, requests) {
		counts[fault]++
	}
	for _, f := range AllFaults() {
		want := d.plan[RouteCreate][f.Name] * requests
		require.InDelta(t, want, counts[f.Name], want/4+10, f.Name)
	}
	always := newDice(plan{RouteMe: {"reset": 1}}, 1)
	require.NotContains(t, always.strikes(RouteMe, 1000), "", "a rate of 1 is always")
}

func TestTheSameRequestsGetTheSameFaults(t *testing.T) {
	play := func(seed uint64) []string {
		s := openShop(t, func(c *Config) {
			c.FaultPlan, c.FaultSeed = "storm,lost-answer=0,reset=0,unauthorised=0,forbidden=0", seed
		})
		s.knobs("slow-commit-for", "0s")
		for n := range 60 {
			s.send("POST", "/api/orders/", fmt.Sprintf(`{"items":[%s],"idempotencyKey":"k-%d"}`, item(VoucherID, 1), n))
			s.send("GET", "/api/orders/", "")
		}
		return s.struck()
	}
	require.Equal(t, play(7), play(7))
	require.NotEqual(t, play(7), play(8))
}

func TestAPlanSetAnewBeginsAnew(t *testing.T) {
	s := openShop(t)
	play := func() (codes []int) {
		for range 40 {
			codes = append(codes, s.send("GET", "/api/access/me", "").Code)
		}
		return codes
	}
	require.NoError(t, s.Faults.Set("error-500=0.3,bad-gateway=0.3", 7))
	first := play()
	require.NotEqual(t, first, play())
	struck := s.Faults.Report().Total
	require.NoError(t, s.Faults.Set("error-500=0.3,bad-gateway=0.3", 0))
	require.EqualValues(t, 7, s.Faults.Report().Seed, "the seed stays where none is given")
	require.Equal(t, first, play())
	require.Greater(t, s.Faults.Report().Total, struck, "the counts go on")
	require.NoError(t, s.Faults.Set("", 0))
	require.NotContains(t, play(), 500)
}
