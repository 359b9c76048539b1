//go:build unix

package keyset

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/gofrs/flock"
)

// keepOwner gives the new file to the old one's owner and group: rotated by root,
// a keyset must still be readable for the worker that owns it.
func keepOwner(file *os.File, was os.FileInfo) error {
	now, err := file.Stat()
	if err != nil {
		return err
	}
	old, known := was.Sys().(*syscall.Stat_t)
	mine, alike := now.Sys().(*syscall.Stat_t)
	if !known || !alike || old.Uid == mine.Uid && old.Gid == mine.Gid {
		return nil
	}
	if err := file.Chown(int(old.Uid), int(old.Gid)); err != nil {
		return fmt.Errorf("the file has another owner or group (%d:%d), which must stay; rotate it as that user: %w", old.Uid, old.Gid, err)
	}
	return nil
}

// folderLock is a lock on the folder itself.
func folderLock(path string) *flock.Flock { return flock.New(path, flock.SetFlag(os.O_RDONLY)) }

// syncFolder has the new name on the disk, not the new content alone.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
