package tracing

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"foxflow/foxreload"
	"foxflow/foxreload/foxtest"
)

const secret = "player-77310042"

func recorded(t *testing.T) (*Tracing, *tracetest.InMemoryExporter) {
	t.Helper()
	out := tracetest.NewInMemoryExporter()
	tr, err := with(t.Context(), "test", sdk.WithSyncer(out))
	require.NoError(t, err)
	return tr, out
}

func TestARequestIsASpanThatNamesNoOne(t *testing.T) {
	tr, out := recorded(t)
	server := foxtest.New(t)
	server.Behave(func(w http.ResponseWriter, r *http.Request) {
		for name := range r.Header {
			assert.NotContains(t, []string{"Traceparent", "Tracestate", "Baggage"}, name, "FoxReload is told nothing of our traces")
		}
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, `{"code":"UNAUTHORIZED","message":"no %s here"}`, secret)
	})
	api := server.Client(t, foxreload.Config{APIKey: secret})
	api.Observe(tr, (*Tracing)(nil))

	ctx, end := tr.Begin(t.Context(), "starter place", "shop-1")
	_, err := api.GetOrder(ctx, "1f0c/"+secret)
	require.Error(t, err)
	end()
	spans := out.GetSpans()
	require.Len(t, spans, 2)
	call, root := spans[0], spans[1]
	assert.Equal(t, "GET /api/orders/{id}", call.Name)
	assert.Equal(t, root.SpanContext.TraceID(), call.SpanContext.TraceID())
	assert.Equal(t, root.SpanContext.SpanID(), call.Parent.SpanID())
	assert.Equal(t, map[string]any{"http.request.method": "GET", "url.template": "/api/orders/{id}", "http.response.status_code": int64(401), "error.type": "unauthorised"}, attributes(call))
	assert.Equal(t, codes.Error, call.Status.Code)
	assert.Equal(t, map[string]any{"foxflow.reference": "shop-1"}, attributes(root))
	assert.NotContains(t, fmt.Sprintf("%+v", spans), secret)
}

func attributes(span tracetest.SpanStub) map[string]any {
	all := map[string]any{}
	for _, kv := range span.Attributes {
		all[string(kv.Key)] = kv.Value.AsInterface()
	}
	return all
}

// An activity's span has the error's type; its words are sealed in Temporal and stay
// out of here.
func TestTheWordsOfAnErrorStayOutOfSpans(t *testing.T) {
	tr, out := recorded(t)
	options, err := tr.Temporal(client.Options{})
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{options.Interceptors[0].(interceptor.WorkerInterceptor)}})
	env.RegisterActivityWithOptions(func(ctx context.Context) error {
		tr.Call(ctx, foxreload.Sent{Method: "POST", Path: "/api/orders/"})(foxreload.Ended{Status: 422, Class: foxreload.ClassFinal})
		return temporal.NewNonRetryableApplicationError("no such player: "+secret, "VALIDATION", errors.New("cause: "+secret), secret)
	}, activityNamed("fail"))
	env.RegisterWorkflow(failing)
	env.ExecuteWorkflow(failing)
	require.Error(t, env.GetWorkflowError())
	spans := out.GetSpans()
	assert.NotContains(t, fmt.Sprintf("%+v", spans), secret)
	of := map[string]tracetest.SpanStub{}
	for _, span := range spans {
		of[span.Name] = span
		assert.Equal(t, spans[0].SpanContext.TraceID(), span.SpanContext.TraceID(), "one trace: %s", span.Name)
	}
	require.Contains(t, of, "RunActivity:fail")
	assert.Equal(t, "VALIDATION", attributes(of["RunActivity:fail"])["error.type"])
	assert.Equal(t, codes.Error, of["RunActivity:fail"].Status.Code)
	require.Contains(t, of, "POST /api/orders/")
	assert.Equal(t, of["RunActivity:fail"].SpanContext.SpanID(), of["POST /api/orders/"].Parent.SpanID())
	assert.EqualValues(t, 1, attributes(of["POST /api/orders/"])["foxflow.attempt"])
}

func failing(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	return workflow.ExecuteActivity(ctx, "fail").Get(ctx, nil)
}

func TestOffIsOff(t *testing.T) {
	tr, err := New(t.Context(), To{})
	require.NoError(t, err)
	require.Nil(t, tr)
	options, err := tr.Temporal(client.Options{})
	require.NoError(t, err)
	assert.Empty(t, options.Interceptors)
	ctx, end := tr.Begin(t.Context(), "starter place", "shop-1")
	end()
	assert.False(t, trace.SpanContextFromContext(ctx).IsValid())
	tr.Call(ctx, foxreload.Sent{})(foxreload.Ended{})
	require.NoError(t, tr.Close(t.Context()))
}

// A collector that is away costs spans, and a word; nothing else, and not for long.
func TestACollectorThatIsAwayHoldsNobodyUp(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	told := make(chan error, 10)
	tr, err := New(t.Context(), To{URL: gone.URL + "/v1/traces", Headers: map[string]string{"authorization": secret}, Service: "test", Failed: Once(func(err error) { told <- err })})
	require.NoError(t, err)
	_, end := tr.Begin(t.Context(), "starter place", "shop-1")
	end()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_ = tr.Close(ctx)
	require.Len(t, told, 1)
	assert.NotContains(t, (<-told).Error(), secret)
}
