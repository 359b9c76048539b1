// Package loopback finds ports on this machine.
package loopback

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Host is where every server of foxflow-dev and of its tests listens.
const Host = "127.0.0.1"

// The ports below the range that kernels take for outgoing connections (Linux:
// 32768 up). A client that dials a port of that range while nobody listens there
// can be given the very port as its own, and then the server can't have it.
const (
	lowest  = 20000
	highest = 32767
)

// FreePorts are n different ports that nobody listens on, none of those that are
// spoken for. On Linux they are kept for whoever is told of them: until this
// process ends, nobody else is given one, in this process or another.
func FreePorts(n int, spokenFor ...int) ([]int, error) {
	var ports []int
	for range 100 * n {
		if len(ports) == n {
			return ports, nil
		}
		port := lowest + rand.IntN(highest-lowest+1) //nolint:gosec // which one it is, is no secret
		if slices.Contains(spokenFor, port) || slices.Contains(ports, port) || !keep(port) {
			continue
		}
		ports = append(ports, port)
	}
	return nil, fmt.Errorf("find %d free ports from %d to %d: most are taken", n, lowest, highest)
}
