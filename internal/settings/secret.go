package settings

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
)

const redacted = "[secret]"

// Secret is a value that must not be seen: whatever way it is printed, logged
// or marshalled, "[secret]" comes out. Reveal is the one way to its text.
type Secret struct{ text *string } // behind a pointer: fmt calls no methods of unexported fields, and follows no pointers in them

// NewSecret wraps text; "" is no secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: &text}
}

// Reveal is the secret in clear: hand it on, never print it.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty says whether there is no secret at all.
func (s Secret) Empty() bool { return s.text == nil }

// UnmarshalText takes the text as it is.
func (s *Secret) UnmarshalText(text []byte) error { *s = NewSecret(string(text)); return nil }

func (s Secret) String() string               { return redacted }
func (s Secret) GoString() string             { return redacted }
func (s Secret) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(redacted)) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// readSecretFile takes the secret that variable would hold from the file that
// <variable>_FILE names, if it names one. The file's mode is not judged:
// container secrets come as mode 0444.
func readSecretFile(wrong wrong, variable string, secret *Secret, path string) {
	if path == "" {
		return
	}
	if !secret.Empty() {
		wrong(variable+"_FILE", "is set beside "+variable+": set one of the two")
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		wrong(variable+"_FILE", "can't be read: "+err.Error())
		return
	}
	if *secret = NewSecret(strings.TrimSpace(string(text))); secret.Empty() {
		wrong(variable+"_FILE", "names an empty file")
	}
}
