package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const secretKey = "key-of-the-test"

// process is the simulator as a process of its own.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	url string
	mu  sync.Mutex
	log bytes.Buffer
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (p *process) logged() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// start runs the program and waits until it says that it is ready.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0], append([]string{"--listen", "127.0.0.1:0"}, args...)...)}
	p.cmd.Env = append(os.Environ(), asProgram+"=1", envAPIKey+"="+secretKey)
	p.cmd.Stderr = p
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // it may have ended already
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err, "it ended before it was ready: %s", p.logged())
	url, found := strings.CutPrefix(strings.TrimSpace(line), "simulator ready on ")
	require.True(t, found, line)
	p.url = url
	return p
}

func (p *process) call(method, path, body string) map[string]any {
	p.t.Helper()
	request, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	require.NoError(p.t, err)
	request.Header.Set("X-API-Key", secretKey)
	request.Header.Set("Content-Type", "application/json")
	client := http.Client{Timeout: 30 * time.Second}
	response, err := client.Do(request)
	require.NoError(p.t, err)
	raw, err := io.ReadAll(response.Body)
	require.NoError(p.t, err)
	require.NoError(p.t, response.Body.Close())
	var answer map[string]any
	require.NoError(p.t, json.Unmarshal(raw, &answer), string(raw))
	return answer
}

const order = `{"items":[{"itemId":"product_01krgfgww8eth9xvvysd6y7r4j","quantity":1,"note":{"player_id":"secret-player"}}],"idempotencyKey":"k-1"}`

func TestKilledAndStartedAgain(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	first := start(t, "--state", state, "--balance", "usd=10", "--speed", "1000")
	id := first.call("POST", "/api/orders/", order)["id"].(string)
	require.NotNil(t, first.call("POST", "/api/orders/"+id+"/pay", `{"paymentProvider":null}`)["status"])
	require.NoError(t, first.cmd.Process.Kill())
	_ = first.cmd.Wait() // killed: that is the point

	second := start(t, "--state", state, "--balance", "usd=10")
	require.Eventually(t, func() bool { return second.call("GET", "/api/orders/"+id, "")["status"] == "completed" }, 30*time.Second, 10*time.Millisecond)
	require.Equal(t, "ORDER_ALREADY_EXISTS", second.call("POST", "/api/orders/", order)["code"])
	require.Equal(t, map[string]any{"usd": "9.0451", "rub": "0"}, second.call("GET", "/admin/balances", "")["balances"])

	status, stdout, stderr := called(nil, "debits", "--at", second.url)
	require.Zero(t, status, stderr)
	require.Contains(t, stdout, id)
	require.Contains(t, stdout, "k-1")
	require.Contains(t, stdout, "total 0.9549 usd\n1 debits; debited more than once: 0 orders, 0 idempotency keys\n")
	status, stdout, stderr = called(nil, "add", "usd=0.9549,rub=7", "--at", second.url)
	require.Zero(t, status, stderr)
	require.JSONEq(t, `{"balances":{"usd":"10.00","rub":"7.00"}}`, stdout)
}

func TestSignalsStopItAndLogsHoldNoSecrets(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p := start(t)
		id := p.call("POST", "/api/orders/", order)["id"].(string)
		p.call("GET", "/api/orders/"+id+"?secret=query", "")
		require.NoError(t, p.cmd.Process.Signal(signal))
		require.NoError(t, p.cmd.Wait(), "status 0: %s", p.logged())

		lines := strings.Split(strings.TrimSpace(p.logged()), "\n")
		require.Len(t, lines, 2, "one line for each request")
		var last map[string]any
		require.NoError(t, json.Unmarshal([]byte(lines[1]), &last))
		require.Equal(t, "request", last["msg"])
		require.Equal(t, "get", last["route"])
		require.Equal(t, id, last["order_id"])
		require.EqualValues(t, 200, last["status"])
		for _, secret := range []string{secretKey, "secret"} {
			require.NotContains(t, p.logged(), secret)
		}
	}
}

func TestAStartOnATakenAddressTouchesNothing(t *testing.T) {
	p := start(t)
	state := filepath.Join(t.TempDir(), "state")
	status, stdout, stderr := called(nil, "--listen", strings.TrimPrefix(p.url, "http://"), "--state", state)
	require.Equal(t, exitError, status)
	require.Empty(t, stdout, "it must not call itself ready")
	require.Contains(t, stderr, "--listen")
	require.NoFileExists(t, state)
}
