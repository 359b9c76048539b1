package input

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

func TestItemIsProductWithOrWithoutQuantity(t *testing.T) {
	for text, want := range map[string]order.Item{
		"product_a":      {ItemID: "product_a", Quantity: 1},
		"product_a:3":    {ItemID: "product_a", Quantity: 3},
		" product_a : 3": {ItemID: "product_a", Quantity: 3},
	} {
		got, wrong := ParseItem(text)
		require.Nil(t, wrong, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", ":2", "a:", "a:0", "a:-1", "a:x", "a:1.5", "a:1:2", "a:99999999999999999999"} {
		_, wrong := ParseItem(text)
		require.NotNil(t, wrong, text)
		assert.Equal(t, "item", wrong.Field)
		assert.NotEmpty(t, wrong.Problem)
		assert.Contains(t, wrong.Fix, "PRODUCT")
	}
}

func TestNoteKeepsItsValueAsItIs(t *testing.T) {
	key, value, wrong := ParseNote("player_id=000=1 ")
	require.Nil(t, wrong)
	assert.Equal(t, "player_id", key)
	assert.Equal(t, "000=1 ", value)
}

func TestWrongNotesAreRefusedWithoutRepeatingThem(t *testing.T) {
	for _, text := range []string{"secret-player", "=secret-player"} {
		_, _, wrong := ParseNote(text)
		require.NotNil(t, wrong, text)
		assert.Equal(t, "note", wrong.Field)
		assert.NotContains(t, wrong.Problem+wrong.Fix, "secret-player")
	}
	item := order.Item{Note: map[string]string{"login": "a"}}
	wrong := AddNote(&item, "login=b")
	require.NotNil(t, wrong)
	assert.Contains(t, wrong.Problem, "given twice")
}

func TestPriceIsPlainDigits(t *testing.T) {
	price, wrong := ParsePrice(" 12.34 ")
	require.Nil(t, wrong)
	assert.Equal(t, "12.34", price.String())
	for _, text := range []string{"", "0", "-1", "1e9", "1,5", "1.", ".5", "NaN", "0x1", strings.Repeat("9", 40)} {
		_, wrong := ParsePrice(text)
		assert.NotNil(t, wrong, text)
	}
}

func TestMaxPriceMayNameItsCurrency(t *testing.T) {
	for text, want := range map[string]string{"12.34": "", " 12.34 ": "", "12.34usd": "usd", "12.34 usd": "usd", "12.34USD": "usd", "12.34  Usdt ": "usdt"} {
		price, currency, wrong := ParseMaxPrice(text)
		require.Nil(t, wrong, text)
		assert.Equal(t, "12.34", price.String(), text)
		assert.Equal(t, want, currency, text)
	}
	for _, text := range []string{"", "usd", "usd 12.34", "12.34 us", "12.34 dollars", "12.34€", "12.34 руб", "12.34 usd rub", "0usd", "-1 usd", "1e9", "1,5usd", "12. usd", "12.34usd5", "12 34 usd", "0x1"} {
		_, _, wrong := ParseMaxPrice(text)
		require.NotNil(t, wrong, text)
		assert.Equal(t, "max-price", wrong.Field, text)
		assert.NotEmpty(t, wrong.Problem+wrong.Fix, text)
	}
}

func FuzzFlagValues(f *testing.F) {
	for _, seed := range []string{"product_a:2", "player_id=1", "12.34", "", ":", "=", "1e999999999", "a:b:c", "\xff=\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if item, wrong := ParseItem(text); wrong == nil && (item.Quantity < 1 || item.ItemID == "") {
			t.Errorf("%q became %+v", text, item)
		}
		item := order.Item{}
		if wrong := AddNote(&item, text); wrong == nil && len(item.Note) != 1 {
			t.Errorf("%q became the note %v", text, item.Note)
		}
		if price, wrong := ParsePrice(text); wrong == nil && !price.IsPositive() {
			t.Errorf("%q became the price %s", text, price)
		}
		if price, currency, wrong := ParseMaxPrice(text); wrong == nil {
			r := order.Request{Reference: "shop-1", Items: []order.Item{{ItemID: "a", Quantity: 1}}, MaxPrice: &price, MaxPriceCurrency: currency}
			for _, w := range r.Validate() {
				if !strings.Contains(w.Problem, "decimal places") {
					t.Errorf("%q became %s %q: %v", text, price, currency, w)
				}
			}
		}
	})
}
