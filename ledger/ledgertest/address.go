package ledgertest

import (
	"os"
	"testing"
)

// Address is where a test may make a ledger in a PostgreSQL of its own, which lives as long
// as the test. Where this machine has no PostgreSQL the test is skipped, but for CI.
func Address(t testing.TB) string {
	t.Helper()
	if missing := Missing(); missing != "" {
		if os.Getenv("CI") == "true" { //nolint:forbidigo // CI says it, no user
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	c, err := Start("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c.URL("postgres", "postgres")
}
