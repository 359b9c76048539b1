package storm

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"
)

// gather collects the evidence from the programs' own answers.
func (s *storm) gather() *evidence {
	s.Helper()
	e := &evidence{plan: s.orders, reset: s.reset, takenBack: s.takenBack, codes: map[string][]json.RawMessage{}, mute: map[string]string{}}
	e.fox = s.recheck()
	e.orders = s.list("")
	export := s.Must("starter", "audit", "--export", "-")
	for line := range strings.Lines(export) {
		var one entry
		require.NoError(s, json.Unmarshal([]byte(line), &one))
		e.audit = append(e.audit, one)
	}
	var money struct{ Entries []movement }
	var balances struct{ Balances map[string]string }
	s.Admin(http.MethodGet, "/admin/ledger", "", &money)
	s.Admin(http.MethodGet, "/admin/balances", "", &balances)
	e.money, e.balances = money.Entries, balances.Balances
	s.readCodes(e)
	// Last, so that the looks at the codes are in it.
	verified := s.Starter("audit", "--verify-all", "-o", "json")
	require.NoError(s, json.Unmarshal([]byte(verified.Stdout), &e.chains), verified.Stderr)
	return e
}

// recheck looks again at what ended with fewer codes than FoxReload has now: an order that
// need not deliver any ends at once, and codes that come after the end are had so. It returns
// FoxReload's orders as they stood while no more codes came.
func (s *storm) recheck() []foxOrder {
	s.Helper()
	for fox := s.foxOrders(); ; {
		delivered := codesOf(fox)
		for _, o := range s.list("") {
			have := 0
			for _, item := range o.Items {
				have += item.Codes
			}
			if o.State == "completed" && o.OrderID != nil && have < delivered[*o.OrderID] {
				s.Eventually("a second look at "+o.Reference, func() bool { return s.try("recheck", o.Reference).Code == 0 })
			}
		}
		before := delivered
		if fox = s.foxOrders(); maps.Equal(before, codesOf(fox)) {
			return fox
		}
	}
}

func (s *storm) foxOrders() []foxOrder {
	s.Helper()
	var fox struct{ Orders []foxOrder }
	s.Admin(http.MethodGet, "/admin/orders", "", &fox)
	return fox.Orders
}

// codesOf counts the codes that each of FoxReload's orders shows.
func codesOf(fox []foxOrder) map[string]int {
	delivered := map[string]int{}
	for _, o := range fox {
		delivered[o.ID] = len(o.codes())
	}
	return delivered
}

// readCodes asks for the codes of every reference that has delivered ones, or
// says so.
func (s *storm) readCodes(e *evidence) {
	due := map[string]bool{}
	owner := e.owners()
	for _, o := range e.fox {
		if reference := owner[o.ID]; reference != "" && len(o.codes()) > 0 {
			due[reference] = true
		}
	}
	for _, o := range e.orders {
		for _, item := range o.Items {
			if item.Codes > 0 {
				due[o.Reference] = true
			}
		}
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	const atOnce = 3
	turn := make(chan struct{}, atOnce)
	for reference := range due {
		all.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			r := s.try("codes", reference, "-o", "json")
			var shown struct {
				Items []struct{ Codes []json.RawMessage }
			}
			err := json.Unmarshal([]byte(r.Stdout), &shown)
			mu.Lock()
			defer mu.Unlock()
			if r.Code != 0 || err != nil {
				e.mute[reference] = r.Stderr
				return
			}
			for _, item := range shown.Items {
				e.codes[reference] = append(e.codes[reference], item.Codes...)
			}
		})
	}
	all.Wait()
}
