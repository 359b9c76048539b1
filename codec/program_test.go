package main

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/internal/keyset"
)

// asProgram makes the test binary be the program, so that it can be signalled.
const asProgram = "CODEC_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is the codec server as a process of its own.
type process struct {
	*house
	cmd *exec.Cmd
	out struct {
		sync.Mutex
		bytes.Buffer
	}
}

func (p *process) Write(b []byte) (int, error) {
	p.out.Lock()
	defer p.out.Unlock()
	return p.out.Write(b)
}

func (p *process) stderr() string {
	p.out.Lock()
	defer p.out.Unlock()
	return p.out.String()
}

// start runs the program and waits until it says that it is ready.
func start(t *testing.T, keys string, env ...string) *process {
	t.Helper()
	p := &process{house: &house{t: t}, cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append([]string{asProgram + "=1", "FOXFLOW_CODEC_LISTEN=127.0.0.1:0", "FOXFLOW_CODEC_TOKEN=" + token, "FOXFLOW_KEYSET=" + keys}, env...)
	p.cmd.Stderr = p
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // it may have ended already
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err, "it ended before it was ready: %s", p.stderr())
	url, found := strings.CutPrefix(strings.TrimSpace(line), "codec ready on ")
	require.True(t, found, line)
	p.url = url
	return p
}

func TestSignalsStopItAndItsLogHoldsNoSecrets(t *testing.T) {
	text, err := keyset.New()
	require.NoError(t, err)
	keys, err := keyset.Parse(text)
	require.NoError(t, err)
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		// Whatever the level, the record is whole.
		p := start(t, text, "FOXFLOW_LOG_LEVEL=error")
		response, body := p.ask(http.MethodPost, "/decode", sealed(t, keys), bearer(token))
		require.Equal(t, http.StatusOK, response.status)
		require.Equal(t, player, opened(t, body))
		session := p.signIn("ann")
		require.NoError(t, p.cmd.Process.Signal(signal))
		require.NoError(t, p.cmd.Wait(), "status 0: %s", p.stderr())

		lines := strings.Split(strings.TrimSpace(p.stderr()), "\n")
		require.Len(t, lines, 2, "one line for each request")
		assert.Contains(t, lines[0], `"outcome":"opened"`)
		assert.Contains(t, lines[1], `"outcome":"signed in"`)
		for _, secret := range []string{token, player, text, session.Value} {
			assert.NotContains(t, p.stderr(), secret)
		}
	}
}

// called runs the program in this process; whatever starts, stops at once.
func called(environ []string, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	stopped, stop := context.WithCancel(context.Background())
	stop()
	status = run(stopped, args, environ, &out, &errs)
	return status, out.String(), errs.String()
}

func TestWrongUsageIsNamedAndNothingStarts(t *testing.T) {
	text, err := keyset.New()
	require.NoError(t, err)
	open := filepath.Join(t.TempDir(), "keyset.json")
	require.NoError(t, os.WriteFile(open, []byte(text), 0o600))
	require.NoError(t, os.Chmod(open, 0o644))
	good := []string{"FOXFLOW_CODEC_LISTEN=127.0.0.1:0", "FOXFLOW_CODEC_TOKEN=" + token}
	for name, c := range map[string]struct {
		environ, args []string
		says          []string
	}{
		"nothing":           {nil, nil, []string{"FOXFLOW_CODEC_TOKEN is not set", "FOXFLOW_KEYSET is not set"}},
		"an argument":       {append(good, "FOXFLOW_KEYSET="+text), []string{"serve"}, []string{`codec: "serve": it takes no arguments`}},
		"a wrong origin":    {append(good, "FOXFLOW_KEYSET="+text, "FOXFLOW_CODEC_ORIGIN=*"), nil, []string{"FOXFLOW_CODEC_ORIGIN"}},
		"a wrong keyset":    {append(good, "FOXFLOW_KEYSET={keyset-7731"), nil, []string{"FOXFLOW_KEYSET holds no usable keyset"}},
		"a keyset for all":  {append(good, "FOXFLOW_KEYSET_FILE="+open), nil, []string{"FOXFLOW_KEYSET_FILE holds no usable keyset", "chmod 600"}},
		"a keyset gone":     {append(good, "FOXFLOW_KEYSET_FILE="+open+".gone"), nil, []string{"FOXFLOW_KEYSET_FILE holds no usable keyset"}},
		"a level not known": {append(good, "FOXFLOW_KEYSET="+text, "FOXFLOW_LOG_LEVEL=loud"), nil, []string{"FOXFLOW_LOG_LEVEL"}},
	} {
		status, stdout, stderr := called(c.environ, c.args...)
		assert.Equal(t, 2, status, "%s: %s", name, stderr)
		assert.Empty(t, stdout, "%s: it must not call itself ready", name)
		for _, says := range c.says {
			assert.Contains(t, stderr, says, name)
		}
		assert.NotContains(t, stderr, "7731", name)
		assert.NotContains(t, stderr, token, name)
	}
}

func TestATakenAddressIsAnError(t *testing.T) {
	text, err := keyset.New()
	require.NoError(t, err)
	p := start(t, text)
	taken := strings.TrimPrefix(p.url, "http://")
	status, stdout, stderr := called([]string{"FOXFLOW_CODEC_LISTEN=" + taken, "FOXFLOW_CODEC_TOKEN=" + token, "FOXFLOW_KEYSET=" + text})
	assert.Equal(t, 1, status)
	assert.Empty(t, stdout, "it must not call itself ready")
	assert.Contains(t, stderr, "listen on FOXFLOW_CODEC_LISTEN "+taken)
}

func TestHelpListsTheEnvironment(t *testing.T) {
	status, stdout, stderr := called(nil, "--help")
	assert.Zero(t, status)
	assert.Empty(t, stderr)
	for _, name := range []string{"FOXFLOW_CODEC_LISTEN (default 127.0.0.1:8234)", "FOXFLOW_CODEC_TOKEN", "FOXFLOW_CODEC_ORIGIN", "FOXFLOW_KEYSET", "FOXFLOW_LOG_LEVEL"} {
		assert.Contains(t, stdout, name)
	}
	assert.NotContains(t, stdout, "TEMPORAL_")
	for line := range strings.Lines(stdout) {
		assert.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), 80, line)
	}
}

func TestNobodyHoldsAConnectionForNothing(t *testing.T) {
	s := httpServer(http.NotFoundHandler())
	for name, bound := range map[string]int64{"headers": int64(s.ReadHeaderTimeout), "bodies": int64(s.ReadTimeout),
		"answers": int64(s.WriteTimeout), "idle": int64(s.IdleTimeout), "size of headers": int64(s.MaxHeaderBytes)} {
		assert.Positive(t, bound, name)
	}
}
