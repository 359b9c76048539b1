package activities

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/foxreload/foxtest"
	"foxflow/life"
	"foxflow/order"
)

// catalogued is an order's offers as the catalogue tells them of product_a, once they
// were kept and read again.
func catalogued(t *testing.T, status int, product string) offers {
	t.Helper()
	server := foxtest.New(t)
	server.Say(foxtest.Product, foxtest.Answer(status, product))
	o, err := (&Activities{API: server.Client(t, foxreload.Config{}), Ledger: openLedger(t), Now: time.Now}).ask(t.Context(), "product_a")
	require.NoError(t, err)
	if o == nil {
		return offers{}
	}
	kept, err := json.Marshal(o)
	require.NoError(t, err)
	again := readOffer(string(kept))
	require.Equal(t, o, again, "it is kept whole")
	return offers{"product_a": again}
}

// What the catalogue tells in a shape that we can't read is no reason to refuse.
func TestAnOddCatalogueLetsTheOrderGoOn(t *testing.T) {
	for name, answer := range map[string]struct {
		status  int
		product string
		refused string // "": it goes on
	}{
		"not for sale":                {200, `{"id":"product_a","price":null}`, "not for sale"},
		"no price":                    {200, `{"id":"product_a","name":"A"}`, ""},
		"a price in an object":        {200, `{"id":"product_a","price":{"amount":"9.55","currency":"usd"}}`, ""},
		"a price with a comma":        {200, `{"id":"product_a","price":"9,55"}`, ""},
		"a price with its currency":   {200, `{"id":"product_a","price":"9.55 usd"}`, ""},
		"a price of another name":     {200, `{"id":"product_a","minPrice":"9.55"}`, ""},
		"a negative price":            {200, `{"id":"product_a","price":-1}`, ""},
		"null as a string":            {200, `{"id":"product_a","price":"null"}`, ""},
		"a most of nothing":           {200, `{"id":"product_a","price":1,"orderMinQuantity":0,"orderMaxQuantity":0}`, ""},
		"a most below the least":      {200, `{"id":"product_a","price":1,"orderMinQuantity":1,"orderMaxQuantity":-1}`, ""},
		"limits in words":             {200, `{"id":"product_a","price":1,"orderMinQuantity":"some","orderMaxQuantity":{}}`, ""},
		"a required field of no name": {200, `{"id":"product_a","price":1,"requiredNoteFields":["",null,{}]}`, ""},
		"required fields in words":    {200, `{"id":"product_a","price":1,"requiredNoteFields":"login"}`, ""},
		"an array":                    {200, `[{"id":"product_a","price":null}]`, ""},
		"nothing":                     {200, ``, ""},
		"a page":                      {200, `<html>`, ""},
		"a proxy's page":              {403, `<html>`, ""},
		"no such product":             {404, `{"code":"NOT_FOUND"}`, ""},
		"in trouble":                  {503, ``, ""},
		"too few":                     {200, `{"id":"product_a","orderMinQuantity":2}`, "quantity 1 is not at least 2"},
		"a note is missing":           {200, `{"id":"product_a","requiredNoteFields":["login"]}`, "it needs note login"},
	} {
		t.Run(name, func(t *testing.T) {
			err := catalogued(t, answer.status, answer.product).check(order.Request{Items: []order.Item{{ItemID: "product_a", Quantity: 1}}})
			if answer.refused == "" {
				assert.NoError(t, err)
				return
			}
			var refused *life.Refusal
			require.True(t, errors.As(err, &refused))
			assert.Contains(t, refused.Message, answer.refused)
		})
	}
}

func TestDigitsOfANumberAreThoseOfASCII(t *testing.T) {
	for value, says := range map[string]string{
		"12345":          "",
		"12\u0663\u0664": "at position 3 stands U+0663",
		"\u0967":         "at position 1 stands U+0967",
		"1\uff12":        "at position 2 stands U+FF12",
		"12\U0001d7d8":   "U+1D7D8",
		"12a":            "note player_id does not fit (number)",
	} {
		for _, kind := range []string{"number", "Integer", "numeric"} {
			os := catalogued(t, 200, `{"id":"product_a","price":1,"requiredNoteFields":["player_id"],"noteFieldTypes":{"player_id":"`+kind+`"}}`)
			err := os.check(order.Request{Items: []order.Item{{ItemID: "product_a", Quantity: 1, Note: order.Note{"player_id": value}}}})
			if says == "" {
				require.NoError(t, err)
				continue
			}
			var refused *life.Refusal
			require.ErrorAs(t, err, &refused, value)
			assert.Equal(t, order.CodeProduct, refused.Code)
			assert.Contains(t, refused.Message, strings.Replace(says, "(number)", "("+kind+")", 1))
			assert.NotContains(t, refused.Message, value)
		}
		text := catalogued(t, 200, `{"id":"product_a","price":1,"noteFieldTypes":{"player_id":"string"}}`)
		require.NoError(t, text.check(order.Request{Items: []order.Item{{ItemID: "product_a", Quantity: 1, Note: order.Note{"player_id": value}}}}), "a name may hold any digit")
	}
}

func TestCodesAreExpectedUnlessTheCatalogueSaysOtherwise(t *testing.T) {
	plain, noted := order.Item{ItemID: "product_a", Quantity: 1}, order.Item{ItemID: "product_a", Quantity: 1, Note: order.Note{"player_id": "1"}}
	both, none, plainOnly := [2]bool{true, true}, [2]bool{}, [2]bool{true, false}
	for _, row := range []struct {
		product string
		want    [2]bool // of an item without a note, and of one with
	}{
		{`{"id":"product_a","isService":false,"deliveryType":"code","requiredNoteFields":[]}`, both},
		{`{"id":"product_a","isService":true,"deliveryType":"direct","requiredNoteFields":["player_id"]}`, none},
		{`{"id":"product_a","isService":true}`, none},
		{`{"id":"product_a","isService":true,"deliveryType":"code"}`, none},
		{`{"id":"product_a","isService":false}`, both},
		{`{"id":"product_a","isService":false,"deliveryType":"direct"}`, none},
		{`{"id":"product_a","isService":false,"deliveryType":"auto"}`, both},
		{`{"id":"product_a","isService":false,"requiredNoteFields":["player_id"]}`, none},
		{`{"id":"product_a","deliveryType":"code","requiredNoteFields":["player_id"]}`, none},
		{`{"id":"product_a","deliveryType":"DIRECT_TOPUP"}`, none},
		{`{"id":"product_a","deliveryType":"top-up"}`, none},
		{`{"id":"product_a","deliveryType":"Top Up"}`, none},
		{`{"id":"product_a","deliveryType":"to_account"}`, none},
		{`{"id":"product_a","deliveryType":"Gift-Card"}`, both},
		{`{"id":"product_a","deliveryType":"key"}`, both},
		{`{"id":"product_a","requiredNoteFields":[]}`, both},
		// The catalogue can't say.
		{`{"id":"product_a"}`, plainOnly},
		{`{"id":"product_a","deliveryType":"auto"}`, plainOnly},
		{`{"id":"product_a","isService":null,"deliveryType":null,"requiredNoteFields":null}`, plainOnly},
		{`{"id":"product_a","isService":"maybe","deliveryType":{},"requiredNoteFields":"login"}`, plainOnly},
		{`{"name":"no id"}`, plainOnly},
	} {
		os := catalogued(t, 200, row.product)
		assert.Equal(t, row.want, [2]bool{os.delivers(plain), os.delivers(noted)}, row.product)
	}
	assert.True(t, offers(nil).delivers(plain))
	assert.False(t, offers(nil).delivers(noted))
}
