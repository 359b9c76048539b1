package input

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"foxflow/order"
)

// Fixes that are said in more than one place.
const (
	fixItem     = "write PRODUCT or PRODUCT:QUANTITY"
	fixNote     = "write KEY=VALUE, e.g. player_id=123456"
	fixPrice    = "give the highest total you will pay, e.g. 12.34"
	fixMaxPrice = fixPrice + " or 12.34usd"
	fixQuantity = "give a whole number, at least 1"
)

// A price is written in plain digits: no exponent, which could stand for a
// number too long to print, and no thousands separator, which could be read two
// ways. Places beyond the fourth are left to order.Request.Validate.
var priceRE = regexp.MustCompile(`^-?[0-9]{1,12}(\.[0-9]{1,18})?$`)

// A highest price may be followed by its currency, as "12.34usd" or "12.34 usd".
var maxPriceRE = regexp.MustCompile(`^([^ A-Za-z]+) *([A-Za-z]*)$`)

var currencyRE = regexp.MustCompile(`^[a-z]{3,5}$`)

// ParseItem reads PRODUCT[:QUANTITY]; without a quantity it is 1.
func ParseItem(text string) (order.Item, *order.FieldError) {
	id, quantity, given := strings.Cut(text, ":")
	item := order.Item{ItemID: strings.TrimSpace(id), Quantity: 1}
	if item.ItemID == "" {
		return item, &order.FieldError{Field: "item", Problem: "names no product", Fix: fixItem}
	}
	if !given {
		return item, nil
	}
	var wrong *order.FieldError
	item.Quantity, wrong = ParseQuantity(quantity)
	if wrong != nil {
		wrong.Field, wrong.Fix = "item", fixItem+" with a whole number, e.g. "+clip(item.ItemID)+":2"
	}
	return item, wrong
}

// ParseQuantity reads a whole number of at least 1.
func ParseQuantity(text string) (int64, *order.FieldError) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 1 {
		return n, &order.FieldError{Field: "quantity", Problem: fmt.Sprintf("%q is not a quantity", clip(text)), Fix: fixQuantity}
	}
	return n, nil
}

// ParseNote reads KEY=VALUE. The value is taken as it is: leading zeros and
// further equals signs belong to it. What no value may hold, order.Request.Validate says.
func ParseNote(text string) (key, value string, wrong *order.FieldError) {
	key, value, found := strings.Cut(text, "=")
	key = strings.TrimSpace(key)
	switch {
	case !found:
		return "", "", &order.FieldError{Field: "note", Problem: "has no = between field and value", Fix: fixNote}
	case key == "":
		return "", "", &order.FieldError{Field: "note", Problem: "has no field name before the =", Fix: fixNote}
	}
	return key, value, nil
}

// AddNote puts KEY=VALUE into the item's note. A field given twice is refused:
// one of the two would be lost.
func AddNote(item *order.Item, text string) *order.FieldError {
	key, value, wrong := ParseNote(text)
	if wrong != nil {
		return wrong
	}
	if _, twice := item.Note[key]; twice {
		return &order.FieldError{Field: "note", Problem: fmt.Sprintf("%s is given twice for one item", clip(key)), Fix: "give each field once"}
	}
	if item.Note == nil {
		item.Note = map[string]string{}
	}
	item.Note[key] = value
	return nil
}

// ParsePrice reads a price in plain digits, e.g. 12.34.
func ParsePrice(text string) (decimal.Decimal, *order.FieldError) {
	text = strings.TrimSpace(text)
	if !priceRE.MatchString(text) {
		return decimal.Zero, &order.FieldError{Field: "max-price", Problem: fmt.Sprintf("%q is not a price", clip(text)), Fix: fixPrice}
	}
	price, err := decimal.NewFromString(text)
	if err != nil || !price.IsPositive() {
		return decimal.Zero, &order.FieldError{Field: "max-price", Problem: fmt.Sprintf("%q is not a price", clip(text)), Fix: fixPrice}
	}
	return price, nil
}

// ParseMaxPrice reads a highest price with or without its currency: 12.34, 12.34usd or
// 12.34 usd. Which currency is meant where none is named, the caller knows.
func ParseMaxPrice(text string) (price decimal.Decimal, currency string, wrong *order.FieldError) {
	amount := strings.TrimSpace(text)
	if parts := maxPriceRE.FindStringSubmatch(amount); parts != nil {
		amount, currency = parts[1], strings.ToLower(parts[2])
	}
	price, wrong = ParsePrice(amount)
	switch {
	case wrong != nil:
		return decimal.Zero, "", &order.FieldError{Field: "max-price", Problem: fmt.Sprintf("%q is not a price", clip(text)), Fix: fixMaxPrice}
	case currency != "" && !currencyRE.MatchString(currency):
		return decimal.Zero, "", &order.FieldError{Field: "max-price", Problem: fmt.Sprintf("%q is not a currency", clip(currency)),
			Fix: "name the currency by 3 to 5 letters, e.g. 12.34usd"}
	}
	return price, currency, nil
}

// clip keeps a message on one line, whatever was typed.
func clip(s string) string { return order.Clip(s) }
