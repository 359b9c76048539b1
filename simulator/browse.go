package simulator

import (
	"encoding/json"
	"slices"
	"strings"
)

// productJSON is a product as the API shows it.
type productJSON struct {
	ID                 string              `json:"id"`
	Name               string              `json:"name"`
	Slug               string              `json:"slug"`
	CategoryID         string              `json:"categoryId"`
	Price              any                 `json:"price,omitzero"` // null is null, and not left out
	Currency           string              `json:"currency"`
	Quantity           *int64              `json:"quantity"`
	OrderMinQuantity   int64               `json:"orderMinQuantity"`
	OrderMaxQuantity   int64               `json:"orderMaxQuantity"`
	RequiredNoteFields []string            `json:"requiredNoteFields"`
	NoteFieldTypes     map[string]string   `json:"noteFieldTypes"`
	NoteFieldOptions   map[string][]string `json:"noteFieldOptions"`
	IsService          bool                `json:"isService"`
	DeliveryType       string              `json:"deliveryType"`
}

func (c *call) productJSON(p product) productJSON {
	shown := productJSON{ID: p.id, Name: p.name, Slug: p.slug, Price: json.RawMessage("null"), Currency: c.currency,
		Quantity: p.Stock, OrderMinQuantity: p.min, OrderMaxQuantity: p.max, RequiredNoteFields: []string{},
		NoteFieldTypes: map[string]string{}, NoteFieldOptions: map[string][]string{}, IsService: p.service, DeliveryType: "code"}
	if price := p.priceIn(c.currency); price != nil {
		shown.Price = c.knobs.price(c.knobs.CataloguePrice, *price, c.currency)
	}
	if shelf, ok := findCategory(p.category); ok {
		shown.CategoryID = shelf.id
	}
	if p.service {
		shown.DeliveryType = "direct"
	}
	for _, n := range p.notes {
		shown.RequiredNoteFields = append(shown.RequiredNoteFields, n.key)
		shown.NoteFieldTypes[n.key] = "text"
		if n.options != nil {
			shown.NoteFieldTypes[n.key] = "select"
			shown.NoteFieldOptions[n.key] = n.options
		}
	}
	return shown
}

func (c *call) productsJSON(list []product) []productJSON {
	shown := make([]productJSON, 0, len(list))
	for _, p := range list {
		shown = append(shown, c.productJSON(p))
	}
	return shown
}

// listProducts answers GET /api/products/: pages by offset, or by cursor when
// the descendants of a category are asked for too.
func (s *Simulator) listProducts(c *call) (answer, error) {
	shelfName, stocked, deep := c.query("category_id_or_slug"), c.queryBool("withStockOnly"), c.queryBool("includeDescendants")
	page, err := c.page()
	if err != nil {
		return answer{}, err
	}
	wanted, known := findCategory(shelfName)
	if shelfName != "" && !known {
		return answer{}, refuse(codeNotFound, "category not found")
	}
	list := slices.DeleteFunc(s.state.shelf(), func(p product) bool {
		return known && p.category != wanted.slug || stocked && !p.sellable(1)
	})
	if !deep {
		return ok(map[string]any{"items": c.productsJSON(cut(list, page.offset, page.limit)), "limit": page.limit, "offset": page.offset, "total": len(list)})
	}
	items, next := page.byCursor(len(list))
	return ok(map[string]any{"items": c.productsJSON(list[items.from:items.to]), "nextCursor": next})
}

// searchProducts answers a bare array of the products whose name or slug holds
// every word.
func (s *Simulator) searchProducts(c *call) (answer, error) {
	words := strings.Fields(strings.ToLower(c.query("query")))
	if len(words) == 0 {
		return answer{}, invalid(problem{Loc: []any{"query", "query"}, Msg: "Field required", Type: "missing"})
	}
	return ok(c.productsJSON(slices.DeleteFunc(s.state.shelf(), func(p product) bool {
		text := strings.ToLower(p.name + " " + p.slug)
		return slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
	})))
}

func (s *Simulator) showProduct(c *call) (answer, error) {
	p, known := s.state.product(c.path("id"))
	if !known || c.knobs.ProductAnswer == productMissing {
		return answer{}, refuse(codeNotFound, "product not found")
	}
	switch shown := c.productJSON(p); c.knobs.ProductAnswer {
	case productNested:
		return ok(map[string]any{"product": shown})
	case productArray:
		return ok([]productJSON{shown})
	case productEmpty:
		return ok(map[string]any{})
	default:
		return ok(shown)
	}
}

// listCategories answers GET /api/categories/ in cursor pages.
func (s *Simulator) listCategories(c *call) (answer, error) {
	page, err := c.page()
	if err != nil {
		return answer{}, err
	}
	span, next := page.byCursor(len(categories))
	items := []map[string]any{}
	for _, shelf := range categories[span.from:span.to] {
		name := shelf.name
		if c.russian {
			name = shelf.nameRU
		}
		items = append(items, map[string]any{"id": shelf.id, "name": name, "slug": shelf.slug, "parentId": nil})
	}
	return ok(map[string]any{"items": items, "nextCursor": next})
}
