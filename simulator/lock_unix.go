//go:build unix

package simulator

import (
	"errors"
	"os"
	"syscall"
)

// lockFile holds path until the file is closed or the process dies, however it
// dies.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errors.New("another simulator is using it")
		}
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
