// Package ledgertest starts a PostgreSQL of the tests' own: a new cluster in a temporary
// folder, with roles that need no password, on a free port of this machine. It ends with
// the process that started it, however that ends.
//
// It is for tests alone and knows nothing of the ledger. Tests of another module run it
// as a program: testpostgres.
package ledgertest
