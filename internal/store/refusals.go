package store

import "errors"

// Refusal is a reason why programs leave a store alone. Callers tell them apart with
// errors.Is; what goes with the one case (which store, which version) stands around it.
type Refusal struct {
	Words string // what is wrong
	Fix   string // what a person can do
}

func (r *Refusal) Error() string { return r.Words }

// What Open refuses. Nothing is read from such a store, and nothing written to it. A
// person knows the store as the ledger, and names it by FOXFLOW_LEDGER.
var (
	ErrNone = &Refusal{"no ledger",
		"set FOXFLOW_LEDGER to the one that is meant; a new one is made by worker, starter place and starter ledger migrate"}
	ErrForeign = &Refusal{"it is not a ledger of foxflow's",
		"set FOXFLOW_LEDGER to the ledger, or to a new file or an empty database; what is there stays as it is"}
	ErrNewer = &Refusal{"it was made by a newer foxflow",
		"update this program, or set FOXFLOW_LEDGER to the ledger that is meant; there is no way back to an older version"}
)

// errInUse: another process has the store open.
var errInUse = errors.New("it is in use: stop all workers and starters that use it first")
