package input

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

func TestALineOfJSONIsAWholeOrder(t *testing.T) {
	sheet := read(t, `{"reference":"shop-1","items":[{"itemId":"product_a","quantity":2,"note":{"player_id":"007","server":"eu"}},{"itemId":"product_b"}],"mock":true,"maxPrice":"10.50","maxPriceCurrency":"USD"}

	{"reference":"Cafe`+"\u0301"+`","items":[{"itemId":"product_a","quantity":1,"note":{}}],"mock":null,"maxPrice":null,"provider":"pally","returnUrl":"https://yourshop.com/return","noCheck":true}
`)
	require.Empty(t, inFile(sheet))
	price := decimal.RequireFromString("10.50")
	require.Equal(t, []order.Request{
		{Reference: "shop-1", Mock: true, MaxPrice: &price, MaxPriceCurrency: "usd", Items: []order.Item{
			{ItemID: "product_a", Quantity: 2, Note: order.Note{"player_id": "007", "server": "eu"}}, {ItemID: "product_b", Quantity: 1}}},
		{Reference: "Café", Items: []order.Item{{ItemID: "product_a", Quantity: 1}}, Provider: "pally", ReturnURL: "https://yourshop.com/return", NoCheck: true},
	}, sheet.Orders)
	assert.Equal(t, map[string]int{"shop-1": 1, "Café": 3}, sheet.Lines)
}

// Whatever writes the file, the same order comes of a line of JSON and of lines of CSV.
func TestJSONAndCSVGiveTheSameOrder(t *testing.T) {
	fromCSV := read(t, header+"shop-1,product_a,2,player_id=007,true,1.20 usd\nshop-1,product_b,,,,\n")
	line := `{"reference":"shop-1","items":[{"itemId":"product_a","quantity":2,"note":{"player_id":"007"}},{"itemId":"product_b"}],"mock":true,"maxPrice":"1.20","maxPriceCurrency":"usd"}`
	for name, text := range map[string]string{"plain": line, "byte order mark": "\ufeff" + line + "\r\n", "blank lines before": "\n\n" + line, "UTF-16": utf16le("\ufeff" + line)} {
		sheet := read(t, text)
		require.Empty(t, inFile(sheet), name)
		assert.Equal(t, fromCSV.Orders, sheet.Orders, name)
	}
}

