package compose

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

const giftCard = "product_01kr9ee0zbgj09tqm83xssss6y"

// starter is "docker compose run --rm starter …", which has to succeed.
func (g *graph) starter(words ...string) string {
	g.Helper()
	status, out, errs := g.run("starter", words...)
	if status != 0 {
		g.tellLogs()
		g.Fatalf("starter %v: status %d: %s", words, status, errs)
	}
	return out
}

// orderCompletes places an order and looks at all that is promised of it.
func (g *graph) orderCompletes(reference string) {
	g.Helper()
	var placed struct{ State string }
	out := g.starter("place", "--reference", reference, "--item", giftCard+":2", "--wait", "-o", "json")
	require.NoError(g, json.Unmarshal([]byte(out), &placed), out)
	require.Equal(g, "completed", placed.State)

	var delivered struct{ Items []struct{ Codes []any } }
	require.NoError(g, json.Unmarshal([]byte(g.starter("codes", reference, "-o", "json")), &delivered))
	require.Len(g, delivered.Items, 1)
	assert.Len(g, delivered.Items[0].Codes, 2)
	g.starter("audit", reference, "--verify")
}

// later are the metrics that appear when something happens that does not happen here.
var later = []string{
	"foxflow_waiting_orders", "foxflow_missing_money", // an order waits for a top-up
	"temporal_activity_execution_failed_total",
}

// prometheusSees: both workers are scraped, the order is counted, and every query of the
// dashboard is answered.
func (g *graph) prometheusSees() {
	g.Helper()
	for query, want := range map[string]float64{
		`count(up{job="foxflow-worker"} == 1)`:                    2,
		`count(min by (instance) (foxflow_ready) == 1)`:           2,
		`sum(foxflow_payments_total)`:                             1,
		`max(foxflow_orders{state="completed"})`:                  1,
		`count(max by (alertname) (ALERTS{alertstate="firing"}))`: 0,
	} {
		g.eventually(query, func() bool { return g.query(query) == want })
	}
	g.eventually("the balance", func() bool { return g.query("max(foxflow_balance_available)") > 0 })
	var known struct{ Data []string }
	g.get("http://"+g.address("prometheus", 9090)+"/api/v1/label/__name__/values", &known)
	dashboard := read(g.T, "deploy/grafana/dashboards/foxflow.json")
	var queries struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	var unseen []string
	require.NoError(g, json.Unmarshal([]byte(dashboard), &queries))
	asked := 0
	for _, panel := range queries.Panels {
		for _, target := range panel.Targets {
			asked++
			g.query(strings.ReplaceAll(target.Expr, "$__rate_interval", "1m"))
		}
	}
	assert.Greater(g, asked, 20)
	for _, name := range regexp.MustCompile(`\b(foxflow|temporal)_[a-z_]+`).FindAllString(dashboard, -1) {
		if !slices.Contains(known.Data, name) && !slices.Contains(unseen, name) {
			unseen = append(unseen, name)
		}
	}
	assert.Subset(g, later, unseen, "named by the dashboard, and not there once an order has been paid")
}

// query is the value of the first sample that Prometheus answers with; 0: none.
func (g *graph) query(expression string) float64 {
	g.Helper()
	var answer struct {
		Status string
		Data   struct {
			Result []struct{ Value []any }
		}
	}
	g.get("http://"+g.address("prometheus", 9090)+"/api/v1/query?query="+url.QueryEscape(expression), &answer)
	require.Equal(g, "success", answer.Status, expression)
	if len(answer.Data.Result) == 0 {
		return 0
	}
	text, is := answer.Data.Result[0].Value[1].(string)
	require.True(g, is)
	value, err := strconv.ParseFloat(text, 64)
	require.NoError(g, err)
	return value
}

