package compose

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"

	"foxflow/dev/loopback"
)

// graph is the compose file's graph run without Docker: each service is a process with
// the command, environment, secrets and mounts that the file gives it. Names of
// services become addresses on loopback, paths in containers become files of a
// temporary folder. No value is made up here but for what an image brings itself.
type graph struct {
	*testing.T
	project *types.Project
	dir     string
	images  map[string]image
	// addresses are HOST:PORT on loopback, by "service:port" as in a container.
	addresses map[string]string
	running   map[string]*container
	order     []string // services in the order of their start
}

// ports are those that containers listen on. A file can't say it of most images, so
// they stand here.
var ports = map[string][]int{
	"postgres": {5432}, "temporal": {7233, 7243}, "temporal-ui": {8080}, "codec": {8234},
	"worker-1": {9464}, "worker-2": {9464}, "prometheus": {9090}, "simulator": {8099},
}

// container is one running service, or a job that has ended.
type container struct {
	cmd  *exec.Cmd
	done chan struct{}
}

func newGraph(t *testing.T, project *types.Project, images map[string]image) *graph {
	t.Helper()
	g := &graph{T: t, project: project, dir: t.TempDir(), images: images, addresses: map[string]string{}, running: map[string]*container{}}
	for service, listens := range ports {
		for _, port := range listens {
			g.addresses[fmt.Sprintf("%s:%d", service, port)] = g.freePort()
		}
	}
	return g
}

func (g *graph) freePort() string {
	g.Helper()
	free, err := loopback.FreePorts(1)
	require.NoError(g, err)
	return net.JoinHostPort(loopback.Host, strconv.Itoa(free[0]))
}

// address is where a service's port of the host, as the file publishes it, is found.
func (g *graph) address(service string, port int) string {
	at, known := g.addresses[fmt.Sprintf("%s:%d", service, port)]
	require.True(g, known, "%s:%d", service, port)
	return at
}

var (
	hostPort = regexp.MustCompile(`([a-z0-9.-]+):(\d{2,5})\b`)
	absolute = regexp.MustCompile(`(^|[\s=,])(/[A-Za-z0-9._/-]+)`)
)

// local turns a value of a container's into one for a process of this machine.
func (g *graph) local(service types.ServiceConfig, value string) string {
	value = hostPort.ReplaceAllStringFunc(value, func(found string) string {
		host, text, _ := strings.Cut(found, ":")
		switch host {
		case "0.0.0.0", "127.0.0.1", "localhost":
			if own, is := g.addresses[service.Name+":"+text]; is {
				return own
			}
			return g.published(text, found)
		}
		if at, is := g.addresses[found]; is {
			return at
		}
		return found
	})
	return absolute.ReplaceAllStringFunc(value, func(found string) string {
		at := strings.Index(found, "/")
		return found[:at] + g.path(service, found[at:])
	})
}

// published is the address behind a port of the host.
func (g *graph) published(port, otherwise string) string {
	for _, service := range g.project.Services {
		for _, p := range service.Ports {
			if p.Published == port {
				return g.address(service.Name, int(p.Target))
			}
		}
	}
	return otherwise
}

// path is the file or folder of this machine behind a path in a container.
func (g *graph) path(service types.ServiceConfig, path string) string {
	if name, is := strings.CutPrefix(path, secretsFolder); is {
		for _, secret := range service.Secrets {
			if secret.Source == name {
				return g.project.Secrets[name].File
			}
		}
		return path // not given to it: it must fail as in a container
	}
	for _, volume := range service.Volumes {
		rest, under := strings.CutPrefix(path, volume.Target)
		if !under || rest != "" && rest[0] != '/' {
			continue
		}
		if volume.Type == types.VolumeTypeVolume {
			return g.folder("volumes", volume.Source) + rest
		}
		return volume.Source + rest
	}
	return path
}

func (g *graph) folder(names ...string) string {
	path := filepath.Join(append([]string{g.dir}, names...)...)
	require.NoError(g, os.MkdirAll(path, 0o700))
	return path
}

