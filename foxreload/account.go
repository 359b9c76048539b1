package foxreload

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/shopspring/decimal"
)

// Balance is the money in one currency. Available can be spent.
type Balance struct {
	Currency  string          `json:"currency"` // lower case: usd, rub
	Available decimal.Decimal `json:"available"`
	Reserved  decimal.Decimal `json:"reserved"`
	Pending   decimal.Decimal `json:"pending"`
}

// MarshalJSON writes money as decimal strings, with the places it came with.
func (b Balance) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Currency  string `json:"currency"`
		Available string `json:"available"`
		Reserved  string `json:"reserved"`
		Pending   string `json:"pending"`
	}{b.Currency, moneyText(b.Available), moneyText(b.Reserved), moneyText(b.Pending)})
}

// Balances reads the account's money. It is strict where orders are tolerant:
// an amount that cannot be read is an error, never 0.
func (c *Client) Balances(ctx context.Context) ([]Balance, error) {
	call := call{endpoint: getBalances}
	got, err := c.do(ctx, call)
	if err != nil {
		return nil, err
	}
	rows, ok := readList(got.body)
	if o, enveloped := readObject(got.body); enveloped {
		rows, ok = o.list("balances", "items", "data", "result")
	}
	if !ok {
		return nil, c.notUnderstood(call, got, "the answer is not a list of balances")
	}
	balances := make([]Balance, 0, len(rows))
	for _, row := range rows {
		balance, ok := readBalance(row)
		if !ok {
			return nil, c.notUnderstood(call, got, "a balance has no currency or an unreadable amount")
		}
		balances = append(balances, balance)
	}
	return balances, nil
}

func readBalance(raw json.RawMessage) (Balance, bool) {
	o, ok := readObject(raw)
	available := o.money("available")
	b := Balance{Currency: o.word("currency")}
	if !ok || b.Currency == "" || available == nil {
		return Balance{}, false
	}
	b.Available = *available
	for name, amount := range map[string]*decimal.Decimal{"reserved": &b.Reserved, "pending": &b.Pending} {
		switch said, there := o.money(name), o[name] != nil; {
		case said != nil:
			*amount = *said
		case there:
			return Balance{}, false
		}
	}
	return b, true
}

// Account says who the key belongs to: personal data, never to be logged.
type Account struct {
	Raw json.RawMessage `json:"-"`
}

// Format hides the account for every verb.
func (a Account) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "[account]") }

// Account asks who the key belongs to: the cheap way to check a key.
func (c *Client) Account(ctx context.Context) (Account, error) {
	call := call{endpoint: getAccount}
	got, err := c.do(ctx, call)
	if err != nil {
		return Account{}, err
	}
	if _, ok := readObject(got.body); !ok {
		return Account{}, c.notUnderstood(call, got, "the answer is not a JSON object")
	}
	return Account{Raw: append(json.RawMessage(nil), got.body...)}, nil
}
