package stack

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The files in the state folder.
const (
	keysetFile     = "keyset.json"
	apiKeyFile     = "api-key"
	codecTokenFile = "codec-token"
	ledgerFile     = "foxflow.db"
	temporalFile   = "temporal.toml"
	simulatorFile  = "simulator.state"
	envFile        = "env"
)

// namespace is the one that foxflow-dev makes.
const namespace = "default"

// quick are polling intervals for a person who is watching: the simulator needs no
// mercy. Whoever set their own keeps them.
var quick = map[string]string{"FOXFLOW_POLL_INITIAL": "1s", "FOXFLOW_POLL_MAX": "3s"}

// variables are what worker and starter get, over what they inherit.
func (s Settings) variables() map[string]string {
	file := func(name string) string { return filepath.Join(s.StateDir, name) }
	v := map[string]string{
		"FOXRELOAD_BASE_URL":     s.SimulatorURL(),
		"FOXRELOAD_API_KEY_FILE": file(apiKeyFile),
		"FOXFLOW_LEDGER":         file(ledgerFile),
		"FOXFLOW_KEYSET_FILE":    file(keysetFile),
		"FOXFLOW_HTTP":           s.WorkerHTTP,
		"TEMPORAL_ADDRESS":       s.Temporal(),
	}
	if s.startsTemporal() {
		v["TEMPORAL_NAMESPACE"] = namespace
		// An empty profile file: without it, the user's own (TLS, API key, another
		// namespace) would be applied to our server.
		v["TEMPORAL_CONFIG_FILE"] = file(temporalFile)
	}
	if !slices.ContainsFunc(s.Environ, func(pair string) bool { return strings.HasPrefix(pair, "FOXFLOW_POLL_") }) {
		maps.Copy(v, quick)
	}
	return v
}

// withheld are the inherited variables that no child may see: whatever leads to
// a real account, and names that clash with ours. Temporal's own are passed on
// to a server that the user named, as they belong to it.
func (s Settings) withheld(name string) bool {
	switch {
	case strings.HasPrefix(name, "FOXRELOAD_"), strings.HasPrefix(name, "FOXFLOW_KEYSET"), strings.HasPrefix(name, "FOXFLOW_CODEC_"), strings.HasPrefix(name, "SIMULATOR_"):
		return true
	case strings.HasPrefix(name, "TEMPORAL_"):
		return s.startsTemporal()
	}
	return false
}

// environ is the whole environment of a child.
func (s Settings) environ() []string {
	own := s.variables()
	var all []string
	for _, pair := range s.Environ {
		name, _, _ := strings.Cut(pair, "=")
		if _, ours := own[name]; !ours && !s.withheld(name) {
			all = append(all, pair)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		all = append(all, name+"="+own[name])
	}
	return all
}

// writeEnvFile leaves a file that makes a shell's bin/starter talk to this stack.
func (s Settings) writeEnvFile() error {
	var text strings.Builder
	fmt.Fprintln(&text, "# Made by foxflow's demo stack. In a shell: . "+filepath.Join(s.StateDir, envFile))
	// Both forms of a setting at once would be refused.
	fmt.Fprintln(&text, "unset FOXRELOAD_API_KEY FOXFLOW_KEYSET")
	if s.startsTemporal() {
		fmt.Fprintln(&text, "unset TEMPORAL_PROFILE TEMPORAL_API_KEY TEMPORAL_TLS")
	}
	own := s.variables()
	for _, name := range slices.Sorted(maps.Keys(own)) {
		fmt.Fprintf(&text, "export %s=%s\n", name, quote(own[name]))
	}
	return os.WriteFile(filepath.Join(s.StateDir, envFile), []byte(text.String()), 0o600)
}

// quote makes one word of a shell's of any text.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
