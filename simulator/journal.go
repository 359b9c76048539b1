package simulator

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// journal is the state file: one JSON line per change. Appending is what makes
// it survive SIGKILL at any moment: a line is whole or, being the last, torn and
// then nobody was told of it.
type journal struct {
	file *os.File
	lock *os.File // held while the file is in use: two writers would tear it
	size int64    // bytes of whole lines
	err  error    // set once the file can no longer be trusted to end in a whole line
}

// openJournal reads path into st and leaves the file ready for more. It holds
// players' notes: only the owner may read it.
func openJournal(path string, st *state) (*journal, error) {
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("open state file %s: %w", path, err)
	}
	if err := readJournal(path, st); err != nil {
		return nil, fmt.Errorf("open state file %s: %w", path, errors.Join(err, lock.Close()))
	}
	file, size, err := rewrite(path, st.snapshot())
	if err != nil {
		return nil, fmt.Errorf("write state file %s: %w", path, errors.Join(err, lock.Close()))
	}
	return &journal{file: file, lock: lock, size: size}, nil
}

// rewrite replaces the file, atomically, by one that holds the state alone: so
// it never carries more than one start's worth of history. It stays open for what comes next:
// that is why program.Replace, which closes what it has written, does not serve here.
func rewrite(path string, snapshot change) (file *os.File, size int64, err error) {
	file, err = os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return nil, 0, err
	}
	j := &journal{file: file}
	if !snapshot.empty() {
		err = j.append(snapshot)
	}
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	return file, j.size, nil
}

func readJournal(path string, st *state) error {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	lines := bufio.NewReader(file)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // what follows the last newline was never answered for
		}
		if err != nil {
			return err
		}
		var ch change
		if err := json.Unmarshal(bytes.TrimSpace(line), &ch); err != nil {
			return fmt.Errorf("line %d is not a change of state: move the file away to start afresh", n)
		}
		st.apply(ch)
	}
}

// append writes one line. A line that could not be written whole is taken back,
// so that the next one does not continue it.
func (j *journal) append(ch change) error {
	if j.err != nil {
		return j.err
	}
	line, err := json.Marshal(ch)
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	line = append(line, '\n')
	if _, err = j.file.WriteAt(line, j.size); err == nil && ch.movesMoney() {
		// A killed process loses nothing that was written; a dead machine does.
		err = j.file.Sync()
	}
	if err != nil {
		if cut := j.file.Truncate(j.size); cut != nil {
			j.err = fmt.Errorf("write state: the file ends in a broken line: %w", cut)
		}
		return fmt.Errorf("write state: %w", err)
	}
	j.size += int64(len(line))
	return nil
}

// errClosed is what a change gets that comes after the simulator was closed.
var errClosed = errors.New("write state: the simulator is closed")

func (j *journal) close() error {
	if errors.Is(j.err, errClosed) {
		return nil
	}
	j.err = errClosed
	return errors.Join(j.file.Close(), j.lock.Close())
}
