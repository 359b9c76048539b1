package settings

import (
	"context"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"golang.org/x/net/dns/dnsmessage"
)

// named is where names are asked for, if not where the machine asks.
var named atomic.Pointer[string]

// What asks for names may outlive the test that began it, so how it asks is said before all tests.
func TestMain(m *testing.M) {
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if at := named.Load(); at != nil {
			network, address = "udp", *at
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	os.Exit(m.Run())
}

// nameServer knows one host, and keeps silent on any question but where that is.
func nameServer(t *testing.T) (asked chan dnsmessage.Type) {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0") //nolint:noctx // closed below
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	asked = make(chan dnsmessage.Type, 1000)
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			var message dnsmessage.Message
			if message.Unpack(buffer[:n]) != nil || len(message.Questions) != 1 {
				continue
			}
			question := message.Questions[0]
			asked <- question.Type
			message.Response = true
			switch question.Type {
			case dnsmessage.TypeA:
				message.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: question.Name, Type: question.Type, Class: question.Class},
					Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
			case dnsmessage.TypeAAAA: // it has none
			default:
				continue
			}
			if answer, err := message.Pack(); err == nil {
				_, _ = server.WriteTo(answer, from)
			}
		}
	}()
	address := server.LocalAddr().String()
	named.Store(&address)
	t.Cleanup(func() { named.Store(nil) })
	return asked
}

// A network whose DNS server answers no question but where a host is, holds nobody up.
func TestTemporalIsFoundWhereDNSKnowsHostsAlone(t *testing.T) {
	asked := nameServer(t)
	near, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed below
	require.NoError(t, err)
	defer near.Close()
	_, port, err := net.SplitHostPort(near.Addr().String())
	require.NoError(t, err)
	options, err := Temporal([]string{"TEMPORAL_ADDRESS=temporal.example.:" + port})
	require.NoError(t, err)
	called := make(chan struct{})
	go func() {
		if connection, err := near.Accept(); err == nil {
			_ = connection.Close()
			close(called)
		}
	}()
	ctx, hangUp := context.WithCancel(t.Context())
	go func() { _, _ = client.DialContext(ctx, options) }()
	select {
	case <-called:
	case <-time.After(time.Minute):
		t.Error("waited in vain for a call")
	}
	hangUp()
	for len(asked) > 0 {
		assert.Contains(t, []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA}, <-asked)
	}
}
