//go:build !unix

package keyset

import (
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Where files have no owner of this kind, and folders can't be synced.

func keepOwner(*os.File, os.FileInfo) error { return nil }

func syncFolder(string) error { return nil }

// Where a folder can't be locked, a file in it is, and stays.
func folderLock(path string) *flock.Flock { return flock.New(filepath.Join(path, ".keyset.lock")) }
