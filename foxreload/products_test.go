package foxreload

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAProductIsReadInFull(t *testing.T) {
	f := answering(t, 200, `{"id":"product_1","name":"Steam","slug":"steam","categoryId":"category_1","price":"0.9549","currency":"USD","quantity":12,
	 "orderMinQuantity":1,"orderMaxQuantity":"100","requiredNoteFields":["login"],"noteFieldTypes":{"login":"string","zone_id":{"type":"select"}},
	 "noteFieldOptions":{"zone_id":["eu",1,{"value":"us","label":"America"}]},"isService":true,"deliveryType":"auto"}`)
	p, err := client(t, f.URL).Product(context.Background(), "steam")
	require.NoError(t, err)
	price, quantity, least, most, service := money(t, "0.9549"), int64(12), int64(1), int64(100), true
	assert.Equal(t, Product{ID: "product_1", Name: "Steam", Slug: "steam", CategoryID: "category_1", Price: &price, Currency: "usd",
		Quantity: &quantity, OrderMinQuantity: &least, OrderMaxQuantity: &most, RequiredNoteFields: []string{"login"},
		NoteFieldTypes:   map[string]string{"login": "string", "zone_id": "select"},
		NoteFieldOptions: map[string][]string{"zone_id": {"eu", "1", "us"}}, IsService: &service, DeliveryType: "auto"}, p)
	assert.Equal(t, "/api/products/steam", f.asked()[0].path)
}

func TestAProductMaySayNextToNothing(t *testing.T) {
	for _, body := range []string{
		`{"id":"product_1"}`,
		`{"id":"product_1","quantity":null,"requiredNoteFields":null,"noteFieldTypes":null,"noteFieldOptions":null,"isService":null}`,
		`{"id":"product_1","price":"ask","quantity":"many","requiredNoteFields":"login","noteFieldTypes":[],"noteFieldOptions":{"a":7},"isService":"maybe"}`,
		`{"data":{"id":"product_1"}}`,
	} {
		p, ok := readProduct(json.RawMessage(body))
		require.True(t, ok, body)
		assert.Equal(t, Product{ID: "product_1"}, p, body)
	}
	for fields, want := range map[string][]string{
		`[{"name":"login"},null,{}," "]`: {"login"},
		`[]`:                             {},
		`[{}]`:                           nil,
		`{}`:                             nil,
	} {
		p, _ := readProduct(json.RawMessage(`{"id":"product_1","requiredNoteFields":` + fields + `}`))
		assert.Equal(t, want, p.RequiredNoteFields, fields)
	}
	p, _ := readProduct(json.RawMessage(`{"id":"product_1","noteFieldOptions":{"zone_id":["eu",{"odd":1}],"login":["a"]}}`))
	assert.Equal(t, map[string][]string{"login": {"a"}}, p.NoteFieldOptions, "the option that is meant may be the one that can't be read")
}

func TestOnlyAPriceOfNullIsNotForSale(t *testing.T) {
	for _, row := range []struct {
		product, price string // "": none
		notForSale     bool
	}{
		{`{"id":"p","price":null}`, "", true},
		{`{"id":"p","Price":null}`, "", true},
		{`{"data":{"id":"p","price":null}}`, "", true},
		{`{"id":"p"}`, "", false},
		{`{"data":{"id":"p"},"price":null}`, "", false},
		{`{"id":"p","price":null,"PRICE":"9.55"}`, "9.55", false},
		{`{"id":"p","price":"null"}`, "", false},
		{`{"id":"p","price":""}`, "", false},
		{`{"id":"p","price":{}}`, "", false},
		{`{"id":"p","price":[]}`, "", false},
		{`{"id":"p","price":false}`, "", false},
		{`{"id":"p","price":"9,55"}`, "", false},
		{`{"id":"p","price":"9.55 usd"}`, "", false},
		{`{"id":"p","price":{"amount":"9.55"}}`, "", false},
		{`{"id":"p","price":"-9.55"}`, "", false},
		{`{"id":"p","price":1e9}`, "", false},
		{`{"id":"p","price":1e300}`, "", false},
		{`{"id":"p","price":0}`, "0", false},
		{`{"id":"p","price":"9.55"}`, "9.55", false},
	} {
		p, ok := readProduct(json.RawMessage(row.product))
		require.True(t, ok, row.product)
		price := ""
		if p.Price != nil {
			price = p.Price.String()
		}
		assert.Equal(t, row.price, price, row.product)
		assert.Equal(t, row.notForSale, p.NotForSale, row.product)
	}
}

func TestNoProductIsAnError(t *testing.T) {
	for _, body := range []string{`{}`, `[]`, `null`, ``, `{"name":"Steam"}`} {
		f := answering(t, 200, body)
		_, err := client(t, f.URL).Product(context.Background(), "steam")
		assert.Equal(t, CodeMalformed, failure(t, err).Code, body)
	}
	f := answering(t, 404, `{"detail":"Not Found"}`)
	_, err := client(t, f.URL).Product(context.Background(), "steam")
	assert.Equal(t, ClassNotFound, ClassOf(err))
}

func TestSearchReadsABareArrayOrAPage(t *testing.T) {
	for body, want := range map[string]int{
		`[{"id":"product_1","price":null},{"id":"product_2","price":1.5}]`: 2,
		`{"items":[{"id":"product_1"}],"total":1}`:                         1,
		`[]`: 0,
	} {
		f := answering(t, 200, body)
		products, err := client(t, f.URL).SearchProducts(context.Background(), "steam & co")
		require.NoError(t, err)
		assert.Len(t, products, want)
		assert.Equal(t, "/api/products/search?query=steam+%26+co", f.asked()[0].path+"?"+f.asked()[0].query)
	}
	for _, body := range []string{`{}`, `"none"`, `[{"name":"no id"}]`, `[null]`} {
		f := answering(t, 200, body)
		_, err := client(t, f.URL).SearchProducts(context.Background(), "steam")
		assert.Equal(t, CodeMalformed, failure(t, err).Code, body)
	}
}
