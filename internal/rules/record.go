package rules

import "foxflow/order"

// Record is what the ledger knows of a state that is to go on record.
type Record struct {
	From, To order.State // From: the last that was entered
	// Late says that a later step of the reference is on record.
	Late bool
	// Wrote says that the run that writes it has entries on record.
	Wrote bool
	// Recheck says that a person had an order looked at that has ended.
	Recheck bool
	// Unpaid says that the state is an end which means that nothing was paid, and Doubt that a
	// payment of an order of the reference may have gone through.
	Unpaid, Doubt bool
}

// Entry says whether a state goes on record, or what holds it back.
type Entry int

// What becomes of a state that is to go on record.
const (
	Enters     Entry = iota
	Overtaken        // a later attempt, or a recheck, has said otherwise
	Ahead            // the run itself has put on record what it has not heard of
	InDoubt          // an end as unpaid, and a payment may have gone through
	NotEnded         // a recheck of an order that has not ended
	NotRevised       // a recheck can't change that end
)

// Entry says whether the state goes on record.
func (r Record) Entry() Entry {
	switch {
	case r.Late:
		return Overtaken
	case r.Recheck && !r.revises() && r.To != r.From:
		return NotRevised
	case r.Recheck && !r.From.Ended():
		return NotEnded
	case r.Recheck:
	case r.revises():
		return Overtaken
	case r.Wrote && r.takesBack():
		return Ahead
	}
	if r.Unpaid && r.Doubt {
		return InDoubt
	}
	return Enters
}

// revises: what came of an order that was given up may turn out later.
func (r Record) revises() bool {
	return r.From == order.Unresolved && r.To.Ended() && r.To != order.Unresolved
}

// takesBack: what was entered on FoxReload's word alone, no run takes back.
func (r Record) takesBack() bool {
	return r.From.ReportedPaid() && r.To != r.From && !r.From.CanBecome(r.To)
}
