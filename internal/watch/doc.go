// Package watch looks at all orders of one API key whose end is waited for: one worker for
// all, so that a crowd of orders costs pages of a list, and not a request for each look. An
// order's PollStatus registers it in the ledger, and the watcher completes that activity
// once there is news.
//
// It says when to look and how. What a look shows, what goes on record of it and what is
// news, package activities says: it must know no state, and pay for nothing.
package watch
