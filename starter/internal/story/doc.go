// Package story says in words how an order stands, why, and what a person may do
// about it: the hints that commands end with and the whole of "starter explain".
//
// It is pure: it reads what the ledger has on record and must never know where
// that comes from or how it is shown.
package story
