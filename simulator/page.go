package simulator

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// Page sizes of every list.
const (
	defaultLimit = 50
	maxLimit     = 200
)

// page is what a request asks for of a list.
type page struct{ limit, offset, cursor int }

type span struct{ from, to int }

// page reads limit, offset and cursor. A cursor is opaque to clients: for us,
// where the next page begins.
func (c *call) page() (page, error) {
	p := page{limit: defaultLimit}
	for _, q := range []struct {
		name        string
		into        *int
		least, most int
	}{{"limit", &p.limit, 1, maxLimit}, {"offset", &p.offset, 0, 1 << 30}} {
		text := c.query(q.name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < q.least || n > q.most {
			return p, invalid(problem{Loc: []any{"query", q.name}, Msg: fmt.Sprintf("Input should be a whole number from %d to %d", q.least, q.most), Type: "int_range"})
		}
		*q.into = n
	}
	if text := c.query("cursor"); text != "" {
		n, ok := parseCursor(text)
		if !ok {
			return p, invalid(problem{Loc: []any{"query", "cursor"}, Msg: "Invalid cursor", Type: "value_error"})
		}
		p.cursor = n
	}
	return p, nil
}

// byCursor gives the page of a list of n that never changes its order, and the
// next cursor, nil at the end.
func (p page) byCursor(n int) (span, any) {
	from := min(p.cursor, n)
	to := min(from+p.limit, n)
	if to == n {
		return span{from, to}, nil
	}
	return span{from, to}, newCursor(to)
}

// cut is the page of a list by offset.
func cut[T any](list []T, offset, limit int) []T {
	from := min(offset, len(list))
	return list[from:min(from+limit, len(list))]
}

func newCursor(n int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "at:%d", n))
}

func parseCursor(text string) (int, bool) {
	plain, err := base64.RawURLEncoding.DecodeString(text)
	number, found := strings.CutPrefix(string(plain), "at:")
	n, bad := strconv.Atoi(number)
	return n, err == nil && found && bad == nil && n >= 0
}
