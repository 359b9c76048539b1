package temporal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/temporal"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// stopWithin bounds a clean stop. The database survives a kill, so there is
// nothing to gain from waiting longer.
const stopWithin = 20 * time.Second

// Run starts the server, calls ready once it can be used, and keeps it running
// until the context ends; then it stops it cleanly. A *FlagError says that the
// options don't fit this machine.
func Run(ctx context.Context, o Options, ready func()) error {
	if err := o.Validate(); err != nil {
		return err
	}
	state, err := holdStateDir(o.StateDir)
	if err != nil {
		return err
	}
	defer state.release()
	if err := portsAreFree(o); err != nil {
		return err
	}
	store, err := state.prepare(ctx)
	if err != nil {
		return err
	}
	voice, err := newLogger(o.LogLevel)
	if err != nil {
		return fmt.Errorf("set up the log: %w", err)
	}
	server, err := newServer(o, store, voice)
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("start Temporal server: %w", err)
	}
	ui := uiserver.NewServer(uioptions.WithConfigProvider(uiConfig(o)))
	uiEnded := make(chan error, 1)
	go func() { uiEnded <- ui.Start() }()

	err = serve(ctx, o, uiEnded, func() {
		voice.speak()
		ready()
	})
	voice.quiet()
	return errors.Join(err, stop(ui, server))
}

func newServer(o Options, store *config.SQL, voice log.Logger) (temporal.Server, error) {
	services, err := pickServices(o.Port, o.UIPort)
	if err != nil {
		return nil, err
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(serverConfig(services, store)),
		temporal.WithStaticHosts(services.hosts()),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithDynamicConfigClient(dynamicConfig()),
		temporal.WithLogger(voice),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
	)
	if err != nil {
		return nil, fmt.Errorf("configure Temporal server: %w", err)
	}
	return server, nil
}

// serve makes the running server ready and waits for the end of it.
func serve(ctx context.Context, o Options, uiEnded <-chan error, ready func()) error {
	conn, err := grpc.NewClient(o.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	if err != nil {
		return fmt.Errorf("connect to %s: %w", o.Address(), err)
	}
	defer conn.Close()
	if err := becomeReady(ctx, o, conn); err != nil {
		if ctx.Err() != nil {
			return nil // asked to stop while starting
		}
		return err
	}
	ready()
	select {
	case <-ctx.Done():
		return nil
	case err := <-uiEnded:
		return fmt.Errorf("the Web UI stopped by itself: %w", err)
	}
}

func stop(ui *uiserver.Server, server temporal.Server) error {
	ui.Stop()
	stopped := make(chan error, 1)
	go func() { stopped <- server.Stop() }()
	select {
	case err := <-stopped:
		return err
	case <-time.After(stopWithin):
		return fmt.Errorf("stop Temporal server: not done within %s (its database is safe)", stopWithin)
	}
}

// portsAreFree looks before the server does: the server's own answer to a port in
// use is a stack trace.
func portsAreFree(o Options) error {
	for _, p := range []struct {
		flag string
		port int
	}{{"--port", o.Port}, {"--ui-port", o.UIPort}} {
		l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", host, p.port))
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			return &FlagError{p.flag, fmt.Sprintf("%s:%d is in use by another program", host, p.port), "stop that one, or choose another port"}
		case errors.Is(err, syscall.EACCES):
			return &FlagError{p.flag, fmt.Sprintf("%s:%d may not be opened by this user", host, p.port), "choose a port above 1023"}
		case err != nil:
			return &FlagError{p.flag, fmt.Sprintf("listen on %s:%d: %v", host, p.port, err), "choose another port"}
		}
		l.Close()
	}
	return nil
}
