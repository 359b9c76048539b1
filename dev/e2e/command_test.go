package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"foxflow/dev/stage"
)

// The temporal command can't be had as a package. A script stands in for it: it writes
// down what it is given, and is foxflow-dev from then on. demo/stack's tests hold the
// flags against the command's documentation.
const standIn = `#!/bin/sh
printf '%%s\n' "$@" >arguments
while [ $# -gt 0 ]; do
	case $1 in
	--port) port=$2 ;;
	--ui-port) ui_port=$2 ;;
	--ui-codec-endpoint) codec=$2 ;;
	esac
	shift
done
exec '%s' temporal --port "$port" --ui-port "$ui_port" --codec-endpoint "$codec" --state-dir .
`

// temporalCommand is a folder for PATH that holds the stand-in.
func temporalCommand(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	script := fmt.Sprintf(standIn, binary(t, "foxflow-dev"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "temporal"), []byte(script), 0o700)) //nolint:gosec // it is a command
	return dir
}

func TestDevStackOnTheTemporalCommand(t *testing.T) {
	t.Parallel()
	if os.Getenv("TEMPORAL_ADDRESS") != "" {
		t.Skip("TEMPORAL_ADDRESS goes before the command")
	}
	d, command := newDemo(t), filepath.Join(temporalCommand(t), "temporal")
	r := d.up("--temporal-command", command)
	assert.Contains(t, d.shell("place", "--reference", "command-1", "--item", giftCard, "--wait"), "completed")
	r.ctrlC()

	given, err := os.ReadFile(filepath.Join(d.Dir, "state", "temporal-command", "arguments"))
	require.NoError(t, err)
	assert.Equal(t, embeddedConfig(t), commandConfig(t, string(given)), "both servers are configured alike")

	r = d.up("--temporal-command", command)
	s := &stage.Stack{T: t, Temporal: d.ports[0], Namespace: "default"}
	_, err = s.Client().DescribeWorkflowExecution(t.Context(), "order/command-1", "")
	require.NoError(t, err, "it takes up where it was")
	r.ctrlC()
}

// embeddedConfig is the embedded server's dynamic configuration, by key.
func embeddedConfig(t *testing.T) map[string]any {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), binary(t, "foxflow-dev"), "dynamic-config").Output()
	require.NoError(t, err)
	var entries map[string][]struct{ Value any }
	require.NoError(t, yaml.Unmarshal(text, &entries))
	values := map[string]any{}
	for key, constrained := range entries {
		values[key] = constrained[0].Value
	}
	return values
}

// commandConfig is what the command was given, by key; keys know no case.
func commandConfig(t *testing.T, given string) map[string]any {
	t.Helper()
	values := map[string]any{}
	for _, pair := range regexp.MustCompile(`--dynamic-config-value\n(.*)\n`).FindAllStringSubmatch(given, -1) {
		key, text, _ := strings.Cut(pair[1], "=")
		var value any
		require.NoError(t, yaml.Unmarshal([]byte(text), &value)) // JSON is YAML
		values[strings.ToLower(key)] = value
	}
	return values
}

func TestMakeTakesTheTemporalCommandWhereItIsInstalled(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("make")
	if err != nil {
		require.NotEqual(t, "true", os.Getenv("CI"), "make is not installed")
		t.Skip("make is not installed")
	}
	command := temporalCommand(t)
	fresh, used := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(used, "temporal.db"), nil, 0o600))
	for _, c := range []struct {
		name, path, state, setting string
		command, builds            bool
	}{
		{"installed", command, fresh, "EMBEDDED=", true, false},
		{"ours is wanted", command, fresh, "EMBEDDED=1", false, true},
		{"the folder began with ours", command, used, "EMBEDDED=", false, true},
		{"not installed", t.TempDir(), fresh, "EMBEDDED=", false, true},
		{"a server of one's own", command, fresh, "TEMPORAL_ADDRESS=temporal.example:7233", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dry := exec.CommandContext(t.Context(), program, "-n", "-C", "../..", "demo", "dev", c.setting, "FOXFLOW_STATE_DIR="+c.state)
			dry.Env = append(os.Environ(), "PATH="+c.path, "MAKEFLAGS=") // no real command in it
			does, err := dry.CombinedOutput()
			require.NoError(t, err, string(does))
			assert.Equal(t, c.command, strings.Contains(string(does), "--temporal-command '"+c.path+"/temporal'"), string(does))
			assert.Equal(t, c.builds, strings.Contains(string(does), "./cmd/foxflow-dev"), string(does))
		})
	}
}
