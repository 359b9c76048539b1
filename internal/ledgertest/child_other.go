//go:build !linux

package ledgertest

import "syscall"

// child: here nothing ends the server when the process that started it is killed.
func child() *syscall.SysProcAttr { return nil }

func own(string) error { return nil }
