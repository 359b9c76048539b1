package ledgertest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// prefix begins the names of clusters' folders; the id of the process that made one follows.
const prefix = "foxflow-postgres-"

// Missing says what this machine lacks for a cluster; "" when it lacks nothing.
func Missing() string {
	if _, err := find(); err != nil {
		return err.Error()
	}
	return ""
}

// find is the folder of PostgreSQL's programs: where PATH finds them, else the newest
// that Debian's packages put beside each other.
func find() (folder string, err error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		// A link to one of the programs: the others are beside the program itself.
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	newest := -1.0
	for _, path := range found {
		bin := filepath.Dir(path)
		if version, err := strconv.ParseFloat(filepath.Base(filepath.Dir(bin)), 64); err == nil && version > newest {
			folder, newest = bin, version
		}
	}
	if folder == "" {
		return "", errors.New("PostgreSQL's programs (initdb, postgres) are not here: apt install postgresql")
	}
	return folder, nil
}

// sweep removes the folders of clusters whose process was killed.
func sweep() {
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	for _, dir := range old {
		id, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		if pid, err := strconv.Atoi(id); err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = os.RemoveAll(dir) // another user's, perhaps
		}
	}
}
