package foxreload

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// history is a server's list of orders, given out in one of the shapes.
type history struct {
	size   int // orders there are
	most   int // of one page, whatever is asked for
	shape  func(rows []map[string]any, offset, total int) any
	cursor bool // pages by cursor, and knows no offset
	frozen bool // knows no paging at all
}

func (h history) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	offset, _ := strconv.Atoi(query.Get("offset"))
	if h.cursor {
		offset, _ = strconv.Atoi(query.Get("cursor"))
	}
	if h.frozen {
		offset = 0
	}
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit > h.most {
		limit = h.most
	}
	rows := []map[string]any{}
	for i := offset; i < min(offset+limit, h.size); i++ {
		rows = append(rows, map[string]any{"id": fmt.Sprintf("order-%d", i), "status": []string{"active", "paid"}[i%2]})
	}
	_ = json.NewEncoder(w).Encode(h.shape(rows, offset, h.size))
}

func bare(rows []map[string]any, _, _ int) any      { return rows }
func itemsOnly(rows []map[string]any, _, _ int) any { return map[string]any{"items": rows} }
func withTotal(rows []map[string]any, offset, total int) any {
	return map[string]any{"items": rows, "limit": 50, "offset": offset, "total": total, "nextCursor": nil}
}
func withCursor(rows []map[string]any, offset, total int) any {
	page := map[string]any{"items": rows, "nextCursor": nil}
	if next := offset + len(rows); next < total {
		page["nextCursor"] = strconv.Itoa(next)
	}
	return page
}
func withMeta(rows []map[string]any, _, total int) any {
	return map[string]any{"data": rows, "meta": map[string]any{"total": total}}
}
func withCursorInMeta(rows []map[string]any, offset, total int) any {
	next := ""
	if end := offset + len(rows); end < total {
		next = strconv.Itoa(end)
	}
	return map[string]any{"results": rows, "pagination": map[string]any{"next_cursor": next}}
}
func nested(rows []map[string]any, offset, total int) any {
	return map[string]any{"data": withTotal(rows, offset, total)}
}

func TestListsAreWalkedToTheirEndInEveryShape(t *testing.T) {
	for _, row := range []struct {
		name     string
		history  history
		requests int
	}{
		{"bare, all in one", history{size: 7, most: 50, shape: bare}, 1},
		{"bare, several", history{size: 120, most: 50, shape: bare}, 3},
		{"bare, full to the edge", history{size: 100, most: 50, shape: bare}, 3},
		{"bare, more than asked for and no paging", history{size: 80, most: 50, shape: everything(80), frozen: true}, 2},
		{"items only", history{size: 120, most: 50, shape: itemsOnly}, 3},
		{"total", history{size: 120, most: 50, shape: withTotal}, 3},
		{"total, to the edge", history{size: 100, most: 50, shape: withTotal}, 2},
		{"total, smaller pages than asked for", history{size: 45, most: 20, shape: withTotal}, 3},
		{"total in meta", history{size: 120, most: 50, shape: withMeta}, 3},
		{"in data", history{size: 120, most: 50, shape: nested}, 3},
		{"cursor", history{size: 120, most: 50, shape: withCursor, cursor: true}, 3},
		{"cursor, smaller pages than asked for", history{size: 45, most: 20, shape: withCursor, cursor: true}, 3},
		{"cursor in meta", history{size: 120, most: 50, shape: withCursorInMeta, cursor: true}, 3},
		{"empty", history{size: 0, most: 50, shape: bare}, 1},
		{"empty with total", history{size: 0, most: 50, shape: withTotal}, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := serve(t, row.history.ServeHTTP)
			var ids []string
			for order, err := range client(t, f.URL).ListOrders(context.Background(), OrderFilter{}) {
				require.NoError(t, err)
				ids = append(ids, order.ID)
			}
			assert.Len(t, ids, row.history.size)
			for i, id := range ids {
				assert.Equal(t, fmt.Sprintf("order-%d", i), id, "each once, in order")
			}
			assert.Len(t, f.asked(), row.requests)
		})
	}
}

// everything ignores the page asked for.
func everything(size int) func([]map[string]any, int, int) any {
	return func([]map[string]any, int, int) any {
		rows := []map[string]any{}
		for i := range size {
			rows = append(rows, map[string]any{"id": fmt.Sprintf("order-%d", i), "status": "paid"})
		}
		return rows
	}
}

func TestAListThatNeverMovesEndsAtAPageWithNothingNew(t *testing.T) {
	for name, shape := range map[string]func([]map[string]any, int, int) any{
		"total": func(rows []map[string]any, _, _ int) any { return map[string]any{"items": rows, "total": 1_000_000} },
		"cursor": func(rows []map[string]any, _, _ int) any {
			return map[string]any{"items": rows, "nextCursor": "again"}
		},
		"bare": bare,
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, history{size: 50, most: 50, shape: shape, frozen: true}.ServeHTTP)
			count := 0
			for _, err := range client(t, f.URL).ListOrders(context.Background(), OrderFilter{}) {
				require.NoError(t, err)
				count++
			}
			assert.Equal(t, 50, count)
			assert.Len(t, f.asked(), 2)
		})
	}
}

