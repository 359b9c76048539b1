// Package store is the database under the ledger: a SQLite file or a PostgreSQL
// database, as one thing. It opens and migrates the tables, has writers take turns,
// knows which clock counts, gives out leases, and says what is wrong with a disk, a
// server or a role.
//
// It must never know an order, a payment or a key: which tables there are, a Schema says.
// What sets the two databases apart goes through database.go and lives in sqlite.go,
// postgres.go and roles.go; all other SQL is understood by both.
//
// A Schema brings two sets of migrations. One source was weighed: nearly every column
// differs by its type (TEXT and TEXT COLLATE "C", BLOB and BYTEA), and the triggers do
// too, so it would be a template that neither database's tools can read.
package store
