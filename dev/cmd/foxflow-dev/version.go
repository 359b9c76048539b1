package main

import (
	"cmp"
	"fmt"
	"runtime"
)

// version is foxflow's. This module takes nothing of foxflow's own, so it is written here
// once more; a test holds all programs to one.
const version = "0.0.0-dev"

// commit is set by whoever links the program: -ldflags '-X main.commit=…'.
var commit string

func build() string {
	return fmt.Sprintf("foxflow-dev %s, commit %s, %s", version, cmp.Or(commit, "unknown"), runtime.Version())
}
