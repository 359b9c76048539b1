package compose

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

const root = "../.."

// anybody is who has run "make secrets".
var anybody = []string{"FOXFLOW_UID=1000", "FOXFLOW_GID=1000"}

// everything is the project with all profiles active.
func everything(t *testing.T) *types.Project {
	t.Helper()
	project, err := Load(t.Context(), Source{Root: root, Environ: anybody, Profiles: []string{"*"}})
	require.NoError(t, err)
	require.Greater(t, len(project.Services), 10)
	return project
}

// changed is the project as it would be with other text in its file.
func changed(t *testing.T, old, text string) (*types.Project, error) {
	t.Helper()
	was := read(t, "docker-compose.yml")
	require.Contains(t, was, old, "the change changes nothing")
	file := filepath.Join(t.TempDir(), "docker-compose.yml")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(was, old, text, 1)), 0o600))
	return Load(t.Context(), Source{Root: root, File: file, Environ: anybody, Profiles: []string{"*"}})
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(text)
}

// needs skips a test whose program is missing; where CI is true it must be there.
func needs(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		lacks(t, program+" is missing: install it to run this test")
	}
	return path
}

// lacks ends a test that can't be run: skipped on a user's machine, failed where CI is
// true.
func lacks(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// isJob says whether a service runs to its end and is not started again.
func isJob(service types.ServiceConfig) bool { return service.Restart == "" }

// ours says whether a service runs one of foxflow's programs.
func ours(service types.ServiceConfig) bool { return service.Build != nil }

func sorted(names ...string) []string {
	slices.Sort(names)
	return names
}

// program is the path of a built program: FOXFLOW_BIN, or the repository's bin.
func program(name string) string {
	bin := os.Getenv("FOXFLOW_BIN")
	if bin == "" {
		bin = filepath.Join(root, "bin")
	}
	return filepath.Join(bin, name)
}

// help is what a program says of itself.
func help(name string) string {
	text, err := exec.Command(program(name), "--help").Output() //nolint:gosec,noctx // one of foxflow's programs, which answers at once
	if err != nil {
		panic(name + " is not built: run make build")
	}
	return string(text)
}
