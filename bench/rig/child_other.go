//go:build !linux

package rig

import "syscall"

func child() *syscall.SysProcAttr { return nil }
