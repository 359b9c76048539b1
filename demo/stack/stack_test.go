package stack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The test's own binary plays every program of the stack: by the name it is
// called by.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "foxflow-dev":
		play("ready temporal=… ui=…")
	case "temporal":
		playTemporal()
	case "simulator":
		play("simulator ready on …")
	case "codec":
		playServer("FOXFLOW_CODEC_LISTEN", "codec ready on …")
	case "worker":
		playServer("FOXFLOW_HTTP", "worker at work")
	case "starter":
		fmt.Println(`{"keyset":"` + strconv.Itoa(os.Getpid()) + `"}`)
	case "parent":
		playParent()
	default:
		os.Exit(m.Run())
	}
}

// play writes its pid and environment down, says that it is ready and waits to be
// stopped. A file NAME.fails in the state folder makes it fail instead.
func play(words string) {
	state := filepath.Dir(os.Getenv("FOXFLOW_LEDGER"))
	name := filepath.Base(os.Args[0])
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	if _, err := os.Stat(filepath.Join(state, name+".fails")); err == nil {
		fmt.Fprintln(os.Stderr, "it can't be done: "+name+" says why")
		os.Exit(7)
	}
	must(os.WriteFile(filepath.Join(state, name+".environ"), []byte(strings.Join(os.Environ(), "\n")), 0o600))
	must(os.WriteFile(filepath.Join(state, name+".pid"), []byte(strconv.Itoa(os.Getpid())), 0o600))
	fmt.Println(words)
	<-asked
	if _, err := os.Stat(filepath.Join(state, name+".stubborn")); err == nil {
		select {}
	}
	stopped, err := os.OpenFile(filepath.Join(state, "stopped"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	must(err)
	fmt.Fprintln(stopped, name)
}

// playServer listens where the variable says, too.
func playServer(variable, words string) {
	listener, err := net.Listen("tcp", os.Getenv(variable))
	must(err)
	go func() { must(http.Serve(listener, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))) }()
	play(words)
}

// playParent runs a stack until it is killed.
func playParent() {
	s := Settings{Bin: os.Args[1], StateDir: os.Args[2], Environ: os.Environ()}
	for i, port := range []*int{&s.TemporalPort, &s.UIPort, &s.SimulatorPort} {
		n, err := strconv.Atoi(os.Args[3+i])
		must(err)
		*port = n
	}
	_, err := Start(context.Background(), s, func(string, bool) {})
	must(err)
	fmt.Println("up")
	select {}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// newSettings are those of a stack of stand-ins.
func newSettings(t *testing.T) Settings {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	bin := t.TempDir()
	for _, name := range []string{"foxflow-dev", "codec", "simulator", "worker", "starter", "parent"} {
		require.NoError(t, os.Symlink(self, filepath.Join(bin, name)))
	}
	ports := freePorts(t, 3)
	return Settings{Bin: bin, StateDir: t.TempDir(), TemporalPort: ports[0], UIPort: ports[1], SimulatorPort: ports[2],
		// Under the race detector every program would end a second late.
		Environ: append(os.Environ(), "GORACE=atexit_sleep_ms=0")}
}

// freePorts lie below the range of outgoing connections, which come and go while
// a stack starts.
func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for port := 20000 + rand.IntN(12000); len(ports) < n; port++ { //nolint:gosec // no secret
		if free(port) == nil {
			ports = append(ports, port)
		}
	}
	return ports
}

func start(t *testing.T, s Settings) *Stack {
	t.Helper()
	st, err := Start(t.Context(), s, func(string, bool) {})
	require.NoError(t, err)
	t.Cleanup(st.Stop)
	return st
}

func (s Settings) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.StateDir, name))
	require.NoError(t, err)
	return string(text)
}

func (s Settings) touch(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(s.StateDir, name), nil, 0o600))
}

func (s Settings) pid(t *testing.T, name string) int {
	t.Helper()
	pid, err := strconv.Atoi(s.read(t, name+".pid"))
	require.NoError(t, err)
	return pid
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil && !zombie(pid) }

