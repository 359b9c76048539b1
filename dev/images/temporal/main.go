// Program temporal stands in for the temporal command, whose newest versions no module
// proxy has. It does what deploy/temporal/namespace.sh uses of it, with the same requests
// to a server: the subcommands and flags below, and no others, so that a slip in the
// script fails. The flags are those of temporal 1.9.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

// list is a flag that may be given more than once.
type list []string

func (l *list) String() string         { return strings.Join(*l, ",") }
func (l *list) Set(value string) error { *l = append(*l, value); return nil }

// given are the values of all flags.
type given struct {
	namespace, query string
	retention        time.Duration
	names, types     list
}

// calls are the subcommands: the flags that each takes, and what it does.
var calls = map[string]struct {
	flags []string
	do    func(context.Context, client.Client, given) error
}{
	"operator cluster health": {nil, func(ctx context.Context, c client.Client, _ given) error {
		_, err := c.CheckHealth(ctx, nil)
		return err
	}},
	"operator namespace describe": {[]string{"namespace"}, func(ctx context.Context, c client.Client, g given) error {
		_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: g.namespace})
		return err
	}},
	"operator namespace create": {[]string{"namespace", "retention"}, func(ctx context.Context, c client.Client, g given) error {
		_, err := c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace: g.namespace, WorkflowExecutionRetentionPeriod: durationpb.New(g.retention)})
		return err
	}},
	"operator search-attribute create": {[]string{"namespace", "name", "type"}, createSearchAttributes},
	"workflow count": {[]string{"namespace", "query"}, func(ctx context.Context, c client.Client, g given) error {
		_, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: g.namespace, Query: g.query})
		return err
	}},
}

func createSearchAttributes(ctx context.Context, c client.Client, g given) error {
	have, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: g.namespace})
	if err != nil {
		return err
	}
	if len(g.names) == 0 || len(g.names) != len(g.types) {
		return errors.New("--name and --type come in pairs")
	}
	wanted := map[string]enumspb.IndexedValueType{}
	for i, name := range g.names {
		kind, err := enumspb.IndexedValueTypeFromString(g.types[i])
		if err != nil {
			return err
		}
		if is, there := have.GetCustomAttributes()[name]; there && is != kind {
			return fmt.Errorf("search attribute %s is of type %s", name, is)
		}
		wanted[name] = kind
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: g.namespace, SearchAttributes: wanted})
	return err
}

func run(args []string) error {
	if len(args) == 1 && args[0] == "--version" {
		fmt.Println("a stand-in of foxflow's tests for the temporal command")
		return nil
	}
	var words []string
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		words, args = append(words, args[0]), args[1:]
	}
	call, known := calls[strings.Join(words, " ")]
	if !known {
		return fmt.Errorf("unknown command %q", words)
	}
	g, err := parse(call.flags, args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	address := os.Getenv("TEMPORAL_ADDRESS") //nolint:forbidigo // as the real command does
	c, err := client.DialContext(ctx, client.Options{HostPort: address, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		return err
	}
	defer c.Close()
	return call.do(ctx, c, g)
}

// parse reads flags of these names; others are refused.
func parse(names, args []string) (g given, err error) {
	flags := flag.NewFlagSet("temporal", flag.ContinueOnError)
	for _, name := range names {
		switch name {
		case "namespace":
			flags.StringVar(&g.namespace, name, "default", "")
		case "query":
			flags.StringVar(&g.query, name, "", "")
		case "retention":
			flags.DurationVar(&g.retention, name, 72*time.Hour, "")
		case "name":
			flags.Var(&g.names, name, "")
		case "type":
			flags.Var(&g.types, name, "")
		}
	}
	return g, flags.Parse(args)
}
