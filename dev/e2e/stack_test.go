package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience bounds every wait for a condition. It is no measure of speed: it only
// ends a test that would hang.
const patience = 90 * time.Second

// stack is foxflow with everything it needs, on ports and in a folder of its own.
type stack struct {
	*testing.T
	dir       string
	temporal  string // host:port
	namespace string
	ui        string // URL; "" where the server is not ours
	simulator string // URL
	queue     string
	env       map[string]string // over the standard environment
	processes map[string]*process
	own       bool   // the story needs a Temporal server of its own, to kill it
	codec     string // host:port of the codec server, where the Web UI has one
	codecPath string // what the Web UI's endpoint has behind it
	other     string // host:port of the other worker's health and metrics, where there is one
	postgres  string // host:port of the ledger's server, where it is not a file
}

type option func(*stack)

// with sets a variable of worker and starter.
func with(name, value string) option { return func(s *stack) { s.env[name] = value } }

// withCodec has payloads opened for the Web UI, for those who sign in.
func withCodec(s *stack) { s.codec = freePort(s) }

// ownTemporal is for stories that kill the Temporal server.
func ownTemporal(s *stack) { s.own = true }

// newStack starts Temporal, simulator and worker. simulatorFlags come on top of
// quick delivery without a rate limit.
func newStack(t *testing.T, simulatorFlags []string, options ...option) *stack {
	t.Helper()
	s := emptyStack(t)
	for _, o := range options {
		o(s)
	}
	s.startTemporal()
	simulator, worker := freePort(t), freePort(t)
	s.simulator = "http://" + simulator
	s.write("keyset.json", s.must("starter", "keyset", "new"))
	if s.postgres != "" {
		s.startPostgres()
	}
	if s.codec != "" {
		s.startCodec()
	}
	s.run("simulator", append([]string{"--listen", simulator, "--api-key", "e2e-key", "--state", filepath.Join(s.dir, "simulator.state"),
		"--requests-per-minute", "0", "--speed", "5", "--spread", "0", "--log-format", "off"}, simulatorFlags...)...)
	s.env["FOXFLOW_HTTP"] = worker
	s.answers(s.simulator + "/admin/")
	s.startWorker()
	return s
}

// ref is a reference that no other stack on the same Temporal server uses: one
// ledger goes with one namespace, and foxflow holds us to it.
func (s *stack) ref(name string) string { return name + "-" + s.queue }

func emptyStack(t *testing.T) *stack {
	return &stack{T: t, dir: t.TempDir(), env: map[string]string{}, processes: map[string]*process{},
		queue: fmt.Sprintf("e2e-%d", time.Now().UnixNano())}
}

func (s *stack) startWorker() {
	s.Helper()
	s.run("worker")
	s.answers("http://" + s.env["FOXFLOW_HTTP"] + "/readyz")
}

