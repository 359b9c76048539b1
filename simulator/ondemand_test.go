package simulator

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// statuses of the next requests of a route that needs nothing.
func (s *shop) me(requests int) (statuses []int) {
	for range requests {
		statuses = append(statuses, s.send("GET", "/api/access/me", "").Code)
	}
	return statuses
}

func TestSkipAndTimes(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.Faults.Next(NextFault{Kind: "error-500", Route: RouteMe, Skip: 2, Times: 3}))
	s.send("GET", "/api/orders/", "") // another route: neither skipped nor struck
	require.Equal(t, []int{200, 200, 500, 500, 500, 200}, s.me(6))
	require.Equal(t, 3, s.injected("error-500", RouteMe))
}

func TestFirstAskedFirstServed(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.Faults.Next(NextFault{Kind: "too-many", Route: RouteMe, Skip: 1}))
	require.NoError(t, s.Faults.Next(NextFault{Kind: "bad-gateway", Times: 2})) // whichever route is next
	require.Equal(t, []int{502, 429, 502, 200}, s.me(4))
}

func TestOnDemandComesBeforeTheDiceAndDoesNotShiftThem(t *testing.T) {
	s := openShop(t)
	play := func(asked bool) []int {
		require.NoError(t, s.Faults.Set("error-500=0.5", 7))
		if asked {
			require.NoError(t, s.Faults.Next(NextFault{Kind: "bad-gateway", Route: RouteMe, Skip: 1, Times: 2}))
		}
		return s.me(20)
	}
	without, with := play(false), play(true)
	require.Equal(t, []int{502, 502}, with[1:3])
	require.Equal(t, without[3:], with[3:])
	require.Equal(t, without[0], with[0])
}

func TestAFaultThatCannotStrikeWaits(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.Faults.Next(NextFault{Kind: "redirect"})) // writing routes only
	require.Equal(t, []int{200}, s.me(1))
	require.Equal(t, 307, s.send("POST", "/api/topups/crypto/", fifty).Code)
}

func TestWrongRequestsForFaultsAreRefused(t *testing.T) {
	s := openShop(t)
	for wrong, words := range map[string]string{
		`{"kind":"lost"}`:                 "the faults are lost-answer",
		`{}`:                              "the faults are lost-answer",
		`{"kind":"reset","route":"pays"}`: "the routes are create",
		`{"kind":"exists","route":"pay"}`: "name one of create",
		`{"kind":"reset","route":"pay","times":-1}`:  "counts",
		`{"kind":"reset","route":"pay","skip":-1}`:   "counts",
		`{"kind":"reset","route":"pay","tiems":2}`:   "tiems",
		`{"kind":"reset","route":"pay","skip":"no"}`: "skip",
	} {
		require.Contains(t, s.expect(400, "POST", "/admin/faults/next", wrong)["error"], words, wrong)
	}
	require.Empty(t, s.Faults.Report().Pending)
}

func TestAdminFaults(t *testing.T) {
	s := openShop(t)
	require.Equal(t, body{"seed": 1.0, "plan": "", "injected": body{}, "total": 0.0, "pending": []any{}}, s.expect(200, "GET", "/admin/faults", ""))
	s.expect(200, "POST", "/admin/faults", `{"plan":"error-500@me=1","seed":7}`)
	require.Equal(t, []int{500, 500}, s.me(2))
	shown := s.expect(200, "POST", "/admin/faults/next", `{"kind":"lost-answer","route":"pay","times":1,"skip":0}`)
	require.Equal(t, body{"seed": 7.0, "plan": "error-500@me=1", "injected": body{"error-500": body{"me": 2.0}}, "total": 2.0,
		"pending": []any{body{"kind": "lost-answer", "route": "pay", "times": 1.0, "skip": 0.0}}}, shown)
	for _, wrong := range []string{`{"plan":"strom"}`, `{"seed":7}`, `{"plan":"storm","sede":7}`, `{"plan":"storm","seed":-1}`} {
		require.NotEmpty(t, s.expect(400, "POST", "/admin/faults", wrong)["error"], wrong)
	}
	require.Equal(t, "error-500@me=1", s.Faults.Report().Plan, "a plan that is refused changes nothing")
	require.Equal(t, []any{}, s.expect(200, "POST", "/admin/faults", `{"plan":""}`)["pending"])
	require.Equal(t, []int{200}, s.me(1))
}

func TestFaultsOfTheConfigurationWin(t *testing.T) {
	s, reopen, path := kept(t)
	require.NoError(t, s.Faults.Set("reset@pay=0.5", 7))
	reopen()
	require.Equal(t, "reset@pay=0.5", s.Faults.Report().Plan)
	require.NoError(t, s.Close())
	for _, tt := range []struct {
		plan, want string
		seed       uint64
	}{{"", "reset@pay=0.5", 7}, {"none", "none", 7}, {"storm", "storm", 9}} {
		config := Config{StateFile: path, FaultPlan: tt.plan}
		if tt.seed != 7 {
			config.FaultSeed = tt.seed
		}
		sim, err := New(config)
		require.NoError(t, err)
		require.Equal(t, tt.want, sim.Faults.Report().Plan)
		require.Equal(t, tt.seed, sim.Faults.Report().Seed)
		require.NoError(t, sim.Close())
	}
	_, err := New(Config{StateFile: path, FaultPlan: "strom"})
	require.ErrorContains(t, err, `start simulator: faults: entry "strom"`)
}
