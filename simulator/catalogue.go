package simulator

import "github.com/shopspring/decimal"

// goods says what a delivered item of a product holds in externalData.
type goods string

const (
	goodsCodes   goods = "codes"   // one code for each unit
	goodsReceipt goods = "receipt" // one receipt number for the item: a direct top-up
	goodsNothing goods = "nothing" // an empty list, which is right for some direct top-ups
	goodsESIM    goods = "esim"    // one object for each unit
)

// category is a shelf of the catalogue.
type category struct{ id, slug, name, nameRU string }

// product is one line of the catalogue. Prices are in usd; rub follows from the
// fixed rate.
type product struct {
	id, slug, name, category string
	listing
	min, max int64
	notes    []note
	service  bool // topped up directly, nothing to redeem
	goods    goods
	slowness int // times processing-for
}

// listing is what changes about a product from day to day.
type listing struct {
	Price *decimal.Decimal `json:"price"`    // null: not for sale now
	Stock *int64           `json:"quantity"` // null: unknown
}

// copy shares nothing with the listing it is made from.
func (l listing) copy() listing {
	if l.Price != nil {
		price := *l.Price
		l.Price = &price
	}
	if l.Stock != nil {
		stock := *l.Stock
		l.Stock = &stock
	}
	return l
}

// note is a field that the product's buyer has to fill in.
type note struct {
	key     string
	options []string // nil: free text
}

// VoucherID is the product whose quantity chooses a behaviour (see Behaviours):
// it costs a cent and needs no note.
const VoucherID = "product_01krmqz1ce0vn5ndr7gg9c4tw2"

// giftCardID is what an order for something else holds where vouchers were asked for.
const giftCardID = "product_01kr9ee0zbgj09tqm83xssss6y"

var categories = []category{
	{"category_01kr0g8t5m9cq2w3n7xv4yhd6b", "gift-cards", "Gift cards", "Подарочные карты"},
	{"category_01kr1h9v6n0dr3x4p8yw5zje7c", "game-top-ups", "Game top-ups", "Пополнение игр"},
	{"category_01kr2jaw7p1es4y5q9zx60kf8d", "steam", "Steam", "Steam"},
	{"category_01kr3kbx8q2ft5z6r0a071mg9e", "esim", "eSIM", "eSIM"},
	{"category_01kr4mcy9r3gv607s1b182nhaf", "subscriptions", "Subscriptions", "Подписки"},
}

func playerID() note { return note{key: "player_id"} }
func oneOf(key string, options ...string) note {
	return note{key: key, options: options}
}

func priced(usd string, stock int64) listing {
	price := decimal.RequireFromString(usd)
	return listing{Price: &price, Stock: &stock}
}

func unlimited(usd string) listing {
	price := decimal.RequireFromString(usd)
	return listing{Price: &price}
}

func unpriced(stock int64) listing { return listing{Stock: &stock} }

