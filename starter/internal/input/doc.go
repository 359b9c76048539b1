// Package input reads what a person asks for: the values of --item, --note and
// --max-price, and the lines of an orders file. It turns text into
// order.Request and names every mistake by field, with what to do about it.
//
// It is pure: it must never know the ledger, Temporal or the terminal. Values of
// notes belong to players, so no message repeats them.
package input
