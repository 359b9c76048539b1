package simulator

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlans(t *testing.T) {
	for text, want := range map[string]plan{
		"":                             {},
		"none":                         {},
		" , ":                          {},
		"lost-answer@pay=0.2,exists=1": {RoutePay: {"lost-answer": 0.2}, RouteCreate: {"exists": 1}},
		"redirect=0.1, redirect@pay=0": {RouteCreate: {"redirect": 0.1}, RoutePay: {"redirect": 0}, RouteTopUp: {"redirect": 0.1}},
		"exists@create=0.5,exists=0.1": {RouteCreate: {"exists": 0.1}},
	} {
		got, err := parsePlan(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	overridden, err := parsePlan("storm,lost-answer@pay=0.2,reset=0")
	require.NoError(t, err)
	require.Equal(t, 0.2, overridden[RoutePay]["lost-answer"])
	require.Equal(t, 0.04, overridden[RouteGet]["lost-answer"])
	require.Zero(t, overridden[RouteGet]["reset"])
	replaced, err := parsePlan("reset=1,storm")
	require.NoError(t, err)
	require.Equal(t, 0.03, replaced[RouteGet]["reset"], "later entries win, also those of a word")
}

func TestABadPlanSaysWhatToDo(t *testing.T) {
	for text, words := range map[string][]string{
		"strom":                     {`"strom"`, "KIND=RATE", "storm"},
		"storm,lost-answer":         {`"lost-answer"`, "lost-answer=0.05"},
		"lost=0.1":                  {`"lost=0.1"`, `no fault "lost"`, "lost-answer"},
		"reset@pays=0.1":            {`"reset@pays=0.1"`, `no route "pays"`, "topup"},
		"reset@=0.1":                {`no route ""`},
		"redirect@get=0.1":          {`"redirect@get=0.1"`, "makes no sense on get", "create, pay, topup"},
		"reset=2":                   {`"reset=2"`, "from 0 to 1", "reset=0.05"},
		"reset=-0.1":                {`"reset=-0.1"`, "from 0 to 1"},
		"reset=NaN":                 {"from 0 to 1"},
		"reset=often":               {`"often"`, "from 0 to 1"},
		"reset@pay=5%":              {`"5%"`, "reset@pay=0.05"},
		"malformed=0.6,reset=0.401": {"create", "add up to 1.001", "lower them"},
		"storm=0.1":                 {`no fault "storm"`},
	} {
		err := CheckFaultPlan(text)
		require.Error(t, err, text)
		for _, word := range words {
			require.Contains(t, err.Error(), word)
		}
	}
}

func TestStormIsEveryFaultAtModerateRates(t *testing.T) {
	storm, err := parsePlan("storm")
	require.NoError(t, err)
	for _, f := range AllFaults() {
		for _, route := range f.Routes() {
			require.Positive(t, storm[route][f.Name], "%s on %s", f.Name, route)
			require.LessOrEqual(t, storm[route][f.Name], 0.05)
		}
	}
	for _, route := range routeNames() {
		require.GreaterOrEqual(t, storm.total(route), 0.15, route)
		require.LessOrEqual(t, storm.total(route), 0.27, route)
	}
}

func TestFaultsNameTheirRoutes(t *testing.T) {
	names := faultNames()
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(names))), len(names), "each once")
	for _, f := range AllFaults() {
		require.NotEmpty(t, f.Help)
		require.Subset(t, routeNames(), f.Routes())
	}
}
