package loopback

import "syscall"

// keep binds a socket to the port and leaves it open without listening. The kernel
// lets a server listen on the port beside it, since both say SO_REUSEADDR, as
// servers do; the next keep, which doesn't until it has the port, is refused.
func keep(port int) bool {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	if syscall.Bind(socket, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}) != nil ||
		syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1) != nil {
		_ = syscall.Close(socket)
		return false
	}
	return true
}
