package stage

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Patience bounds every wait for a condition. It is no measure of speed: it only
// ends a test that would hang.
const Patience = 3 * time.Minute

// Stack is foxflow with everything it needs, on ports and in a folder of its own.
type Stack struct {
	*testing.T
	Dir string
	// TemporalDir is the state folder of the stack's own Temporal server.
	TemporalDir string
	Temporal    string // host:port
	Namespace   string
	UI          string // URL; "" where the server is not ours
	Simulator   string // URL
	Queue       string
	Env         map[string]string // over the standard environment
	Processes   map[string]*Process
	Codec       string    // host:port of the codec server, where the Web UI has one
	CodecPath   string    // what the Web UI's endpoint has behind it
	Postgres    *Postgres // has the ledger; nil where that is a file
	own         bool      // the story needs a Temporal server of its own, to kill it
}

// Option changes a stack before it is started.
type Option func(*Stack)

// With sets a variable of worker and starter.
func With(name, value string) Option { return func(s *Stack) { s.Env[name] = value } }

// WithCodec has payloads opened for the Web UI, for those who sign in.
func WithCodec(s *Stack) { s.Codec = FreePort(s) }

// OwnTemporal is for stories that kill the Temporal server.
func OwnTemporal(s *Stack) { s.own = true }

// New starts Temporal, simulator and worker. simulatorFlags come on top of
// quick delivery without a rate limit.
func New(t *testing.T, simulatorFlags []string, options ...Option) *Stack {
	t.Helper()
	s := Empty(t)
	for _, o := range options {
		o(s)
	}
	s.StartTemporal()
	simulator, worker := FreePort(t), FreePort(t)
	s.Simulator = "http://" + simulator
	s.Write("keyset.json", s.Must("starter", "keyset", "new"))
	if s.Postgres != nil {
		s.Postgres.start()
	}
	if s.Codec != "" {
		s.startCodec()
	}
	s.Run("simulator", append([]string{"--listen", simulator, "--api-key", "e2e-key", "--state", filepath.Join(s.Dir, "simulator.state"),
		"--requests-per-minute", "0", "--speed", "5", "--spread", "0", "--log-format", "off"}, simulatorFlags...)...)
	s.Env["FOXFLOW_HTTP"] = worker
	s.Answers(s.Simulator + "/admin/")
	s.StartWorker()
	return s
}

// Empty is a stack of which nothing runs yet.
func Empty(t *testing.T) *Stack {
	dir := t.TempDir()
	return &Stack{T: t, Dir: dir, TemporalDir: filepath.Join(dir, "temporal"), Env: map[string]string{}, Processes: map[string]*Process{},
		Queue: fmt.Sprintf("e2e-%d", time.Now().UnixNano())}
}

// StartWorker starts the stack's own worker, again after a kill, and returns once it is
// ready.
func (s *Stack) StartWorker() {
	s.Helper()
	s.Run("worker")
	s.Answers("http://" + s.Env["FOXFLOW_HTTP"] + "/readyz")
}

// Environment is what worker and starter see: nothing of the caller's but PATH
// and HOME.
func (s *Stack) Environment() []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.Dir}
	vars := map[string]string{
		"TEMPORAL_ADDRESS":              s.Temporal,
		"TEMPORAL_NAMESPACE":            s.Namespace,
		"FOXRELOAD_BASE_URL":            s.Simulator,
		"FOXRELOAD_API_KEY":             "e2e-key",
		"FOXRELOAD_REQUESTS_PER_MINUTE": "60000",
		"FOXRELOAD_TIMEOUT":             "5s",
		"FOXFLOW_TASK_QUEUE":            s.Queue,
		"FOXFLOW_LEDGER":                filepath.Join(s.Dir, "foxflow.db"),
		"FOXFLOW_KEYSET_FILE":           filepath.Join(s.Dir, "keyset.json"),
		"FOXFLOW_POLL_INITIAL":          "250ms",
		"FOXFLOW_POLL_MAX":              "250ms",
	}
	for name, value := range s.Env {
		vars[name] = value
	}
	for name, value := range vars {
		if value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}
