// Package activities holds the side effects of an order: CreateOrder, PayOrder
// and PollStatus, which call FoxReload, and OpenOrder and RecordState, which
// write to the ledger alone.
//
// Each may be run again at any point (retry, crash, reset, redeploy), so each
// first asks the ledger what an earlier run did. What the order is comes back as
// an Outcome; what FoxReload or a guard refused comes back as a Refusal. Codes
// stay here: they go from the answer into the vault, and only their count goes
// on. An activity must never decide which step comes next: that is the
// workflow's.
package activities