// environment is what worker and starter see: nothing of the caller's but PATH
// and HOME.
func (s *stack) environment() []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}
	vars := map[string]string{
		"TEMPORAL_ADDRESS":              s.temporal,
		"TEMPORAL_NAMESPACE":            s.namespace,
		"FOXRELOAD_BASE_URL":            s.simulator,
		"FOXRELOAD_API_KEY":             "e2e-key",
		"FOXRELOAD_REQUESTS_PER_MINUTE": "60000",
		"FOXRELOAD_TIMEOUT":             "5s",
		"FOXFLOW_TASK_QUEUE":            s.queue,
		"FOXFLOW_LEDGER":                filepath.Join(s.dir, "foxflow.db"),
		"FOXFLOW_KEYSET_FILE":           filepath.Join(s.dir, "keyset.json"),
		"FOXFLOW_POLL_INITIAL":          "250ms",
		"FOXFLOW_POLL_MAX":              "250ms",
	}
	for name, value := range s.env {
		vars[name] = value
	}
	for name, value := range vars {
		if value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// result is what a program came to.
type result struct {
	code           int
	stdout, stderr string
}

// starter runs the command line as a user would.
func (s *stack) starter(args ...string) result {
	s.Helper()
	return s.command("starter", args...)
}

func (s *stack) command(name string, args ...string) result {
	s.Helper()
	cmd := exec.CommandContext(s.Context(), binary(s, name), args...)
	cmd.Env, cmd.Dir = s.environment(), s.dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !asExit(err, &exit) {
		require.NoError(s, err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func asExit(err error, target **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError) //nolint:errorlint // Run returns it unwrapped
	*target = e
	return ok
}

// must runs a program that has to succeed and returns what it printed.
func (s *stack) must(name string, args ...string) string {
	s.Helper()
	r := s.command(name, args...)
	require.Zero(s, r.code, "%s %v: %s", name, args, r.stderr)
	return r.stdout
}

// order is the JSON of "starter status".
type order struct {
	Reference      string  `json:"reference"`
	OrderID        *string `json:"orderId"`
	State          string  `json:"state"`
	CancelReason   *string `json:"cancelReason"`
	WaitingFor     *string `json:"waitingFor"`
	WaitingForCode *string `json:"waitingForCode"`
	Replacements   int     `json:"replacements"`
	Items          []struct {
		Codes   int `json:"codes"`
		Missing int `json:"missing"`
	} `json:"items"`
	Error *struct{ Code, Message string } `json:"error"`
}

func (s *stack) status(reference string) order {
	s.Helper()
	var o order
	s.json(&o, "status", reference)
	return o
}

func (s *stack) json(into any, args ...string) {
	s.Helper()
	require.NoError(s, json.Unmarshal([]byte(s.must("starter", append(args, "-o", "json")...)), into))
}

// until waits for an order to be in one of the states.
func (s *stack) until(reference string, states ...string) order {
	s.Helper()
	var o order
	s.eventually(fmt.Sprintf("%s to be %v", reference, states), func() bool {
		o = s.status(reference)
		for _, state := range states {
			if o.State == state {
				return true
			}
		}
		return false
	})
	return o
}

func (s *stack) eventually(what string, condition func() bool) {
	s.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.logs()
			s.Fatalf("waited in vain for %s", what)
		}
	}
}

// answers waits until a URL answers 200.
func (s *stack) answers(url string) {
	s.Helper()
	s.eventually(url, func() bool {
		response, err := http.Get(url) //nolint:gosec,noctx // an address of this test
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// admin asks the simulator's admin API.
func (s *stack) admin(method, path, body string, into any) {
	s.Helper()
	request, err := http.NewRequestWithContext(s.Context(), method, s.simulator+path, strings.NewReader(body))
	require.NoError(s, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(s, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(s, err)
	require.Less(s, response.StatusCode, 300, string(answer))
	if into != nil {
		require.NoError(s, json.Unmarshal(answer, into))
	}
}

func (s *stack) setBalance(usd string) {
	s.Helper()
	s.admin(http.MethodPost, "/admin/balances", fmt.Sprintf(`{"currency":"usd","set":%q}`, usd), nil)
}

// debits are the orders that money was taken for, by order id.
func (s *stack) debits() map[string]int {
	s.Helper()
	var answer struct {
		Debits []struct {
			OrderID string `json:"orderId"`
		} `json:"debits"`
	}
	s.admin(http.MethodGet, "/admin/debits", "", &answer)
	times := map[string]int{}
	for _, d := range answer.Debits {
		times[d.OrderID]++
	}
	return times
}

func (s *stack) write(name, content string) string {
	s.Helper()
	path := filepath.Join(s.dir, name)
	require.NoError(s, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// run starts one of the stack's processes, again after a kill.
func (s *stack) run(name string, args ...string) {
	s.Helper()
	if old := s.processes[name]; old != nil && len(args) == 0 {
		args = old.args
	}
	p := launch(s, name, s.dir, s.environment(), args...)
	s.processes[name] = p
	s.Cleanup(p.kill)
}

// kill ends a process with SIGKILL: it gets no chance to tidy up.
func (s *stack) kill(name string) {
	s.Helper()
	require.Contains(s, s.processes, name)
	s.processes[name].kill()
}

// signal sends a process a signal that does not end it.
func (s *stack) signal(name string, signal syscall.Signal) {
	s.Helper()
	require.NoError(s, s.processes[name].cmd.Process.Signal(signal))
}

// stop ends a process with SIGTERM and returns its exit status.
func (s *stack) stop(name string) int {
	s.Helper()
	p := s.processes[name]
	require.NoError(s, p.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-p.done:
	case <-time.After(patience):
		s.Fatalf("%s does not stop at SIGTERM", name)
	}
	return p.cmd.ProcessState.ExitCode()
}

func (s *stack) logs() {
	for name := range s.processes {
		text, _ := os.ReadFile(filepath.Join(s.dir, name+".log"))
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		s.Logf("%s.log ends:\n%s", name, strings.Join(lines[max(0, len(lines)-15):], "\n"))
	}
}
