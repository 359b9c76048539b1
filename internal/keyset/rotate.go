package keyset

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// lockPatience is how long a rotation waits for another one of the same file,
// which takes milliseconds.
const lockPatience = 10 * time.Second

// RotateFile adds a fresh primary key to the keyset in a file and gives the number
// of keys that are there now. The file is the old one or the new one at every
// moment, whoever looks and whatever is killed; mode and owner stay; where path is
// a link, the file behind it is replaced. Rotations of one file wait for each
// other, each adding its own key. Nothing but the keyset is left behind.
func RotateFile(ctx context.Context, path string) (keys int, err error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return 0, fmt.Errorf("rotate keyset: %w", err)
	}
	// Before the lock, so that a wrong path waits for nobody.
	if _, err := ReadFile(target); err != nil {
		return 0, fmt.Errorf("rotate keyset: %w", err)
	}
	unlock, err := lock(ctx, filepath.Dir(target))
	if err != nil {
		return 0, fmt.Errorf("rotate keyset %s: %w", path, err)
	}
	defer unlock()
	present, err := ReadFile(target)
	if err != nil {
		return 0, fmt.Errorf("rotate keyset: %w", err)
	}
	next, err := present.Rotated()
	if err != nil {
		return 0, err
	}
	rotated, err := Parse(next) // nothing takes the place of the old keyset that doesn't read as one
	if err != nil {
		return 0, fmt.Errorf("rotate keyset %s: the new one can't be read: %w", path, err)
	}
	if err := replace(target, next+"\n"); err != nil {
		return 0, fmt.Errorf("rotate keyset %s: %w", path, err)
	}
	return rotated.Len(), nil
}

// lock holds the folder for this rotation until unlock is called or the process dies,
// however it dies. The keyset itself can't be the lock, for it is replaced, and a file made
// for the purpose would stay: removing a lock that others wait for would undo it.
func lock(ctx context.Context, folder string) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	held := folderLock(folder)
	if _, err := held.TryLockContext(ctx, 10*time.Millisecond); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("another rotation holds the folder %s", folder)
		}
		return nil, err
	}
	return func() { _ = held.Close() }, nil
}

// replace puts text into the place of the file at path: a new file beside it takes
// over its mode, its owner and, once it is on the disk, its name. The caller holds
// the lock, so the new file can have a fixed name, and what a killed rotation left
// under it is only in the way: program.Replace would leave a keyset behind each time.
func replace(path, text string) error {
	was, err := os.Stat(path)
	if err != nil {
		return err
	}
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, keepOwner(file, was), file.Chmod(was.Mode().Perm()), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	if err := os.Rename(next, path); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return fmt.Errorf("the new keyset is in place, and a power cut might still take it back: %w", err)
	}
	return nil
}
