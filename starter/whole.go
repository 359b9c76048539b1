package main

import (
	"bytes"
	"os"
	"path/filepath"
)

// counter counts the lines that go through it.
type counter struct {
	file  *os.File
	lines int
}

func (c *counter) Write(p []byte) (int, error) {
	c.lines += bytes.Count(p, []byte("\n"))
	return c.file.Write(p)
}

// writeWhole writes a file as a whole or not at all: into a neighbour that takes
// its place at the end. It is for its owner alone to read, as it names what
// customers bought.
func writeWhole(path string, write func(*counter) error) (lines int, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	c := &counter{file: file}
	if err := write(c); err != nil {
		return 0, err
	}
	if err := file.Sync(); err != nil {
		return 0, err
	}
	if err := file.Close(); err != nil {
		return 0, err
	}
	return c.lines, os.Rename(file.Name(), path)
}

// checkWritable says before the work whether its result can be written.
func checkWritable(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return &os.PathError{Op: "write", Path: path, Err: os.ErrExist}
	}
	probe, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_ = probe.Close()
	return os.Remove(probe.Name())
}
