package rig

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Namespace is where all orders are.
const Namespace = "default"

// attributes are the search attributes that foxflow needs.
var attributes = map[string]enumspb.IndexedValueType{
	"FoxflowState":        enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"FoxflowOrderId":      enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"FoxflowCancelReason": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"FoxflowMock":         enumspb.INDEXED_VALUE_TYPE_BOOL,
}

// Templates are the databases that each Temporal gets a copy of.
const (
	storeTemplate      = "temporal_template"
	visibilityTemplate = "visibility_template"
)

// Temporal is a server that runs.
type Temporal struct {
	Address string
	// Databases are those it has on PostgreSQL; none: it is the embedded one.
	Databases []string
	Process   *Process
	Client    client.Client
	rig       *Rig
}

// PrepareTemporal makes the databases that every later Temporal begins with: tables,
// namespace and search attributes.
func (r *Rig) PrepareTemporal(ctx context.Context) error {
	_, port, err := net.SplitHostPort(r.server)
	if err != nil {
		return err
	}
	env := []string{"SQL_PLUGIN=postgres12_pgx", "SQL_HOST=" + host, "SQL_PORT=" + port, "SQL_USER=postgres"}
	for database, schema := range map[string]string{storeTemplate: "temporal", visibilityTemplate: "visibility"} {
		if err := r.NewDatabase(ctx, database, ""); err != nil {
			return err
		}
		for _, args := range [][]string{{"setup-schema", "-v", "0.0"}, {"update-schema", "--schema-name", "postgresql/v12/" + schema}} {
			if _, err := r.Do(Command{Name: "schema", Path: "temporal/temporal-sql-tool", Env: env, Args: append([]string{"--db", database}, args...)}); err != nil {
				return err
			}
		}
	}
	t, err := r.serve(ctx, []string{storeTemplate, visibilityTemplate})
	if err != nil {
		return err
	}
	defer t.Process.Stop()
	defer t.Client.Close()
	return t.addNamespace(ctx)
}

// StartTemporal runs a Temporal on PostgreSQL, with nothing in it.
func (r *Rig) StartTemporal(ctx context.Context) (*Temporal, error) {
	r.made++
	names := []string{fmt.Sprintf("temporal_%d", r.made), fmt.Sprintf("visibility_%d", r.made)}
	for i, template := range []string{storeTemplate, visibilityTemplate} {
		if err := r.NewDatabase(ctx, names[i], template); err != nil {
			return nil, err
		}
		// The version of its tables stands under the database's name.
		if err := r.sql(ctx, names[i], "UPDATE schema_version SET db_name = '"+names[i]+"'"); err != nil {
			return nil, err
		}
	}
	return r.serve(ctx, names)
}

// serve runs the server. All take the same ports: those are in the copied databases.
func (r *Rig) serve(ctx context.Context, databases []string) (*Temporal, error) {
	_, port, err := net.SplitHostPort(r.server)
	if err != nil {
		return nil, err
	}
	env := []string{"DB=postgres12_pgx", "DBNAME=" + databases[0], "VISIBILITY_DBNAME=" + databases[1], "POSTGRES_SEEDS=" + host, "DB_PORT=" + port,
		"POSTGRES_USER=postgres", "NUM_HISTORY_SHARDS=64", "BIND_ON_IP=" + host, "TEMPORAL_BROADCAST_ADDRESS=" + host, "LOG_LEVEL=error",
		"TEMPORAL_ALLOW_NO_AUTH=true", "DYNAMIC_CONFIG_FILE_PATH=" + filepath.Join(r.Root, "deploy", "temporal", "dynamicconfig.yaml")}
	for _, name := range []string{"FRONTEND_GRPC_PORT", "FRONTEND_HTTP_PORT", "FRONTEND_MEMBERSHIP_PORT", "HISTORY_GRPC_PORT", "HISTORY_MEMBERSHIP_PORT",
		"MATCHING_GRPC_PORT", "MATCHING_MEMBERSHIP_PORT", "WORKER_GRPC_PORT", "WORKER_MEMBERSHIP_PORT"} {
		port, err := r.port(name)
		if err != nil {
			return nil, err
		}
		env = append(env, name+"="+port)
	}
	t := &Temporal{Address: net.JoinHostPort(host, r.ports["FRONTEND_GRPC_PORT"]), Databases: databases, rig: r}
	if t.Process, err = r.Run(Command{Name: "temporal", Path: "temporal/temporal-server", Args: []string{"start"}, Env: env}); err != nil {
		return nil, err
	}
	return t, t.ready(ctx)
}

// StartEmbedded runs the server of development, on SQLite.
func (r *Rig) StartEmbedded(ctx context.Context) (*Temporal, error) {
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	ui, err := FreePort()
	if err != nil {
		return nil, err
	}
	r.made++
	t := &Temporal{Address: net.JoinHostPort(host, port), rig: r}
	name := fmt.Sprintf("embedded-%d", r.made)
	t.Process, err = r.Run(Command{Name: name, Path: "foxflow-dev",
		Args: []string{"temporal", "--port", port, "--ui-port", ui, "--state-dir", filepath.Join(r.Dir, name)}})
	if err != nil {
		return nil, err
	}
	if err := t.Process.Says("ready temporal="); err != nil {
		return nil, err
	}
	return t, t.ready(ctx)
}

// ready waits until the server answers and is connected to.
func (t *Temporal) ready(ctx context.Context) error {
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	return t.Process.until("answers", func() bool {
		c, err := client.DialContext(ctx, client.Options{HostPort: t.Address, Namespace: Namespace, Logger: quiet})
		t.Client = c
		return err == nil
	})
}

func (t *Temporal) addNamespace(ctx context.Context) error {
	if err := t.Process.until("takes a namespace", func() bool {
		_, err := t.Client.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace: Namespace, WorkflowExecutionRetentionPeriod: durationpb.New(72 * time.Hour)})
		return err == nil
	}); err != nil {
		return err
	}
	return t.Process.until("takes search attributes", func() bool {
		_, err := t.Client.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace: Namespace, SearchAttributes: attributes})
		return err == nil
	})
}

// Stop ends the server and removes its databases.
func (t *Temporal) Stop(ctx context.Context) error {
	t.Client.Close()
	t.Process.Stop()
	for _, name := range t.Databases {
		if err := t.rig.DropDatabase(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// History is how large a workflow's history is, how often its state has changed, and when the
// workflow ended; zero: it runs.
func (t *Temporal) History(ctx context.Context, workflowID string) (events, transitions int64, ended time.Time, err error) {
	found, err := t.Client.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return 0, 0, ended, err
	}
	info := found.GetWorkflowExecutionInfo()
	if info.GetCloseTime() != nil {
		ended = info.GetCloseTime().AsTime()
	}
	return info.GetHistoryLength(), info.GetStateTransitionCount(), ended, nil
}
