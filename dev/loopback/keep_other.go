//go:build !linux

package loopback

import (
	"net"
	"strconv"
)

// keep only looks: no other kernel lets a server listen beside a socket that has
// the port.
func keep(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort(Host, strconv.Itoa(port))) //nolint:noctx // closed at once
	return err == nil && l.Close() == nil
}
