package temporal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
)

// searchAttributes are those that order workflows carry (see the interface's
// table "For programs").
var searchAttributes = map[string]enumspb.IndexedValueType{
	"FoxflowState":        enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"FoxflowOrderId":      enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"FoxflowCancelReason": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"FoxflowMock":         enumspb.INDEXED_VALUE_TYPE_BOOL,
}

// ensure brings a namespace that an earlier version made up to date, through the
// running server. What was given to a new namespace in the database is not
// given to one that is there already, hence at every start.
func ensure(ctx context.Context, conn grpc.ClientConnInterface) error {
	if err := ensureRetention(ctx, workflowservice.NewWorkflowServiceClient(conn)); err != nil {
		return err
	}
	added, err := ensureSearchAttributes(ctx, operatorservice.NewOperatorServiceClient(conn))
	if err != nil {
		return err
	}
	if added {
		// Each service reads the namespaces at its own time, and only the frontend
		// can be asked whether it has: by then the others have too.
		select {
		case <-time.After(2 * namespaceRefresh):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func ensureRetention(ctx context.Context, client workflowservice.WorkflowServiceClient) error {
	have, err := client.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: Namespace})
	if err != nil {
		return fmt.Errorf("describe namespace %s: %w", Namespace, err)
	}
	if have.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() >= Retention {
		return nil
	}
	_, err = client.UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: Namespace,
		Config:    &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(Retention)},
	})
	if err != nil {
		return fmt.Errorf("set retention of namespace %s: %w", Namespace, err)
	}
	return nil
}

func ensureSearchAttributes(ctx context.Context, client operatorservice.OperatorServiceClient) (added bool, err error) {
	have, err := client.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: Namespace})
	if err != nil {
		return false, fmt.Errorf("list search attributes of namespace %s: %w", Namespace, err)
	}
	missing := map[string]enumspb.IndexedValueType{}
	for name, want := range searchAttributes {
		switch is, ok := have.GetCustomAttributes()[name]; {
		case !ok:
			missing[name] = want
		case is != want:
			return false, fmt.Errorf("search attribute %s of namespace %s is of type %s, not %s: remove it, or name another --state-dir",
				name, Namespace, is, want)
		}
	}
	if len(missing) == 0 {
		return false, nil
	}
	_, err = client.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: Namespace, SearchAttributes: missing})
	if err != nil {
		return false, fmt.Errorf("add search attributes %s: %w", strings.Join(slices.Sorted(maps.Keys(missing)), ", "), err)
	}
	return true, nil
}

// attributesQuery is a visibility query that is refused unless every search
// attribute is known to the frontend, with its type.
func attributesQuery() string {
	var terms []string
	for _, name := range slices.Sorted(maps.Keys(searchAttributes)) {
		value := "'none'"
		if searchAttributes[name] == enumspb.INDEXED_VALUE_TYPE_BOOL {
			value = "true"
		}
		terms = append(terms, name+" = "+value)
	}
	return strings.Join(terms, " AND ")
}