// environment is what the process sees: what the file says, what its image brings, and
// nothing of the caller's.
func (g *graph) environment(service types.ServiceConfig) []string {
	env := map[string]string{"PATH": g.imageOf(service).path + ":" + os.Getenv("PATH"), "HOME": g.folder("homes", service.Name)}
	for name, value := range service.Environment {
		env[name] = g.local(service, deref(value))
	}
	if adapt := g.imageOf(service).adapt; adapt != nil {
		adapt(g, service, env)
	}
	var all []string
	for name, value := range env {
		all = append(all, name+"="+value)
	}
	return all
}

func (g *graph) imageOf(service types.ServiceConfig) image {
	name, _, _ := strings.Cut(service.Image, ":")
	i, known := g.images[name]
	require.True(g, known, "no stand-in for image %s", service.Image)
	return i
}

// command is a service's process, ready to be started.
func (g *graph) command(service types.ServiceConfig, words []string) *exec.Cmd {
	g.Helper()
	var args []string
	for _, word := range words {
		args = append(args, g.local(service, word))
	}
	args = g.imageOf(service).command(g, service, args)
	cmd := exec.Command(args[0], args[1:]...) //nolint:gosec,noctx // ended by stop or with the test
	cmd.Env, cmd.Dir = g.environment(service), g.folder("homes", service.Name)
	// A test binary that dies must not leave servers behind.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if own := g.imageOf(service).credential; own != nil {
		cmd.SysProcAttr.Credential = own()
	}
	return cmd
}

// start starts a service; its output goes to its log.
func (g *graph) start(name string) *container {
	g.Helper()
	service := g.project.Services[name]
	if prepare := g.imageOf(service).prepare; prepare != nil {
		prepare(g, service)
	}
	log, err := os.OpenFile(g.log(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(g, err)
	defer log.Close()
	c := &container{cmd: g.command(service, service.Command), done: make(chan struct{})}
	c.cmd.Stdout, c.cmd.Stderr = log, log
	require.NoError(g, c.cmd.Start(), name)
	go func() {
		_ = c.cmd.Wait()
		close(c.done)
	}()
	g.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		<-c.done
	})
	g.running[name] = c
	g.order = append(g.order, name)
	return c
}

func (g *graph) log(name string) string { return filepath.Join(g.folder("logs"), name+".log") }

// run runs a service's command with other words to its end: "docker compose run".
func (g *graph) run(name string, words ...string) (status int, stdout, stderr string) {
	g.Helper()
	cmd := g.command(g.project.Services[name], words)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(g, cmd.Start())
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// healthy runs a service's health check as the file has it.
func (g *graph) healthy(name string) bool {
	service := g.project.Services[name]
	words := service.HealthCheck.Test[1:] // after CMD
	var args []string
	for _, word := range words {
		args = append(args, g.local(service, word))
	}
	if program := g.imageOf(service).program; args[0] == "/"+filepath.Base(program) {
		args[0] = program
	}
	if args[0] == "pg_isready" {
		_, port, _ := net.SplitHostPort(g.address(name, 5432)) // the image's own port, which its PGPORT would name
		args = append(args, "--port="+port)
	}
	cmd := exec.CommandContext(g.Context(), args[0], args[1:]...) //nolint:gosec // the file's
	cmd.Env = g.environment(service)
	for _, variable := range cmd.Env {
		if path, is := strings.CutPrefix(variable, "PATH="); is && !strings.Contains(args[0], "/") {
			cmd.Path, cmd.Err = lookIn(path, args[0])
		}
	}
	return cmd.Run() == nil
}

func lookIn(path, name string) (string, error) {
	for _, dir := range filepath.SplitList(path) {
		if found, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, exec.ErrNotFound)
}

// patience bounds every wait for a condition. It is no measure of speed.
const patience = 90 * time.Second

func (g *graph) eventually(what string, condition func() bool) {
	g.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			g.tellLogs()
			g.Fatalf("waited in vain for %s", what)
		}
	}
}

func (g *graph) tellLogs() {
	for _, name := range g.order {
		text, _ := os.ReadFile(g.log(name))
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		lines = lines[max(0, len(lines)-12):]
		for i, line := range lines {
			lines[i] = line[:min(len(line), 300)]
		}
		g.Logf("%s ends:\n%s", name, strings.Join(lines, "\n"))
	}
}
