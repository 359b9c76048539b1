// Package door lets queued orders begin, in the order of placing, as the request budget can
// carry them and as far as there is money. Every worker has a door; a lease has one of them
// work at a time.
//
// What is placed and not known to run is in the ledger's queue. So the door also starts the
// orders that somebody else began and did not start: nothing that is on record is forgotten.
//
// It only begins: whether an order is created and paid is decided by its workflow. It must
// never know how orders are carried out, nor ask FoxReload.
package door
