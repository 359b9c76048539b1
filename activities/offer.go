package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/shopspring/decimal"
	"go.temporal.io/sdk/activity"

	"foxflow/foxreload"
	"foxflow/life"
	"foxflow/order"
)

// offer is the terms on which FoxReload's catalogue sells a product.
type offer struct {
	Name     string              `json:"name,omitempty"`
	Price    *decimal.Decimal    `json:"price"`              // of one; nil: not known
	Withheld bool                `json:"withheld,omitempty"` // not for sale now
	Currency string              `json:"currency,omitempty"`
	Min      *int64              `json:"min,omitempty"`
	Max      *int64              `json:"max,omitempty"`
	Required []string            `json:"required,omitzero"` // nil: not said; empty: it needs none
	Types    map[string]string   `json:"types,omitempty"`
	Options  map[string][]string `json:"options,omitempty"`
	Service  *bool               `json:"service,omitempty"`  // nil: not said
	Delivery string              `json:"delivery,omitempty"` // as deliveryType says it
}

// askAgain is when to look for an answer that another worker is asking for.
const askAgain = 500 * time.Millisecond

// offers are the terms of an order's products, by product id. One that the catalogue
// could not tell (no such product there, an outage, an odd answer) is missing: then the
// create has the last word.
type offers map[string]*offer

// terms asks for the offers that the order needs: to be checked before it is sent for
// the first time, and for its price guard. sent is how often it was.
func (a *Activities) terms(ctx context.Context, in Step, sent int) (offers, error) {
	if in.Request.NoCheck || sent > 0 && in.Request.MaxPrice == nil {
		return nil, nil
	}
	known := offers{}
	for _, item := range in.Request.Items {
		o, err := a.offer(ctx, item.ItemID)
		if err != nil {
			return nil, err
		}
		if o != nil {
			known[item.ItemID] = o
		}
	}
	if sent > 0 {
		return known, nil // an order may be there already: only FoxReload can refuse it now
	}
	return known, known.check(in.Request)
}

// check refuses an order with everything that its products' terms don't allow.
func (os offers) check(r order.Request) error {
	var wrong []string
	for _, item := range r.Items {
		if o := os[item.ItemID]; o != nil {
			for _, problem := range o.problems(item) {
				wrong = append(wrong, item.ItemID+": "+problem)
			}
		}
	}
	if len(wrong) == 0 {
		return os.guard(r)
	}
	return &life.Refusal{Class: foxreload.ClassFinal, Code: order.CodeProduct, Message: strings.Join(wrong, "; ")}
}

// offer is what the catalogue says of a product, nil where it can't say. One worker
// asks for all, once a minute.
func (a *Activities) offer(ctx context.Context, id string) (*offer, error) {
	known, err := a.Ledger.Products.Ask(ctx, id, a.Now(), activity.GetInfo(ctx).ScheduledTime)
	switch {
	case err != nil:
		return nil, err
	case known.Asking:
		return nil, &later{after: askAgain, why: "another worker asks for product " + id}
	case known.Mine:
		return a.ask(ctx, id)
	case known.Answer == "":
		return nil, nil
	}
	return readOffer(known.Answer), nil
}

// readOffer reads an offer that was kept; one that another version wrote otherwise is
// as good as none.
func readOffer(text string) *offer {
	var o offer
	if json.Unmarshal([]byte(text), &o) == nil {
		return &o
	}
	return nil
}

// ask asks FoxReload and tells the others.
func (a *Activities) ask(ctx context.Context, id string) (*offer, error) {
	p, err := a.API.Product(ctx, id)
	var throttled *foxreload.ThrottledError
	switch {
	case errors.As(err, &throttled):
		return nil, errors.Join(err, a.Ledger.Products.Forget(ctx, id))
	case err != nil:
		return nil, a.Ledger.Products.Keep(ctx, id, "", a.Now())
	}
	terms := &offer{Name: p.Name, Price: p.Price, Withheld: p.NotForSale, Service: p.IsService, Delivery: p.DeliveryType, Currency: p.Currency, Min: p.OrderMinQuantity, Max: p.OrderMaxQuantity,
		Required: p.RequiredNoteFields, Types: p.NoteFieldTypes, Options: p.NoteFieldOptions}
	text, err := json.Marshal(terms)
	if err != nil {
		return nil, fmt.Errorf("keep product %s: %w", id, err)
	}
	return terms, a.Ledger.Products.Keep(ctx, id, string(text), a.Now())
}

