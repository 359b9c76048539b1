package compose

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// The temporal command that the image temporalio/admin-tools holds can't be had as a
// package. What deploy/temporal/namespace.sh uses of it is done here, with the same
// requests to a real server: the subcommands and flags below, and no others, so that a
// slip in the script fails. (The flags are those of temporal 1.9.)

// asTemporal makes the test binary be that command.
const asTemporal = "FOXFLOW_TEST_AS_TEMPORAL"

func init() {
	if os.Getenv(asTemporal) != "" {
		if err := temporalCLI(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, "Error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// temporalCommand is a folder for PATH that holds the command.
func temporalCommand(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\n%s=1 exec '%s' \"$@\"\n", asTemporal, self)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "temporal"), []byte(script), 0o700)) //nolint:gosec // it is a command
	return dir
}

type list []string

func (l *list) String() string         { return strings.Join(*l, ",") }
func (l *list) Set(value string) error { *l = append(*l, value); return nil }

type temporalFlags struct {
	namespace, query string
	retention        time.Duration
	names, types     list
}

// temporalCalls are the subcommands: the flags that each takes, and what it does.
var temporalCalls = map[string]struct {
	flags []string
	do    func(context.Context, client.Client, temporalFlags) error
}{
	"operator cluster health": {nil, func(ctx context.Context, c client.Client, _ temporalFlags) error {
		_, err := c.CheckHealth(ctx, nil)
		return err
	}},
	"operator namespace describe": {[]string{"namespace"}, func(ctx context.Context, c client.Client, f temporalFlags) error {
		_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: f.namespace})
		return err
	}},
	"operator namespace create": {[]string{"namespace", "retention"}, func(ctx context.Context, c client.Client, f temporalFlags) error {
		_, err := c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace: f.namespace, WorkflowExecutionRetentionPeriod: durationpb.New(f.retention)})
		return err
	}},
	"operator search-attribute create": {[]string{"namespace", "name", "type"}, createSearchAttributes},
	"workflow count": {[]string{"namespace", "query"}, func(ctx context.Context, c client.Client, f temporalFlags) error {
		_, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: f.namespace, Query: f.query})
		return err
	}},
}

func createSearchAttributes(ctx context.Context, c client.Client, f temporalFlags) error {
	have, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: f.namespace})
	if err != nil {
		return err
	}
	if len(f.names) == 0 || len(f.names) != len(f.types) {
		return errors.New("--name and --type come in pairs")
	}
	wanted := map[string]enumspb.IndexedValueType{}
	for i, name := range f.names {
		kind, err := enumspb.IndexedValueTypeFromString(f.types[i])
		if err != nil {
			return err
		}
		if is, there := have.GetCustomAttributes()[name]; there && is != kind {
			return fmt.Errorf("search attribute %s is of type %s", name, is)
		}
		wanted[name] = kind
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: f.namespace, SearchAttributes: wanted})
	return err
}

func temporalCLI(args []string) error {
	var words []string
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		words, args = append(words, args[0]), args[1:]
	}
	call, known := temporalCalls[strings.Join(words, " ")]
	if !known {
		return fmt.Errorf("unknown command %q", words)
	}
	var f temporalFlags
	flags := flag.NewFlagSet("temporal", flag.ContinueOnError)
	for _, name := range call.flags {
		switch name {
		case "namespace":
			flags.StringVar(&f.namespace, name, "default", "")
		case "query":
			flags.StringVar(&f.query, name, "", "")
		case "retention":
			flags.DurationVar(&f.retention, name, 72*time.Hour, "")
		case "name":
			flags.Var(&f.names, name, "")
		case "type":
			flags.Var(&f.types, name, "")
		}
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := client.DialContext(ctx, client.Options{HostPort: os.Getenv("TEMPORAL_ADDRESS"), Logger: quiet{}})
	if err != nil {
		return err
	}
	defer c.Close()
	return call.do(ctx, c, f)
}

type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
