// Package outlet is a program's stdout, watched: what a person or a program asked for and
// did not get is an error of the command, whichever line it was. It knows nothing else.
package outlet

import (
	"fmt"
	"io"
	"os"
)

// Writer writes to a stream until the first error, which it keeps, so that no command needs
// to look at what came of each line. One goroutine uses it at a time.
type Writer struct {
	to     io.Writer
	err    error
	closed bool
}

// New watches a stream.
func New(to io.Writer) *Writer { return &Writer{to: to} }

func (w *Writer) Write(p []byte) (n int, err error) {
	if w.err == nil {
		n, w.err = w.to.Write(p)
	}
	return n, w.err
}

// File is the stream where that is a file, nil otherwise.
func (w *Writer) File() *os.File {
	file, _ := w.to.(*os.File)
	return file
}

// Close ends the output and says whether all of it has arrived: a file system may tell of a
// full disk no sooner than now.
func (w *Writer) Close() error {
	if file := w.File(); file != nil && !w.closed {
		w.closed = true
		if err := file.Close(); w.err == nil {
			w.err = err
		}
	}
	if w.err != nil {
		return fmt.Errorf("the output could not be written: %w", w.err)
	}
	return nil
}
