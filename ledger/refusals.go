package ledger

import (
	"errors"

	"foxflow/internal/store"
)

// What is refused, with which words. Nothing is read from such a ledger, and nothing
// written to it; the store refuses some itself.
var (
	ErrNoLedger    = store.ErrNone
	ErrWrongKeyset = &store.Refusal{Words: "the keyset does not open this ledger",
		Fix: "set FOXFLOW_KEYSET or FOXFLOW_KEYSET_FILE to the keyset that this ledger was made with"}
	ErrMoved = &store.Refusal{Words: "and goes on there",
		Fix: "set FOXFLOW_LEDGER to the place where it goes on"}
	ErrCopied = &store.Refusal{Words: "a copy of this ledger is in use beside it",
		Fix: "stop the workers of one of the two, and never use it again; then: starter ledger reconcile"}
	ErrOtherNamespace = &store.Refusal{Words: "it goes with another Temporal namespace",
		Fix: "set TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE to those it was used with, or FOXFLOW_LEDGER to the ledger of this namespace; " +
			"if its orders are to go on in this one from now on: starter ledger reconcile --apply"}
)

// Refusals are all of them.
var Refusals = []*store.Refusal{ErrNoLedger, store.ErrForeign, store.ErrNewer, ErrWrongKeyset, ErrMoved, ErrCopied, ErrOtherNamespace}

// Fix is what a person can do about a ledger that was refused; "": it was not.
func Fix(err error) string {
	if refusal := new(store.Refusal); errors.As(err, &refusal) {
		return refusal.Fix
	}
	return ""
}
