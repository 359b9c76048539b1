package order

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxReference is the most characters that a reference may have.
const MaxReference = 64

// NormalReference is a reference in the one form (NFC) under which it is kept: what looks
// the same is the same reference, however a keyboard or a file system composed it.
func NormalReference(text string) string { return norm.NFC.String(text) }

// CheckReference says what is wrong with a reference, nil if nothing is.
func CheckReference(reference string) *FieldError {
	wrong := func(problem, fix string) *FieldError {
		return &FieldError{Field: "reference", Problem: problem, Fix: fix}
	}
	if reference == "" {
		return wrong("is missing", "name the purchase with your own order number")
	}
	if unseen := Unseen(reference); unseen != nil {
		unseen.Field = "reference"
		return unseen
	}
	switch n := utf8.RuneCountInString(reference); {
	case n > MaxReference:
		return wrong(fmt.Sprintf("%q has %d characters", Clip(reference), n), fmt.Sprintf("use 1 to %d characters", MaxReference))
	case !norm.NFC.IsNormalString(reference):
		return wrong(fmt.Sprintf("%q is not in Unicode's composed form", Clip(reference)), "write it in NFC")
	}
	return nil
}

// EncodedReference is a reference where no more than A-Za-z0-9._- may stand: every other
// byte is percent-encoded. Two references never become one.
func EncodedReference(reference string) string {
	var b strings.Builder
	for _, c := range []byte(reference) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// Unseen finds what a person would not see in a text, or not tell from something else:
// two texts that look the same must be the same. It names no field, and nothing else of
// the text.
func Unseen(text string) *FieldError {
	last := utf8.RuneCountInString(text)
	position := 0
	for at, r := range text {
		position++
		_, size := utf8.DecodeRuneInString(text[at:])
		switch {
		case r == utf8.RuneError && size == 1:
			return &FieldError{Problem: fmt.Sprintf("is not UTF-8 text at position %d (byte 0x%02X)", position, text[at]), Fix: "write it in UTF-8"}
		case r == utf8.RuneError:
			return &FieldError{Problem: fmt.Sprintf("has a lost character at position %d (U+FFFD)", position), Fix: "write it anew: its encoding was mistaken on the way"}
		case invisible(r):
			return &FieldError{Problem: fmt.Sprintf("has an invisible character at position %d (U+%04X)", position, r), Fix: "take it out, or type the text anew instead of pasting it"}
		case r == ' ' && position == 1:
			return &FieldError{Problem: "begins with a blank (position 1, U+0020)", Fix: "take it out"}
		case r == ' ' && position == last:
			return &FieldError{Problem: fmt.Sprintf("ends with a blank (position %d, U+0020)", position), Fix: "take it out"}
		}
	}
	return nil
}

// unseen are letters, marks and symbols that show as nothing.
var unseen = []*unicode.RangeTable{unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector}

const brailleBlank = '\u2800'

// invisible says whether r shows as nothing, or as a blank that is none: what Unicode
// calls a control or format character, a line or paragraph separator, any blank but the
// common one, and what is not assigned.
func invisible(r rune) bool {
	return !unicode.IsPrint(r) || r == brailleBlank || unicode.In(r, unseen...)
}
