package ledger

import "errors"

// Refusal is a reason why programs leave a ledger alone. Callers tell them apart with
// errors.Is; what goes with the one case (which ledger, which version) stands around it.
type Refusal struct {
	Words string // what is wrong
	Fix   string // what a person can do
}

func (r *Refusal) Error() string { return r.Words }

// What is refused, with which words. Nothing is read from such a ledger, and nothing
// written to it.
var (
	ErrNoLedger = &Refusal{"no ledger",
		"set FOXFLOW_LEDGER to the one that is meant; a new one is made by worker, starter place and starter ledger migrate"}
	ErrNotALedger = &Refusal{"it is not a ledger of foxflow's",
		"set FOXFLOW_LEDGER to the ledger, or to a new file or an empty database; what is there stays as it is"}
	ErrNewer = &Refusal{"it was made by a newer foxflow",
		"update this program, or set FOXFLOW_LEDGER to the ledger that is meant; there is no way back to an older version"}
	ErrWrongKeyset = &Refusal{"the keyset does not open this ledger",
		"set FOXFLOW_KEYSET or FOXFLOW_KEYSET_FILE to the keyset that this ledger was made with"}
	ErrMoved = &Refusal{"and goes on there",
		"set FOXFLOW_LEDGER to the place where it goes on"}
	ErrCopied = &Refusal{"a copy of this ledger is in use beside it",
		"stop the workers of one of the two, and never use it again; then: starter ledger reconcile"}
	ErrOtherNamespace = &Refusal{"it goes with another Temporal namespace",
		"set TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE to those it was used with, or FOXFLOW_LEDGER to the ledger of this namespace; " +
			"if its orders are to go on in this one from now on: starter ledger reconcile --apply"}
)

// Refusals are all of them.
var Refusals = []*Refusal{ErrNoLedger, ErrNotALedger, ErrNewer, ErrWrongKeyset, ErrMoved, ErrCopied, ErrOtherNamespace}

// Fix is what a person can do about a ledger that was refused; "": it was not.
func Fix(err error) string {
	if refusal := new(Refusal); errors.As(err, &refusal) {
		return refusal.Fix
	}
	return ""
}
