package stack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/gofrs/flock"
)

// Where each of the two servers keeps its database. The command's has a folder of its
// own that nobody else may enter: the command makes files that everybody may read.
const (
	embeddedDatabase = "temporal.db"
	commandFolder    = "temporal-command"
	commandDatabase  = "temporal.db"
	commandLock      = "lock"
)

// searchAttributes are those that order workflows carry.
var searchAttributes = []string{"FoxflowState=Keyword", "FoxflowOrderId=Keyword", "FoxflowCancelReason=Keyword", "FoxflowMock=Bool"}

// attributesQuery is refused by a server that does not know every search attribute
// with its type.
const attributesQuery = `FoxflowState = "none" AND FoxflowOrderId = "none" AND FoxflowCancelReason = "none" AND FoxflowMock = true`

// pragmas: a killed server loses nothing, and a commit needs no fsync.
var pragmas = []string{"journal_mode=wal", "synchronous=1", "busy_timeout=10000"}

// dynamicConfig is what "foxflow-dev dynamic-config" prints, where each value has its
// reason. The command has defaults of its own for some of them, and takes ours for
// them only where they are spelled as Temporal spells them.
var dynamicConfig = []string{
	`frontend.enableServerVersionCheck=false`,
	`frontend.enableUpdateWorkflowExecution=true`,
	`frontend.enableUpdateWorkflowExecutionAsyncAccepted=true`,
	`frontend.namespaceCount=20000`,
	`frontend.namespaceRPS=20000`,
	`frontend.namespaceRPS.namespaceReplicationInducingAPIs=100`,
	`frontend.namespaceRPS.visibility=1000`,
	`frontend.persistenceMaxQPS=100000`,
	`frontend.rps=20000`,
	`history.persistenceMaxQPS=100000`,
	`history.rps=50000`,
	`history.timerProcessorMaxTimeShift="10ms"`,
	`matching.enableFairness=true`,
	`matching.numTaskqueueReadPartitions=1`,
	`matching.numTaskqueueWritePartitions=1`,
	`matching.persistenceMaxQPS=100000`,
	`matching.rps=50000`,
	`system.namespaceCacheRefreshInterval="2s"`,
}

// temporal is the part that runs Temporal: the server of foxflow-dev, or the one of the
// temporal command.
func (s Settings) temporal() part {
	ports := []string{"--port", strconv.Itoa(s.TemporalPort), "--ui-port", strconv.Itoa(s.UIPort)}
	const grace = 25 * time.Second
	if s.TemporalCommand == "" {
		return part{
			name:  "foxflow-dev",
			args:  slices.Concat([]string{"temporal"}, ports, []string{"--state-dir", s.StateDir, "--codec-endpoint", s.Codec()}),
			grace: grace,
			// It looks at everything itself before it says so.
			ready: func(_ context.Context, p *process) error { return p.said("ready") },
		}
	}
	args := slices.Concat([]string{"server", "start-dev", "--ip", host}, ports,
		// A name without a folder: the server would take "?" and "%" of a path for syntax.
		[]string{"--db-filename", commandDatabase, "--ui-codec-endpoint", s.Codec()},
		each("--sqlite-pragma", pragmas), each("--search-attribute", searchAttributes), each("--dynamic-config-value", dynamicConfig))
	return part{
		name: "temporal", program: s.TemporalCommand, dir: filepath.Join(s.StateDir, commandFolder), args: args, grace: grace,
		ready: s.serves,
	}
}

func each(flag string, values []string) (args []string) {
	for _, value := range values {
		args = append(args, flag, value)
	}
	return args
}

// serves says whether orders can be started and seen: the Web UI, through it the
// server, its namespace and the search attributes.
func (s Settings) serves(ctx context.Context, _ *process) error {
	namespace := "/api/v1/namespaces/" + namespace
	for _, path := range []string{"/", namespace, namespace + "/workflows?query=" + url.QueryEscape(attributesQuery)} {
		if err := answersOK(ctx, s.WebUI()+path); err != nil {
			return err
		}
	}
	return nil
}

// holdDatabase sees to it that the state folder's orders meet the server that they
// began on, and no second server beside it. release is called after the server's end.
func (s Settings) holdDatabase() (release func(), err error) {
	const fix = "or set FOXFLOW_STATE_DIR to another folder"
	release = func() {}
	if !s.startsTemporal() {
		return release, nil
	}
	folder := filepath.Join(s.StateDir, commandFolder)
	if s.TemporalCommand == "" {
		if exists(filepath.Join(folder, commandDatabase)) {
			return nil, fmt.Errorf("%s began with the temporal command's server: run it without EMBEDDED, with that command installed, %s", s.StateDir, fix)
		}
		return release, nil // foxflow-dev locks its database itself
	}
	if exists(filepath.Join(s.StateDir, embeddedDatabase)) {
		return nil, fmt.Errorf("%s began with the embedded server: run it with EMBEDDED=1, %s", s.StateDir, fix)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make folder of Temporal's database: %w", err)
	}
	lock := flock.New(filepath.Join(folder, commandLock), flock.SetPermissions(0o600))
	switch held, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("lock Temporal's database: %w", err)
	case !held:
		return nil, fmt.Errorf("%s is in use by another stack: stop that one, %s", s.StateDir, fix)
	}
	return func() { _ = lock.Unlock() }, nil // it goes with this process at the latest
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
