package settings

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"
)

// maxAmount bounds the digits of a limit. They are plain ones: an exponent could
// stand for thousands of them.
const maxAmount = 30

var currencyRE = regexp.MustCompile(`^[A-Za-z]{3,5}$`)

// Amounts is an amount of money for each currency (lower case).
type Amounts map[string]decimal.Decimal

// UnmarshalText reads "usd=500,rub=20000".
func (a *Amounts) UnmarshalText(text []byte) (err error) {
	*a, err = readAmounts(text, func(currency string, amount decimal.Decimal) error {
		return fmt.Errorf("is %s for %s; an amount is more than 0", amount, currency)
	})
	return err
}

// DailyLimit is the most that may be paid in a UTC day, by currency (lower
// case). A currency that it does not name has no limit.
type DailyLimit Amounts

// UnmarshalText reads "usd=500,rub=20000".
func (l *DailyLimit) UnmarshalText(text []byte) error {
	limits, err := readAmounts(text, func(currency string, limit decimal.Decimal) error {
		return fmt.Errorf("limits %s to %s; to pause payments use: starter pause", currency, limit)
	})
	*l = DailyLimit(limits)
	return err
}

// readAmounts reads CURRENCY=AMOUNT,…; empty is what an amount of 0 or less comes to.
func readAmounts(text []byte, empty func(string, decimal.Decimal) error) (Amounts, error) {
	amounts := Amounts{}
	for _, part := range strings.Split(string(text), ",") {
		name, amount, found := strings.Cut(strings.TrimSpace(part), "=")
		currency := strings.ToLower(strings.TrimSpace(name))
		if !found || !currencyRE.MatchString(currency) {
			return nil, fmt.Errorf("%q is not CURRENCY=AMOUNT", part)
		}
		if _, twice := amounts[currency]; twice {
			return nil, fmt.Errorf("names %s twice", currency)
		}
		read, err := decimal.NewFromString(strings.TrimSpace(amount))
		switch {
		case err != nil, len(amount) > maxAmount, read.Exponent() > 0:
			return nil, fmt.Errorf("%q is not an amount of money", amount)
		case !read.IsPositive():
			return nil, empty(currency, read)
		case read.Exponent() < -4:
			return nil, fmt.Errorf("%q has more than 4 decimal places", amount)
		}
		amounts[currency] = read
	}
	return amounts, nil
}
