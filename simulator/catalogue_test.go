package simulator

import (
	"encoding/json"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func (s *shop) products(query string) (list []body, page body) {
	page = s.expect(200, "GET", "/api/products/"+query, "")
	for _, p := range page["items"].([]any) {
		list = append(list, p.(body))
	}
	return list, page
}

func TestCatalogueLooksLikeTheRealOne(t *testing.T) {
	s := openShop(t)
	list, page := s.products("")
	require.Len(t, list, len(products))
	require.GreaterOrEqual(t, len(list), 12)
	require.EqualValues(t, len(products), page["total"])
	seen := map[any]bool{}
	for _, p := range list {
		require.Regexp(t, `^product_[0-9a-hjkmnp-tv-z]{26}$`, p["id"])
		require.Regexp(t, `^category_[0-9a-hjkmnp-tv-z]{26}$`, p["categoryId"])
		require.False(t, seen[p["id"]] || seen[p["slug"]], p["slug"])
		seen[p["id"]], seen[p["slug"]] = true, true
		require.LessOrEqual(t, p["orderMinQuantity"], p["orderMaxQuantity"])
		require.Len(t, p["noteFieldTypes"], len(p["requiredNoteFields"].([]any)))
		byID := s.expect(200, "GET", "/api/products/"+p["id"].(string), "")
		require.Equal(t, p, byID)
		require.Equal(t, p, s.expect(200, "GET", "/api/products/"+p["slug"].(string), ""))
	}
	require.Nil(t, s.expect(200, "GET", "/api/products/"+eshop, "")["price"])
	require.Equal(t, []any{"europe", "america", "asia", "sar"}, s.expect(200, "GET", "/api/products/"+genshin, "")["noteFieldOptions"].(body)["server"])
	s.expect(404, "GET", "/api/products/nothing", "")
}

func TestEveryProductForSaleCanBeBought(t *testing.T) {
	s := openShop(t, func(c *Config) { c.Opening = opening("5000") })
	for _, p := range products {
		if p.Price == nil || !p.sellable(1) {
			continue
		}
		note := []string{}
		for _, n := range p.notes {
			value := "42"
			if n.options != nil {
				value = n.options[0]
			}
			note = append(note, n.key, value)
		}
		require.Equal(t, "completed", s.ended(item(p.id, int(p.min), note...))["status"], p.slug)
	}
}

func TestProductsInPages(t *testing.T) {
	s := openShop(t)
	list, page := s.products("?limit=5&offset=12")
	require.Len(t, list, 2)
	require.EqualValues(t, 5, page["limit"])
	require.EqualValues(t, 12, page["offset"])

	var walked int
	for cursor := ""; ; {
		list, page := s.products("?includeDescendants=true&limit=4" + cursor)
		walked += len(list)
		if page["nextCursor"] == nil {
			break
		}
		cursor = "&cursor=" + page["nextCursor"].(string)
	}
	require.Equal(t, len(products), walked)
}

func TestProductsByCategoryAndStock(t *testing.T) {
	s := openShop(t)
	list, _ := s.products("?category_id_or_slug=steam")
	require.Len(t, list, 2)
	byID, _ := s.products("?category_id_or_slug=" + list[0]["categoryId"].(string))
	require.Equal(t, list, byID)
	s.expect(404, "GET", "/api/products/?category_id_or_slug=nothing", "")
	stocked, _ := s.products("?withStockOnly=true")
	require.Len(t, stocked, len(products)-1)
}

func TestSearchAnswersABareArray(t *testing.T) {
	s := openShop(t)
	found := func(query string) (names []any) {
		list, _ := readPage(t, s.send("GET", "/api/products/search?query="+query, "").Body.Bytes())
		for _, p := range list {
			names = append(names, p.(body)["slug"])
		}
		return names
	}
	require.Equal(t, []any{"steam-gift-card-20-usd"}, found("STEAM+gift"))
	require.Len(t, found("steam"), 3)
	require.Empty(t, found("fortnite"))
	require.Equal(t, "[]\n", s.send("GET", "/api/products/search?query=fortnite", "").Body.String())
	s.expect(422, "GET", "/api/products/search", "")
}

func TestCategoriesInCursorPagesAndLanguages(t *testing.T) {
	s := openShop(t)
	page := s.expect(200, "GET", "/api/categories/?limit=3", "")
	require.Len(t, page["items"], 3)
	page = s.expect(200, "GET", "/api/categories/?limit=3&cursor="+page["nextCursor"].(string), "", header("X-Language", "ru"))
	require.Len(t, page["items"], len(categories)-3)
	require.Nil(t, page["nextCursor"])
	require.Equal(t, "Подписки", line(page, 1)["name"])
}

func TestPricesInRoubles(t *testing.T) {
	s := openShop(t)
	p := s.expect(200, "GET", "/api/products/"+amazon, "", header("X-Currency", "rub"))
	require.Equal(t, "883.375", p["price"])
	require.Equal(t, "rub", p["currency"])
	s.knobs("currency", "rub")
	require.Equal(t, "rub", s.expect(200, "GET", "/api/products/"+amazon, "")["currency"])
}

func TestTodaysPriceApplies(t *testing.T) {
	s := openShop(t)
	early := s.create(item(amazon, 1), "")
	s.expect(200, "POST", "/admin/products/"+amazon, `{"price":"11.20"}`)
	require.Equal(t, "11.20", s.get(s.create(item(amazon, 1), ""))["price"])
	require.Equal(t, "9.55", s.paid(early)["price"], "an order keeps its price")
	require.EqualValues(t, 1200, s.expect(200, "GET", "/api/products/"+amazon, "")["quantity"], "what was left out stays")

	s.expect(200, "POST", "/admin/products/"+amazon, `{"price":null,"quantity":null}`)
	shown := s.expect(200, "GET", "/api/products/"+amazon, "")
	require.Nil(t, shown["price"])
	require.Nil(t, shown["quantity"])
	require.Equal(t, "9.55", moneyText(*openShop(t).productPrice(amazon)), "another simulator has its own prices")
}

func (s *shop) productPrice(id string) *decimal.Decimal {
	p, _ := s.state.product(id)
	return p.Price
}

func TestMoneyText(t *testing.T) {
	for in, out := range map[string]string{"0": "0", "12.5": "12.50", "7": "7.00", "0.9549": "0.9549", "883.375": "883.375", "1.23456": "1.2346"} {
		require.Equal(t, out, moneyText(decimal.RequireFromString(in)))
		require.True(t, json.Valid([]byte(moneyText(decimal.RequireFromString(in)))))
	}
}
