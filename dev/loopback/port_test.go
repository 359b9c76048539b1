package loopback

import (
	"net"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPortsAreDifferentAndBelowThoseOfOutgoingConnections(t *testing.T) {
	first, err := FreePorts(50)
	require.NoError(t, err)
	second, err := FreePorts(50, first...)
	require.NoError(t, err)
	seen := map[int]bool{}
	for _, port := range append(first, second...) {
		assert.False(t, seen[port], "port %d twice", port)
		assert.Less(t, port, 32768)
		seen[port] = true
	}
}

// A port that was given away is nobody else's before its server listens, while it
// does, and when it is started again.
func TestAPortIsGivenAwayOnce(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("ports are kept on Linux alone")
	}
	ports, err := FreePorts(1)
	require.NoError(t, err)
	for range 2 {
		assert.False(t, keep(ports[0]))
		server, err := net.Listen("tcp", net.JoinHostPort(Host, strconv.Itoa(ports[0]))) //nolint:noctx // closed below
		require.NoError(t, err)
		assert.False(t, keep(ports[0]))
		require.NoError(t, server.Close())
	}
	taken, err := net.Listen("tcp", Host+":0") //nolint:noctx // closed below
	require.NoError(t, err)
	defer taken.Close()
	assert.False(t, keep(taken.Addr().(*net.TCPAddr).Port), "a server that was there before")
}
