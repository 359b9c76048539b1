package simulator

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What answers show of what was asked for, in every form of the knobs.

func TestIsMockInEveryForm(t *testing.T) {
	for knob, want := range map[string]struct {
		shown  any
		debits int
	}{"honoured": {true, 0}, "ignored": {false, 1}, "unsaid": {nil, 0}, "ignored-unsaid": {nil, 1}} {
		s := openShop(t)
		s.knobs("mock", knob)
		id := s.create(item(amazon, 1), `,"isMock":true`)
		require.Equal(t, want.shown, s.get(id)["isMock"], knob)
		s.knobs("echo", "minimal")
		require.Equal(t, knob == "ignored", s.get(id)["isMock"] == false, knob)
		s.paid(id)
		require.Len(t, s.Money.Debits(), want.debits, knob)
	}
}

func TestItemsStandInAnyOrder(t *testing.T) {
	s := openShop(t)
	id := s.create(item(amazon, 1)+","+item(esim, 1)+","+item(VoucherID, 2), "")
	s.paid(id)
	s.wait()
	look := func() (products []any) {
		for i := range 3 {
			one := line(s.get(id), i)
			products = append(products, one["itemId"])
			if one["itemId"] == VoucherID {
				require.Len(t, one["externalData"], 2, "codes go with their item")
			}
		}
		return products
	}
	require.Equal(t, []any{amazon, esim, VoucherID}, look())
	s.knobs("item-order", "reversed")
	require.Equal(t, []any{VoucherID, esim, amazon}, look())
	s.knobs("item-order", "changing")
	firsts := map[any]bool{}
	for range 3 {
		firsts[line(s.get(id), 0)["itemId"]] = true
	}
	require.Len(t, firsts, 3, "each stands first in turn")
}

func TestWhatAnEchoLeavesOut(t *testing.T) {
	for echo, missing := range leftOut {
		for _, knob := range []string{"echo", "list-echo"} {
			s := openShop(t)
			s.create(item(pubg, 1, "player_id", "7"), `,"idempotencyKey":"k"`)
			s.knobs(knob, echo)
			list, _ := readPage(t, s.send("GET", "/api/orders/", "").Body.Bytes())
			order := list[0].(body)
			for _, orders := range leftOut {
				for _, name := range orders {
					fields := order
					field, ofItem := strings.CutPrefix(name, "items.")
					if ofItem {
						fields = line(order, 0)
					}
					if slices.Contains(missing, name) {
						require.NotContains(t, fields, field, "%s=%s", knob, echo)
					} else {
						require.Contains(t, fields, field, "%s=%s", knob, echo)
					}
				}
			}
			if knob == "list-echo" {
				require.Contains(t, s.get(order["id"].(string)), "idempotencyKey", "the order alone shows everything")
			}
			require.Contains(t, order, "price")
		}
	}
}

func TestBalancesWithoutTheCurrency(t *testing.T) {
	s := openShop(t)
	for knob, want := range map[string]int{"all": 2, "other": 1, "none": 0} {
		s.knobs("balances", knob)
		list, _ := readPage(t, s.send("GET", "/api/access/me/balances/", "").Body.Bytes())
		require.Len(t, list, want)
		if knob == "other" {
			require.Equal(t, "rub", list[0].(body)["currency"])
		}
	}
}

func TestAnOrderPricedInTheOtherCurrency(t *testing.T) {
	s := openShop(t, func(c *Config) { c.Opening["rub"] = c.Opening["usd"].Mul(rubPerUSD) })
	s.knobs("order-currency", "other")
	order := s.paid(s.create(item(amazon, 1), "", header("X-Currency", "usd")))
	require.Equal(t, "rub", order["currency"])
	require.Equal(t, "883.375", order["price"])
	require.Equal(t, "rub", s.Money.Debits()[0].Currency)
	s.holds("100.00")
}

func TestPricesThatNobodyCanRead(t *testing.T) {
	s := openShop(t)
	id := s.create(item(amazon, 1), "")
	for form, want := range map[string]any{"plain": "9.55", "words": "ask", "object": body{"amount": "9.55", "currency": "usd"}, "missing": nil} {
		s.knobs("order-price", form, "catalogue-price", form)
		order := s.get(id)
		for _, shown := range []body{order, line(order, 0), s.expect(200, "GET", "/api/products/"+amazon, "")} {
			require.Equal(t, want, shown["price"], form)
			_, there := shown["price"]
			require.Equal(t, form != "missing", there)
		}
		dear := s.expect(200, "GET", "/api/products/"+eshop, "")
		require.Contains(t, dear, "price", "null is not left out: not for sale")
		require.Nil(t, dear["price"])
	}
	s.paid(id)
	s.holds("90.45")
}

func TestAProductInOddShapes(t *testing.T) {
	s := openShop(t)
	for shape, start := range map[string]string{"plain": `{"id":"product_`, "nested": `{"product":{"id":`, "array": `[{"id":`, "empty": "{}", "missing": `{"code":"NOT_FOUND"`} {
		s.knobs("product-answer", shape)
		answer := s.send("GET", "/api/products/"+amazon, "")
		require.Equal(t, shape == "missing", answer.Code == 404, shape)
		require.Contains(t, answer.Body.String(), start, shape)
		s.create(item(amazon, 1), "")
	}
}

func TestAnEndWaitsForTheLookOfItsNumber(t *testing.T) {
	s := openShop(t)
	s.knobs("looks", "3")
	id := s.create(item(amazon, 1), "")
	s.get(id) // it is not paid yet: no look that counts
	s.paid(id)
	s.wait()
	require.Equal(t, "processing", s.get(id)["status"])
	require.Empty(t, s.listed("?status=completed", "total"), "nor does the list of the ended show it")
	require.Len(t, s.listed("?status=processing", "total"), 1, "that is the second look")
	require.Equal(t, "completed", s.get(id)["status"])
	require.NotEmpty(t, line(s.get(id), 0)["externalData"])
}
