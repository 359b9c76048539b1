package stack

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// playTemporal takes the flags that "temporal server start-dev" documents, and no
// others. It serves what the Web UI serves, for as long as it runs.
func playTemporal() {
	state := filepath.Dir(os.Getenv("FOXFLOW_LEDGER"))
	must(os.WriteFile(filepath.Join(state, "temporal.args"), []byte(strings.Join(os.Args[1:], "\n")), 0o600))
	flags := pflag.NewFlagSet("temporal server start-dev", pflag.PanicOnError)
	ip, uiPort := flags.String("ip", "", ""), flags.Int("ui-port", 0, "")
	flags.Int("port", 0, "")
	file := flags.StringP("db-filename", "f", "", "")
	flags.String("ui-codec-endpoint", "", "")
	for _, name := range []string{"sqlite-pragma", "search-attribute", "dynamic-config-value"} {
		flags.StringArray(name, nil, "")
	}
	must(flags.Parse(os.Args[1:]))
	if !slices.Equal(flags.Args(), []string{"server", "start-dev"}) {
		panic("not the command that starts a server")
	}
	must(os.WriteFile(*file, nil, 0o600))
	listener, err := net.Listen("tcp", net.JoinHostPort(*ip, strconv.Itoa(*uiPort)))
	must(err)
	// Once it has begun, each answer comes later than the one before.
	paths := []string{"/", "/api/v1/namespaces/default", "/api/v1/namespaces/default/workflows"}
	served := 0
	go func() {
		must(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if i := slices.Index(paths, r.URL.Path); i < 0 || i > served {
				served++
				http.Error(w, "not yet", http.StatusServiceUnavailable)
				return
			}
			if query := r.URL.Query().Get("query"); r.URL.Path == paths[2] {
				must(os.WriteFile(filepath.Join(state, "temporal.query"), []byte(query), 0o600))
			}
		})))
	}()
	play("Temporal CLI …")
}

// commandSettings are those of a stack on the temporal command.
func commandSettings(t *testing.T) Settings {
	t.Helper()
	s := newSettings(t)
	s.TemporalCommand = filepath.Join(s.Bin, "temporal")
	require.NoError(t, os.Rename(filepath.Join(s.Bin, "foxflow-dev"), s.TemporalCommand), "nothing of ours is needed")
	return s
}

func TestTheTemporalCommandServesAsOursDoes(t *testing.T) {
	s := commandSettings(t)
	s.StateDir = filepath.Join(s.StateDir, "100% odd?")
	st := start(t, s)
	args := s.read(t, "temporal.args")
	for _, want := range []string{
		"--ip\n127.0.0.1", "--port\n" + strconv.Itoa(s.TemporalPort), "--ui-port\n" + strconv.Itoa(s.UIPort),
		"--db-filename\ntemporal.db", "--ui-codec-endpoint\n" + st.Codec(), "--sqlite-pragma\njournal_mode=wal",
		"--search-attribute\nFoxflowState=Keyword", "--search-attribute\nFoxflowOrderId=Keyword",
		"--search-attribute\nFoxflowCancelReason=Keyword", "--search-attribute\nFoxflowMock=Bool",
		"--dynamic-config-value\nhistory.timerProcessorMaxTimeShift=\"10ms\"", "--dynamic-config-value\nmatching.numTaskqueueReadPartitions=1",
	} {
		require.Contains(t, args, want)
	}
	require.FileExists(t, filepath.Join(s.StateDir, "temporal-command", "temporal.db"))
	info, err := os.Stat(filepath.Join(s.StateDir, "temporal-command"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "what the command writes is this user's alone")
	require.Contains(t, s.read(t, "temporal.query"), "FoxflowMock = true", "ready is a server that knows the search attributes")
	require.NotContains(t, s.read(t, "temporal.environ"), "SIMULATOR_API_KEY")
	st.Stop()
	require.Equal(t, "worker\nsimulator\ncodec\ntemporal\n", s.read(t, "stopped"))
	start(t, s) // on the same database
}

func TestAStateFolderKeepsItsServer(t *testing.T) {
	refused := func(s Settings, words ...string) {
		t.Helper()
		_, err := Start(t.Context(), s, func(string, bool) {})
		for _, each := range append(words, "FOXFLOW_STATE_DIR") {
			require.ErrorContains(t, err, each)
		}
	}
	ours, theirs := newSettings(t), commandSettings(t)
	ours.touch(t, "temporal.db")
	theirs.StateDir = ours.StateDir
	refused(theirs, "began with the embedded server", "EMBEDDED=1")

	ours, theirs = newSettings(t), commandSettings(t)
	start(t, theirs)
	ours.StateDir = theirs.StateDir
	refused(ours, "began with the temporal command's server")

	second := commandSettings(t)
	second.StateDir = theirs.StateDir
	refused(second, "in use by another stack")
}

func TestAServerOfOnesOwnGoesBeforeTheTemporalCommand(t *testing.T) {
	s := commandSettings(t)
	s.TemporalAddress = "temporal.example:7233"
	require.NoError(t, os.Remove(s.TemporalCommand), "it is not even looked for")
	require.Empty(t, start(t, s).TemporalCommand)
}

func TestAMissingTemporalCommandIsSaid(t *testing.T) {
	s := commandSettings(t)
	require.NoError(t, os.Remove(s.TemporalCommand))
	_, err := Start(t.Context(), s, func(string, bool) {})
	require.ErrorContains(t, err, "find the temporal command")
	require.ErrorContains(t, err, "EMBEDDED=1")
}
