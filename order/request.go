package order

import (
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"regexp"
	"slices"

	"github.com/shopspring/decimal"
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
	var errs []*FieldError
	wrong := func(field, problem, fix string) {
		errs = append(errs, &FieldError{Field: field, Problem: problem, Fix: fix})
	}
	if e := CheckReference(r.Reference); e != nil {
		errs = append(errs, e)
	}
	switch n := len(r.Items); {
	case n == 0:
		wrong("item", "is missing", "name at least one product: PRODUCT or PRODUCT:QUANTITY")
	case n > MaxItems:
		wrong("item", fmt.Sprintf("%d items in one order", n), fmt.Sprintf("one order takes 1 to %d items; split it", MaxItems))
	}
	for i, it := range r.Items {
		at := func(field string) string {
			if len(r.Items) == 1 {
				return field
			}
			return fmt.Sprintf("item %d %s", i+1, field)
		}
		if !itemIDRE.MatchString(it.ItemID) {
			wrong(at("item"), fmt.Sprintf("%q is not a product id", clip(it.ItemID)), "find ids with: starter products search TEXT")
		}
		if it.Quantity < 1 {
			wrong(at("quantity"), fmt.Sprintf("%d is too small", it.Quantity), "order at least 1")
		}
		if len(it.Note) > maxNoteFields {
			wrong(at("note"), fmt.Sprintf("%d fields", len(it.Note)), fmt.Sprintf("a note takes at most %d fields", maxNoteFields))
		}
		for _, key := range slices.Sorted(maps.Keys(it.Note)) {
			switch value := it.Note[key]; {
			case !noteKeyRE.MatchString(key):
				wrong(at("note"), fmt.Sprintf("%q is not a field name", clip(key)), "write KEY=VALUE, e.g. player_id=123456")
			case value == "":
				wrong(at("note"), fmt.Sprintf("%s is empty", key), "write KEY=VALUE, e.g. player_id=123456")
			case Unseen(value) != nil:
				e := Unseen(value)
				wrong(at("note"), key+" "+e.Problem, e.Fix)
			case len(value) > maxNoteLength:
				wrong(at("note"), fmt.Sprintf("%s is %d bytes long", key, len(value)), fmt.Sprintf("a value takes at most %d bytes", maxNoteLength))
			}
		}
	}
	switch {
	case r.MaxPriceCurrency == "":
	case r.MaxPrice == nil:
		wrong("max-price", "is missing, and its currency is given", "give the highest total you will pay with its currency, e.g. 12.34usd")
	case !currencyRE.MatchString(r.MaxPriceCurrency):
		wrong("max-price", fmt.Sprintf("%q is not a currency", clip(r.MaxPriceCurrency)), "name the currency by 3 to 5 letters, lower case, e.g. usd")
	}
	if r.MaxPrice != nil {
		switch {
		case !r.MaxPrice.IsPositive():
			wrong("max-price", r.MaxPrice.String()+" is not a price", "give the highest total you will pay, e.g. 12.34")
		case r.MaxPrice.Exponent() < -4:
			wrong("max-price", r.MaxPrice.String()+" has more than 4 decimal places", "give at most 4 decimal places, e.g. 12.34")
		}
	}
	switch {
	case r.Provider == "" && r.ReturnURL != "":
		wrong("return-url", "is given without a provider", "add --provider NAME, or leave it out to pay from the balance")
	case r.Provider != "" && r.ReturnURL == "":
		wrong("return-url", "is missing", "an external provider needs --return-url https://…")
	case r.Provider != "" && !noteKeyRE.MatchString(r.Provider):
		wrong("provider", fmt.Sprintf("%q is not a provider name", clip(r.Provider)), "use the provider's name, e.g. pally")
	case r.Provider != "" && !isWebURL(r.ReturnURL):
		wrong("return-url", fmt.Sprintf("%q is not a web address", clip(r.ReturnURL)), "write it whole, e.g. https://yourshop.com/return")
	}
	return errs
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

func clip(s string) string {
	const most = 40
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
