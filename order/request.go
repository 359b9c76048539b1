package order

import (
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"regexp"
	"slices"

	"github.com/shopspring/decimal"

	"foxflow/internal/phrase"
)

// Limits of a request. MaxItems is FoxReload's; the sizes of notes are ours, so
// that a slip (a whole file as a note) is refused before anything starts.
const (
	MaxItems      = 10
	maxNoteFields = 20
	maxNoteLength = 500
)

var (
	topUpIDRE  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	itemIDRE   = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)
	noteKeyRE  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	currencyRE = regexp.MustCompile(`^[a-z]{3,5}$`)
)

// Request is one purchase as the partner asks for it.
type Request struct {
	// Reference is the partner's own name for the purchase: 1–64 visible characters of
	// any script, in NFC.
	Reference string `json:"reference"`
	Items     []Item `json:"items"`
	Mock      bool   `json:"mock,omitempty"`
	// MaxPrice is the highest total the partner will pay, in MaxPriceCurrency (lower
	// case, as "usd"); where that is empty, in whatever currency the order comes.
	MaxPrice         *decimal.Decimal `json:"maxPrice,omitempty"`
	MaxPriceCurrency string           `json:"maxPriceCurrency,omitempty"`
	// Provider and ReturnURL ask for payment through an external provider
	// instead of the balance.
	Provider  string `json:"provider,omitempty"`
	ReturnURL string `json:"returnUrl,omitempty"`
	// NoCheck leaves out the look at the catalogue before creating. It is how,
	// not what: two requests that differ in it alone are the same.
	NoCheck bool `json:"noCheck,omitempty"`
}

// Payer is whose money an order is paid with.
type Payer string

// The payers.
const (
	PaidByNobody   Payer = "nobody"   // a mock order
	PaidByProvider Payer = "provider" // whoever opens the payment link
	PaidByBalance  Payer = "balance"  // the account at FoxReload
)

// Payers are all of them.
var Payers = []Payer{PaidByNobody, PaidByProvider, PaidByBalance}

// Payer says whose money the order is paid with.
func (r Request) Payer() Payer {
	switch {
	case r.Mock:
		return PaidByNobody
	case r.Provider != "":
		return PaidByProvider
	}
	return PaidByBalance
}

// Products are the ids of the products that are asked for.
func (r Request) Products() []string {
	ids := make([]string, len(r.Items))
	for i, item := range r.Items {
		ids[i] = item.ItemID
	}
	return ids
}

// String names a request by its reference and its lines. It and LogValue are what
// loggers take instead of its JSON, which holds the notes.
func (r Request) String() string { return fmt.Sprintf("%s %v", r.Reference, r.Items) }

// LogValue is String, for slog.
func (r Request) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Item is one line of a request.
type Item struct {
	ItemID   string `json:"itemId"`
	Quantity int64  `json:"quantity"`
	Note     Note   `json:"note,omitempty"`
}

// String names a line without its note.
func (i Item) String() string { return fmt.Sprintf("%d × %s", i.Quantity, i.ItemID) }

// Same says whether two lines ask for the very same.
func (i Item) Same(other Item) bool {
	return i.ItemID == other.ItemID && i.Quantity == other.Quantity && maps.Equal(i.Note, other.Note)
}

// LogValue is String, for slog.
func (i Item) LogValue() slog.Value { return slog.StringValue(i.String()) }

// FieldError names a wrong field, what was wrong and what to do.
type FieldError struct {
	Field, Problem, Fix string
}

func (e *FieldError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Problem) }

// Validate finds every mistake that needs no catalogue: a list of *FieldError,
// empty when the request is sound.
func (r Request) Validate() []*FieldError {
	var m mistakes
	m.add(CheckReference(r.Reference))
	switch n := len(r.Items); {
	case n == 0:
		m.wrong("item", "is missing", "name at least one product: PRODUCT or PRODUCT:QUANTITY")
	case n > MaxItems:
		m.wrong("item", fmt.Sprintf("%d items in one order", n), fmt.Sprintf("one order takes 1 to %d items; split it", MaxItems))
	}
	for i, it := range r.Items {
		which := ""
		if len(r.Items) > 1 {
			which = fmt.Sprintf("item %d ", i+1)
		}
		it.validate(&m, which)
	}
	r.validatePrice(&m)
	r.validateProvider(&m)
	return m
}

