package simulator

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// loc is where a problem is, written like body.items.0.quantity.
func loc(problem any) string {
	var parts []string
	for _, part := range problem.(body)["loc"].([]any) {
		text, _ := json.Marshal(part)
		parts = append(parts, strings.Trim(string(text), `"`))
	}
	return strings.Join(parts, ".")
}

func locs(answer body) (all []string) {
	for _, p := range answer["detail"].([]any) {
		all = append(all, loc(p))
	}
	return all
}

func TestCreateRefusesWhatTheContractDoesNotKnow(t *testing.T) {
	one := `{"itemId":"` + amazon + `","quantity":1}`
	for _, tt := range []struct {
		name, text string
		at         []string
	}{
		{"no JSON", `{"items":`, []string{"body"}},
		{"two values", `{"items":[` + one + `]}{}`, []string{"body"}},
		{"an array", `[]`, []string{"body"}},
		{"no items", `{}`, []string{"body.items"}},
		{"null items", `{"items":null}`, []string{"body.items"}},
		{"items of another type", `{"items":{}}`, []string{"body.items"}},
		{"an empty list", `{"items":[]}`, []string{"body.items"}},
		{"eleven items", `{"items":[` + strings.Repeat(one+",", 10) + one + `]}`, []string{"body.items"}},
		{"an unknown field", `{"items":[` + one + `],"reference":"r"}`, []string{"body.reference"}},
		{"a misspelt field", `{"items":[` + one + `],"IsMock":true}`, []string{"body.IsMock"}},
		{"an unknown item field", `{"items":[{"itemId":"` + amazon + `","quantity":1,"price":"9.55"}]}`, []string{"body.items.0.price"}},
		{"isMock as text", `{"items":[` + one + `],"isMock":"true"}`, []string{"body.isMock"}},
		{"an empty key", `{"items":[` + one + `],"idempotencyKey":""}`, []string{"body.idempotencyKey"}},
		{"a long key", `{"items":[` + one + `],"idempotencyKey":"` + strings.Repeat("k", 256) + `"}`, []string{"body.idempotencyKey"}},
		{"an item that is text", `{"items":["` + amazon + `"]}`, []string{"body.items.0"}},
		{"nothing in an item", `{"items":[` + one + `,{}]}`, []string{"body.items.1.itemId", "body.items.1.quantity"}},
		{"quantity as text", `{"items":[{"itemId":"` + amazon + `","quantity":"1"}]}`, []string{"body.items.0.quantity"}},
		{"a broken quantity", `{"items":[{"itemId":"` + amazon + `","quantity":1.5}]}`, []string{"body.items.0.quantity"}},
		{"a whole float", `{"items":[{"itemId":"` + amazon + `","quantity":1.0}]}`, []string{"body.items.0.quantity"}},
		{"nothing of it", `{"items":[{"itemId":"` + amazon + `","quantity":0}]}`, []string{"body.items.0.quantity"}},
		{"more than the most", `{"items":[{"itemId":"` + amazon + `","quantity":26}]}`, []string{"body.items.0.quantity"}},
		{"totalPrice as number", `{"items":[{"itemId":"` + amazon + `","quantity":1,"totalPrice":9.55}]}`, []string{"body.items.0.totalPrice"}},
		{"five decimal places", `{"items":[{"itemId":"` + amazon + `","quantity":1,"totalPrice":"9.55000"}]}`, []string{"body.items.0.totalPrice"}},
		{"no note", `{"items":[{"itemId":"` + pubg + `","quantity":1}]}`, []string{"body.items.0.note.player_id"}},
		{"half a note", `{"items":[{"itemId":"` + genshin + `","quantity":1,"note":{"server":"europe"}}]}`, []string{"body.items.0.note.player_id"}},
		{"a blank note", `{"items":[{"itemId":"` + pubg + `","quantity":1,"note":{"player_id":" "}}]}`, []string{"body.items.0.note.player_id"}},
		{"a number in a note", `{"items":[{"itemId":"` + pubg + `","quantity":1,"note":{"player_id":123}}]}`, []string{"body.items.0.note.player_id"}},
		{"a note that is text", `{"items":[{"itemId":"` + pubg + `","quantity":1,"note":"123"}]}`, []string{"body.items.0.note"}},
		{"a server nobody has", `{"items":[` + item(genshin, 1, "player_id", "1", "server", "moon") + `]}`, []string{"body.items.0.note.server"}},
		{"a note field of another game", `{"items":[` + item(amazon, 1, "player_id", "1") + `]}`, []string{"body.items.0.note.player_id"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := openShop(t)
			answer := s.expect(422, "POST", "/api/orders/", tt.text)
			require.Equal(t, "VALIDATION_ERROR", answer["code"])
			require.Equal(t, tt.at, locs(answer))
			require.Empty(t, s.Orders())
		})
	}
}

