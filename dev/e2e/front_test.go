package e2e

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// front is a Temporal that asks for more than foxflow-dev does, which speaks
// plain gRPC: it ends TLS, asks for a certificate or a key, and hands calls on.
type front struct {
	address string
	tls     *tls.Config // nil: it takes plain gRPC
	apiKey  string      // "": none is asked for

	mu    sync.Mutex
	calls []string        // methods that were let through
	polls context.Context // ends when polls are refused; nil: they never were
	cut   context.CancelFunc
}

// refusePolls ends the polls on their way, and refuses those that come, until letPoll.
func (f *front) refusePolls() {
	f.polling()
	f.cut()
}

func (f *front) letPoll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.polls = nil
}

// polling ends when polls are refused.
func (f *front) polling() context.Context {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.polls == nil {
		f.polls, f.cut = context.WithCancel(context.Background())
	}
	return f.polls
}

// startFront opens a front before s's Temporal, which may start later.
func startFront(s *stack, f *front) *front {
	s.Helper()
	listener, err := net.Listen("tcp", freePort(s))
	require.NoError(s, err)
	f.address = listener.Addr().String()
	behind := sync.OnceValues(func() (*grpc.ClientConn, error) {
		return grpc.NewClient(s.Temporal, grpc.WithTransportCredentials(insecure.NewCredentials()))
	})
	secure := insecure.NewCredentials()
	if f.tls != nil {
		secure = credentials.NewTLS(f.tls)
	}
	server := grpc.NewServer(grpc.Creds(secure), grpc.ForceServerCodecV2(verbatim{}),
		grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error { return f.handOn(stream, behind) }))
	go func() { _ = server.Serve(listener) }()
	s.Cleanup(server.Stop)
	return f
}

// handOn makes the same call behind the front. Temporal's calls are all one
// question and one answer.
func (f *front) handOn(stream grpc.ServerStream, behind func() (*grpc.ClientConn, error)) error {
	headers, _ := metadata.FromIncomingContext(stream.Context())
	if said := headers.Get("authorization"); f.apiKey != "" && (len(said) != 1 || said[0] != "Bearer "+f.apiKey) {
		return status.Error(codes.Unauthenticated, "request unauthorized")
	}
	method, _ := grpc.MethodFromServerStream(stream)
	f.mu.Lock()
	f.calls = append(f.calls, method)
	f.mu.Unlock()
	connection, err := behind()
	if err != nil {
		return err
	}
	var question, answer []byte
	if err := stream.RecvMsg(&question); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(metadata.NewOutgoingContext(stream.Context(), headers))
	defer cancel()
	polling := f.polling()
	if polls := strings.Contains(method, "/Poll") && strings.HasSuffix(method, "TaskQueue"); polls {
		defer context.AfterFunc(polling, cancel)()
	}
	if err := connection.Invoke(ctx, method, &question, &answer, grpc.ForceCodecV2(verbatim{})); err != nil {
		if polling.Err() != nil && ctx.Err() != nil {
			return status.Error(codes.PermissionDenied, "no right to poll")
		}
		return err
	}
	return stream.SendMsg(&answer)
}

// passed are the calls that were let through, each once.
func (f *front) passed() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.Sort(f.calls)
	return slices.Compact(slices.Clone(f.calls))
}

// verbatim is a gRPC codec that leaves messages as they are.
type verbatim struct{}

func (verbatim) Name() string { return "proto" }

func (verbatim) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (verbatim) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}
