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
// requests and codes are sealed with the keyset. It is a SQLite file or a PostgreSQL
// database: what sets the two apart goes through database.go, and lives in sqlite.go,
// postgres.go and roles.go. All other SQL is understood by both. Which clock counts, clock.go
// says.
package ledger
