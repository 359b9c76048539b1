package simulator

import "slices"

func (s *Simulator) getOrder(c *call) (answer, error) {
	o, known := s.state.orders[c.path("id")]
	if !known {
		return answer{}, refuse(codeNotFound, "order not found")
	}
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
	if status != "" && !slices.Contains(statuses, status) {
		return answer{}, invalid(problem{Loc: []any{"query", "status"}, Msg: "Input should be a known status", Type: "enum"})
	}
	var list []*order
	for _, id := range slices.Backward(s.state.sequence) {
		if o := s.state.orders[id]; status == "" || o.at(c.now).Status == status {
			list = append(list, o)
		}
	}
	total := len(list)
	switch c.knobs.ListShape {
	case listArray:
		return ok(c.ordersJSON(cut(list, page.offset, page.limit)))
	case listCursor:
		// The cursor is the place of the next order in the sequence of all.
		if page.cursor > 0 {
			list = slices.DeleteFunc(list, func(o *order) bool { return o.Seq > page.cursor })
		}
		var next any
		if len(list) > page.limit {
			next = newCursor(list[page.limit].Seq)
		}
		return ok(map[string]any{"items": c.ordersJSON(cut(list, 0, page.limit)), "nextCursor": next})
	default:
		return ok(map[string]any{"items": c.ordersJSON(cut(list, page.offset, page.limit)), "limit": page.limit, "offset": page.offset, "total": total})
	}
}

func (c *call) ordersJSON(list []*order) []map[string]any {
	shown := make([]map[string]any, 0, len(list))
	for _, o := range list {
		shown = append(shown, c.orderJSON(o, c.knobs.ListCodes))
	}
	return shown
}
