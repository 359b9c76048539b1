// Package budget is the request budget of an API key: the row that all processes share,
// the bucket that says when the next request may go, and the gate in front of the API
// client, which each program that talks to FoxReload has. Who is turned away gets a
// *foxreload.ThrottledError, with the time to come back after.
//
// A spent budget and a 429 are the same to a caller: the request did not leave. What is
// short goes to payments first, then to new orders, then to looks.
//
// It must never know what a request is for, nor an order; it works on the store's table
// budget and no other.
package budget
