package simulator

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheOrderUnderOurKeyIsForSomethingElse(t *testing.T) {
	const asked = `{"items":[{"itemId":"` + pubg + `","quantity":2,"note":{"player_id":"7"}}],"isMock":false,"idempotencyKey":"k-1"}`
	for how, differs := range map[string]func(body) bool{
		"items":    func(order body) bool { return line(order, 0)["itemId"] == VoucherID },
		"quantity": func(order body) bool { return line(order, 0)["quantity"] == 3.0 },
		"note":     func(order body) bool { return line(order, 0)["note"].(body)["player_id"] == "somebody-else" },
		"mock":     func(order body) bool { return order["isMock"] == true },
	} {
		for _, mode := range []string{"honoured", "honoured-without-id"} {
			s := openShop(t)
			s.knobs("other-order", how, "idempotency", mode, "echo", "minimal", "mock", "ignored-unsaid")
			s.next("exists-other", RouteCreate)
			answer := s.send("POST", "/api/orders/", asked)
			require.Equal(t, 409, answer.Code)
			id := s.Orders()[0].ID
			require.Equal(t, mode == "honoured", strings.Contains(answer.Body.String(), id))
			order := s.get(id)
			require.Equal(t, "k-1", order["idempotencyKey"], "it shows all of itself")
			require.True(t, differs(order), "%s: %v", how, order)
			s.expect(409, "POST", "/api/orders/", asked)
			require.Len(t, s.Orders(), 1)
		}
	}
}

func TestAnotherOrderHasToDiffer(t *testing.T) {
	s := openShop(t)
	s.knobs("other-order", "note")
	s.next("exists-other", RouteCreate)
	s.expect(201, "POST", "/api/orders/", keyedOrder) // a gift card has no note
	require.Len(t, s.Faults.Report().Pending, 1)
	s.knobs("other-order", "items")
	s.expect(409, "POST", "/api/orders/", `{"items":[`+item(VoucherID, 1)+`],"idempotencyKey":"k-2"}`)
	require.Equal(t, amazon, s.Orders()[1].Items[0].ItemID)
}
