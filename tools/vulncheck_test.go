package tools

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Made-up vulnerabilities of the library that keyset/ seals with. Its whole test is
// that package: a small one, so that looking takes seconds.
const vulnerability = `{"schema_version": "1.3.1", "id": "GO-0000-0001", "modified": "2026-01-01T00:00:00Z", "published": "2026-01-01T00:00:00Z",
	"summary": "made up for a test", "database_specific": {"url": "https://example.com/GO-0000-0001"},
	"affected": [{"package": {"name": "%s", "ecosystem": "Go"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
		"ecosystem_specific": {"imports": [{"path": "%s", "symbols": ["%s"]}]}}]}`

const tink = "github.com/tink-crypto/tink-go/v2"

func TestVulnerabilityFailsWhenOurCodeReachesItAlone(t *testing.T) {
	govulncheck := build(t, "golang.org/x/vuln/cmd/govulncheck")
	for _, c := range []struct {
		name, module, path, symbol string
		status                     int
		says                       string
	}{
		{"called", tink, tink + "/keyset", "NewHandle", 3, "GO-0000-0001"},
		{"linked, never called", tink, tink + "/keyset", "NewInsecureWriterNobodyCalls", 0, "No vulnerabilities found"},
		{"in the module, not linked", tink, tink + "/signature", "NewSigner", 0, "No vulnerabilities found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			database := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(database, "GO-0000-0001.json"),
				fmt.Appendf(nil, vulnerability, c.module, c.path, c.symbol), 0o600))
			status, said := vulncheck(t, "GOVULNCHECK="+govulncheck, "GOVULNDB=file://"+database)
			require.Equal(t, c.status, status, said)
			require.Contains(t, said, c.says)
			require.Contains(t, said, "vulncheck: database file://"+database)
		})
	}
}

// A database that can't be reached is never taken for one in which nothing is found.
func TestNoDatabaseIsNoCleanBill(t *testing.T) {
	govulncheck := build(t, "golang.org/x/vuln/cmd/govulncheck")
	for name, database := range map[string]string{
		"nobody listens": "http://127.0.0.1:1",
		"no such folder": "file:///nowhere/vulndb",
		"empty folder":   "file://" + t.TempDir(),
	} {
		t.Run(name, func(t *testing.T) {
			const loud = "vulncheck: NOT LOOKED for known vulnerabilities: no database at "
			status, said := vulncheck(t, "GOVULNCHECK="+govulncheck, "GOVULNDB="+database)
			require.Equal(t, 4, status, said)
			require.Contains(t, said, loud+database)
			status, said = vulncheck(t, "GOVULNCHECK="+govulncheck, "GOVULNDB="+database, "VULNCHECK_OFFLINE=ok")
			require.Equal(t, 0, status, said)
			require.Contains(t, said, loud+database)
		})
	}
}

// build makes a pinned tool and gives its path.
func build(t *testing.T, tool string) string {
	t.Helper()
	folder := t.TempDir()
	said, err := exec.CommandContext(t.Context(), "go", "build", "-o", folder+string(filepath.Separator), tool).CombinedOutput()
	require.NoError(t, err, string(said))
	return filepath.Join(folder, filepath.Base(tool))
}

// vulncheck looks at keyset/ as "make vulncheck" looks at everything.
func vulncheck(t *testing.T, environment ...string) (status int, said string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	script, err := filepath.Abs("vulncheck.sh")
	require.NoError(t, err)
	command := exec.CommandContext(ctx, script, "./internal/keyset")
	command.Dir = ".."
	command.Env = append(append(os.Environ(), "VULNCHECK_OFFLINE="), environment...)
	out, err := command.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("run vulncheck.sh: %v", err)
	}
	return command.ProcessState.ExitCode(), string(out)
}
