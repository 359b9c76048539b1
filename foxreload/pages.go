package foxreload

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"net/url"
	"strconv"
)

const (
	// maxPages ends a list that would never end by itself.
	maxPages = 1000
	// surePage is a page size that no server cuts down: FoxReload's default.
	// Only a page shorter than this shows by its length that it is the last.
	surePage = 50
)

// pages is a list to be walked. How FoxReload pages is not published for every
// list, so each page's own shape says how to ask for the next (page.next).
type pages[T any] struct {
	call  call
	size  int // entries to ask for at a time; 0: the server's choice
	limit int // entries to yield at most; 0: all
	most  int // pages to read at most; 0: all
	read  func(json.RawMessage) (T, bool)
	id    func(T) string
}

// walk yields the entries of a list, each once. It ends at the last page, at a
// page with nothing new (a server that knows no paging gives the same one again
// and again), or at an error, which it yields last.
func walk[T any](ctx context.Context, c *Client, p pages[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		asking := p.call
		asking.query = maps.Clone(p.call.query)
		if asking.query == nil {
			asking.query = url.Values{}
		}
		size := p.size
		if 0 < p.limit && p.limit < size {
			size = p.limit
		}
		if size > 0 {
			asking.query.Set("limit", strconv.Itoa(size))
		}
		seen, received, yielded := map[string]bool{}, 0, 0
		for read := range maxPages {
			if p.most > 0 && read == p.most {
				return
			}
			got, err := c.do(ctx, asking)
			if err != nil {
				yield(none, err)
				return
			}
			page, ok := readPage(got.body)
			if !ok {
				yield(none, c.notUnderstood(asking, got, "the answer is not a list"))
				return
			}
			received += len(page.rows)
			anythingNew := false
			for _, row := range page.rows {
				entry, ok := p.read(row)
				if !ok {
					yield(none, c.notUnderstood(asking, got, "an entry of the list has no id"))
					return
				}
				if seen[p.id(entry)] {
					continue
				}
				seen[p.id(entry)], anythingNew = true, true
				if !yield(entry, nil) {
					return
				}
				if yielded++; yielded == p.limit {
					return
				}
			}
			if !anythingNew || !page.next(asking.query, received, size) {
				return
			}
		}
		yield(none, asking.failed(CodeMalformed, ClassPassing, "the list does not end"))
	}
}

// page is one page of a list: {"items","total"}, {"items","nextCursor"} or a
// bare array.
type page struct {
	rows   []json.RawMessage
	cursor string // "": none
	total  *int64 // entries of the whole list; nil: not said
	paged  bool   // it named a cursor, if only to say that there is none
}

func readPage(body json.RawMessage) (page, bool) {
	if o, ok := readObject(body); ok { // {"data":{"items":[…]}}
		if inner, nested := o.inner("data"); nested {
			if _, listed := inner.list("items"); listed {
				body = o["data"]
			}
		}
	}
	if rows, ok := readList(body); ok {
		return page{rows: rows}, true
	}
	var named map[string]json.RawMessage // with its nulls, which object drops
	if json.Unmarshal(body, &named) != nil {
		return page{}, false
	}
	o, _ := readObject(body)
	rows, ok := o.list("items", "data", "results", "result", "orders", "products", "categories")
	if !ok {
		return page{}, false
	}
	p := page{rows: rows, cursor: o.exact("nextCursor"), total: o.integer("total")}
	for name := range named {
		p.paged = p.paged || fold(name) == fold("nextCursor")
	}
	if about, ok := o.inner("pagination", "meta"); ok && p.cursor == "" && p.total == nil {
		p.cursor, p.total = about.exact("nextCursor"), about.integer("total")
		o = about
	}
	// A cursor that can't be read is no sign of the last page.
	return p, p.cursor != "" || o.text("nextCursor") == ""
}

// next turns the query into that of the next page, and is false after the last.
// A cursor goes before a total: a server that hands one out wants it back. A
// null cursor beside a total means nothing: offset pages have it too.
func (p page) next(query url.Values, received, size int) bool {
	switch {
	case p.cursor != "":
		query.Set("cursor", p.cursor)
		query.Del("offset")
		return true
	case p.total != nil:
		query.Set("offset", strconv.Itoa(received))
		query.Del("cursor")
		return int64(received) < *p.total
	case p.paged || len(p.rows) < min(size, surePage):
		return false
	default:
		query.Set("offset", strconv.Itoa(received))
		return size > 0
	}
}