// zombie: gone, and only its parent (here: pid 1) has not noticed yet.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func TestPartsStartInOrderAndStopBackwards(t *testing.T) {
	s := newSettings(t)
	var heard []string
	st, err := Start(t.Context(), s, func(name string, ready bool) { heard = append(heard, fmt.Sprint(name, " ", ready)) })
	require.NoError(t, err)
	require.Equal(t, []string{"foxflow-dev false", "foxflow-dev true", "codec false", "codec true", "simulator false", "simulator true", "worker false", "worker true"}, heard)
	st.Stop()
	require.Equal(t, "worker\nsimulator\ncodec\nfoxflow-dev\n", s.read(t, "stopped"))
}

func TestNoChildSeesARealAccount(t *testing.T) {
	s := newSettings(t)
	s.Environ = append(s.Environ, "FOXRELOAD_API_KEY=real-key", "FOXRELOAD_BASE_URL=https://public-api.foxreload.com",
		"FOXFLOW_KEYSET=real-keyset", "FOXFLOW_CODEC_TOKEN=real-token", "TEMPORAL_API_KEY=real-cloud-key", "TEMPORAL_TLS=true", "TEMPORAL_PROFILE=prod")
	st := start(t, s)
	for _, name := range []string{"worker", "simulator", "codec", "foxflow-dev"} {
		environ := s.read(t, name+".environ")
		require.NotContains(t, environ, "real-", name)
		require.NotContains(t, environ, "TEMPORAL_TLS=", name)
		require.NotContains(t, environ, "TEMPORAL_PROFILE=", name)
		require.Contains(t, environ, "FOXRELOAD_BASE_URL=http://127.0.0.1:"+strconv.Itoa(s.SimulatorPort), name)
		require.Contains(t, environ, "TEMPORAL_ADDRESS=127.0.0.1:"+strconv.Itoa(s.TemporalPort), name)
	}
	require.NotContains(t, strings.Join(st.Environ(), "\n"), "real-")
	require.Contains(t, s.read(t, "simulator.environ"), "SIMULATOR_API_KEY="+strings.TrimSpace(s.read(t, "api-key")))
}

func TestTemporalOfTheUserIsUsedAsItIs(t *testing.T) {
	s := newSettings(t)
	s.TemporalAddress = "temporal.example:7233"
	s.Environ = append(s.Environ, "TEMPORAL_NAMESPACE=shop", "TEMPORAL_API_KEY=theirs")
	require.NoError(t, os.Remove(filepath.Join(s.Bin, "foxflow-dev")), "it is not even needed")
	st := start(t, s)
	environ := s.read(t, "worker.environ")
	require.Contains(t, environ, "TEMPORAL_ADDRESS=temporal.example:7233")
	require.Contains(t, environ, "TEMPORAL_NAMESPACE=shop")
	require.Contains(t, environ, "TEMPORAL_API_KEY=theirs")
	require.Equal(t, "shop", st.Namespace())
	require.Empty(t, st.WebUI())
}

func TestKeysAreMadeOnceAndForTheOwnerAlone(t *testing.T) {
	s := newSettings(t)
	start(t, s).Stop()
	keyset, apiKey := s.read(t, "keyset.json"), s.read(t, "api-key")
	for _, name := range []string{"keyset.json", "api-key", "codec-token", "env"} {
		info, err := os.Stat(filepath.Join(s.StateDir, name))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}
	start(t, s)
	require.Equal(t, keyset, s.read(t, "keyset.json"), "another keyset could not read the ledger any more")
	require.Equal(t, apiKey, s.read(t, "api-key"))
}

func TestEnvFileLeadsAShellToTheStack(t *testing.T) {
	s := newSettings(t)
	s.StateDir = filepath.Join(s.StateDir, `it's "odd" $HOME`)
	st := start(t, s)
	shell := exec.Command("sh", "-c", `. "$1" && exec env`, "sh", st.EnvFile())
	shell.Env = append(os.Environ(), "FOXRELOAD_API_KEY=real-key")
	out, err := shell.Output()
	require.NoError(t, err)
	require.Contains(t, string(out), "FOXFLOW_LEDGER="+filepath.Join(s.StateDir, "foxflow.db")+"\n")
	require.Contains(t, string(out), "FOXFLOW_HTTP="+st.WorkerHTTP+"\n")
	require.NotContains(t, string(out), "real-key")
}

