package storm

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"foxflow/dev/stage"

	"github.com/stretchr/testify/require"
)

// Engine has the storm's hosts as containers: the services of docker-compose.yml, each in a
// network of its own, with a wire between them.
type Engine interface {
	// Compose is docker compose with these words, Docker docker itself; both return what
	// was printed.
	Compose(words ...string) (string, error)
	Docker(words ...string) (string, error)
	// Secret is the file of one of its secrets.
	Secret(name string) string
}

// shortHosts is the size of a storm over hosts that nobody asked for.
const shortHosts = 60

// RunOnHosts lets a storm rage over containers that lose each other, and has the judge's
// verdict. What the hosts' programs are to be told is laid over their Compose file.
func RunOnHosts(t *testing.T, start func(overlay string) Engine) {
	t.Helper()
	seed, orders := setting(t, "FOXFLOW_STORM_SEED", 1), setting(t, "FOXFLOW_STORM_ORDERS", shortHosts)
	s := newStorm(t, uint64(seed), orders) //nolint:gosec // not negative
	s.length += 30 * time.Second           // what is done to containers takes its time
	s.Stack = stage.Empty(t)
	g := &hosts{storm: s, Engine: start(overlay(t, seed)), primary: "postgres"}
	g.up()
	s.begin(g)
}

// overlay has the simulator and the workers do what the storm asks of them.
func overlay(t *testing.T, seed int) string {
	t.Helper()
	environment := maps.Clone(settings)
	environment["FOXRELOAD_REQUESTS_PER_MINUTE"] = "60000"
	worker := map[string]any{"environment": environment}
	text, err := json.Marshal(map[string]any{"services": map[string]any{
		"worker-1": worker, "worker-2": worker,
		"simulator": map[string]any{"command": append([]string{"--listen", "0.0.0.0:8099", "--key-file", "/run/secrets/simulator-api-key",
			"--state", "/state/simulator.state", "--open-admin", "--requests-per-minute", "0", "--log-format", "off"}, simulatorFlags(seed)...)},
	}})
	require.NoError(t, err)
	return string(text)
}

// hosts are the ground of a storm in containers.
type hosts struct {
	*storm
	Engine
	board   string   // URL where the wire's links are changed
	workers []string // URLs of theirs
	ids     map[string]string

	state   sync.Mutex
	primary string              // the service whose PostgreSQL takes writes
	taken   map[string]struct{} // hosts and links that a hand is at
}

// what a person and the judge reach, by way of the wire's own ports.
const (
	portBoard, portTemporal, portSimulator = "7000", "7001", "8001"
	portPostgres, portStandby              = "5001", "5011"
	portWorker1, portWorker2               = "9001", "9002"
)

// up starts all hosts; the standby follows before anything is written.
func (g *hosts) up() {
	g.Helper()
	g.compose("up", "--detach", "--wait", "postgres", "standby")
	g.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
	g.sql("postgres", "SELECT pg_reload_conf()")
	g.compose("up", "--detach", "worker-1", "worker-2", "simulator")
	g.ids, g.taken = map[string]string{}, map[string]struct{}{}
	for _, name := range []string{"postgres", "standby", "temporal", "simulator", "worker-1", "worker-2"} {
		g.ids[name] = strings.TrimSpace(g.compose("ps", "--all", "--quiet", name))
	}
	g.board = "http://" + g.published(portBoard)
	g.workers = []string{"http://" + g.published(portWorker1), "http://" + g.published(portWorker2)}
	g.Temporal, g.Namespace, g.Queue = g.published(portTemporal), "default", ""
	g.Simulator = "http://" + g.published(portSimulator)
	key, err := os.ReadFile(g.Secret("simulator-api-key"))
	require.NoError(g, err)
	maps.Copy(g.Env, settings)
	maps.Copy(g.Env, map[string]string{
		"FOXFLOW_LEDGER": fmt.Sprintf("postgres://foxflow@%s,%s/foxflow?sslmode=disable&target_session_attrs=read-write",
			g.published(portPostgres), g.published(portStandby)),
		"PGPASSFILE":          g.Secret("foxflow-pgpass"),
		"FOXFLOW_KEYSET_FILE": g.Secret("keyset.json"),
		"FOXRELOAD_API_KEY":   strings.TrimSpace(string(key)),
	})
	g.Answers(g.Simulator + "/admin/")
	for _, worker := range g.workers {
		g.Answers(worker + "/healthz") // they may be not ready: the simulator's faults are there already
	}
}

