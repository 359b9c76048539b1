package rig

import "syscall"

// child dies with us, so that a bench that is killed leaves no servers behind.
func child() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
