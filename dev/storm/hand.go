package storm

import (
	"context"
	"math/rand/v2"
	"time"
)

// hand is one part of the storm at work: context and chance are its own.
type hand struct {
	*storm
	context.Context
	*rand.Rand
}

// hands are what goes on while the storm rages, whatever ground it rages over.
var hands = map[string]func(*hand){
	"shop":     (*hand).placeOrders,
	"bank":     (*hand).topUp,
	"support":  (*hand).resolveBlocked,
	"customer": (*hand).takeBack,
	"owner":    (*hand).holdPayments,
	"operator": (*hand).resetOrders,
	"fox":      (*hand).turnKnobs,
}

// pause waits for a time between least and most; false: the storm is over.
func (h *hand) pause(least, most time.Duration) bool {
	timer := time.NewTimer(least + time.Duration(h.Int64N(int64(most-least)+1)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-h.Done():
		return false
	}
}

// until waits for a moment of the storm, given as a part of its length.
func (h *hand) until(part float64) bool {
	wait := max(0, time.Until(h.begun.Add(time.Duration(part*float64(h.length)))))
	return h.pause(wait, wait)
}
