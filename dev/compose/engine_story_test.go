package compose

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
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
	"go.temporal.io/sdk/log"
)

// Where the file publishes what a person looks at.
const (
	prometheus = "http://127.0.0.1:9090"
	webUI      = "http://127.0.0.1:8233"
	codec      = "http://127.0.0.1:8234"
)

const giftCard = "product_01kr9ee0zbgj09tqm83xssss6y"

// orderCompletes places an order and looks at all that is promised of it.
func (e *engine) orderCompletes(reference string) {
	e.Helper()
	var placed struct{ State string }
	out := e.starter("place", "--reference", reference, "--item", giftCard+":2", "--wait", "-o", "json")
	require.NoError(e, json.Unmarshal([]byte(out), &placed), out)
	require.Equal(e, "completed", placed.State)

	var delivered struct{ Items []struct{ Codes []any } }
	require.NoError(e, json.Unmarshal([]byte(e.starter("codes", reference, "-o", "json")), &delivered))
	require.Len(e, delivered.Items, 1)
	assert.Len(e, delivered.Items[0].Codes, 2)
	e.starter("audit", reference, "--verify")
}

// place starts an order and does not wait for its end.
func (e *engine) place(reference string) {
	e.Helper()
	e.starter("place", "--reference", reference, "--item", giftCard+":1")
}

// complete waits until every one of these orders is completed.
func (e *engine) complete(references ...string) {
	e.Helper()
	for _, reference := range references {
		e.eventually(reference+" to be completed", func() (bool, string) {
			var is struct{ State string }
			require.NoError(e, json.Unmarshal([]byte(e.starter("status", reference, "-o", "json")), &is))
			return is.State == "completed", is.State
		})
	}
}

// paidOnce: FoxReload's own books have one debit for each order, and no other.
func (e *engine) paidOnce(orders int) {
	e.Helper()
	var books struct {
		Count          int
		RepeatedOrders []string
	}
	out := e.compose("exec", "-T", "simulator", "/simulator", "debits", "--json")
	require.NoError(e, json.Unmarshal([]byte(out), &books))
	assert.Equal(e, orders, books.Count, "debits")
	assert.Empty(e, books.RepeatedOrders)
}

// later are the metrics that appear when something happens that does not happen here, or
// that may be over between two looks of Prometheus.
var later = []string{
	"foxflow_oldest_order_age_seconds",                // an order runs
	"foxflow_waiting_orders", "foxflow_missing_money", // an order waits for a top-up
	"temporal_activity_execution_failed_total",
}

// prometheusSees: both workers are scraped, the order is counted, and every query of the
// dashboard is answered.
func (e *engine) prometheusSees() {
	e.Helper()
	for query, want := range map[string]float64{
		`count(up{job="foxflow-worker"} == 1)`:                    2,
		`count(min by (instance) (foxflow_ready) == 1)`:           2,
		`sum(foxflow_payments_total)`:                             1,
		`max(foxflow_orders{state="completed"})`:                  1,
		`count(max by (alertname) (ALERTS{alertstate="firing"}))`: 0,
	} {
		e.eventually(query, func() (bool, string) { is := e.query(query); return is == want, fmt.Sprint(is) })
	}
	e.eventually("the balance", func() (bool, string) { return e.query("max(foxflow_balance_available)") > 0, "none" })
	dashboard := read(e.T, "deploy/grafana/dashboards/foxflow.json")
	var queries struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	require.NoError(e, json.Unmarshal([]byte(dashboard), &queries))
	asked := 0
	for _, panel := range queries.Panels {
		for _, target := range panel.Targets {
			asked++
			e.query(strings.ReplaceAll(target.Expr, "$__rate_interval", "1m"))
		}
	}
	assert.Greater(e, asked, 20)
	named := regexp.MustCompile(`\b(foxflow|temporal)_[a-z_]+`).FindAllString(dashboard, -1)
	e.eventually("what the dashboard names, once an order has been paid", func() (bool, string) {
		var known struct{ Data []string }
		e.get(prometheus+"/api/v1/label/__name__/values", &known)
		unseen := slices.DeleteFunc(slices.Clone(named), func(name string) bool {
			return slices.Contains(known.Data, name) || slices.Contains(later, name)
		})
		return len(unseen) == 0, strings.Join(unseen, " ")
	})
}

// query is the value of the first sample that Prometheus answers with; 0: none.
func (e *engine) query(expression string) float64 {
	e.Helper()
	var answer struct {
		Status string
		Data   struct {
			Result []struct{ Value []any }
		}
	}
	e.get(prometheus+"/api/v1/query?query="+url.QueryEscape(expression), &answer)
	require.Equal(e, "success", answer.Status, expression)
	if len(answer.Data.Result) == 0 {
		return 0
	}
	text, is := answer.Data.Result[0].Value[1].(string)
	require.True(e, is)
	value, err := strconv.ParseFloat(text, 64)
	require.NoError(e, err)
	return value
}

func (e *engine) get(url string, into any) {
	e.Helper()
	response, err := http.Get(url) //nolint:gosec,noctx // an address of this test
	require.NoError(e, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(e, err)
	require.Equal(e, http.StatusOK, response.StatusCode, "%s: %s", url, text)
	require.NoError(e, json.Unmarshal(text, into), "%s: %s", url, text)
}

// namespaceIsReady: what the namespace job promises.
func (e *engine) namespaceIsReady() {
	e.Helper()
	c, err := client.DialContext(e.Context(), client.Options{HostPort: "127.0.0.1:7233", Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(e, err)
	defer c.Close()
	about, err := c.WorkflowService().DescribeNamespace(e.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	require.NoError(e, err)
	assert.Equal(e, 30*24*time.Hour, about.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
	have, err := c.OperatorService().ListSearchAttributes(e.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: "default"})
	require.NoError(e, err)
	assert.Equal(e, map[string]enumspb.IndexedValueType{
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
