// Package twice runs a package's tests twice: on SQLite, then on a PostgreSQL of their
// own, where its programs are found. One server serves the whole run; each test has a
// schema of its own in it. The few tests that are about one database say so first.
//
// It is for tests alone and knows nothing of what is stored.
package twice

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"foxflow/internal/ledgertest"
)

// cluster is the PostgreSQL of the second pass; nil in the first.
var cluster *ledgertest.Cluster

// Run is both passes; TestMain calls it.
func Run(m *testing.M) int {
	code := m.Run()
	if listing := flag.Lookup("test.list").Value.String() + flag.Lookup("test.fuzz").Value.String(); listing != "" {
		return code
	}
	if missing := ledgertest.Missing(); missing != "" {
		fmt.Printf("not tested on PostgreSQL: %s\n", missing)
		if ci() {
			return 1
		}
		return code
	}
	var err error
	if cluster, err = ledgertest.Start("", settings()...); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("the same on PostgreSQL:")
	code = max(code, m.Run())
	if err := cluster.Stop(); err != nil {
		fmt.Println(err)
		return 1
	}
	return code
}

// ci says whether nothing may be left out.
func ci() bool { return os.Getenv("CI") == "true" } //nolint:forbidigo // of tests alone

// settings has the server not wait for the disk. A benchmark measures the wait, too.
func settings() []string {
	if flag.Lookup("test.bench").Value.String() != "" {
		return nil
	}
	return ledgertest.Unsynced()
}

// OnPostgres says which pass it is.
func OnPostgres() bool { return cluster != nil }

// Cluster is the PostgreSQL of the second pass.
func Cluster() *ledgertest.Cluster { return cluster }

// Here skips a test where PostgreSQL is not. A package calls it in one test of its own: what a
// test asks of its surroundings, Go's cache of results goes by.
func Here(t *testing.T) {
	t.Helper()
	if missing := ledgertest.Missing(); missing != "" {
		require.False(t, ci(), missing)
		t.Skip(missing)
	}
}

// AboutSQLite skips a test of what is so of files alone.
func AboutSQLite(t testing.TB) {
	t.Helper()
	if OnPostgres() {
		t.Skip("about SQLite")
	}
}

// AboutPostgres skips a test of what is so of PostgreSQL alone.
func AboutPostgres(t testing.TB) {
	t.Helper()
	if !OnPostgres() {
		t.Skip("about PostgreSQL: the second pass")
	}
}