// compose is docker compose, which has to succeed.
func (g *hosts) compose(words ...string) string {
	g.Helper()
	out, err := g.Compose(words...)
	require.NoError(g, err)
	return out
}

// sql runs a statement as the superuser of a PostgreSQL, on its own host.
func (g *hosts) sql(service, statement string) {
	g.Helper()
	g.compose(psql(service, statement)...)
}

func psql(service, statement string) []string {
	return []string{"exec", "-T", service, "psql", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-c", statement}
}

// published is where one of the wire's ports is reached from this machine.
func (g *hosts) published(port string) string {
	g.Helper()
	return strings.TrimSpace(g.compose("port", "wire", port))
}

func (g *hosts) hands() map[string]func(*hand) {
	hands := map[string]func(*hand){
		"wires": g.breakLinks, "more wires": g.breakLinks, "freezer": g.freeze, "movers": g.unplug,
		"disk": g.fillDisk, "failover": g.failOver,
	}
	if clocks {
		hands["clockmaker"] = g.setClocks
	} else {
		g.Logf("no clock is set off: that is only written for amd64")
	}
	return hands
}

// clocks says whether the clock of one process can be set here.
const clocks = runtime.GOARCH == "amd64"

// must are all of them.
func (g *hosts) must() []string {
	all := []string{frozenWorker, unplugged, diskFull, promoted}
	if clocks {
		all = append(all, clockOff)
	}
	for _, m := range modes {
		all = append(all, "link "+m)
	}
	for _, p := range places {
		all = append(all, "at "+p)
	}
	return all
}

// settle heals whatever a hand may have left.
func (g *hosts) settle() {
	g.Helper()
	for _, p := range places {
		for n := range g.workers {
			if link := g.link(p, n); link != "" {
				_, err := g.change(link, "mode=whole")
				require.NoError(g, err)
			}
		}
	}
	_ = g.empty()
	var last readiness
	defer func() {
		if g.Failed() {
			g.Logf("a worker said of itself last: %+v", last)
		}
	}()
	for _, worker := range g.workers {
		g.Eventually(worker+" to be ready", func() (is bool) {
			r, err := askReadiness(worker)
			last = r
			return err == nil && r.Ready
		})
	}
}

// revive is the engine's own work: each service is started again that ends by itself.
func (g *hosts) revive() {}

func (g *hosts) logs() string {
	out, err := g.Compose("logs", "--no-color", "--no-log-prefix", "worker-1", "worker-2")
	if err != nil {
		g.Errorf("read the workers' logs: %v", err)
	}
	return out
}

// take is for hands that must not be at the same host or link at once; false: another is.
func (g *hosts) take(name string) bool {
	g.state.Lock()
	defer g.state.Unlock()
	if _, is := g.taken[name]; is {
		return false
	}
	g.taken[name] = struct{}{}
	return true
}

func (g *hosts) release(name string) {
	g.state.Lock()
	defer g.state.Unlock()
	delete(g.taken, name)
}

// waitFor takes a host once whoever is at it is done; false: the storm is over.
func (g *hosts) waitFor(h *hand, name string) bool {
	for !g.take(name) {
		if !h.pause(50*time.Millisecond, 100*time.Millisecond) {
			return false
		}
	}
	return true
}

// struck counts a fault that happened.
func (g *hosts) struck(kinds ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.done.HostFaults == nil {
		g.done.HostFaults = map[string]int{}
	}
	for _, kind := range kinds {
		g.done.HostFaults[kind]++
	}
}

// readiness is what a worker says of itself.
type readiness struct {
	Ready  bool
	Checks map[string]struct {
		OK     bool
		Reason string
	}
}

func askReadiness(url string) (r readiness, err error) {
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get(url + "/readyz") //nolint:noctx // bounded
	if err != nil {
		return r, err
	}
	defer response.Body.Close()
	return r, json.NewDecoder(response.Body).Decode(&r)
}

// shuffled is a list in an order of the hand's own chance.
func shuffled[T any](h *hand, list []T) []T {
	list = slices.Clone(list)
	h.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}
