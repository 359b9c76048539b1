package foxreload

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const nasty = "\x1b]52;c;cm0gLXJmIH4K\x07\x1b[2J\u202e\n=cmd()"

func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

func assertBounded(t *testing.T, most int, texts ...string) {
	t.Helper()
	for _, text := range texts {
		require.LessOrEqual(t, utf8.RuneCountInString(text), most)
		assert.False(t, strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), "%.80q", text)
	}
}

func TestWhatAnOrderSaysIsCleanAndBounded(t *testing.T) {
	for _, text := range []string{nasty, strings.Repeat("x", 1<<19), strings.Repeat("ж", 1<<18)} {
		odd := quoted(text)
		f := client(t, answering(t, 200, fmt.Sprintf(`{"id":"o-1","status":%s,"currency":%s,"cancelReason":%s,"price":"1","idempotencyKey":%s,"items":[{"itemId":%s,"error":%s}]}`, odd, odd, odd, odd, odd, odd)).URL)
		o, err := f.GetOrder(t.Context(), "o-1")
		require.NoError(t, err)
		assertBounded(t, maxWord, string(o.Status), o.Currency)
		assertBounded(t, maxMessage, o.CancelReason, o.IdempotencyKey, o.Items[0].ItemID, o.Items[0].Error)
		assert.False(t, o.Status.Known(), "an odd status proves nothing")
		assert.NotEqual(t, "usd", o.Currency)
		assert.Empty(t, o.Items[0].ItemID, "an id is taken to the letter or not at all")
	}
	f := client(t, answering(t, 201, fmt.Sprintf(`{"id":%s,"status":"active"}`, quoted("fox\x1b[31m-1"))).URL)
	_, err := f.CreateOrder(t.Context(), CreateRequest{Items: []CreateItem{{ItemID: "p", Quantity: 1}}})
	var api *Error
	require.ErrorAs(t, err, &api)
	assert.Equal(t, CodeMalformed, api.Code)
	f = client(t, answering(t, 409, fmt.Sprintf(`{"code":"ORDER_ALREADY_EXISTS","orderId":%s}`, quoted(strings.Repeat("x", 1<<20)))).URL)
	_, err = f.CreateOrder(t.Context(), CreateRequest{Items: []CreateItem{{ItemID: "p", Quantity: 1}}})
	require.ErrorAs(t, err, &api)
	assert.Equal(t, ClassExists, api.Class)
	assert.Empty(t, api.OrderID)
}

func TestAPriceIsNeverNegative(t *testing.T) {
	for _, price := range []string{`"-5"`, `-0.01`, `"1e14"`, `"nonsense"`} {
		f := client(t, answering(t, 200, fmt.Sprintf(`{"id":"o-1","status":"active","price":%s,"currency":"usd","items":[{"itemId":"p","price":%s}]}`, price, price)).URL)
		o, err := f.GetOrder(t.Context(), "o-1")
		require.NoError(t, err)
		assert.Nil(t, o.Price, price)
		assert.Nil(t, o.Items[0].Price, price)
	}
	f := client(t, answering(t, 200, `{"id":"o-1","status":"active","price":"-5","totalPrice":"5"}`).URL)
	o, err := f.GetOrder(t.Context(), "o-1")
	require.NoError(t, err)
	assert.Equal(t, "5", o.Price.String(), "what can be read is read")
	f = client(t, answering(t, 200, `{"id":"o-1","status":"active","price":0}`).URL)
	o, err = f.GetOrder(t.Context(), "o-1")
	require.NoError(t, err)
	assert.Equal(t, "0", o.Price.String())
}

func TestWhatAProductSaysIsCleanAndBounded(t *testing.T) {
	odd := quoted(nasty + strings.Repeat("x", 1<<18))
	f := client(t, answering(t, 200, fmt.Sprintf(`{"id":"p","name":%s,"slug":%s,"categoryId":%s,"currency":%s,"deliveryType":%s,
		"requiredNoteFields":[%s],"noteFieldTypes":{"a":%s},"noteFieldOptions":{"a":[%s]}}`, odd, odd, odd, odd, odd, odd, odd, odd)).URL)
	p, err := f.Product(t.Context(), "p")
	require.NoError(t, err)
	assertBounded(t, maxMessage, p.Name, p.Slug, p.CategoryID, p.Currency, p.DeliveryType, p.RequiredNoteFields[0], p.NoteFieldTypes["a"], p.NoteFieldOptions["a"][0])

	endless := "[" + strings.Repeat(`"x",`, 10_000) + `"x"]`
	f = client(t, answering(t, 200, fmt.Sprintf(`{"id":"p","requiredNoteFields":%s,"noteFieldOptions":{"a":%s}}`, endless, endless)).URL)
	p, err = f.Product(t.Context(), "p")
	require.NoError(t, err)
	assert.Nil(t, p.RequiredNoteFields, "not said: FoxReload has the last word")
	assert.Empty(t, p.NoteFieldOptions)
}

func TestACursorThatCantBeReadEndsNoList(t *testing.T) {
	for _, answer := range []string{`{"items":[{"id":"a","status":"paid"}],"nextCursor":%s}`, `{"items":[{"id":"a","status":"paid"}],"meta":{"nextCursor":%s}}`} {
		for _, cursor := range []string{"a\nb", strings.Repeat("x", maxExact+1)} {
			f := client(t, answering(t, 200, fmt.Sprintf(answer, quoted(cursor))).URL)
			var last error
			for _, err := range f.ListOrders(t.Context(), OrderFilter{}) {
				last = err
			}
			require.Error(t, last, "an order that stands on the next page is not missing")
		}
	}
}

func TestALinkIsWholeOrNone(t *testing.T) {
	for link, want := range map[string]string{
		"https://pay.example/1":                            "https://pay.example/1",
		"https://pay.example/\x1b[2J":                      "",
		"https://pay.example/" + strings.Repeat("x", 3000): "",
	} {
		assert.True(t, want == PaymentLink(json.RawMessage(fmt.Sprintf(`{"paymentUrl":%s}`, quoted(link)))), "%.40q", link)
	}
}
