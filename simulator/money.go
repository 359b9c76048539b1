package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Currencies of an account, and how many roubles the catalogue counts for a
// dollar. A rate that never moves keeps expected prices computable.
var (
	currencies = []string{"usd", "rub"}
	rubPerUSD  = decimal.RequireFromString("92.5")
)

func knownCurrency(c string) bool { return slices.Contains(currencies, c) }

func otherCurrency(c string) string {
	if c == currencies[0] {
		return currencies[1]
	}
	return currencies[0]
}

// Kinds of entries in the money ledger.
const (
	EntryOpening  = "opening"
	EntryCredit   = "credit"   // by the admin API; negative when a balance is set lower
	EntryTopUp    = "top-up"   // a crypto top-up that arrived
	EntryDebit    = "debit"    // an order paid from the balance
	EntryProvider = "provider" // an order paid through an external provider: leaves the balance alone
)

// Entry is one line of the money ledger. Balances are the sum of their entries
// and nothing else, so money can neither appear nor vanish beside it.
type Entry struct {
	Seq      int             `json:"seq"`
	At       time.Time       `json:"at"`
	Kind     string          `json:"kind"`
	Currency string          `json:"currency"`
	Amount   decimal.Decimal `json:"amount"`
	OrderID  string          `json:"orderId,omitempty"`
	// IdempotencyKey is the order's, also where the API pretends not to know it.
	IdempotencyKey string `json:"idempotencyKey,omitempty"`
	TopUpID        string `json:"topUpId,omitempty"`
}

// effect is what the entry does to its currency's balance.
func (e Entry) effect() decimal.Decimal {
	switch e.Kind {
	case EntryDebit:
		return e.Amount.Neg()
	case EntryProvider:
		return decimal.Zero
	default:
		return e.Amount
	}
}

// Money is the account's: what it holds, and what moved it.
type Money struct{ simulator *Simulator }

// Entries lists every movement of money, oldest first.
func (m Money) Entries() []Entry {
	m.simulator.mu.Lock()
	defer m.simulator.mu.Unlock()
	return slices.Clone(m.simulator.state.entries)
}

// Debits lists what orders took from the balance, oldest first.
func (m Money) Debits() []Entry {
	return slices.DeleteFunc(m.Entries(), func(e Entry) bool { return e.Kind != EntryDebit })
}

// Balance is what can be spent in a currency.
func (m Money) Balance(currency string) decimal.Decimal {
	m.simulator.mu.Lock()
	defer m.simulator.mu.Unlock()
	return m.simulator.state.balances[currency]
}

// Add lets money come in.
func (m Money) Add(currency string, amount decimal.Decimal) error {
	return m.adjust(currency, amount, func(decimal.Decimal) decimal.Decimal { return amount })
}

// Set books whatever makes the balance this amount.
func (m Money) Set(currency string, amount decimal.Decimal) error {
	return m.adjust(currency, amount, amount.Sub)
}

func (m Money) adjust(currency string, amount decimal.Decimal, difference func(held decimal.Decimal) decimal.Decimal) error {
	if !knownCurrency(currency) {
		return fmt.Errorf("change balance: currency %q is neither usd nor rub", currency)
	}
	if err := checkAmount(amount); err != nil {
		return fmt.Errorf("change balance in %s: %s %w", currency, amount, err)
	}
	m.simulator.mu.Lock()
	defer m.simulator.mu.Unlock()
	return m.simulator.commit(change{Entries: []Entry{{At: m.simulator.now(), Kind: EntryCredit, Currency: currency, Amount: difference(m.simulator.state.balances[currency])}}})
}

// checkAmount refuses amounts that the API could not carry.
func checkAmount(d decimal.Decimal) error {
	switch {
	case d.IsNegative():
		return errors.New("is negative; write an amount such as 100 or 12.50")
	case d.Exponent() < -4 && !d.Equal(d.Round(4)):
		return errors.New("has more than 4 decimal places; write an amount such as 12.5")
	case d.GreaterThan(decimal.New(1, 12)):
		return errors.New("is too large; write an amount such as 1000")
	}
	return nil
}

// moneyText writes an amount as FoxReload does: two to four decimal places, and
// a bare 0 for nothing.
func moneyText(d decimal.Decimal) string {
	d = d.Round(4)
	switch {
	case d.IsZero():
		return "0"
	case d.Equal(d.Round(2)):
		return d.StringFixed(2)
	default:
		return d.String()
	}
}

// money is an amount in an answer: a decimal string, or a JSON number where the
// knob says so. Never through a float.
func (k Knobs) money(d decimal.Decimal) any {
	if k.Money == moneyNumber {
		return json.Number(moneyText(d))
	}
	return moneyText(d)
}

// showPrice puts a price into an answer in the form of a knob.
func (k Knobs) showPrice(shown map[string]any, form string, price decimal.Decimal, currency string) {
	if value := k.price(form, price, currency); value != nil {
		shown["price"] = value
	}
}

// price is a price in the form of a knob; nil: it is not shown at all.
func (k Knobs) price(form string, price decimal.Decimal, currency string) any {
	switch form {
	case priceWords:
		return "ask"
	case priceObject:
		return map[string]any{"amount": k.money(price), "currency": currency}
	case priceMissing:
		return nil
	default:
		return k.money(price)
	}
}