func TestCreateTakesWhatTheContractAllows(t *testing.T) {
	for name, text := range map[string]string{
		"the documented example": `{"items":[{"itemId":"` + pubg + `","quantity":1,"note":{"player_id":"123456"}}],"isMock":false}`,
		"nulls left open":        `{"items":[{"itemId":"` + amazon + `","quantity":1,"note":null,"totalPrice":null}],"isMock":null,"idempotencyKey":null}`,
		"ten items":              `{"items":[` + strings.Repeat(item(VoucherID, 1)+",", 9) + item(VoucherID, 1) + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			openShop(t).expect(201, "POST", "/api/orders/", text)
		})
	}
}

func TestCreateHoldsItemsAgainstTheCatalogue(t *testing.T) {
	for _, tt := range []struct {
		name, item string
		status     int
		code       string
	}{
		{"an unknown product", item("product_00000000000000000000000000", 1), 404, "NOT_FOUND"},
		{"a slug instead of the id", item("amazon-gift-card-10-usd", 1), 404, "NOT_FOUND"},
		{"a product without a price", item(eshop, 1), 409, "PRODUCT_NOT_AVAILABLE"},
		{"a product without stock", item(razer, 1), 409, "PRODUCT_OUT_OF_STOCK"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := openShop(t)
			answer := s.expect(tt.status, "POST", "/api/orders/", `{"items":[`+item(amazon, 1)+`,`+tt.item+`]}`)
			require.Equal(t, tt.code, answer["code"])
			require.Empty(t, s.Orders())
		})
	}
}

func TestPayRefusesWhatTheContractDoesNotKnow(t *testing.T) {
	for _, tt := range []struct{ text, at string }{
		{`{}`, "body.paymentProvider"},
		{`{"paymentProvider":""}`, "body.paymentProvider"},
		{`{"paymentProvider":7}`, "body.paymentProvider"},
		{`{"paymentProvider":"pally","paymentReturnUrl":"back"}`, "body.paymentReturnUrl"},
		{`{"paymentProvider":null,"amount":"1"}`, "body.amount"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			s := openShop(t)
			id := s.create(item(amazon, 1), "")
			require.Equal(t, []string{tt.at}, locs(s.expect(422, "POST", "/api/orders/"+id+"/pay", tt.text)))
			require.Equal(t, "active", s.status(id))
		})
	}
}

func TestPostNeedsItsContentType(t *testing.T) {
	s := openShop(t)
	text := `{"items":[` + item(amazon, 1) + `]}`
	require.Equal(t, []string{"header.Content-Type"}, locs(s.expect(422, "POST", "/api/orders/", text, header("Content-Type", "text/plain"))))
	s.expect(201, "POST", "/api/orders/", text, header("Content-Type", "application/json; charset=utf-8"))
}

func TestAHugeBodyIsRefused(t *testing.T) {
	s := openShop(t)
	s.expect(413, "POST", "/api/orders/", `{"items":"`+strings.Repeat("x", maxBody)+`"}`)
}

func TestUnknownOrders(t *testing.T) {
	s := openShop(t)
	for _, id := range []string{"nobody", "%2e%2e%2fadmin", "a%2Fb"} {
		require.Equal(t, "NOT_FOUND", s.expect(404, "GET", "/api/orders/"+id, "")["code"], id)
		require.Equal(t, "NOT_FOUND", s.expect(404, "POST", "/api/orders/"+id+"/pay", fromBalance)["code"], id)
	}
}

func TestErrorsInEveryShape(t *testing.T) {
	for _, tt := range []struct {
		shape string
		words func(body) any
	}{
		{"detail", func(b body) any { return b["detail"] }},
		{"object", func(b body) any { return b["detail"].(body)["message"] }},
		{"message", func(b body) any { return b["message"] }},
		{"error", func(b body) any { return b["error"] }},
	} {
		t.Run(tt.shape, func(t *testing.T) {
			s := openShop(t)
			s.knobs("error-shape", tt.shape, "error-status", "BALANCE_NOT_ENOUGH=402", "balance-code", "BALANCE_NOT_ENOUGH")
			answer := s.expect(402, "POST", "/api/orders/"+s.create(item(apple, 1), "")+"/pay", fromBalance)
			require.Equal(t, "BALANCE_NOT_ENOUGH", answer["code"])
			require.Equal(t, "balance is 100.00 usd, the order costs 481.25", tt.words(answer))
		})
	}
}
