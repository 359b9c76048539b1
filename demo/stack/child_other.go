//go:build !linux

package stack

import "syscall"

// childAttributes: a group of its own. Elsewhere than on Linux a child outlives a
// parent that is killed; the next start then says which port or folder it holds.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
