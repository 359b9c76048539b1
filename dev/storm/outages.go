package storm

import "time"

// outage is a way in which the ledger is not there for a while, at a moment of the storm.
type outage struct {
	at     float64
	strike func(*hand, time.Duration) error
}

// refuseWrites takes the ledger away for a while, in ways of its database's own: every
// write fails, every write has to wait, and a server that dies.
func (h *hand) refuseWrites() {
	outages := []outage{{0.15, (*hand).failFile}, {0.3, (*hand).holdFile}, {0.5, (*hand).failFile}, {0.7, (*hand).failFile}, {0.85, (*hand).holdFile}}
	if h.Postgres != nil {
		outages = []outage{{0.15, (*hand).failServer}, {0.3, (*hand).holdServer}, {0.5, (*hand).killServer}, {0.7, (*hand).failServer}, {0.85, (*hand).killServer}}
	}
	for _, o := range outages {
		if !h.until(o.at) {
			return
		}
		length := 2*time.Second + time.Duration(h.Int64N(int64(3*time.Second)))
		if err := o.strike(h, length); err != nil {
			h.Errorf("take the ledger's disk away (seed %d): %v", h.seed, err)
			return
		}
		h.count(&h.done.LedgerOutages, 1)
	}
}
