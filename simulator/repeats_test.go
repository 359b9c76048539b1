package simulator

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPagesRepeatOrdersAndLoseNone(t *testing.T) {
	for _, shape := range []string{"total", "cursor", "array"} {
		for _, limit := range []int{1, 2, 4, 7, 200} {
			t.Run(fmt.Sprint(shape, limit), func(t *testing.T) {
				s := openShop(t)
				for range 23 {
					s.create(item(VoucherID, 1), "")
				}
				s.knobs("list-shape", shape)
				s.next("duplicate-pages", RouteList)
				seen, rows := s.walk(limit)
				require.Len(t, seen, 23, "nothing is lost")
				if limit > 1 && (shape == "total" || limit < 23) {
					require.Greater(t, rows, 23, "something is repeated")
				}
				require.NoError(t, s.Faults.Set("", 0))
				_, rows = s.walk(limit)
				require.Equal(t, 23, rows)
			})
		}
	}
}

// walk reads the whole order list as a client does: by cursor where there is
// one, else by offset until the total is reached or a page is short.
func (s *shop) walk(limit int) (seen map[string]bool, rows int) {
	seen = map[string]bool{}
	query := ""
	for range 100 {
		w := s.send("GET", fmt.Sprintf("/api/orders/?limit=%d%s", limit, query), "")
		require.Equal(s.t, 200, w.Code)
		items, next := readPage(s.t, w.Body.Bytes())
		for _, order := range items {
			seen[order.(body)["id"].(string)] = true
		}
		rows += len(items)
		var page struct {
			Total *int
			Items *[]any
		}
		_ = json.Unmarshal(w.Body.Bytes(), &page) // a bare array has neither
		switch {
		case next != nil:
			query = "&cursor=" + next.(string)
		case page.Total != nil && rows < *page.Total, page.Items == nil && len(items) == limit:
			query = fmt.Sprintf("&offset=%d", rows)
		default:
			return seen, rows
		}
	}
	require.Fail(s.t, "the list does not end")
	return nil, 0
}