func TestAListThatGrowsForeverIsGivenUpWithAnError(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		offset, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
		_, _ = fmt.Fprintf(w, `{"items":[{"id":"order-%d","status":"paid"}],"nextCursor":"%d"}`, offset, offset+1)
	})
	var last error
	for _, err := range client(t, f.URL).ListOrders(context.Background(), OrderFilter{}) {
		last = err
	}
	assert.ErrorContains(t, last, "the list does not end")
	assert.Len(t, f.asked(), maxPages)
}

func TestAListGivesNoMoreThanItsLimit(t *testing.T) {
	f := serve(t, history{size: 120, most: 50, shape: withTotal}.ServeHTTP)
	for limit, requests := range map[int]int{1: 1, 50: 1, 60: 2} {
		before, count := len(f.asked()), 0
		for range client(t, f.URL).ListOrders(context.Background(), OrderFilter{Limit: limit}) {
			count++
		}
		assert.Equal(t, limit, count)
		assert.Equal(t, requests, len(f.asked())-before)
		assert.Equal(t, fmt.Sprintf("limit=%d", min(limit, 50)), f.asked()[before].query)
	}
}

func TestAStatusIsAskedForAndMayBeIgnored(t *testing.T) {
	f := serve(t, history{size: 120, most: 50, shape: withTotal}.ServeHTTP)
	statuses := map[Status]int{}
	for order, err := range client(t, f.URL).ListOrders(context.Background(), OrderFilter{Status: StatusPaid}) {
		require.NoError(t, err)
		statuses[order.Status]++
	}
	assert.Greater(t, len(statuses), 1)
	assert.Equal(t, "limit=50&status=paid", f.asked()[0].query)
}

func TestAWalkReadsNoMorePagesThanItMay(t *testing.T) {
	for _, h := range []history{{size: 1000, most: 50, shape: bare}, {size: 1000, most: 50, shape: withTotal}, {size: 1000, most: 50, shape: withCursor, cursor: true}} {
		f := serve(t, h.ServeHTTP)
		count := 0
		for _, err := range client(t, f.URL).ListOrders(context.Background(), OrderFilter{Pages: 3}) {
			require.NoError(t, err)
			count++
		}
		assert.Len(t, f.asked(), 3)
		assert.Equal(t, 150, count)
	}
}

// Whoever walks is asked before each further request, once all that came was yielded.
func TestAWalkEndsWhereNoMoreIsWanted(t *testing.T) {
	f := serve(t, history{size: 1000, most: 50, shape: withTotal}.ServeHTTP)
	yielded, asked := 0, 0
	more := func() bool {
		asked++
		assert.Equal(t, asked*pageSize, yielded)
		return asked < 2
	}
	for _, err := range client(t, f.URL).ListOrders(context.Background(), OrderFilter{More: more}) {
		require.NoError(t, err)
		yielded++
	}
	assert.Equal(t, 2, asked)
	assert.Equal(t, 2*pageSize, yielded)
	assert.Len(t, f.asked(), 2)
}

// Larger pages are asked for where they are wanted, and a server that gives fewer is walked on.
func TestAPageMayBeSmallerThanWhatWasAskedFor(t *testing.T) {
	f := serve(t, history{size: 120, most: 50, shape: withTotal}.ServeHTTP)
	count := 0
	for _, err := range client(t, f.URL).ListOrders(context.Background(), OrderFilter{Page: 200}) {
		require.NoError(t, err)
		count++
	}
	assert.Equal(t, 120, count)
	assert.Equal(t, "limit=200", f.asked()[0].query)
}

func TestAWalkCanBeLeftAndTakenAgain(t *testing.T) {
	f := serve(t, history{size: 120, most: 50, shape: withTotal}.ServeHTTP)
	orders := client(t, f.URL).ListOrders(context.Background(), OrderFilter{})
	for range 2 {
		for order := range orders {
			assert.Equal(t, "order-0", order.ID)
			break
		}
	}
	assert.Len(t, f.asked(), 2, "a page is asked for when it is needed")
}

func TestAnErrorEndsAWalk(t *testing.T) {
	for name, second := range map[string]struct {
		status int
		body   string
		class  Class
	}{
		"server":   {502, `<html>`, ClassPassing},
		"key":      {401, `{"detail":"no"}`, ClassUnauthorised},
		"proxy":    {401, `{}`, ClassForeign},
		"no list":  {200, `{"items":"none"}`, ClassPassing},
		"no JSON":  {200, `<html>`, ClassPassing},
		"no id":    {200, `[{"status":"paid"}]`, ClassPassing},
		"no order": {200, `[7]`, ClassPassing},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("offset") != "" {
					w.WriteHeader(second.status)
					_, _ = io.WriteString(w, second.body)
					return
				}
				history{size: 120, most: 50, shape: withTotal}.ServeHTTP(w, r)
			})
			count, failed := 0, error(nil)
			for _, err := range client(t, f.URL).ListOrders(context.Background(), OrderFilter{}) {
				require.NoError(t, failed, "nothing comes after an error")
				if failed = err; err == nil {
					count++
				}
			}
			assert.Equal(t, 50, count)
			assert.Equal(t, second.class, ClassOf(failed))
		})
	}
}
