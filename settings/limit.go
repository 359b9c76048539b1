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

// DailyLimit is the most that may be paid in a UTC day, by currency (lower
// case). A currency that it does not name has no limit.
type DailyLimit map[string]decimal.Decimal

// UnmarshalText reads "usd=500,rub=20000".
func (l *DailyLimit) UnmarshalText(text []byte) error {
	limits := DailyLimit{}
	for _, part := range strings.Split(string(text), ",") {
		name, amount, found := strings.Cut(strings.TrimSpace(part), "=")
		currency := strings.ToLower(strings.TrimSpace(name))
		if !found || !currencyRE.MatchString(currency) {
			return fmt.Errorf("%q is not CURRENCY=AMOUNT", part)
		}
		if _, twice := limits[currency]; twice {
			return fmt.Errorf("names %s twice", currency)
		}
		limit, err := decimal.NewFromString(strings.TrimSpace(amount))
		switch {
		case err != nil, len(amount) > maxAmount, limit.Exponent() > 0:
			return fmt.Errorf("%q is not an amount of money", amount)
		case !limit.IsPositive():
			return fmt.Errorf("limits %s to %s; to hold payments use: starter pause", currency, limit)
		case limit.Exponent() < -4:
			return fmt.Errorf("%q has more than 4 decimal places", amount)
		}
		limits[currency] = limit
	}
	*l = limits
	return nil
}
