package balance

import (
	"context"
	"time"

	"github.com/shopspring/decimal"
)

// Figures is what a look at the money shows, for those who watch it, by currency, lower
// case; "" is one that is not known.
type Figures struct {
	// Balances is the money that FoxReload told of last, at SeenAt; zero: never.
	Balances map[string]decimal.Decimal
	SeenAt   time.Time
	// Waiting counts the orders that wait for a top-up; Needed is what those need
	// whose price is known.
	Waiting map[string]int
	Needed  map[string]decimal.Decimal
}

// Figures reads all of them. It reads the rows of the orders that wait for a top-up.
func (a *Account) Figures(ctx context.Context) (f Figures, err error) {
	f = Figures{Waiting: map[string]int{}, Needed: map[string]decimal.Decimal{}}
	if f.Balances, f.SeenAt, err = a.Balances(ctx); err != nil {
		return Figures{}, err
	}
	waiting, err := a.Waiting(ctx)
	if err != nil {
		return Figures{}, err
	}
	for _, need := range waiting {
		f.Waiting[need.Currency]++
		if need.Amount != nil {
			f.Needed[need.Currency] = f.Needed[need.Currency].Add(*need.Amount)
		}
	}
	return f, nil
}
