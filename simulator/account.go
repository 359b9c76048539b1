package simulator

// listBalances answers a bare array, one entry per currency that the knob lets in.
func (s *Simulator) listBalances(c *call) (answer, error) {
	shown := make([]map[string]any, 0, len(currencies))
	for _, currency := range currencies {
		if c.knobs.Balances == balancesNone || c.knobs.Balances == balancesOther && currency == c.currency {
			continue
		}
		shown = append(shown, map[string]any{
			"currency": currency, "available": c.knobs.money(s.state.balances[currency]),
			"reserved": c.knobs.money(s.state.reserved(currency, c.now)), "pending": c.knobs.money(s.state.pending(currency, c.now)),
		})
	}
	return ok(shown)
}

// showMe holds what looks like personal data, so that a client that logs it can
// be caught at it.
func (s *Simulator) showMe(*call) (answer, error) {
	return ok(map[string]any{
		"id": "7d0e7a52-6f0c-4b7e-9a43-5a1f2f0c8d11", "email": "partner@shop.example", "name": "Alex Partner",
		"phone": "+10005550123", "companyName": "Example Shop", "role": "partner",
	})
}