// products is the catalogue. The first id is the one in FoxReload's own examples.
var products = []product{
	{id: "product_01krgfgww8eth9xvvysd6y7r4j", slug: "pubg-mobile-60-uc", name: "PUBG Mobile 60 UC", category: "game-top-ups",
		listing: unlimited("0.9549"), min: 1, max: 10, notes: []note{playerID()}, service: true, goods: goodsReceipt, slowness: 1},
	{id: "product_01krm9s346q3d25vt4f5v37e3s", slug: "genshin-impact-300-crystals", name: "Genshin Impact 300+30 Genesis Crystals", category: "game-top-ups",
		listing: unlimited("4.4100"), min: 1, max: 5, notes: []note{playerID(), oneOf("server", "europe", "america", "asia", "sar")}, service: true, goods: goodsReceipt, slowness: 2},
	{id: "product_01kr3e28jt97kb6cq643dzvmxx", slug: "free-fire-100-diamonds", name: "Free Fire 100 Diamonds", category: "game-top-ups",
		listing: priced("0.8725", 5000), min: 1, max: 20, notes: []note{playerID()}, service: true, goods: goodsReceipt, slowness: 1},
	{id: "product_01krqkfbf5kznwj47tan9zt24m", slug: "steam-top-up-usd", name: "Steam top-up, USD", category: "steam",
		listing: unlimited("1.0420"), min: 1, max: 500, notes: []note{{key: "login"}}, service: true, goods: goodsNothing, slowness: 6},
	{id: "product_01krnpzx45hy43kwjrp1xpa7z3", slug: "steam-top-up-kzt", name: "Steam top-up, KZT", category: "steam",
		listing: unlimited("0.0022"), min: 500, max: 100000, notes: []note{{key: "login"}}, service: true, goods: goodsNothing, slowness: 6},
	{id: "product_01krdj8fssz5awsh8vhtpre95b", slug: "steam-gift-card-20-usd", name: "Steam Gift Card 20 USD", category: "gift-cards",
		listing: priced("19.6000", 340), min: 1, max: 10, goods: goodsCodes, slowness: 1},
	{id: giftCardID, slug: "amazon-gift-card-10-usd", name: "Amazon Gift Card 10 USD (US)", category: "gift-cards",
		listing: priced("9.5500", 1200), min: 1, max: 25, goods: goodsCodes, slowness: 1},
	{id: "product_01krs3c4dwa7n36096q14dr9gp", slug: "playstation-store-25-usd", name: "PlayStation Store 25 USD (US)", category: "gift-cards",
		listing: priced("24.1000", 87), min: 1, max: 10, goods: goodsCodes, slowness: 1},
	{id: "product_01krqy77zxyyk596ngya1dq91k", slug: "apple-gift-card-500-usd", name: "Apple Gift Card 500 USD (US)", category: "gift-cards",
		listing: priced("481.2500", 12), min: 1, max: 2, goods: goodsCodes, slowness: 2},
	{id: "product_01kr5gqapenecfseczp11hygcp", slug: "nintendo-eshop-35-usd", name: "Nintendo eShop 35 USD (US)", category: "gift-cards",
		listing: unpriced(40), min: 1, max: 10, goods: goodsCodes, slowness: 1},
	{id: "product_01krwpq5e6eycndy0yp57rcybv", slug: "razer-gold-10-usd", name: "Razer Gold 10 USD", category: "gift-cards",
		listing: priced("9.7200", 0), min: 1, max: 10, goods: goodsCodes, slowness: 1},
	{id: "product_01krn5sxs5aa819x9yp981068v", slug: "esim-europe-5gb-30-days", name: "eSIM Europe 5 GB, 30 days", category: "esim",
		listing: priced("7.9000", 600), min: 1, max: 5, goods: goodsESIM, slowness: 1},
	{id: "product_01krcd1gdjfmgt83pxt891wb09", slug: "telegram-premium-3-months", name: "Telegram Premium 3 months", category: "subscriptions",
		listing: unlimited("11.9900"), min: 1, max: 1, notes: []note{{key: "username"}}, service: true, goods: goodsNothing, slowness: 2},
	{id: VoucherID, slug: "practice-voucher", name: "Practice Voucher 0.01 USD", category: "gift-cards",
		listing: unlimited("0.0100"), min: 1, max: 200, goods: goodsCodes, slowness: 1},
}

func findCategory(idOrSlug string) (category, bool) {
	for _, c := range categories {
		if c.id == idOrSlug || c.slug == idOrSlug {
			return c, true
		}
	}
	return category{}, false
}

// shelf is the catalogue as it is today.
func (st *state) shelf() []product {
	today := make([]product, len(products))
	for i, p := range products {
		if l, changed := st.listings[p.id]; changed {
			p.listing = l
		}
		today[i] = p
	}
	return today
}

func (st *state) product(idOrSlug string) (product, bool) {
	for _, p := range st.shelf() {
		if p.id == idOrSlug || p.slug == idOrSlug {
			return p, true
		}
	}
	return product{}, false
}

// priceIn is the price of one unit in a currency, nil when it is not for sale.
func (p product) priceIn(currency string) *decimal.Decimal {
	if p.Price == nil || currency != "rub" {
		return p.Price
	}
	rub := p.Price.Mul(rubPerUSD).Round(4)
	return &rub
}

// sellable says whether so many can be had now; unknown stock never runs out.
func (p product) sellable(quantity int64) bool { return p.Stock == nil || *p.Stock >= quantity }

// deliverables is how many codes a whole delivery of quantity units holds.
func (g goods) deliverables(quantity int64) int {
	switch g {
	case goodsCodes, goodsESIM:
		return int(quantity)
	case goodsReceipt:
		return 1
	default:
		return 0
	}
}
