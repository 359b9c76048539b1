package foxreload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// CreateRequest is the body of POST /api/orders/.
type CreateRequest struct {
	Items  []CreateItem `json:"items"` // 1 to 10
	IsMock bool         `json:"isMock"`
	// IdempotencyKey is a field of the body; FoxReload knows no such header.
	IdempotencyKey string `json:"idempotencyKey,omitempty"`
}

// CreateItem is one line of a new order.
type CreateItem struct {
	ItemID   string `json:"itemId"`
	Quantity int64  `json:"quantity"` // for direct top-ups: the amount in the target currency
	// TotalPrice guards the line's total; nil: today's price applies.
	TotalPrice *decimal.Decimal  `json:"totalPrice,omitempty"`
	Note       map[string]string `json:"note,omitempty"` // the product's required fields: personal data
}

// String says how much is asked for. It and LogValue are what loggers take instead
// of the JSON, which holds the notes.
func (r CreateRequest) String() string { return fmt.Sprintf("new order of %v", r.Items) }

// Format prints String for every verb.
func (r CreateRequest) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, r.String()) }

// LogValue is String, for slog.
func (r CreateRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// String names a line without its note.
func (i CreateItem) String() string { return fmt.Sprintf("%d of %s", i.Quantity, i.ItemID) }

// Format prints String for every verb.
func (i CreateItem) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, i.String()) }

// LogValue is String, for slog.
func (i CreateItem) LogValue() slog.Value { return slog.StringValue(i.String()) }

// Order is an order as FoxReload tells it. Raw and the items' codes and notes
// are secrets: they are left out when an order is printed or encoded.
type Order struct {
	ID               string
	Status           Status
	CancelReason     string     // payment_failure, payment_expiration, user_request, or ""
	PaymentExpiresAt *time.Time // UTC
	Price            *decimal.Decimal
	Currency         string // lower case: usd, rub
	Items            []Item
	IsMock           *bool
	IdempotencyKey   string // "" when it is not echoed
	CreatedAt        *time.Time
	Raw              json.RawMessage `json:"-"`
}

// Item is one line of an order.
type Item struct {
	ItemID   string
	Quantity int64
	Price    *decimal.Decimal
	Note     map[string]string `json:"-"`
	Error    string            // why this line failed, in FoxReload's words; "" if it did not
	// Codes are the delivered codes, each a JSON string or object. They can be
	// there on some lines of a failed order too.
	Codes []json.RawMessage `json:"-"`
}

// Delivered counts the codes of all items.
func (o Order) Delivered() (codes int) {
	for _, item := range o.Items {
		codes += len(item.Codes)
	}
	return codes
}

// String names an order without its secrets.
func (o Order) String() string {
	return fmt.Sprintf("order %s %s (%d items, %d codes)", o.ID, o.Status, len(o.Items), o.Delivered())
}

// Format prints String for every verb: %+v must not show a code.
func (o Order) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, o.String()) }

// LogValue is String, for slog.
func (o Order) LogValue() slog.Value { return slog.StringValue(o.String()) }

// String names an item without its secrets.
func (i Item) String() string {
	return fmt.Sprintf("%d of %s (%d codes)", i.Quantity, i.ItemID, len(i.Codes))
}

// Format prints String for every verb.
func (i Item) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, i.String()) }

// CreateOrder makes an order. It moves no money. After an unknown outcome there
// may be an order that this call knows nothing of.
func (c *Client) CreateOrder(ctx context.Context, r CreateRequest) (Order, error) {
	call := call{endpoint: createOrder, body: r}
	got, err := c.do(ctx, call)
	if err != nil {
		return Order{}, withoutKeyAsOrder(err, r.IdempotencyKey)
	}
	order, ok := readOrder(got.body)
	refused := !order.Status.Known() && knownCode(readProblem(got.status, got.body).code) // a refusal with a success's status
	if !ok || refused {
		return Order{}, withoutKeyAsOrder(c.notUnderstood(call, got, "the answer holds no order id"), r.IdempotencyKey)
	}
	return order, nil
}

