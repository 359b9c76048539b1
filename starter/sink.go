package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"foxflow/internal/program"
)

// sink is where a command writes what goes to a file of the user's choice.
type sink struct {
	// into is stdout, a device or a FIFO: what is written goes there at once.
	into io.WriteCloser
	// path is a file instead: it becomes what is written as a whole, or stays as it is.
	path string
	// stdout: nothing else may be printed there.
	stdout bool
}

// openSink finds out before the work whether its result can be written. "-" is stdout; a
// link is followed. A device or a FIFO is opened now, and waits for its reader; it is never
// replaced. Files that the command reads are refused: writing would destroy them.
func (a *app) openSink(ctx context.Context, path string, reads ...string) (*sink, error) {
	info, err := os.Stat(path)
	switch {
	case path == "-" || err == nil && info.Mode()&os.ModeDevice == 0 && a.OutIs(info):
		return &sink{into: keptOpen{a.Out}, stdout: true}, nil
	case err == nil && info.IsDir():
		return nil, &os.PathError{Op: "write", Path: path, Err: errors.New("it is a folder")}
	case err == nil && !info.Mode().IsRegular():
		file, err := unlessEnded(ctx, func() (*os.File, error) { return os.OpenFile(path, os.O_WRONLY, 0) })
		if err != nil {
			return nil, err
		}
		return &sink{into: file}, nil
	}
	if isOneOf(info, reads) {
		return nil, &os.PathError{Op: "write", Path: path, Err: errors.New("this command reads that file")}
	}
	target, err := behind(path)
	if err != nil {
		return nil, err
	}
	probe, err := program.Beside(target) // for its owner alone: what customers bought will stand in it
	if err != nil {
		return nil, err
	}
	return &sink{path: target}, errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// isOneOf says whether a file, nil for none, is one of those that are named.
func isOneOf(info os.FileInfo, names []string) bool {
	return info != nil && slices.ContainsFunc(names, func(name string) bool {
		other, err := os.Stat(name)
		return err == nil && os.SameFile(info, other)
	})
}

// behind is the file that a path leads to over any number of links, there or not.
func behind(path string) (string, error) {
	const most = 40
	for range most {
		link, err := os.Readlink(path)
		if err != nil {
			return path, nil //nolint:nilerr // no link, or nothing there
		}
		if !filepath.IsAbs(link) {
			link = filepath.Dir(path) + string(filepath.Separator) + link // not cleaned: ".." may lead through a link
		}
		path = link
	}
	return "", &os.PathError{Op: "write", Path: path, Err: errors.New("too many links lead to each other")}
}

// write has all of it written, and says how many lines that were.
func (s *sink) write(write func(io.Writer) error) (lines int, err error) {
	if s.into != nil {
		c := &counter{to: s.into}
		err := errors.Join(write(c), s.into.Close())
		return c.lines, err
	}
	c := &counter{}
	err = program.Replace(s.path, func(file *os.File) error {
		c.to = file
		return write(c)
	})
	if err != nil {
		return 0, err
	}
	return c.lines, nil
}

// counter counts the lines that go through it.
type counter struct {
	to    io.Writer
	lines int
}

func (c *counter) Write(p []byte) (int, error) {
	c.lines += bytes.Count(p, []byte("\n"))
	return c.to.Write(p)
}

// keptOpen is stdout, which is not ours to close.
type keptOpen struct{ io.Writer }

func (keptOpen) Close() error { return nil }

// unlessEnded does what may take as long as somebody else likes, and leaves it alone once
// ctx ends.
func unlessEnded[T any](ctx context.Context, do func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := do()
		done <- outcome{value, err}
	}()
	select {
	case <-ctx.Done():
		return *new(T), ctx.Err()
	case o := <-done:
		return o.value, o.err
	}
}
