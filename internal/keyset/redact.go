package keyset

import (
	"fmt"
	"io"
	"log/slog"
)

// shown is all that anybody gets to see of a keyset.
const shown = "[keyset]"

// String, GoString, Format, MarshalJSON, MarshalText and LogValue stand between
// the keys and every way in which Go turns a value into text. They are methods
// of the value, not the pointer, so that a copied Keyset is as silent.
func (Keyset) String() string { return shown }

// GoString is what %#v prints.
func (Keyset) GoString() string { return shown }

// Format answers every verb alike.
func (Keyset) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, shown) }

// MarshalJSON is what a careless json.Marshal of a configuration gets.
func (Keyset) MarshalJSON() ([]byte, error) { return []byte(`"` + shown + `"`), nil }

// MarshalText is what other encoders get.
func (Keyset) MarshalText() ([]byte, error) { return []byte(shown), nil }

// LogValue is what log/slog gets.
func (Keyset) LogValue() slog.Value { return slog.StringValue(shown) }