// problems are in words for a person: what is missing and what is allowed, never what
// was given, which is the player's.
func (o offer) problems(item order.Item) (wrong []string) {
	if o.Withheld {
		return []string{"it is not for sale now"}
	}
	switch low, high := o.limits(); {
	case low != nil && item.Quantity < *low, high != nil && item.Quantity > *high:
		wrong = append(wrong, fmt.Sprintf("quantity %d is not %s", item.Quantity, bounds(low, high)))
	}
	for _, field := range o.Required {
		if strings.TrimSpace(item.Note[field]) == "" {
			wrong = append(wrong, fmt.Sprintf("it needs note %s%s", field, o.allowed(field)))
		}
	}
	for _, field := range slices.Sorted(maps.Keys(item.Note)) {
		if value := item.Note[field]; strings.TrimSpace(value) != "" && !o.fits(field, value) {
			wrong = append(wrong, fmt.Sprintf("note %s does not fit%s%s", field, o.allowed(field), foreignDigit(value)))
		}
	}
	return wrong
}

// limits are the least and the most that can be ordered. A most that allows nothing,
// or less than the least, is none: whoever wrote it meant something else.
func (o offer) limits() (low, high *int64) {
	if low, high = o.Min, o.Max; high != nil && (*high < 1 || low != nil && *high < *low) {
		high = nil
	}
	return low, high
}

func bounds(low, high *int64) string {
	switch {
	case low != nil && high != nil:
		return fmt.Sprintf("from %d to %d", *low, *high)
	case low != nil:
		return fmt.Sprintf("at least %d", *low)
	default:
		return fmt.Sprintf("at most %d", *high)
	}
}

// noteTypes are the types of note fields that can be told right from wrong; a value
// of any other fits. Digits are 0-9: no others are known to be understood.
var noteTypes = map[string]*regexp.Regexp{
	"number":  numberForm,
	"numeric": numberForm,
	"decimal": numberForm,
	"float":   numberForm,
	"integer": integerForm,
	"int":     integerForm,
	"long":    integerForm,
	"digits":  regexp.MustCompile(`^[0-9]+$`),
	"email":   regexp.MustCompile(`^[^@\s]+@[^@\s]+$`),
}

var (
	numberForm  = regexp.MustCompile(`^[+-]?[0-9]+([.,][0-9]+)?$`)
	integerForm = regexp.MustCompile(`^[+-]?[0-9]+$`)
)

// foreignDigit names a digit that looks like one of 0-9 and is none, "" where there is
// none: nothing else of a value is anybody's to repeat.
func foreignDigit(value string) string {
	position := 0
	for _, r := range value {
		position++
		if unicode.IsDigit(r) && (r < '0' || r > '9') {
			return fmt.Sprintf(": at position %d stands U+%04X, which is none of the digits 0-9", position, r)
		}
	}
	return ""
}

func (o offer) fits(field, value string) bool {
	if options := o.Options[field]; len(options) > 0 {
		return slices.Contains(options, value)
	}
	form, known := noteTypes[strings.ToLower(o.Types[field])]
	return !known || form.MatchString(strings.TrimSpace(value))
}

// allowed says what a note field takes.
func (o offer) allowed(field string) string {
	const most = 20
	switch options := o.Options[field]; {
	case len(options) > most:
		return fmt.Sprintf(" (one of %s, … %d in all)", strings.Join(options[:most], ", "), len(options))
	case len(options) > 0:
		return fmt.Sprintf(" (one of %s)", strings.Join(options, ", "))
	case o.Types[field] != "":
		return fmt.Sprintf(" (%s)", o.Types[field])
	}
	return ""
}

// deliveries are what a product's deliveryType says about codes, by the words that it
// holds once "-", "_", blanks and case are left out. The first row that fits counts; a
// type that none fits says nothing.
var deliveries = []struct {
	word  string
	codes bool
}{
	{"direct", false}, // into the player's account
	{"topup", false},
	{"recharge", false},
	{"account", false},
	{"code", true},
	{"key", true},
	{"pin", true},
	{"voucher", true},
	{"card", true},
	{"esim", true},
}

// delivers says whether codes are expected of an item: one that is completed without
// them is not delivered yet.
func (os offers) delivers(item order.Item) bool {
	if o := os[item.ItemID]; o != nil {
		if codes, said := o.codes(); said {
			return codes
		}
	}
	return len(item.Note) == 0 // a note says whose account is to be served
}

// codes is what the catalogue says about codes. One sign that the product goes into an
// account is enough against them.
func (o offer) codes() (codes, said bool) {
	codes, said = o.delivery()
	switch {
	case o.Service != nil && *o.Service, len(o.Required) > 0:
		return false, true
	case said:
		return codes, true
	}
	return true, o.Service != nil || o.Required != nil
}

var unjoined = strings.NewReplacer("-", "", "_", "", " ", "")

func (o offer) delivery() (codes, said bool) {
	kind := strings.ToLower(unjoined.Replace(o.Delivery))
	for _, d := range deliveries {
		if strings.Contains(kind, d.word) {
			return d.codes, true
		}
	}
	return false, false
}
