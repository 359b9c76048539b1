// Package ledger keeps what must outlive Temporal's retention: one row for each
// reference, its audit log with a keyed hash chain, the pins and intents that
// make sure of exactly one payment, the vault of delivered codes, the switches,
// and the request budget that all workers share.
//
// Many goroutines and several processes use one ledger at the same time. Every
// method that writes is one transaction and may be repeated: a call whose answer
// was lost is simply made again.
//
// It must never know Temporal or HTTP, and nothing secret is written in clear:
// requests and codes are sealed with the keyset. A SQLite file for now; all that
// is peculiar to a database lives in sqlite.go, so that PostgreSQL can join it.
package ledger
