// Package ledger keeps what must outlive Temporal's retention: one row for each
// reference, its audit log with a keyed hash chain, the pins and intents that make sure
// of exactly one payment, the vault of delivered codes, top-ups, products, switches. Each
// has a part of Ledger; what must hold over several is one transaction of the store.
//
// Many goroutines and several processes use one ledger at the same time. Every method
// that writes is one transaction and may be repeated: a call whose answer was lost is
// simply made again. Which clock counts, the store says.
//
// It must never know Temporal, HTTP, the request budget, or who gets the money when it is
// short; what sets SQLite and PostgreSQL apart is the store's (internal/store). Nothing
// secret is written in clear: requests and codes are sealed with the keyset.
package ledger
