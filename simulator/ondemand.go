package simulator

import (
	"errors"
	"fmt"
	"slices"
)

// NextFault asks for a fault at a certain request, before any that the dice give.
type NextFault struct {
	Kind string `json:"kind"`
	// Route is one of the Route constants; empty: whichever is next of those that
	// the fault can strike.
	Route string `json:"route,omitempty"`
	// Times is how many requests are struck; 0 means 1.
	Times int `json:"times"`
	// Skip is how many are let through first.
	Skip int `json:"skip"`
}

// onDemand are the faults that are still to come, first asked first served. They
// are kept in memory alone.
type onDemand []*NextFault

func (list *onDemand) add(next NextFault) error {
	if next.Times == 0 {
		next.Times = 1
	}
	if _, _, err := faultOn(next.Kind, next.Route, next.Route != ""); err != nil {
		return err
	}
	if next.Times < 0 || next.Skip < 0 {
		return errors.New("times and skip are counts of requests; write e.g. times 1, skip 0")
	}
	*list = append(*list, &next)
	return nil
}

// take finds the fault that was asked for at this request. A request that the
// fault can't strike is not counted: it waits for one that it can.
func (list *onDemand) take(route string, suits func(Fault) bool) (Fault, bool) {
	for i, next := range *list {
		f, known := faultNamed(next.Kind)
		if !known || next.Route != "" && next.Route != route || !f.strikes(route) || !suits(f) {
			continue
		}
		if next.Skip > 0 {
			next.Skip--
			continue
		}
		if next.Times--; next.Times == 0 {
			*list = slices.Delete(*list, i, i+1)
		}
		return f, true
	}
	return Fault{}, false
}

// pending are copies, to be shown.
func (list onDemand) pending() []NextFault {
	shown := make([]NextFault, 0, len(list))
	for _, next := range list {
		shown = append(shown, *next)
	}
	return shown
}

// Next lets a fault strike the next request of a route, or several, or one
// after some that are let through.
func (f Faults) Next(next NextFault) error {
	s := f.simulator
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.faults.next.add(next); err != nil {
		return fmt.Errorf("inject fault: %w", err)
	}
	return nil
}
