package compose

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

// engine is the compose file, run to the letter by a real Docker engine, in a project
// of its own: whatever stack of a person's runs or has run here, keeps its volumes.
type engine struct {
	*testing.T
	stack   stack
	project *types.Project
	dir     string // a copy of what compose and the builder read
	client  string // Docker Compose
}

// stack is what an engine runs.
type stack struct {
	project  string            // its name: containers, networks and volumes bear it
	files    []string          // Compose files over docker-compose.yml
	settings string            // of the shop, in deploy/foxflow.env
	add      map[string]string // files beside docker-compose.yml
}

// newEngine makes the demo ready to be built and started: "make secrets" in a copy.
func newEngine(t *testing.T, s stack) *engine {
	t.Helper()
	needs(t, "docker")
	if said, err := exec.Command("docker", "info").CombinedOutput(); err != nil { //nolint:noctx // asks the engine
		lacks(t, "no Docker engine answers: "+string(said))
	}
	client, err := filepath.Abs(program("docker-compose"))
	require.NoError(t, err)
	if _, err := os.Stat(client); err != nil {
		lacks(t, client+" is not built: make images")
	}
	dir := copied(t, "shop")
	for _, path := range append(letThrough(t), "Dockerfile", ".dockerignore") {
		copyFile(t, filepath.Join(root, path), filepath.Join(dir, path))
	}
	makeSecrets(t, dir)
	settings := filepath.Join(dir, "deploy", "foxflow.env")
	text, err := os.ReadFile(settings)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(settings, append(text, s.settings...), 0o600))
	for name, text := range s.add {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))  //nolint:gosec // containers read it
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)) //nolint:gosec // containers read it
	}
	project, err := Load(t.Context(), Source{Root: dir, EnvFiles: []string{".env", "deploy/demo.env"}, Profiles: []string{"demo", "cli"}})
	require.NoError(t, err)
	e := &engine{T: t, stack: s, project: project, dir: dir, client: client}
	remove := []string{"--profile", "*", "down", "--volumes", "--timeout", "5", "--remove-orphans"}
	e.compose(remove...) // of a test that was killed
	t.Cleanup(func() {
		if t.Failed() {
			e.tellLogs()
		}
		e.compose(remove...)
	})
	return e
}

// command is docker compose with these words, as the demo's page has it.
func (e *engine) command(words ...string) *exec.Cmd {
	cmd := exec.Command(e.client, words...) //nolint:gosec,noctx // Docker Compose, which ends by itself
	cmd.Dir = e.dir
	cmd.Env = append(os.Environ(), "COMPOSE_ENV_FILES=.env,deploy/demo.env", "COMPOSE_PROJECT_NAME="+e.stack.project,
		"COMPOSE_FILE="+strings.Join(append([]string{"docker-compose.yml"}, e.stack.files...), ":"),
		"COMPOSE_BAKE=false", "COMPOSE_ANSI=never", "COMPOSE_PROGRESS=plain")
	return cmd
}

// try runs docker compose to its end.
func (e *engine) try(words ...string) (status int, stdout, stderr string) {
	e.Helper()
	cmd := e.command(words...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(e, cmd.Start())
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// compose runs docker compose, which has to succeed.
func (e *engine) compose(words ...string) string {
	e.Helper()
	status, out, errs := e.try(words...)
	require.Zero(e, status, "docker compose %v: %s", words, errs)
	return out
}

// starter is "docker compose run --rm starter …", which has to succeed.
func (e *engine) starter(words ...string) string {
	e.Helper()
	return e.compose(append([]string{"run", "--rm", "-T", "starter"}, words...)...)
}

// docker runs the docker command itself, which has to succeed.
func (e *engine) docker(words ...string) string {
	e.Helper()
	cmd := exec.Command("docker", words...) //nolint:gosec,noctx // asks the engine
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	require.NoError(e, err, "docker %v: %s", words, errs.String())
	return string(out)
}

// container is what the engine says of one.
type container struct {
	ID    string `json:"Id"`
	State struct {
		Status   string
		ExitCode int
		Pid      int
		Health   *struct{ Status string }
	}
	Config struct {
		User   string
		Labels map[string]string
	}
	HostConfig struct {
		ReadonlyRootfs   bool
		CapAdd, CapDrop  []string
		SecurityOpt      []string
		Privileged       bool
		Memory, NanoCpus int64
		Tmpfs            map[string]string
		RestartPolicy    struct{ Name string }
		PidMode, UTSMode string
	}
	Mounts []struct {
		Type, Source, Destination string
		RW                        bool
	}
	NetworkSettings struct {
		Ports map[string][]struct{ HostIp, HostPort string }
	}
	RestartCount int
}

// containers are the project's, by service.
func (e *engine) containers() map[string]container {
	e.Helper()
	ids := strings.Fields(e.compose("ps", "--all", "--quiet"))
	require.NotEmpty(e, ids)
	var all []container
	require.NoError(e, json.Unmarshal([]byte(e.docker(append([]string{"inspect"}, ids...)...)), &all))
	found := map[string]container{}
	for _, c := range all {
		found[c.Config.Labels["com.docker.compose.service"]] = c
	}
	return found
}

// isUp waits until every job has ended well and everything else is healthy.
func (e *engine) isUp() {
	e.Helper()
	e.eventually("the stack to be up", func() (bool, string) {
		var not []string
		containers := e.containers()
		for _, service := range e.project.Services {
			if slices.Contains(service.Profiles, "cli") {
				continue
			}
			c, there := containers[service.Name]
			switch {
			case !there:
				not = append(not, service.Name+" is not there")
			case isJob(service) && (c.State.Status != "exited" || c.State.ExitCode != 0):
				not = append(not, fmt.Sprintf("%s is %s (%d)", service.Name, c.State.Status, c.State.ExitCode))
			case !isJob(service) && (c.State.Health == nil || c.State.Health.Status != "healthy"):
				not = append(not, service.Name+" is not healthy")
			}
		}
		return len(not) == 0, strings.Join(not, ", ")
	})
}

// patience bounds every wait for a condition. It is no measure of speed.
const patience = 4 * time.Minute

// eventually waits for a condition; what it says last is told when it never comes.
func (e *engine) eventually(what string, condition func() (bool, string)) {
	e.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(300 * time.Millisecond) {
		is, said := condition()
		if is {
			return
		}
		if time.Now().After(deadline) {
			e.Fatalf("waited in vain for %s: %s", what, said)
		}
	}
}

// tellLogs shows how each container's log ends.
func (e *engine) tellLogs() {
	_, out, _ := e.try("--profile", "*", "ps", "--all")
	_, logs, errs := e.try("--profile", "*", "logs", "--no-color", "--tail", "12")
	e.Logf("%s\n%s%s", out, logs, errs)
}
