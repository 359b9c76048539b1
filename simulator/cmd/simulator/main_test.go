package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"foxflow/simulator"
)

// asProgram makes the test binary be the program, so that it can be killed.
const asProgram = "SIMULATOR_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// called runs the program in this process.
func called(env map[string]string, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	stopped, stop := context.WithCancel(context.Background())
	stop() // whatever starts, stops at once
	status = run(stopped, args, env, &out, &errs)
	return status, out.String(), errs.String()
}

func TestWrongUsageNamesTheFlagAndTheFix(t *testing.T) {
	for _, tt := range []struct {
		args       []string
		names, fix string
	}{
		{[]string{"--nonsense"}, "--nonsense", "--help"},
		{[]string{"serve"}, "serve", "--help"},
		{[]string{"--listen", "8099"}, "--listen", "127.0.0.1:8099"},
		{[]string{"--balance", "eur=5"}, "--balance", "usd=100,rub=5000"},
		{[]string{"--balance", "usd"}, "--balance", "usd=100,rub=5000"},
		{[]string{"--balance", "usd=-1"}, "--balance", "usd=100,rub=5000"},
		{[]string{"--balance", "usd=0.00001"}, "--balance", "4 decimal places"},
		{[]string{"--api-key", ""}, "--api-key", "give the key"},
		{[]string{"--key-file", "/missing/key"}, "--key-file", "name a file"},
		{[]string{"--key-file", os.DevNull}, "--key-file", "put the key into it"},
		{[]string{"--log-format", "xml"}, "--log-format", "json, console, off"},
		{[]string{"--speed", "fast"}, "--speed", "10"},
		{[]string{"--speed", "0"}, "--speed", "10"},
		{[]string{"--spread", "1"}, "--spread", "0.3"},
		{[]string{"--payment-window", "15"}, "--payment-window", "15m"},
		{[]string{"--payment-window", "0s"}, "--payment-window", "15m"},
		{[]string{"--requests-per-minute", "many"}, "--requests-per-minute", "100"},
		{[]string{"--idempotency", "maybe"}, "--idempotency", "honoured-without-id"},
		{[]string{"--error-status", "NOT_FOUND"}, "--error-status", "NOT_FOUND=400"},
		{[]string{"--faults", "strom"}, "--faults", "storm"},
		{[]string{"--faults", "storm,lost=0.1"}, `"lost=0.1"`, "the faults are lost-answer"},
		{[]string{"--faults", "reset@pays=0.1"}, `"reset@pays=0.1"`, "the routes are create"},
		{[]string{"--faults", "reset=5"}, `"reset=5"`, "reset=0.05"},
		{[]string{"--fault-seed", "0"}, "--fault-seed", "write e.g. 7"},
		{[]string{"--fault-seed", "many"}, "--fault-seed", "write e.g. 7"},
		{[]string{"--slow-commit-for", "3"}, "--slow-commit-for", "20s"},
		{[]string{"debits", "--by", "day"}, "--by", "debit, order, key"},
		{[]string{"faults", "all"}, "all", "--help"},
		{[]string{"add"}, "add", "usd=50"},
		{[]string{"add", "50"}, "add", "usd=100"},
		{[]string{"debits", "all"}, "all", "--help"},
		{[]string{"debits", "--at", "::"}, "--at", "http://127.0.0.1:8099"},
	} {
		status, stdout, stderr := called(nil, tt.args...)
		require.Equal(t, exitUsage, status, tt.args)
		require.Contains(t, stderr, tt.names)
		require.Contains(t, stderr, tt.fix)
		require.Empty(t, stdout, "nothing was started")
	}
}

func TestAnEmptyKeyInTheEnvironmentIsRefused(t *testing.T) {
	status, _, stderr := called(map[string]string{envAPIKey: " "})
	require.Equal(t, exitUsage, status)
	require.Contains(t, stderr, envAPIKey)
}

func TestWhereTheKeyComesFrom(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte("from-file\n"), 0o600))
	for _, tt := range []struct {
		settings settings
		environ  map[string]string
		keys     []string
	}{
		{settings{}, nil, nil},
		{settings{}, map[string]string{envAPIKey: "from-env"}, []string{"from-env"}},
		{settings{keyFile: file}, map[string]string{envAPIKey: "from-env"}, []string{"from-file"}},
		{settings{keyFile: file, apiKeys: []string{"a", "b"}}, map[string]string{envAPIKey: ""}, []string{"a", "b", "from-file"}},
	} {
		keys, err := tt.settings.acceptedKeys(tt.environ)
		require.NoError(t, err)
		require.Equal(t, tt.keys, keys)
	}
}

func TestWhatCannotBeStartedIsAnError(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing", "state")
	status, _, stderr := called(nil, "--listen", "127.0.0.1:0", "--state", missing)
	require.Equal(t, exitError, status)
	require.Contains(t, stderr, missing)
	status, _, stderr = called(nil, "debits", "--at", "http://127.0.0.1:1")
	require.Equal(t, exitError, status)
	require.Contains(t, stderr, "is it running")
}

func TestHelpTellsEverything(t *testing.T) {
	status, help, _ := called(nil, "--help")
	require.Zero(t, status)
	for _, b := range simulator.Behaviours() {
		require.Contains(t, help, "  "+b.Name+" ")
	}
	for _, knob := range simulator.AllKnobs() {
		require.Contains(t, help, "--"+knob.Name+" ")
	}
	for _, call := range simulator.AdminCalls() {
		require.Contains(t, help, call.Call)
	}
	for _, fault := range simulator.AllFaults() {
		require.Contains(t, help, "  "+fault.Name+" ")
	}
	require.Contains(t, help, envAPIKey)
}

func TestStartedAndStopped(t *testing.T) {
	status, stdout, stderr := called(nil, "--listen", "127.0.0.1:0", "--log-format", "console")
	require.Zero(t, status, stderr)
	require.Contains(t, stdout, "simulator ready on http://127.0.0.1:")
}
