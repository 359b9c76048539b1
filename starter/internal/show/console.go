package show

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"golang.org/x/term"

	"foxflow/internal/outlet"
)

// Console is where a command speaks: what was asked for goes to Out, what went
// on to Err.
type Console struct {
	Out, Err io.Writer
	// JSON: Out carries JSON documents, Err JSON lines.
	JSON bool
	// ErrTerminal: a moving line may be drawn on Err.
	ErrTerminal bool
	// OutTerminal: a person looks at Out.
	OutTerminal bool
	colour      bool
	outlet      *outlet.Writer
	now         func() time.Time
}

// NewConsole looks at the streams; getenv answers NO_COLOR and TERM.
func NewConsole(out, err io.Writer, getenv func(string) string) *Console {
	dumb := getenv("TERM") == "dumb" // it can neither paint nor take a line back
	o := outlet.New(out)
	return &Console{Out: o, Err: err, outlet: o, now: time.Now, ErrTerminal: isTerminal(err) && !dumb, OutTerminal: isTerminal(out),
		colour: isTerminal(out) && !dumb && getenv("NO_COLOR") == ""}
}

// CloseOut ends Out and says whether all that was written to it has arrived.
func (c *Console) CloseOut() error { return c.outlet.Close() }

// OutIs says whether a file is what Out goes to, as /dev/stdout is.
func (c *Console) OutIs(info os.FileInfo) bool {
	file := c.outlet.File()
	if file == nil {
		return false
	}
	out, err := file.Stat()
	return err == nil && os.SameFile(info, out)
}

func isTerminal(w io.Writer) bool {
	f, isFile := w.(*os.File)
	return isFile && term.IsTerminal(int(f.Fd()))
}

// Printf writes to Out.
func (c *Console) Printf(format string, args ...any) { _, _ = fmt.Fprintf(c.Out, format, args...) }

// Document writes v to Out as one JSON document.
func (c *Console) Document(v any) error { return writeJSON(c.Out, v, "", "  ") }

// LongDocument writes one JSON document whose last field is a list that is not held as a whole:
// head is the document with an empty list there, and list hands over its elements in turn.
func (c *Console) LongDocument(head any, list func(element func(v any) error) error) error {
	var b bytes.Buffer
	if err := writeJSON(&b, head, "", "  "); err != nil {
		return err
	}
	before, closed := bytes.CutSuffix(b.Bytes(), []byte("[]\n}\n"))
	if !closed {
		return errors.New("the document does not end with an empty list")
	}
	if _, err := c.Out.Write(append(before, '[')); err != nil {
		return err
	}
	between, end := "\n    ", "]\n}\n"
	err := list(func(v any) error {
		b.Reset()
		b.WriteString(between)
		between, end = ",\n    ", "\n  ]\n}\n"
		if err := writeJSON(&b, v, "    ", "  "); err != nil {
			return err
		}
		_, err := c.Out.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
		return err
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(c.Out, end)
	return err
}

// Line writes v to Out as one line of JSON.
func (c *Console) Line(v any) error { return writeJSON(c.Out, v, "", "") }

// ErrLine writes v to Err as one line of JSON.
func (c *Console) ErrLine(v any) error { return writeJSON(c.Err, v, "", "") }

// Note tells on Err what went on.
func (c *Console) Note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if c.JSON {
		_ = c.ErrLine(map[string]string{"note": text})
		return
	}
	_, _ = fmt.Fprintln(c.Err, text)
}

func writeJSON(w io.Writer, v any, prefix, indent string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, indent)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Clean makes text from outside safe for a terminal and keeps it on one line.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case !unicode.IsPrint(r):
			return '·'
		}
		return r
	}, strings.ToValidUTF8(s, "·"))
}
