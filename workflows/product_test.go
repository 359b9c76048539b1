package workflows_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/order"
)

// sells is a shop whose catalogue tells these terms of every product.
func sells(t *testing.T, p foxreload.Product) *world {
	w := newWorld(t)
	w.fox.onProduct = func(id string) (foxreload.Product, error) {
		p := p
		p.ID = id
		return p, nil
	}
	return w
}

func usd(price string) *decimal.Decimal {
	d := decimal.RequireFromString(price)
	return &d
}

func number(n int64) *int64 { return &n }

// Every mistake is told at once, with what is allowed, and never with what was given:
// that is the player's.
func TestOrderThatItsProductDoesNotAllowIsNotCreated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		product foxreload.Product
		note    map[string]string
		says    string
	}{
		"not for sale":  {foxreload.Product{NotForSale: true}, nil, "product_a: it is not for sale now"},
		"too few":       {foxreload.Product{Price: usd("1"), OrderMinQuantity: number(5)}, nil, "product_a: quantity 1 is not at least 5"},
		"too many":      {foxreload.Product{Price: usd("1"), OrderMaxQuantity: number(1)}, nil, "product_a: quantity 2 is not at most 1"},
		"out of bounds": {foxreload.Product{Price: usd("1"), OrderMinQuantity: number(5), OrderMaxQuantity: number(9)}, nil, "product_a: quantity 1 is not from 5 to 9"},
		"a note is missing": {foxreload.Product{Price: usd("1"), RequiredNoteFields: []string{"player_id", "server"}, NoteFieldTypes: map[string]string{"player_id": "integer"},
			NoteFieldOptions: map[string][]string{"server": {"eu", "asia"}}}, nil,
			"product_a: it needs note player_id (integer); product_a: it needs note server (one of eu, asia)"},
		"a note of the wrong type": {foxreload.Product{Price: usd("1"), RequiredNoteFields: []string{"player_id"}, NoteFieldTypes: map[string]string{"player_id": "Integer"}},
			map[string]string{"player_id": "secret-name"}, "product_a: note player_id does not fit (Integer)"},
		"no such option": {foxreload.Product{Price: usd("1"), NoteFieldOptions: map[string][]string{"server": {"eu", "asia"}}},
			map[string]string{"server": "secret-name"}, "product_a: note server does not fit (one of eu, asia)"},
	} {
		t.Run(name, func(t *testing.T) {
			w := sells(t, c.product)
			w.in.Request.Items[0].Note = c.note
			if name == "too many" {
				w.in.Request.Items[0].Quantity = 2
			}
			s := w.run()
			assert.Equal(t, order.Failed, s.State)
			assert.Equal(t, "PRODUCT_CHECK", s.Error.Code)
			assert.Equal(t, c.says, s.Error.Message)
			assert.Zero(t, w.fox.creates)
			entries, err := w.book.Log.Entries(t.Context(), reference)
			require.NoError(t, err)
			for _, e := range entries {
				assert.NotContains(t, e.Reason, "about to create")
			}
		})
	}
}

func TestOrderThatItsProductAllowsGoesOn(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]foxreload.Product{
		"within the limits": {Price: usd("9.55"), OrderMinQuantity: number(1), OrderMaxQuantity: number(1)},
		"with its note":     {Price: usd("9.55"), RequiredNoteFields: []string{"player_id"}, NoteFieldTypes: map[string]string{"player_id": "digits"}},
		"a type that nobody knows": {Price: usd("9.55"), RequiredNoteFields: []string{"player_id"},
			NoteFieldTypes: map[string]string{"player_id": "steam_login"}},
		"out of stock, as far as the catalogue knows": {Price: usd("9.55"), Quantity: number(0)},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, order.Completed, sells(t, p).run().State)
		})
	}
}

// Where the catalogue can't answer, the create has the last word; and an order placed
// with --no-check does not even ask.
func TestCatalogueThatCannotAnswerHoldsNothingUp(t *testing.T) {
	t.Parallel()
	for class, code := range map[foxreload.Class]string{
		foxreload.ClassNotFound: "NOT_FOUND", foxreload.ClassPassing: "HTTP_503", foxreload.ClassUnauthorised: "FORBIDDEN",
	} {
		w := newWorld(t)
		w.fox.onProduct = func(string) (foxreload.Product, error) { return foxreload.Product{}, apiError(class, code) }
		assert.Equal(t, order.Completed, w.run().State, class)
		assert.Equal(t, 1, w.fox.asked, class)
	}
	w := sells(t, foxreload.Product{})
	w.in.Request.NoCheck = true
	assert.Equal(t, order.Completed, w.run().State)
	assert.Zero(t, w.fox.asked)
}

// The lost create may have taken the last one: what exists is not refused.
func TestOrderThatMayExistIsNotCheckedAgain(t *testing.T) {
	t.Parallel()
	w := sells(t, foxreload.Product{Price: usd("9.55")})
	w.fox.loseCreate = func(n int) bool {
		w.fox.onProduct = func(id string) (foxreload.Product, error) { return foxreload.Product{ID: id}, nil }
		return n == 1
	}
	assert.Equal(t, order.Completed, w.run().State)
	assert.Equal(t, 1, w.fox.creates)
}

