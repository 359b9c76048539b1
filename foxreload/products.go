package foxreload

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/shopspring/decimal"
)

// Product is an offer of the catalogue. A nil field is one that FoxReload did
// not say.
type Product struct {
	ID, Name, Slug, CategoryID         string
	Price                              *decimal.Decimal // nil where none is said that can be read
	NotForSale                         bool             // the price is there and null
	Currency                           string           // lower case: usd, rub
	Quantity                           *int64           // in stock
	OrderMinQuantity, OrderMaxQuantity *int64
	RequiredNoteFields                 []string // the keys an item's note must have; empty, not nil: it needs none
	NoteFieldTypes                     map[string]string
	NoteFieldOptions                   map[string][]string
	IsService                          *bool
	DeliveryType                       string // in FoxReload's words; "": not said
}

// Product reads one product.
func (c *Client) Product(ctx context.Context, idOrSlug string) (Product, error) {
	call := call{endpoint: getProduct, id: idOrSlug}
	got, err := c.do(ctx, call)
	if err != nil {
		return Product{}, err
	}
	product, ok := readProduct(got.body)
	if !ok {
		return Product{}, c.notUnderstood(call, got, "the answer holds no product id")
	}
	return product, nil
}

// SearchProducts finds products by words.
func (c *Client) SearchProducts(ctx context.Context, words string) ([]Product, error) {
	call := call{endpoint: searchProducts, query: url.Values{"query": {words}}}
	got, err := c.do(ctx, call)
	if err != nil {
		return nil, err
	}
	page, ok := readPage(got.body)
	if !ok {
		return nil, c.notUnderstood(call, got, "the answer is not a list")
	}
	products := make([]Product, 0, len(page.rows))
	for _, row := range page.rows {
		product, ok := readProduct(row)
		if !ok {
			return nil, c.notUnderstood(call, got, "an entry of the list has no id")
		}
		products = append(products, product)
	}
	return products, nil
}

// readProduct reads a product, bare or in an envelope. It is false without an id.
func readProduct(raw json.RawMessage) (Product, bool) {
	o, ok := readObject(raw)
	for _, name := range []string{"product", "data", "result"} {
		if inner, enveloped := readObject(o[name]); enveloped && o.id("id") == "" {
			raw, o = o[name], inner
		}
	}
	if !ok || o.id("id") == "" {
		return Product{}, false
	}
	return Product{
		ID: o.id("id"), Name: o.text("name", "title"), Slug: o.text("slug"), CategoryID: o.text("categoryId"),
		Price: o.price("price"), NotForSale: saysNull(raw, "price"), Currency: o.word("currency"), Quantity: o.integer("quantity"),
		OrderMinQuantity: o.integer("orderMinQuantity"), OrderMaxQuantity: o.integer("orderMaxQuantity"),
		RequiredNoteFields: o.names("requiredNoteFields"), NoteFieldTypes: o.noteTypes("noteFieldTypes"),
		NoteFieldOptions: o.noteOptions("noteFieldOptions"),
		IsService:        o.truth("isService"), DeliveryType: o.text("deliveryType"),
	}, true
}

// saysNull says whether an object has the name, in any spelling, and null under each.
func saysNull(raw json.RawMessage, name string) bool {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(raw, &fields)
	null := false
	for spelling, value := range fields {
		if fold(spelling) != fold(name) {
			continue
		}
		if !isNull(value) {
			return false
		}
		null = true
	}
	return null
}

// Bounds of what a product needs to be told: more is none of FoxReload's products.
const (
	mostNames   = 100
	mostOptions = 2000
)

// names reads a list of names, which are strings or objects that have one. A list
// without any name that can be read says nothing, nor does one without end.
func (o object) names(name string) []string {
	list, ok := o.list(name)
	ok = ok && len(list) <= mostNames
	names := []string{}
	for _, entry := range list {
		if s, named := readName(entry); named && strings.TrimSpace(s) != "" {
			names = append(names, s)
		}
	}
	if !ok || (len(names) == 0 && len(list) > 0) {
		return nil
	}
	return names
}

func readName(entry json.RawMessage) (string, bool) {
	if inner, isObject := readObject(entry); isObject {
		s := inner.text("value", "key", "name", "id", "label")
		return s, s != ""
	}
	s, ok := readScalar(entry)
	return oneLine(s), ok
}

// noteTypes reads {"player_id":"string"}, and {"player_id":{"type":"string"}}.
func (o object) noteTypes(name string) map[string]string {
	return readByField(o[fold(name)], func(raw json.RawMessage) (string, bool) {
		if inner, ok := readObject(raw); ok {
			return inner.text("type"), inner.text("type") != ""
		}
		return readName(raw)
	})
}

func (o object) noteOptions(name string) map[string][]string {
	return readByField(o[fold(name)], func(raw json.RawMessage) ([]string, bool) {
		list, ok := readList(raw)
		if inner, isObject := readObject(raw); isObject {
			list, ok = inner.list("options", "values")
		}
		ok = ok && len(list) <= mostOptions
		var options []string
		for _, entry := range list {
			s, readable := readName(entry)
			ok = ok && readable // or the one that is meant may be refused
			options = append(options, s)
		}
		return options, ok
	})
}

// readByField reads an object whose names are a note's fields, and so are kept
// to the letter.
func readByField[T any](raw json.RawMessage, read func(json.RawMessage) (T, bool)) map[string]T {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || len(fields) > mostNames {
		return nil
	}
	byField := make(map[string]T, len(fields))
	for name, value := range fields {
		if v, ok := read(value); ok {
			byField[name] = v
		}
	}
	if len(byField) == 0 {
		return nil
	}
	return byField
}
