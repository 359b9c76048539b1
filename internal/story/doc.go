// Package story says in words how an order stands, why, and what a person may do
// about it. It is the one room for these words: the Web UI's text is made of them,
// and so are "starter explain" and the hints that commands end with.
//
// It is pure and deterministic, for workflow code runs it: it must never know a
// clock, Temporal, SQL or a terminal. It never says a note's value, only how it is
// masked, and it holds no code.
package story
