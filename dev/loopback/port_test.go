package loopback

import (
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