// mistakes are what is wrong with a request, in the order of its fields.
type mistakes []*FieldError

func (m *mistakes) wrong(field, problem, fix string) {
	m.add(&FieldError{Field: field, Problem: problem, Fix: fix})
}

func (m *mistakes) add(e *FieldError) {
	if e != nil {
		*m = append(*m, e)
	}
}

// validate finds an item's mistakes; which names it, where there are several.
func (i Item) validate(m *mistakes, which string) {
	if !itemIDRE.MatchString(i.ItemID) {
		m.wrong(which+"item", fmt.Sprintf("%q is not a product id", Clip(i.ItemID)), "find ids with: starter products search TEXT")
	}
	if i.Quantity < 1 {
		m.wrong(which+"quantity", fmt.Sprintf("%d is too small", i.Quantity), "order at least 1")
	}
	if len(i.Note) > maxNoteFields {
		m.wrong(which+"note", fmt.Sprintf("%d fields", len(i.Note)), fmt.Sprintf("a note takes at most %d fields", maxNoteFields))
	}
	for _, key := range slices.Sorted(maps.Keys(i.Note)) {
		value := i.Note[key]
		unseen := Unseen(value)
		switch {
		case !noteKeyRE.MatchString(key):
			m.wrong(which+"note", fmt.Sprintf("%q is not a field name", Clip(key)), "write KEY=VALUE, e.g. player_id=123456")
		case value == "":
			m.wrong(which+"note", fmt.Sprintf("%s is empty", key), "write KEY=VALUE, e.g. player_id=123456")
		case unseen != nil:
			m.wrong(which+"note", key+" "+unseen.Problem, unseen.Fix)
		case len(value) > maxNoteLength:
			m.wrong(which+"note", fmt.Sprintf("%s is %d bytes long", key, len(value)), fmt.Sprintf("a value takes at most %d bytes", maxNoteLength))
		}
	}
}

func (r Request) validatePrice(m *mistakes) {
	switch {
	case r.MaxPriceCurrency == "":
	case r.MaxPrice == nil:
		m.wrong("max-price", "is missing, and its currency is given", "give the highest total you will pay with its currency, e.g. 12.34usd")
	case !currencyRE.MatchString(r.MaxPriceCurrency):
		m.wrong("max-price", fmt.Sprintf("%q is not a currency", Clip(r.MaxPriceCurrency)), "name the currency by 3 to 5 letters, lower case, e.g. usd")
	}
	switch {
	case r.MaxPrice == nil:
	case !r.MaxPrice.IsPositive():
		m.wrong("max-price", r.MaxPrice.String()+" is not a price", "give the highest total you will pay, e.g. 12.34")
	case r.MaxPrice.Exponent() < -4:
		m.wrong("max-price", r.MaxPrice.String()+" has more than 4 decimal places", "give at most 4 decimal places, e.g. 12.34")
	}
}

func (r Request) validateProvider(m *mistakes) {
	switch {
	case r.Provider == "" && r.ReturnURL == "":
	case r.Provider == "":
		m.wrong("return-url", "is given without a provider", "add --provider NAME, or leave it out to pay from the balance")
	case r.ReturnURL == "":
		m.wrong("return-url", "is missing", "an external provider needs --return-url https://…")
	case !noteKeyRE.MatchString(r.Provider):
		m.wrong("provider", fmt.Sprintf("%q is not a provider name", Clip(r.Provider)), "use the provider's name, e.g. pally")
	case !isWebURL(r.ReturnURL):
		m.wrong("return-url", fmt.Sprintf("%q is not a web address", Clip(r.ReturnURL)), "write it whole, e.g. https://yourshop.com/return")
	}
}

func isWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && Unseen(s) == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// Mask hides a value that belongs to a player, keeping just enough to tell two
// apart: of a long one, the last two characters.
func Mask(value string) string {
	switch runes := []rune(value); {
	case value == "":
		return "(none)"
	case len(runes) < 6:
		return "•••"
	default:
		return "•••" + string(runes[len(runes)-2:])
	}
}

// Clip cuts what a message quotes, whatever was typed.
func Clip(s string) string { return phrase.Clip(s, 40) }
