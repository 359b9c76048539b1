// Package desk has the two jobs that wake orders which wait to be paid. Every worker runs
// both; a lease has one of them work at a time.
//
// The balance desk (Desk) watches the account's balance, and has the orders that wait for
// money look again, as many as it covers. It is the job on top of internal/balance, which
// has the rules: who waits, what is reserved, when nobody knows. Release tells paused orders
// that payments are made again, or that the day's limit has room.
//
// They only wake: whether an order is paid is decided by PayOrder. They must never know how
// orders are carried out.
package desk
