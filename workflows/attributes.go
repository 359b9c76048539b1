package workflows

import (
	"context"
	"errors"
	"fmt"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// attributes are the search attributes that a namespace must have: a workflow that sets one
// which is not there can't go on.
var attributes = []struct {
	name string
	kind enumspb.IndexedValueType
}{
	{AttributeState.GetName(), enumspb.INDEXED_VALUE_TYPE_KEYWORD},
	{AttributeOrderID.GetName(), enumspb.INDEXED_VALUE_TYPE_KEYWORD},
	{AttributeCancelReason.GetName(), enumspb.INDEXED_VALUE_TYPE_KEYWORD},
	{AttributeMock.GetName(), enumspb.INDEXED_VALUE_TYPE_BOOL},
}

// MissingAttributesError: the namespace lacks search attributes, so orders that are to
// change theirs can't go on.
type MissingAttributesError struct {
	Namespace string
	Missing   []string // as "FoxflowState (Keyword)"
}

func (e *MissingAttributesError) Error() string {
	return fmt.Sprintf("Temporal's namespace %q lacks search attributes: %s; orders can't go on without", e.Namespace, strings.Join(e.Missing, ", "))
}

// Fix is what a person can do about it.
func (e *MissingAttributesError) Fix() string {
	var commands []string
	for _, missing := range e.Missing {
		name, kind, _ := strings.Cut(strings.TrimSuffix(missing, ")"), " (")
		commands = append(commands, fmt.Sprintf("--name %s --type %s", name, kind))
	}
	return fmt.Sprintf("add them; orders go on by themselves within a minute or so: temporal operator search-attribute create --namespace %s %s", e.Namespace, strings.Join(commands, " "))
}

// CheckAttributes gives a *MissingAttributesError where the namespace lacks one. A server
// that does not list its attributes is asked for each.
func CheckAttributes(ctx context.Context, c client.Client, namespace string) error {
	have, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	lacks := func(name string, kind enumspb.IndexedValueType) (bool, error) {
		return have.GetCustomAttributes()[name] != kind, nil
	}
	var denied *serviceerror.PermissionDenied
	var unknown *serviceerror.Unimplemented
	switch {
	case errors.As(err, &denied), errors.As(err, &unknown):
		lacks = func(name string, _ enumspb.IndexedValueType) (bool, error) {
			return refusesAttribute(ctx, c, namespace, name)
		}
	case err != nil:
		return fmt.Errorf("ask Temporal for its search attributes: %w", err)
	}
	missing := &MissingAttributesError{Namespace: namespace}
	for _, a := range attributes {
		switch lacking, err := lacks(a.name, a.kind); {
		case err != nil:
			return fmt.Errorf("ask Temporal for search attribute %s: %w", a.name, err)
		case lacking:
			missing.Missing = append(missing.Missing, fmt.Sprintf("%s (%s)", a.name, a.kind))
		}
	}
	if len(missing.Missing) > 0 {
		return missing
	}
	return nil
}

// refusesAttribute says that Temporal does not understand a query that names it.
func refusesAttribute(ctx context.Context, c client.Client, namespace, name string) (bool, error) {
	_, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: namespace, PageSize: 1, Query: name + " IS NULL"})
	var invalid *serviceerror.InvalidArgument
	if errors.As(err, &invalid) {
		return true, nil
	}
	return false, err
}
