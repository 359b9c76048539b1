package simulator

import "slices"

func (s *Simulator) getOrder(c *call) (answer, error) {
	o, known := s.state.orders[c.path("id")]
	if !known || !o.there(c.seen) {
		return answer{}, refuse(codeNotFound, "order not found")
	}
	c.countLook(o)
	return ok(c.orderJSON(o, true))
}

// listOrders answers GET /api/orders/: newest first, in the page shape of the
// knob. Pages by offset shift when orders are created meanwhile, as they do
// everywhere; pages by cursor do not.
func (s *Simulator) listOrders(c *call) (answer, error) {
	page, err := c.page()
	if err != nil {
		return answer{}, err
	}
	status := c.query("status")
	if c.knobs.ListStatus == listStatusIgnored {
		status = ""
	}
	if status != "" && !slices.Contains(statuses, status) {
		return answer{}, invalid(problem{Loc: []any{"query", "status"}, Msg: "Input should be a known status", Type: "enum"})
	}
	var list []*order
	for _, id := range slices.Backward(s.state.sequence) {
		if o := s.state.orders[id]; o.there(c.seen) && (status == "" || c.shown(o).Status == status) {
			list = append(list, o)
		}
	}
	// Where a fault repeats orders, all that follows is later by as many, as if
	// these had been created meanwhile: a client that walks on misses none.
	repeated, total := s.faults.repeats(page.limit), len(list)
	offset := max(0, page.offset-repeated)
	switch c.knobs.ListShape {
	case listArray:
		return ok(c.ordersJSON(cut(list, offset, page.limit)))
	case listCursor:
		// The cursor is the place of the next order in the sequence of all.
		if page.cursor > 0 {
			list = list[max(0, total-countUpTo(list, page.cursor)-repeated):]
		}
		var next any
		if len(list) > page.limit {
			next = newCursor(list[page.limit].Seq)
		}
		return ok(map[string]any{"items": c.ordersJSON(cut(list, 0, page.limit)), "nextCursor": next})
	default:
		return ok(map[string]any{"items": c.ordersJSON(cut(list, offset, page.limit)), "limit": page.limit, "offset": page.offset, "total": total + min(repeated, total)})
	}
}

// countUpTo counts the orders that are no newer than a place in the sequence.
func countUpTo(list []*order, seq int) (n int) {
	for _, o := range list {
		if o.Seq <= seq {
			n++
		}
	}
	return n
}

func (c *call) ordersJSON(list []*order) []map[string]any {
	shown := make([]map[string]any, 0, len(list))
	for _, o := range list {
		c.countLook(o)
		entry := c.orderJSON(o, c.knobs.ListCodes)
		c.leaveOut(o, entry, leftOut[c.knobs.ListEcho])
		shown = append(shown, entry)
	}
	return shown
}
