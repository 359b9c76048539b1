// Package phrase has the small things that are done to words everywhere: cut them, bring them
// on one line, have them or not. It knows nothing else.
package phrase

import "strings"

// Clip is s with at most most characters; the last is … where some were cut off.
func Clip(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

// OneLine is s on one line, with single spaces.
func OneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Of is what s points to, and empty where it points to nothing.
func Of(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Some points to s, and is nil where s is empty.
func Some[T ~string](s T) *T {
	if s == "" {
		return nil
	}
	return &s
}
