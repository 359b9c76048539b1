package foxreload

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// TopUpRequest asks for a way to raise the balance with crypto.
type TopUpRequest struct {
	Amount   decimal.Decimal
	Currency string // e.g. usdt
}

// MarshalJSON writes the amount as a decimal string with two places or more.
func (r TopUpRequest) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"amount": r.Amount.StringFixed(max(2, -r.Amount.Exponent())), "currency": strings.ToLower(r.Currency)})
}

// TopUp says where to send the money. The answer's shape is unpublished: what
// could not be found in it is "" or nil, and Raw is the whole of it.
type TopUp struct {
	ID, Address, Link, Currency string
	Amount                      *decimal.Decimal
	ExpiresAt                   *time.Time
	Raw                         json.RawMessage `json:"-"`
}

// String names a top-up without its answer. Format has every verb print it.
func (t TopUp) String() string { return "top-up" }

// Format prints String for every verb.
func (t TopUp) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, t.String()) }

// CreateTopUp asks for a crypto top-up. A request that nobody pays harms no one.
func (c *Client) CreateTopUp(ctx context.Context, r TopUpRequest) (TopUp, error) {
	call := call{endpoint: createTopUp, body: r}
	got, err := c.do(ctx, call)
	if err != nil {
		return TopUp{}, err
	}
	if _, ok := readObject(got.body); !ok {
		return TopUp{}, c.notUnderstood(call, got, "the answer is not a JSON object")
	}
	t := ReadTopUp(got.body)
	if t.ID == "" && t.Address == "" && t.Link == "" && knownCode(readProblem(got.status, got.body).code) {
		return TopUp{}, c.notUnderstood(call, got, "")
	}
	return t, nil
}

// ReadTopUp reads an answer that was kept, as CreateTopUp read it.
func ReadTopUp(raw json.RawMessage) TopUp {
	o, _ := readObject(raw)
	t := readTopUp(o, 2)
	t.Raw = append(json.RawMessage(nil), raw...)
	return t
}

// topUpHolder names the objects in which a top-up's particulars may be nested.
var topUpHolder = []string{"topup", "topUp", "data", "result", "payment", "invoice", "wallet", "crypto"}

// readTopUp takes what the object says, and from the objects in it what it does
// not say itself.
func readTopUp(o object, depth int) TopUp {
	t := TopUp{
		ID:      o.id("id", "topUpId", "invoiceId", "paymentId", "uuid"),
		Address: o.exact("address", "walletAddress", "depositAddress", "payAddress", "paymentAddress", "cryptoAddress", "wallet"),
		Link:    findLink(o, 1), Currency: o.word("currency", "payCurrency", "coin"),
		Amount: o.price("amount", "payAmount", "amountToPay"), ExpiresAt: o.when("expiresAt", "expiredAt", "validUntil", "paymentExpiresAt"),
	}
	if depth == 0 {
		return t
	}
	for _, name := range topUpHolder {
		inner, ok := o.inner(name)
		if !ok {
			continue
		}
		in := readTopUp(inner, depth-1)
		t.ID, t.Address, t.Link = cmp.Or(t.ID, in.ID), cmp.Or(t.Address, in.Address), cmp.Or(t.Link, in.Link)
		t.Currency, t.Amount, t.ExpiresAt = cmp.Or(t.Currency, in.Currency), cmp.Or(t.Amount, in.Amount), cmp.Or(t.ExpiresAt, in.ExpiresAt)
	}
	return t
}
