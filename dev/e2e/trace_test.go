package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// receiver is a collector of traces, as small as can be.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	bodies [][]byte
	spans  []span
	wrong  []string // requests that were none of ours
}

// span is one that was received, with the program that sent it.
type span struct {
	*traces.Span
	service string
}

func (s span) attribute(name string) string {
	for _, kv := range s.Attributes {
		if kv.Key == name {
			return kv.Value.GetStringValue()
		}
	}
	return ""
}

const collectorKey = "collector-key-that-nobody-may-see"

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(r.receive))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) receive(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	var sent collector.ExportTraceServiceRequest
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || q.URL.Path != "/v1/traces" || q.Header.Get("Authorization") != "Bearer "+collectorKey || proto.Unmarshal(body, &sent) != nil {
		r.wrong = append(r.wrong, q.Method+" "+q.URL.String())
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.bodies = append(r.bodies, body)
	for _, resource := range sent.ResourceSpans {
		service := span{Span: &traces.Span{Attributes: resource.GetResource().GetAttributes()}}.attribute("service.name")
		for _, scope := range resource.ScopeSpans {
			for _, one := range scope.Spans {
				r.spans = append(r.spans, span{one, service})
			}
		}
	}
}

// of are the spans of a trace.
func (r *receiver) of(trace []byte) (of []span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.spans {
		if slices.Equal(s.TraceId, trace) {
			of = append(of, s)
		}
	}
	return of
}

func (r *receiver) placed(reference string) (trace []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.spans {
		if s.Name == "starter place" && s.attribute("foxflow.reference") == reference {
			trace = s.TraceId
		}
	}
	return trace
}

func withCollector(r *receiver) option {
	return func(s *stack) {
		s.Env["OTEL_EXPORTER_OTLP_ENDPOINT"] = r.URL
		s.Env["OTEL_EXPORTER_OTLP_HEADERS"] = "authorization=Bearer%20" + collectorKey
		s.Env["OTEL_BSP_SCHEDULE_DELAY"] = "200"
	}
}

// One trace leads from starter place through the workflow and each activity to each
// HTTP request; nothing secret is in it, and the history is none the longer.
func TestOneTraceFromPlaceToTheLastRequest(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	s := newStack(t, []string{"--balance", "usd=40", "--api-key", secretKey}, with("FOXRELOAD_API_KEY", secretKey), withCollector(r))
	reference := s.ref("traced")
	s.Admin(http.MethodPost, "/admin/faults/next", `{"kind":"error-500","route":"create"}`, nil)
	require.Zero(t, s.Starter("place", "--reference", reference, "--item", gameTopUp, "--note", "player_id="+secretPlayer, "--max-price", secretPrice, "--wait").Code)
	failing := s.Write("failing.csv", fmt.Sprintf("reference,item,quantity,note,mock,max_price\n%s,%s,1,player_id=fail-%s,,\n", s.ref("fails"), gameTopUp, secretPlayer))
	require.Equal(t, 4, s.Starter("place", "--file", failing, "--yes", "--wait").Code)

	want := map[string]string{ // and who says so
		"starter place":               "foxflow-starter",
		"StartWorkflow:OrderWorkflow": "foxflow-starter",
		"RunWorkflow:OrderWorkflow":   "foxflow-worker",
		"RunActivity:CreateOrder":     "foxflow-worker",
		"RunActivity:PayOrder":        "foxflow-worker",
		"RunActivity:PollStatus":      "foxflow-worker",
		"POST /api/orders/":           "foxflow-worker",
		"POST /api/orders/{id}/pay":   "foxflow-worker",
		"GET /api/orders/{id}":        "foxflow-worker",
	}
	var trace []byte
	s.Eventually("the whole trace", func() bool {
		trace = r.placed(reference)
		got := map[string]string{}
		for _, one := range r.of(trace) {
			got[one.Name] = one.service
		}
		for name, service := range want {
			if got[name] != service {
				return false
			}
		}
		return trace != nil
	})
	byID, creates := map[string]span{}, 0
	for _, one := range r.of(trace) {
		byID[string(one.SpanId)] = one
		if one.Name == "POST /api/orders/" {
			creates++
		}
	}
	assert.Equal(t, 2, creates, "the one that failed is there too")
	for _, one := range byID {
		if one.Kind == traces.Span_SPAN_KIND_CLIENT && one.attribute("url.template") != "" {
			parent, there := byID[string(one.ParentSpanId)]
			require.True(t, there, "the request's activity is in the trace: %s", one.Name)
			assert.Regexp(t, "^RunActivity:", parent.Name)
			assert.Equal(t, "order/"+reference, one.attribute("temporalWorkflowID"))
		}
	}

	require.Zero(t, s.Stop("worker"), "the last spans are sent as it stops")
	h := &hunt{stack: s, searched: map[string]int{}, found: map[string]string{}}
	for name, secret := range map[string]string{"the partner key": secretKey, "the player's data": secretPlayer, "the price limit": secretPrice,
		"the keyset": keyMaterial(t, h.read("keyset.json")), "the collector's key": collectorKey} {
		h.know(name, secret)
	}
	for _, code := range s.codes(reference) {
		h.know("a code", code)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	assert.Empty(t, r.wrong)
	for i, body := range r.bodies {
		h.search(fmt.Sprintf("request %d to the collector", i), "trace", body)
	}
	assert.NotZero(t, h.searched["trace"])
	log, err := os.ReadFile(filepath.Join(s.Dir, "worker.log"))
	require.NoError(t, err)
	h.search("the worker's log", "log", log)
	assert.Empty(t, h.found)
}

// A collector that is away holds nobody up, and is told of once.
func TestOrdersGoOnWithoutTheirCollector(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	r.Close()
	s := newStack(t, nil, withCollector(r))
	placed := s.Starter("place", "--reference", s.ref("alone"), "--item", giftCard, "--wait")
	require.Zero(t, placed.Code, placed.Stderr)
	assert.Contains(t, placed.Stderr, "traces can't be sent")
	assert.NotContains(t, placed.Stderr, collectorKey)
}