func (g *graph) get(url string, into any) {
	g.Helper()
	response, err := http.Get(url) //nolint:gosec,noctx // an address of this test
	require.NoError(g, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(g, err)
	require.Equal(g, http.StatusOK, response.StatusCode, "%s: %s", url, text)
	require.NoError(g, json.Unmarshal(text, into), "%s: %s", url, text)
}

// webUIShows: the Web UI reaches Temporal and shows the order, and sends its readers to
// the codec server, which lets the pages of that very Web UI ask.
func (g *graph) webUIShows(workflow string) {
	g.Helper()
	ui := "http://" + g.address("temporal-ui", 8080)
	var found struct {
		Executions []struct {
			Execution struct{ WorkflowId string }
		}
	}
	g.eventually("the Web UI to show "+workflow, func() bool {
		g.get(ui+"/api/v1/namespaces/default/workflows?query="+url.QueryEscape("FoxflowState = 'completed'"), &found)
		return len(found.Executions) > 0
	})
	assert.Equal(g, workflow, found.Executions[0].Execution.WorkflowId)
	var settings struct {
		Codec struct {
			Endpoint           string
			IncludeCredentials bool
		}
	}
	g.get(ui+"/api/v1/settings", &settings)
	codec := "http://" + g.address("codec", 8234)
	assert.Equal(g, codec, settings.Codec.Endpoint)
	assert.True(g, settings.Codec.IncludeCredentials)

	preflight, err := http.NewRequestWithContext(g.Context(), http.MethodOptions, codec+"/decode", nil)
	require.NoError(g, err)
	preflight.Header.Set("Origin", ui)
	preflight.Header.Set("Access-Control-Request-Method", http.MethodPost)
	answer, err := http.DefaultClient.Do(preflight)
	require.NoError(g, err)
	require.NoError(g, answer.Body.Close())
	assert.Equal(g, ui, answer.Header.Get("Access-Control-Allow-Origin"))
}

// namespaceIsReady: what the namespace job promises.
func (g *graph) namespaceIsReady() {
	g.Helper()
	c, err := client.DialContext(g.Context(), client.Options{HostPort: g.address("temporal", 7233), Logger: quiet{}})
	require.NoError(g, err)
	defer c.Close()
	about, err := c.WorkflowService().DescribeNamespace(g.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	require.NoError(g, err)
	assert.Equal(g, 30*24*time.Hour, about.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
	have, err := c.OperatorService().ListSearchAttributes(g.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: "default"})
	require.NoError(g, err)
	assert.Equal(g, map[string]enumspb.IndexedValueType{
		"FoxflowState":        enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"FoxflowOrderId":      enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"FoxflowCancelReason": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"FoxflowMock":         enumspb.INDEXED_VALUE_TYPE_BOOL,
	}, ofFoxflow(have.GetCustomAttributes()))
}

func ofFoxflow(all map[string]enumspb.IndexedValueType) map[string]enumspb.IndexedValueType {
	for name := range all {
		if !strings.HasPrefix(name, "Foxflow") {
			delete(all, name)
		}
	}
	return all
}

// rolesKeepApart: each role does what it is for, with its password, and nothing else.
func (g *graph) rolesKeepApart() {
	g.Helper()
	for _, c := range []struct{ secret, role, database, statement, refused string }{
		{"foxflow-pgpass", "foxflow", "foxflow", "SELECT count(*) FROM audit", ""},
		{"foxflow-pgpass", "foxflow", "foxflow", "DELETE FROM audit", "permission denied"},
		{"foxflow-pgpass", "foxflow", "foxflow", "CREATE TABLE mine (n int)", "permission denied"},
		{"foxflow-pgpass", "foxflow", "temporal", "SELECT 1", "permission denied for database"},
		{"temporal-pgpass", "temporal", "foxflow", "SELECT 1", "permission denied for database"},
		{"temporal-pgpass", "temporal", "temporal_visibility", "SELECT count(*) FROM executions_visibility", ""},
		{"temporal-pgpass", "temporal", "temporal", "CREATE DATABASE mine", "permission denied"},
		{"temporal-pgpass", "foxflow", "foxflow", "SELECT 1", "no password supplied"},
		{"foxflow-owner-pgpass", "foxflow_owner", "foxflow", "DELETE FROM audit", "audit"},
	} {
		at := "postgres://" + c.role + "@" + g.address("postgres", 5432) + "/" + c.database
		cmd := exec.Command(filepath.Join(postgresPrograms(g.T), "psql"), "--no-psqlrc", "--no-password", "-d", at, "-c", c.statement) //nolint:gosec,noctx // statements of this table
		cmd.Env = []string{"PGPASSFILE=" + g.asPSQLWants(c.secret)}
		said, err := cmd.CombinedOutput()
		if c.refused == "" {
			assert.NoError(g, err, "%s: %s: %s", c.role, c.statement, said)
			continue
		}
		assert.Error(g, err, "%s: %s", c.role, c.statement)
		assert.Contains(g, string(said), c.refused, "%s: %s", c.role, c.statement)
	}
}

// asPSQLWants is a copy of a password file that its owner alone can read: psql takes no
// other.
func (g *graph) asPSQLWants(secret string) string {
	text, err := os.ReadFile(g.project.Secrets[secret].File)
	require.NoError(g, err)
	path := filepath.Join(g.folder("psql"), secret)
	require.NoError(g, os.WriteFile(path, text, 0o600))
	return path
}

// jobsRunAgain: "docker compose up" once more, with everything in place.
func (g *graph) jobsRunAgain() {
	g.Helper()
	for name := range waitedFor {
		status, _, errs := g.run(name, g.project.Services[name].Command...)
		assert.Zero(g, status, "%s: %s", name, errs)
	}
}

// noSecretIsSeen: no secret is in a process's arguments or environment, or in a log.
func (g *graph) noSecretIsSeen() {
	g.Helper()
	secrets := map[string]string{}
	for name, secret := range g.project.Secrets {
		text, err := os.ReadFile(secret.File)
		require.NoError(g, err)
		word := strings.TrimSpace(string(text))
		if strings.HasSuffix(name, "pgpass") {
			word = word[strings.LastIndex(word, ":")+1:]
		}
		if key := regexp.MustCompile(`"value":"([^"]+)"`).FindStringSubmatch(word); key != nil {
			word = key[1]
		}
		require.Greater(g, len(word), 16, name)
		secrets[name] = word
	}
	look := func(where string, text []byte) {
		for name, word := range secrets {
			assert.NotContains(g, string(text), word, "%s is in %s", name, where)
		}
	}
	for name, c := range g.running {
		text, err := os.ReadFile(g.log(name))
		require.NoError(g, err)
		look("the log of "+name, text)
		if isJob(g.project.Services[name]) {
			continue
		}
		for _, file := range []string{"cmdline", "environ"} {
			text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(c.cmd.Process.Pid), file))
			require.NoError(g, err)
			require.NotEmpty(g, text)
			look(file+" of "+name, text)
		}
	}
}
