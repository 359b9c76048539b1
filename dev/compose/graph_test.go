package compose

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheGraphRuns is "make secrets" and "docker compose up" of the demo, without
// Docker.
func TestTheGraphRuns(t *testing.T) {
	if address := os.Getenv("TEMPORAL_ADDRESS"); address != "" {
		t.Skip("the story runs a Temporal server of its own, and TEMPORAL_ADDRESS names somebody's")
	}
	dir := secretsMade(t)
	quickScrapes(t, dir)
	// What a shop sets, where it sets it.
	add(t, filepath.Join(dir, "deploy", "foxflow.env"), "FOXFLOW_DAILY_LIMIT=usd=500\nFOXFLOW_LOW_BALANCE=usd=20\n")
	demo := Source{Root: dir, EnvFiles: []string{".env", "deploy/demo.env"}}
	project, err := Load(t.Context(), demo)
	require.NoError(t, err)
	services := slices.DeleteFunc(project.ServiceNames(), func(name string) bool { return name == "grafana" })
	// "docker compose run starter" adds the starter's profile.
	demo.Profiles = []string{"demo", "cli"}
	project, err = Load(t.Context(), demo)
	require.NoError(t, err)
	g := newGraph(t, project, standIns(t))
	g.scrapeLocally()

	g.up(services...)

	g.orderCompletes("shop-1")
	g.prometheusSees()
	g.webUIShows("order/shop-1")
	g.namespaceIsReady()
	g.rolesKeepApart()
	g.jobsRunAgain()
	g.orderCompletes("shop-2")
	g.noSecretIsSeen()
	for name, status := range g.down() {
		if name != "temporal-ui" { // it has nothing to tidy up, and lets the signal end it
			assert.Zero(t, status, name)
		}
	}
}

// quickScrapes has Prometheus look every second, so that the test need not wait.
func quickScrapes(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, "deploy", "prometheus", "prometheus.yml")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(string(text), "15s", "1s")), 0o600))
}

// scrapeLocally puts the workers' addresses on this machine into Prometheus's file.
func (g *graph) scrapeLocally() {
	g.Helper()
	path := filepath.Join(g.project.WorkingDir, "deploy", "prometheus", "prometheus.yml")
	text, err := os.ReadFile(path)
	require.NoError(g, err)
	for _, name := range []string{"worker-1:9464", "worker-2:9464"} {
		require.Contains(g, string(text), name)
		text = []byte(strings.ReplaceAll(string(text), name, g.addresses[name]))
	}
	require.NoError(g, os.WriteFile(path, text, 0o600))
}

func add(t *testing.T, path, lines string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(text, lines...), 0o600))
}
