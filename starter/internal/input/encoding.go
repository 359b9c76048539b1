package input

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The marks with which a file may begin, to say how its characters are written.
var (
	markUTF8    = []byte("\xef\xbb\xbf")
	markUTF16LE = []byte("\xff\xfe")
	markUTF16BE = []byte("\xfe\xff")
)

// plainText is a file's text in UTF-8 without a mark, whatever a spreadsheet wrote: UTF-8
// or UTF-16, with a mark or without, lines that end as on Windows or on old Macs.
func plainText(raw []byte) ([]byte, *Problem) {
	order, utf16 := utf16Order(raw)
	if utf16 {
		text, _, err := transform.Bytes(unicode.UTF16(order, unicode.UseBOM).NewDecoder(), raw)
		if err != nil {
			return nil, &Problem{Problem: "is not whole: it looks like UTF-16, and can't be read as such", Fix: "save the file in UTF-8"}
		}
		raw = text
	}
	text := bytes.TrimPrefix(raw, markUTF8)
	if !utf8.Valid(text) {
		before := text[:invalidAt(text)]
		line := before[bytes.LastIndexByte(before, '\n')+1:]
		return nil, &Problem{Line: 1 + bytes.Count(before, []byte("\n")),
			Problem: fmt.Sprintf("is not UTF-8 text (column %d of the line)", 1+utf8.RuneCount(line)), Fix: "save the file in UTF-8"}
	}
	if !bytes.Contains(text, []byte("\n")) {
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	return text, nil
}

// utf16Order says whether a text is UTF-16, and in which order its bytes come. Without a
// mark the header tells: its letters are ASCII, so every other byte is zero.
func utf16Order(raw []byte) (unicode.Endianness, bool) {
	switch {
	case bytes.HasPrefix(raw, markUTF16LE), len(raw) > 1 && raw[0] != 0 && raw[1] == 0:
		return unicode.LittleEndian, true
	case bytes.HasPrefix(raw, markUTF16BE), len(raw) > 1 && raw[0] == 0 && raw[1] != 0:
		return unicode.BigEndian, true
	}
	return unicode.LittleEndian, false
}

func invalidAt(text []byte) int {
	at := 0
	for at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

// separators are what spreadsheets put between columns: it depends on the country.
const separators = ",;\t"

// separated finds out what separates the columns: a first line "sep=;" says so, which is
// blanked out for it is no row, else the header has it.
func separated(text []byte) (separator rune, rows []byte) {
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	if said, found := strings.CutPrefix(strings.ToLower(strings.TrimRight(string(first), "\r")), "sep="); found && len(said) == 1 && strings.Contains(separators, said) {
		return rune(said[0]), text[len(text)-len(rest)-1:] // lines are counted as the file has them
	}
	separator = ','
	for _, s := range separators {
		if bytes.Count(first, []byte(string(s))) > bytes.Count(first, []byte(string(separator))) {
			separator = s
		}
	}
	return separator, text
}
