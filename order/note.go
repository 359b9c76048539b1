package order

import (
	"fmt"
	"io"
	"log/slog"
)

// Note holds the fields that a product needs (player_id, login, …): personal
// data. Values stay strings, so leading zeros survive. However a request is
// printed or logged, they do not show; as JSON, which is how they are carried,
// they do.
type Note map[string]string

const shownNote = "[note]"

func (Note) String() string             { return shownNote }
func (Note) GoString() string           { return shownNote }
func (Note) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, shownNote) }
func (Note) LogValue() slog.Value       { return slog.StringValue(shownNote) }
