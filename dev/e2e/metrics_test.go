package e2e

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const deploy = "../../deploy"

// What dashboard and alert rules ask for is what real workers that have carried
// orders measure: every metric that they name is there, and a real Prometheus has an
// answer to every query.
func TestDashboardAndAlertsAskForWhatIsMeasured(t *testing.T) {
	t.Parallel()
	var queries []string
	for _, panel := range dashboard(t).Panels {
		for _, target := range panel.Targets {
			queries = append(queries, target.Expr)
		}
	}
	require.Greater(t, len(queries), 30)
	rules := readRules(t)
	require.Greater(t, len(rules), 15)

	s := newStack(t, []string{"--balance", "usd=15"}, with("FOXFLOW_DAILY_LIMIT", "usd=500"), with("FOXFLOW_LOW_BALANCE", "usd=20"))
	s.otherWorker()
	s.carryOrders()
	s.Eventually("the audit log to be checked", func() bool {
		return strings.Contains(string(s.metrics()), "\nfoxflow_audit_chain_ok 1\n")
	})
	there := families(s.metrics())
	maps.Copy(there, families(s.scrape(s.other))) // what happened once happened on one of them
	for _, query := range queries {
		for _, name := range metricsIn(query) {
			assert.True(t, there[name], "%s, which the dashboard asks for: %s", name, query)
		}
	}
	for _, rule := range rules {
		for _, name := range metricsIn(rule) {
			assert.True(t, there[name], "%s, which the alert rules ask for: %s", name, rule)
		}
	}
	for name := range there {
		assert.Regexp(t, `^(foxflow|temporal|go|process|promhttp)_`, name)
	}
	s.boundedLabels()

	p := s.startPrometheus()
	for _, query := range queries {
		s.Eventually("an answer to "+query, func() bool {
			answer := p.ask(strings.ReplaceAll(query, "$__rate_interval", "30s"))
			return answer.Status == "success" && len(answer.Data.Result) > 0
		})
	}
	assert.Equal(t, "2", p.one(`max(foxflow_orders{state="completed"})`))
	assert.Equal(t, "1", p.one(`max(foxflow_orders{state="failed"})`))
	assert.Equal(t, "1", p.one(`max(foxflow_waiting_orders{currency="usd"})`))
	assert.Equal(t, "4.4951", p.one(`max(foxflow_balance_available{currency="usd"})`), "15 less 9.55 and 0.9549")
	assert.Equal(t, "5.0549", p.one(`max(foxflow_missing_money{currency="usd"})`), "9.55 less that")
	assert.Equal(t, "1", p.one(`sum(foxflow_payments_total{mock="true"})`))
	assert.Equal(t, "9.55", p.one(`sum(foxflow_payments_amount_total{mock="true"})`))
}

// carryOrders has one order complete in spite of an error, one fail, one wait for a top-up, and a mock
// order complete.
func (s *stack) carryOrders() {
	s.Helper()
	require.Equal(s, 4, s.Starter("place", "--reference", s.ref("fails"), "--item", gameTopUp, "--note", "player_id=fail", "--wait").Code)
	s.Admin(http.MethodPost, "/admin/faults/next", `{"kind":"error-500","route":"create"}`, nil)
	require.Zero(s, s.Starter("place", "--reference", s.ref("done"), "--item", giftCard, "--wait").Code)
	require.Zero(s, s.Starter("place", "--reference", s.ref("mock"), "--item", giftCard, "--mock", "--wait").Code)
	s.place(s.ref("waits"), giftCard).until(s.ref("waits"), "awaiting_topup")
	s.Must("starter", "top-up", "--all") // the desk reads the balance
	s.Eventually("the balance to be known", func() bool { return strings.Contains(string(s.metrics()), "\nfoxflow_balance_available{") })
}

// metrics is what Prometheus would get of the stack's own worker.
func (s *stack) metrics() []byte { return s.scrape(s.Env["FOXFLOW_HTTP"]) }

func (s *stack) scrape(worker string) []byte {
	s.Helper()
	response, err := http.Get("http://" + worker + "/metrics") //nolint:noctx // an address of this test
	require.NoError(s, err)
	defer response.Body.Close()
	require.Equal(s, http.StatusOK, response.StatusCode)
	text, err := io.ReadAll(response.Body)
	require.NoError(s, err)
	return text
}

var (
	typeRE   = regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`)
	nameRE   = regexp.MustCompile(`\b(?:foxflow|temporal|process|go)_[a-z0-9_]+`)
	sampleRE = regexp.MustCompile(`(?m)^(foxflow_[a-z0-9_]+)\{(.*)\} \S+$`)
	labelRE  = regexp.MustCompile(`([a-z_]+)="((?:[^"\\]|\\.)*)"`)
)

// families are the names that queries can ask for.
func families(text []byte) map[string]bool {
	names := map[string]bool{}
	for _, m := range typeRE.FindAllSubmatch(text, -1) {
		name := string(m[1])
		names[name] = true
		if string(m[2]) == "histogram" {
			names[name+"_bucket"], names[name+"_sum"], names[name+"_count"] = true, true, true
		}
	}
	return names
}

// metricsIn are the metrics that a query names. What the rules record is not among
// them: the rules' own queries are looked at as well.
func metricsIn(query string) []string {
	return nameRE.FindAllString(regexp.MustCompile(`"[^"]*"`).ReplaceAllString(query, `""`), -1)
}

// labels are all that foxflow's metrics may have, with what each may say.
var labels = map[string]string{
	"state":     `[a-z_]+`,
	"check":     `[a-z_]+`,
	"kind":      `[a-z_]+`,
	"currency":  `usd|rub`,
	"mock":      `true|false`,
	"endpoint":  `(GET|POST) /api/[a-z/{}]+`,
	"outcome":   `[a-z_]+`,
	"operation": `[a-z_]+`,
	"by":        `single|list`,
	"priority":  `pay|create|poll`,
	"result":    `news|unchanged|error`,
	"le":        `[0-9.+eInf]+`,
}

func (s *stack) boundedLabels() {
	s.Helper()
	seen := 0
	for _, sample := range sampleRE.FindAllSubmatch(s.metrics(), -1) {
		for _, label := range labelRE.FindAllSubmatch(sample[2], -1) {
			seen++
			require.Contains(s, labels, string(label[1]), string(sample[0]))
			assert.Regexp(s, "^("+labels[string(label[1])]+")$", string(label[2]), string(sample[0]))
		}
	}
	assert.Greater(s, seen, 100)
}

type board struct {
	UID    string
	Panels []struct {
		Title      string
		Datasource struct{ UID string }
		Targets    []struct{ Expr string }
	}
}

func dashboard(t *testing.T) (b board) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deploy, "grafana", "dashboards", "foxflow.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &b))
	source, err := os.ReadFile(filepath.Join(deploy, "grafana", "provisioning", "datasources", "prometheus.yml"))
	require.NoError(t, err)
	for _, panel := range b.Panels {
		if len(panel.Targets) > 0 {
			require.Contains(t, string(source), "uid: "+panel.Datasource.UID+"\n", panel.Title)
		}
	}
	return b
}

func containsLine(text []byte, line string) bool {
	return strings.Contains(string(text), "\n"+line+"\n")
}
