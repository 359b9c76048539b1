package activities

import (
	"context"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"foxflow/life"
	"foxflow/order"
)

// totals are what each line of an order costs, in their order; nil: not all are known,
// or nobody set a highest price, and FoxReload's price of today is taken.
type totals []decimal.Decimal

func (ts totals) sum() (sum decimal.Decimal) {
	for _, t := range ts {
		sum = sum.Add(t)
	}
	return sum
}

// totals guard the lines of an order that has a highest price: FoxReload refuses to
// create it at any other.
func (os offers) totals(r order.Request) totals {
	if r.MaxPrice == nil {
		return nil
	}
	return os.lines(r)
}

// lines are what the lines of an order cost by the catalogue; nil: not all are known.
func (os offers) lines(r order.Request) totals {
	var ts totals
	for _, item := range r.Items {
		o := os[item.ItemID]
		if o == nil || o.Price == nil || (r.MaxPriceCurrency != "" && o.Currency != "" && !strings.EqualFold(o.Currency, r.MaxPriceCurrency)) {
			return nil
		}
		ts = append(ts, o.Price.Mul(decimal.NewFromInt(item.Quantity)))
	}
	return ts
}

// guard refuses an order that costs more than the partner will pay before anything is
// created. Where a price is not known, the guard before the payment decides.
func (os offers) guard(r order.Request) error {
	ts := os.totals(r)
	if ts == nil || ts.sum().LessThanOrEqual(*r.MaxPrice) {
		return nil
	}
	return &life.Refusal{Class: life.ClassPriceGuard, Code: order.CodePriceGuard,
		Message: fmt.Sprintf("the order costs %s, more than the highest price of %s", ts.sum(), highest(r))}
}

// highest is the partner's highest price, for people.
func highest(r order.Request) string {
	return strings.TrimSpace(r.MaxPrice.String() + " " + r.MaxPriceCurrency)
}

// reprice reads the prices again after FoxReload has refused those of before. Prices
// that it tells unchanged are not what it compares with: then the order is created
// without them, and the guard before the payment decides.
func (a *Activities) reprice(ctx context.Context, in Step, refused totals) (totals, error) {
	now := offers{}
	for _, item := range in.Request.Items {
		o, err := a.ask(ctx, item.ItemID)
		if err != nil {
			return nil, err
		}
		now[item.ItemID] = o
	}
	if err := now.guard(in.Request); err != nil {
		return nil, err
	}
	if ts := now.lines(in.Request); ts != nil && (refused == nil || !ts.sum().Equal(refused.sum())) {
		return ts, nil
	}
	return nil, nil
}
