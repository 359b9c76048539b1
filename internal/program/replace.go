package program

import (
	"errors"
	"os"
	"path/filepath"
)

// Replace puts a file in path's place that write fills, for its owner alone to read. It is
// there whole, or path stays as it is: whatever is killed leaves no half a file under it.
// Where path is a link, the link is replaced.
func Replace(path string, write func(*os.File) error) error {
	file, err := Beside(path)
	if err != nil {
		return err
	}
	if err = write(file); err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// Beside makes a file in path's folder, hidden, for its owner alone to read.
func Beside(path string) (*os.File, error) {
	return os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
}