// withoutKeyAsOrder drops an "id" of the existing order that is only our key
// quoted back.
func withoutKeyAsOrder(err error, key string) error {
	var e *Error
	if errors.As(err, &e) && key != "" && e.OrderID == key {
		e.OrderID = ""
	}
	return err
}

// GetOrder reads an order.
func (c *Client) GetOrder(ctx context.Context, id string) (Order, error) {
	call := call{endpoint: getOrder, id: id}
	got, err := c.do(ctx, call)
	if err != nil {
		return Order{}, err
	}
	order, ok := readOrder(got.body)
	if order.ID == "" && order.Status.Known() {
		order.ID, ok = id, true
	}
	switch {
	case !ok:
		return Order{}, c.notUnderstood(call, got, "the answer holds no order")
	case order.Status == "":
		return Order{}, c.notUnderstood(call, got, "the order has no status")
	case !strings.EqualFold(order.ID, id):
		// Acting on another order's status is how one is paid twice.
		return Order{}, c.notUnderstood(call, got, "the answer is another order")
	}
	order.ID = id
	return order, nil
}

// OrderFilter chooses orders of the history.
type OrderFilter struct {
	// Status is what FoxReload is asked for, "" for any. Its name in the query is a
	// guess, and may be ignored: look at the orders that come.
	Status Status
	Limit  int // at most so many orders; 0: all
	Page   int // entries to ask for at a time: a server may give fewer, or refuse a number; 0: its default
	Pages  int // at most so many requests; 0: as many as it takes
	// More is asked before each further request, once what came so far was yielded, and ends
	// the walk where it says no; nil: it goes on.
	More func() bool
}

// readOrder reads an order, bare or in an envelope. It is false without an id.
func readOrder(raw json.RawMessage) (Order, bool) {
	o, ok := readObject(raw)
	if !ok {
		return Order{}, false
	}
	if inner, enveloped := o.inner("order", "data", "result"); enveloped && o.id("id") == "" {
		o = inner
	}
	order := Order{
		ID: o.id("id", "orderId", "uuid"), Status: readStatus(o.word("status")),
		CancelReason: readReason(o.text("cancelReason")), PaymentExpiresAt: o.when("paymentExpiresAt"),
		Price: o.price("price", "totalPrice", "total"), Currency: o.word("currency"),
		IsMock: o.truth("isMock"), IdempotencyKey: o.id("idempotencyKey"), CreatedAt: o.when("createdAt"),
		Raw: append(json.RawMessage(nil), raw...),
	}
	items, _ := o.list("items")
	for _, raw := range items {
		if i, ok := readObject(raw); ok {
			order.Items = append(order.Items, readItem(i))
		}
	}
	return order, order.ID != ""
}

func readItem(o object) Item {
	item := Item{ItemID: o.id("itemId", "productId"), Price: o.price("price", "totalPrice"),
		Note: o.note("note"), Error: readItemError(o[fold("error")]), Codes: readCodes(o[fold("externalData")])}
	if quantity := o.integer("quantity"); quantity != nil {
		item.Quantity = *quantity
	}
	return item
}

// readItemError finds the words; an error without any is still one.
func readItemError(raw json.RawMessage) string {
	if value, ok := readAny(raw); !ok || blank(value) || value == false {
		return ""
	}
	if said := oneLine(words(raw, problemDepth)); said != "" {
		return said
	}
	return "failed, and FoxReload does not say why"
}

// reasonForm is how FoxReload's reasons are written.
var reasonForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// readReason takes a cancel reason for what it is, one word of a list. Words for a
// person in its place may hold anything, and the reason is shown to many: they are
// "other".
func readReason(text string) string {
	reason := strings.ToLower(text)
	if reason == "" || reasonForm.MatchString(reason) {
		return reason
	}
	return "other"
}