func TestADeadChildIsReportedWithTheEndOfItsLog(t *testing.T) {
	s := newSettings(t)
	st := start(t, s)
	require.NoError(t, syscall.Kill(s.pid(t, "simulator"), syscall.SIGKILL))
	var died *DiedError
	require.ErrorAs(t, <-st.Died(), &died)
	require.Equal(t, "simulator", died.Name)
	require.Contains(t, died.How, "killed")
	require.Contains(t, died.Tail, "simulator ready on …")
}

func TestAChildThatFailsAtItsStartLeavesNothingRunning(t *testing.T) {
	s := newSettings(t)
	s.touch(t, "worker.fails")
	_, err := Start(t.Context(), s, func(string, bool) {})
	var died *DiedError
	require.ErrorAs(t, err, &died)
	require.Equal(t, "worker", died.Name)
	require.Contains(t, err.Error(), "it can't be done: worker says why")
	require.Equal(t, "simulator\ncodec\nfoxflow-dev\n", s.read(t, "stopped"))
}

func TestStopAskedForDuringTheStart(t *testing.T) {
	s := newSettings(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	wish := errors.New("the user's wish")
	_, err := Start(ctx, s, func(name string, ready bool) {
		if name == "simulator" && ready {
			cancel(wish)
		}
	})
	require.ErrorIs(t, err, wish)
	require.False(t, alive(s.pid(t, "simulator")))
	require.False(t, alive(s.pid(t, "foxflow-dev")))
}

func TestHurryKillsAStubbornChild(t *testing.T) {
	s := newSettings(t)
	s.touch(t, "worker.stubborn")
	hurry := make(chan struct{})
	s.Hurry = hurry
	st := start(t, s)
	close(hurry)
	st.Stop()
	require.False(t, alive(s.pid(t, "worker")))
}

func TestNoChildOutlivesAKilledParent(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux can kill the children of a killed parent")
	}
	s := newSettings(t)
	parent := exec.Command(filepath.Join(s.Bin, "parent"), s.Bin, s.StateDir,
		strconv.Itoa(s.TemporalPort), strconv.Itoa(s.UIPort), strconv.Itoa(s.SimulatorPort))
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "up\n", line)
	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	for _, name := range []string{"worker", "simulator", "codec", "foxflow-dev"} {
		pid := s.pid(t, name)
		require.Eventually(t, func() bool { return !alive(pid) }, time.Minute, 20*time.Millisecond, name)
	}
}

func TestPortsThatCannotBeUsed(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	busy := taken.Addr().(*net.TCPAddr).Port
	for _, c := range []struct {
		name, variable, problem string
		change                  func(*Settings)
	}{
		{"Temporal's is taken", "TEMPORAL_PORT", "address already in use", func(s *Settings) { s.TemporalPort = busy }},
		{"the Web UI's is taken", "UI_PORT", "address already in use", func(s *Settings) { s.UIPort = busy }},
		{"the simulator's is taken", "SIMULATOR_PORT", "address already in use", func(s *Settings) { s.SimulatorPort = busy }},
		{"two are the same", "UI_PORT", "is the value of TEMPORAL_PORT too", func(s *Settings) { s.UIPort = s.TemporalPort }},
		{"none at all", "SIMULATOR_PORT", "from 1 to 65535", func(s *Settings) { s.SimulatorPort = 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSettings(t)
			c.change(&s)
			_, err := Start(t.Context(), s, func(string, bool) {})
			var port *PortError
			require.ErrorAs(t, err, &port)
			require.Equal(t, c.variable, port.Variable)
			require.Contains(t, port.Problem, c.problem)
		})
	}
}

func TestTwoStacksRunSideBySide(t *testing.T) {
	one, two := start(t, newSettings(t)), start(t, newSettings(t))
	require.NotEqual(t, one.WorkerHTTP, two.WorkerHTTP)
	require.NotEqual(t, one.Codec(), two.Codec())
	require.Contains(t, one.read(t, "codec.environ"), "FOXFLOW_CODEC_ORIGIN="+one.WebUI())
}

func TestAMissingProgramIsNamed(t *testing.T) {
	s := newSettings(t)
	require.NoError(t, os.Remove(filepath.Join(s.Bin, "worker")))
	_, err := Start(t.Context(), s, func(string, bool) {})
	require.ErrorContains(t, err, "worker")
	require.ErrorContains(t, err, "make build")
}
