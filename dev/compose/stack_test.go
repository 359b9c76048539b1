package compose

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shop is the demo with what a shop sets.
var shop = stack{project: "foxflow-test", settings: "FOXFLOW_DAILY_LIMIT=usd=500\nFOXFLOW_LOW_BALANCE=usd=20\n"}

// TestTheStackRuns is "make secrets" and "docker compose up" of the demo, as
// docs/deploying.md has it, and what happens to such a stack afterwards.
func TestTheStackRuns(t *testing.T) {
	e := newEngine(t, shop)
	step := func(name string, run func(e *engine)) {
		t.Helper()
		if !t.Run(name, func(t *testing.T) {
			inner := *e
			inner.T = t
			run(&inner)
		}) {
			t.FailNow() // what comes next builds on it
		}
	}
	orders := 2
	step("the builder makes our images", (*engine).build)
	step("up", func(e *engine) {
		e.compose("up", "--detach")
		e.isUp()
		e.compose("exec", "-T", "simulator", "/simulator", "add", "usd=1000")
	})
	step("an order completes", func(e *engine) { e.orderCompletes("shop-1") })
	step("Prometheus sees it", (*engine).prometheusSees)
	step("the Web UI shows it", (*engine).webUIShows)
	step("the namespace is ready", (*engine).namespaceIsReady)
	step("roles keep apart", (*engine).rolesKeepApart)
	step("containers can do little", (*engine).containersCanDoLittle)
	step("ports are this machine's", (*engine).portsAreThisMachines)
	step("secrets are files", (*engine).secretsAreFiles)
	step("down and up again", func(e *engine) {
		codes := e.starter("codes", "shop-1", "-o", "json")
		e.endWell()
		e.compose("down")
		e.compose("up", "--detach")
		e.isUp()
		assert.Equal(e, codes, e.starter("codes", "shop-1", "-o", "json"))
		e.starter("audit", "shop-1", "--verify")
		e.webUIShows()
		e.orderCompletes("shop-2")
	})
	step("upgrade", func(e *engine) { orders += e.upgrade() })
	step("a crash", func(e *engine) { orders += e.crash() })
	step("kill of each", func(e *engine) { orders += e.killEach() })
	step("nothing was paid twice", func(e *engine) { e.paidOnce(orders) })
	step("it stays small", (*engine).staysSmall)
	step("no secret is seen", (*engine).noSecretIsSeen)
}

// build has the engine's builder build our images, of what .dockerignore lets through and
// nothing else. Their programs are those of "make programs", to the byte.
func (e *engine) build() {
	e.Helper()
	e.compose("--profile", "*", "build", "--build-arg", "COMMIT="+commit(e.T))
	for _, name := range []string{"worker", "starter", "codec", "simulator"} {
		assert.Equal(e, digest(e.T, program(name)), e.digestIn("foxflow/"+name+":local", "/"+name), "%s: run make programs", name)
	}
}

// digestIn is that of a file in an image.
func (e *engine) digestIn(image, path string) [sha256.Size]byte {
	e.Helper()
	id := strings.TrimSpace(e.docker("create", image))
	defer e.docker("rm", id)
	copied := filepath.Join(e.TempDir(), filepath.Base(path))
	e.docker("cp", id+":"+path, copied)
	return digest(e.T, copied)
}

// upgrade replaces the workers by those of a new image while orders run.
func (e *engine) upgrade() (orders int) {
	e.Helper()
	const next = "of-the-next-version"
	e.compose("build", "--build-arg", "COMMIT="+next, "worker-1")
	var references []string
	for n := range 6 {
		references = append(references, fmt.Sprintf("upgrade-%d", n))
		e.place(references[n])
	}
	e.compose("up", "--detach", "worker-1", "worker-2")
	e.isUp()
	for _, name := range []string{"worker-1", "worker-2"} {
		assert.Contains(e, e.compose("exec", "-T", name, "/worker", "--version"), next)
	}
	e.complete(references...)
	return len(references)
}

// crash kills a worker's process, as a bug or the kernel would: the engine starts it again.
func (e *engine) crash() (orders int) {
	e.Helper()
	if os.Getuid() != 0 {
		e.Skip("a container's process is root's to kill")
	}
	e.place("crash-1")
	require.NoError(e, syscall.Kill(e.containers()["worker-1"].State.Pid, syscall.SIGKILL))
	e.eventually("the engine to start worker-1 again", func() (bool, string) {
		c := e.containers()["worker-1"]
		return c.RestartCount == 1 && c.State.Health.Status == "healthy", c.State.Status
	})
	e.complete("crash-1")
	return 1
}

// killEach kills one service after the other ("docker compose kill") while an order runs.
// A container that was killed so stays down until it is started.
func (e *engine) killEach() (orders int) {
	e.Helper()
	var references []string
	for _, name := range sorted(e.project.ServiceNames()...) {
		if isJob(e.project.Services[name]) {
			continue
		}
		reference := "kill-" + name
		references = append(references, reference)
		e.place(reference)
		e.compose("kill", name)
		assert.Equal(e, "exited", e.containers()[name].State.Status, name)
		e.compose("up", "--detach", "--no-deps", name)
		e.isUp()
	}
	require.Len(e, references, 9)
	e.complete(references...)
	return len(references)
}