func TestHighestPrice(t *testing.T) {
	t.Parallel()
	dear := func(w *world, most string) *world {
		w.in.Request.MaxPrice = usd(most)
		return w
	}
	t.Run("the catalogue's price is above it: nothing is created", func(t *testing.T) {
		w := dear(sells(t, foxreload.Product{Price: usd("9.55")}), "9.54")
		s := w.run()
		assert.Equal(t, order.Cancelled, s.State)
		assert.Equal(t, order.PriceGuard, *s.CancelReason)
		assert.Equal(t, "the order costs 9.55, more than the highest price of 9.54", s.Error.Message)
		assert.Zero(t, w.fox.creates)
	})
	t.Run("the line totals are sent", func(t *testing.T) {
		w := dear(sells(t, foxreload.Product{Price: usd("9.55")}), "40")
		w.in.Request.Items[0].Quantity = 3
		w.fox.onOrder = func(r foxreload.CreateRequest) error {
			assert.Equal(t, "28.65", r.Items[0].TotalPrice.String())
			return nil
		}
		assert.Equal(t, order.Completed, w.run().State)
	})
	mismatch := apiError(foxreload.ClassPrice, foxreload.CodePriceNotMatched)
	// rises is a price that is another when it is read again.
	rises := func(w *world, to string) {
		reads := 0
		w.fox.onProduct = func(id string) (foxreload.Product, error) {
			if reads++; reads == 1 {
				return foxreload.Product{ID: id, Price: usd("9.55")}, nil
			}
			return foxreload.Product{ID: id, Price: usd(to)}, nil
		}
	}
	t.Run("it rose meanwhile, within it", func(t *testing.T) {
		w := dear(newWorld(t), "12")
		rises(w, "11")
		w.fox.onOrder = func(r foxreload.CreateRequest) error {
			if r.Items[0].TotalPrice.String() != "11" {
				return mismatch
			}
			return nil
		}
		assert.Equal(t, order.Completed, w.run().State)
		assert.Equal(t, 2, w.fox.creates)
	})
	t.Run("there is none: the order is created at the price of now", func(t *testing.T) {
		w := newWorld(t)
		rises(w, "11")
		w.fox.onOrder = func(r foxreload.CreateRequest) error {
			if r.Items[0].TotalPrice == nil || r.Items[0].TotalPrice.String() != "11" {
				return mismatch
			}
			return nil
		}
		assert.Equal(t, order.Completed, w.run().State)
		assert.Equal(t, 2, w.fox.creates)
	})
	t.Run("there is none, and FoxReload refuses every price", func(t *testing.T) {
		w := sells(t, foxreload.Product{Price: usd("9.55")})
		w.fox.onOrder = func(foxreload.CreateRequest) error { return mismatch }
		s := w.run()
		assert.Equal(t, order.Failed, s.State)
		assert.Equal(t, foxreload.CodePriceNotMatched, s.Error.Code)
		assert.LessOrEqual(t, w.fox.creates, 3)
	})
	t.Run("it rose above it", func(t *testing.T) {
		w := dear(newWorld(t), "12")
		rises(w, "12.01")
		w.fox.onOrder = func(foxreload.CreateRequest) error { return mismatch }
		s := w.run()
		assert.Equal(t, order.Cancelled, s.State)
		assert.Equal(t, "the order costs 12.01, more than the highest price of 12", s.Error.Message)
		assert.Equal(t, 1, w.fox.creates)
	})
	t.Run("FoxReload compares with something else: the guard before the payment decides", func(t *testing.T) {
		w := dear(sells(t, foxreload.Product{Price: usd("9.55")}), "12")
		w.fox.price = decimal.RequireFromString("12.5")
		w.fox.onOrder = func(r foxreload.CreateRequest) error {
			if r.Items[0].TotalPrice != nil {
				return mismatch
			}
			return nil
		}
		s := w.run()
		assert.Equal(t, order.Cancelled, s.State)
		assert.Equal(t, order.PriceGuard, *s.CancelReason)
		assert.Contains(t, s.Error.Message, "12.5")
		assert.Empty(t, w.fox.debits)
	})
	t.Run("again for each replacement", func(t *testing.T) {
		w := poor(t)
		w.in.Request.MaxPrice = usd("12")
		w.fox.onProduct = func(id string) (foxreload.Product, error) { return foxreload.Product{ID: id, Price: usd("9.55")}, nil }
		w.fox.lowCancels = true
		w.at(time.Hour, func() {
			w.fox.do(func() {
				w.fox.onProduct = func(id string) (foxreload.Product, error) { return foxreload.Product{ID: id, Price: usd("13")}, nil }
			})
			w.topUp(100)
		})
		s := w.run()
		assert.Equal(t, order.Cancelled, s.State)
		assert.Equal(t, "the order costs 13, more than the highest price of 12", s.Error.Message)
		assert.Len(t, w.fox.orders, 1)
	})
}
