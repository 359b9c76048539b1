package temporal

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

const (
	readyWithin = 60 * time.Second // a cold start takes about one second; a slow machine more
	askEvery    = 50 * time.Millisecond
	askFor      = 5 * time.Second // one question
)

const frontendHealth = "temporal.api.workflowservice.v1.WorkflowService"

// await asks until the answer is nil. The last answer is the error's cause.
func await(ctx context.Context, what string, ask func(context.Context) error) error {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		asking, cancel := context.WithTimeout(ctx, askFor)
		err := ask(asking)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w; last answer: %w", what, context.Cause(ctx), err)
		case <-tick.C:
		}
	}
}

// becomeReady returns once a workflow with our search attributes can be started
// and seen: frontend, then namespace and search attributes, then the Web UI and
// its way to the frontend.
func becomeReady(ctx context.Context, o Options, conn grpc.ClientConnInterface) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, fmt.Errorf("not within %s", readyWithin))
	defer cancel()
	workflows := workflowservice.NewWorkflowServiceClient(conn)
	for _, step := range []struct {
		what string
		ask  func(context.Context) error
	}{
		{"the frontend", func(ctx context.Context) error {
			answer, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{Service: frontendHealth})
			if err == nil && answer.GetStatus() != healthpb.HealthCheckResponse_SERVING {
				err = fmt.Errorf("the frontend is %s", answer.GetStatus())
			}
			return err
		}},
		{"namespace " + Namespace, func(ctx context.Context) error {
			_, err := workflows.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: Namespace})
			return err
		}},
	} {
		if err := await(ctx, step.what, step.ask); err != nil {
			return err
		}
	}
	if err := ensure(ctx, conn); err != nil {
		return err
	}
	if err := await(ctx, "the search attributes", func(ctx context.Context) error {
		_, err := workflows.ListWorkflowExecutions(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: Namespace, PageSize: 1, Query: attributesQuery()})
		return err
	}); err != nil {
		return err
	}
	return await(ctx, "the Web UI", func(ctx context.Context) error {
		for _, path := range []string{"/", "/api/v1/namespaces/" + Namespace} {
			if err := getOK(ctx, o.UIURL()+path); err != nil {
				return err
			}
		}
		return nil
	})
}

// local never goes through a proxy, whatever the environment says.
var local = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func getOK(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := local.Do(request)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, answer.Status)
	}
	return nil
}
