// Package desk is the balance desk: the one place that watches the account's balance,
// and gives the money to the orders that wait for it, as many as it covers. Every
// worker runs one; a lease in the ledger has one of them work at a time, and what they
// promised is in the ledger too.
//
// It only wakes: whether an order is paid is decided by PayOrder, which the promise
// lets pass. It knows nothing of how orders are carried out.
package desk
