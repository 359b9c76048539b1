package simulator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// namedPlans are words that stand for entries.
var namedPlans = map[string]func(plan){
	"none": func(plan) {},
	"storm": func(p plan) {
		for _, f := range faultTable() {
			p.set(f.Routes(), f.Name, f.storm)
		}
	},
}

// plan is the rate of each fault by route.
type plan map[string]map[string]float64

// CheckFaultPlan says what is wrong with a plan, and what to write instead.
func CheckFaultPlan(text string) error {
	_, err := parsePlan(text)
	return err
}

// parsePlan reads KIND=RATE, KIND@ROUTE=RATE and named plans, separated by
// commas. A later entry overrides an earlier one.
func parsePlan(text string) (plan, error) {
	p := plan{}
	if err := p.read(text); err != nil {
		return nil, err
	}
	for _, route := range routeNames() {
		if sum := p.total(route); sum > 1+1e-9 {
			return nil, fmt.Errorf("plan %q: its rates on %s add up to %.4g; a request is struck by one fault at most: lower them to 1 in sum", text, route, sum)
		}
	}
	return p, nil
}

func (p plan) read(text string) error {
	for entry := range strings.SplitSeq(text, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		where, rate, hasRate := strings.Cut(entry, "=")
		if add, known := namedPlans[entry]; known {
			add(p)
			continue
		}
		if !hasRate {
			return fmt.Errorf("entry %q is neither KIND=RATE nor the name of a plan (%s); write e.g. lost-answer=0.05, lost-answer@pay=0.2 or storm",
				entry, strings.Join(sortedKeys(namedPlans), ", "))
		}
		kind, route, hasRoute := strings.Cut(where, "@")
		f, routes, err := faultOn(kind, route, hasRoute)
		if err != nil {
			return fmt.Errorf("entry %q: %w", entry, err)
		}
		number, err := strconv.ParseFloat(rate, 64)
		if err != nil || !(number >= 0 && number <= 1) {
			return fmt.Errorf("entry %q: the rate %q is not a number from 0 to 1; write e.g. %s=0.05", entry, rate, where)
		}
		p.set(routes, f.Name, number)
	}
	return nil
}

// faultOn finds a fault and the routes that are meant: the one that is named, or
// all that it can strike.
func faultOn(kind, route string, named bool) (Fault, []string, error) {
	f, known := faultNamed(kind)
	switch {
	case !known:
		return f, nil, fmt.Errorf("there is no fault %q; the faults are %s", kind, strings.Join(faultNames(), ", "))
	case !named:
		return f, f.Routes(), nil
	case !slices.Contains(routeNames(), route):
		return f, nil, fmt.Errorf("there is no route %q; the routes are %s", route, strings.Join(routeNames(), ", "))
	case !f.strikes(route):
		return f, nil, fmt.Errorf("%s makes no sense on %s; name one of %s, or no route", kind, route, strings.Join(f.Routes(), ", "))
	}
	return f, []string{route}, nil
}

func (p plan) set(routes []string, kind string, rate float64) {
	for _, route := range routes {
		if p[route] == nil {
			p[route] = map[string]float64{}
		}
		p[route][kind] = rate
	}
}

func (p plan) total(route string) (sum float64) {
	for _, f := range faultTable() {
		sum += p[route][f.Name]
	}
	return sum
}

// at lays the rates of a route end to end on the way from 0 to 1 and says which
// fault lies at a point.
func (p plan) at(route string, point float64) (Fault, bool) {
	for _, f := range faultTable() {
		rate := p[route][f.Name]
		if point < rate {
			return f, true
		}
		point -= rate
	}
	return Fault{}, false
}
