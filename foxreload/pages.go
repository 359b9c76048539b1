package foxreload

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"net/url"
	"strconv"
)

const (
	// maxPages ends a list that would never end by itself.
	maxPages = 1000
	// pageSize is how many orders are asked for at a time where nobody wants more: FoxReload's
	// default, which no server cuts down. So a page that is shorter is the last.
	pageSize = 50
)

// ListOrders walks the order history, page by page as it is consumed, in FoxReload's order, each
// order once. It ends at the last page, at a page with nothing new (a server that knows no paging
// gives the same one again and again), or at an error, which it yields last. How FoxReload pages
// is not published, so each page's own shape says how to ask for the next (page.next).
func (c *Client) ListOrders(ctx context.Context, filter OrderFilter) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		asking, size := filter.first()
		seen, received, yielded := map[string]bool{}, 0, 0
		for read := range maxPages {
			if filter.Pages > 0 && read == filter.Pages {
				return
			}
			got, err := c.do(ctx, asking)
			if err != nil {
				yield(Order{}, err)
				return
			}
			page, ok := readPage(got.body)
			if !ok {
				yield(Order{}, c.notUnderstood(asking, got, "the answer is not a list"))
				return
			}
			received += len(page.rows)
			anythingNew := false
			for _, row := range page.rows {
				order, ok := readOrder(row)
				if !ok {
					yield(Order{}, c.notUnderstood(asking, got, "an entry of the list has no id"))
					return
				}
				if seen[order.ID] {
					continue
				}
				seen[order.ID], anythingNew = true, true
				if !yield(order, nil) {
					return
				}
				if yielded++; yielded == filter.Limit {
					return
				}
			}
			if !anythingNew || !page.next(asking.query, received, size) || filter.More != nil && !filter.More() {
				return
			}
		}
		yield(Order{}, asking.failed(CodeMalformed, ClassPassing, "the list does not end"))
	}
}

// first asks for the first page, of so many orders.
func (f OrderFilter) first() (asking call, size int) {
	asking, size = call{endpoint: listOrders, query: url.Values{}}, cmp.Or(f.Page, pageSize)
	if f.Status != "" {
		asking.query.Set("status", string(f.Status))
	}
	if 0 < f.Limit && f.Limit < size {
		size = f.Limit
	}
	asking.query.Set("limit", strconv.Itoa(size))
	return asking, size
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
	rows, ok := o.list("items", "data", "results", "result", "orders", "products")
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
	case p.paged || len(p.rows) < min(size, pageSize):
		return false
	}
	query.Set("offset", strconv.Itoa(received))
	return true
}
