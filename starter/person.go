package main

import (
	"cmp"
	"os"
	"os/user"
	"strings"
)

// who names the person at the keyboard, as far as the system knows: user@host.
func (a *app) who() string {
	name := cmp.Or(a.environ["USER"], "unknown")
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if behind := a.environ["SUDO_USER"]; behind != "" && behind != name {
		name += " (sudo by " + behind + ")"
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return name + "@" + host
}

// whence names where that person sits: the address of an SSH client, a terminal,
// or "local" for a program.
func (a *app) whence() string {
	if client, _, _ := strings.Cut(a.environ["SSH_CONNECTION"], " "); client != "" {
		return "ssh " + client
	}
	if tty, err := os.Readlink("/proc/self/fd/0"); err == nil && strings.HasPrefix(tty, "/dev/") && tty != "/dev/null" {
		return strings.TrimPrefix(tty, "/dev/")
	}
	return "local"
}
