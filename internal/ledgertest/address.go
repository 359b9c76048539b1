package ledgertest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
)

// Unsynced has a server not wait for the disk, which most of a test's time would go into:
// what a killed server has written, the system still writes.
func Unsynced() []string { return []string{"fsync=off", "full_page_writes=off"} }

// one is the server of a package's tests.
var one struct {
	sync.Mutex
	runs      bool // Run ends the server
	cluster   *Cluster
	databases int
}

// Run runs a package's tests, and ends the server that Address has made for them; TestMain
// calls it.
func Run(m *testing.M) int {
	one.runs = true
	code := m.Run()
	if one.cluster != nil {
		if err := one.cluster.Stop(); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	return code
}

// Address is where a test may make a ledger: a new database in a PostgreSQL that all tests
// of the package share. Where this machine has no PostgreSQL the test is skipped, but for CI.
func Address(t testing.TB) string {
	t.Helper()
	if missing := Missing(); missing != "" {
		if os.Getenv("CI") == "true" { //nolint:forbidigo // CI says it, no user
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	address, err := database()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func database() (string, error) {
	one.Lock()
	defer one.Unlock()
	if !one.runs {
		return "", errors.New("nobody ends the server: have TestMain call ledgertest.Run")
	}
	if one.cluster == nil {
		cluster, err := Start("", Unsynced()...)
		if err != nil {
			return "", err
		}
		one.cluster = cluster
	}
	one.databases++
	name := fmt.Sprintf("test_%d", one.databases)
	out, err := one.cluster.command("createdb", "-h", host, "-p", one.cluster.port, "-U", "postgres", name).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("make a database: %w: %s", err, bytes.TrimSpace(out))
	}
	return one.cluster.URL("postgres", name), nil
}