func TestEveryMistakeInJSONIsNamedWithItsField(t *testing.T) {
	items := `"items":[{"itemId":"product_a"}]`
	for line, says := range map[string]string{
		`{"reference":"shop-1",` + items + `,"max_price":"5"}`:                                             "f:1: max_price: is no field of an order (leave it out; there are items, maxPrice, maxPriceCurrency, mock, noCheck, provider, reference, returnUrl)",
		`{"reference":"shop-1",` + items + `,"Mock":true}`:                                                 "f:1: Mock: is no field of an order",
		`{"reference":"shop-1",` + items + `,"maxPrice":5.0}`:                                              `f:1: maxPrice: is no text (write money in quotes, as "12.34"`,
		`{"reference":"shop-1",` + items + `,"maxPrice":"1e9"}`:                                            `f:1: maxPrice: "1e9" is not a price (give the highest total you will pay, as "12.34"`,
		`{"reference":"shop-1",` + items + `,"maxPrice":"5","maxPrice":"50"}`:                              "f:1: maxPrice: is given twice",
		`{"reference":"shop-1",` + items + `,"maxPriceCurrency":"usd"}`:                                    "f:1: maxPrice: is missing, and its currency is given (give the highest total you will pay with its currency, in maxPrice and maxPriceCurrency)",
		`{"reference":"shop-1",` + items + `,"mock":"true"}`:                                               "f:1: mock: is neither true nor false (write true or false, without quotes)",
		`{"reference":"shop-1",` + items + `,"provider":"pally"}`:                                          "f:1: returnUrl: is missing (an external provider needs returnUrl https://…)",
		`{"reference":7,` + items + `}`:                                                                    "f:1: reference: is no text (write it in quotes)",
		`{` + items + `}`:                                                                                  "f:1: reference: is missing",
		`{"reference":"shop-1"}`:                                                                           "f:1: items: are 0 in one order (one order takes 1 to 10 items)",
		`{"reference":"shop-1","items":{"itemId":"product_a"}}`:                                            "f:1: items: is no list",
		`{"reference":"shop-1","items":["product_a"]}`:                                                     "f:1: items[0]: is no JSON object",
		`{"reference":"shop-1","items":[{"itemId":"product_a"},{"item":"product_b"}]}`:                     "f:1: items[1].item: is no field of an order (leave it out; there are itemId, note, quantity)",
		`{"reference":"shop-1","items":[{"itemId":"product_a"},{"itemId":"product_b","quantity":0}]}`:      "f:1: items[1].quantity: is not a quantity",
		`{"reference":"shop-1","items":[{"itemId":"product_a"},{"itemId":"a product"}]}`:                   `f:1: items[1].itemId: "a product" is not a product id`,
		`{"reference":"shop-1","items":[{"itemId":"product_a","quantity":"2"}]}`:                           "f:1: items[0].quantity: is not a quantity (give a whole number, at least 1, without quotes)",
		`{"reference":"shop-1","items":[{"itemId":"product_a","note":{"player_id":123456}}]}`:              "f:1: items[0].note.player_id: is no text (write it in quotes)",
		`{"reference":"shop-1","items":[{"itemId":"product_a","note":{"player_id":""}}]}`:                  `f:1: items[0].note: player_id is empty (write "note":{"player_id":"123456"})`,
		`{"reference":"shop-1","items":[{"itemId":"product_a","note":{"player_id":"a","player_id":"b"}}]}`: "f:1: items[0].note.player_id: is given twice",
		`{"reference":"shop-1","items":[{"itemId":"product_a","note":"player_id=123456"}]}`:                "f:1: items[0].note: is no JSON object",
		`{"reference":"shop-1","items":[{"itemId":"product_a"},{"itemId":"product_a"}]}`:                   "f:1: items[1]: is the same again as items[0], and would be bought twice (leave one of the two out; if twice is meant, write one item with quantity 2)",
		`{"reference":"shop-1",` + items + `}{"reference":"shop-2",` + items + `}`:                         "f:1: is not JSON (column 56) (write each order in one line",
		`{"reference":"shop-1","items":[`:                                                                  "f:1: is not JSON (column 32)",
		`[{"reference":"shop-1"}]`:                                                                         "f:1: is no JSON object",
	} {
		sheet := read(t, line)
		require.Len(t, sheet.Problems, 1, "%s: %v", line, sheet.Problems)
		assert.Contains(t, sheet.Problems[0].In("f"), says, line)
		assert.NotContains(t, sheet.Problems[0].In("f"), "123456)", "a value of a player's")
		assert.Empty(t, sheet.Orders)
		assert.False(t, sheet.Broken, "lines stay whole")
	}
}

func TestAReferenceStandsInOneLineOfJSON(t *testing.T) {
	one := func(reference, item string) string {
		return `{"reference":"` + reference + `","items":[{"itemId":"` + item + `"}]}` + "\n"
	}
	sheet := read(t, one("shop-1", "product_a")+one("shop-2", "product_a")+one("shop-1", "product_b")+one("shop-3", "?")+one("shop-3", "product_a"))
	require.Len(t, sheet.Problems, 2, inFile(sheet))
	assert.Equal(t, "f.csv:3: reference: is that of line 1, too: the order would be placed twice (a line is a whole order: put all its items into one line, or take a new reference)", inFile(sheet)[0])
	require.Len(t, sheet.Orders, 1, "neither of the two is started, nor what stands beside a bad line")
	assert.Equal(t, "shop-2", sheet.Orders[0].Reference)

	many := read(t, one("shop-1", "product_a")+strings.Repeat("\n", maxLines)+one("shop-2", "product_a"))
	assert.Contains(t, inFile(many)[len(many.Problems)-1], "has more than 200000 lines")
	assert.True(t, many.Broken)
}
