// Package version says which build of foxflow a program is. It knows nothing else.
package version

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

// Version is foxflow's: there has been no release yet.
const Version = "0.0.0-dev"

// commit is set by whoever links a program: -ldflags '-X foxflow/internal/version.commit=…'.
var commit string

// Build is what one can know of a program without its source.
type Build struct {
	Program string `json:"program"`
	Version string `json:"version"`
	Commit  string `json:"commit"` // of the source; "-dirty" when it was changed since; "unknown"
	Go      string `json:"go"`
}

// Of is the build of the running program, which is called name.
func Of(name string) Build {
	return Build{Program: name, Version: Version, Commit: cmp.Or(commit, stamped(), "unknown"), Go: runtime.Version()}
}

// stamped is the commit that "go build" itself found, where it looked for one.
func stamped() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	said := map[string]string{}
	for _, s := range info.Settings {
		said[s.Key] = s.Value
	}
	if said["vcs.revision"] != "" && said["vcs.modified"] == "true" {
		return said["vcs.revision"] + "-dirty"
	}
	return said["vcs.revision"]
}

// String is the build in one line.
func (b Build) String() string {
	return fmt.Sprintf("%s %s, commit %s, %s", b.Program, b.Version, b.Commit, b.Go)
}
