//go:build linux || darwin

package store

import (
	"path/filepath"
	"syscall"
)

// roomBeside is how many bytes may still be written to the disk that holds a file.
func roomBeside(path string) (uint64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(path), &disk); err != nil {
		return 0, err
	}
	return uint64(disk.Bavail) * uint64(disk.Bsize), nil //nolint:gosec,unconvert // the types differ by system, and none is below 0
}
