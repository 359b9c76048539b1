// Package order holds the words that every room of foxflow shares: what a
// partner asks for (Request), the states an order passes through and the legal
// steps between them (State), and how an order stands now (Status, the JSON of
// "starter status" and of the workflow's status query).
//
// It is pure: it must never know Temporal, SQL, HTTP or the clock.
package order
