package foxreload

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCreateSendsTheDocumentedFieldsAndNoOthers(t *testing.T) {
	guard := money(t, "9.50")
	for _, row := range []struct {
		name    string
		request CreateRequest
		want    string
	}{
		{"whole", CreateRequest{Items: []CreateItem{{ItemID: "product_1", Quantity: 2, TotalPrice: &guard, Note: map[string]string{"player_id": "007"}}}, IsMock: true, IdempotencyKey: "k"},
			`{"items":[{"itemId":"product_1","quantity":2,"totalPrice":"9.5","note":{"player_id":"007"}}],"isMock":true,"idempotencyKey":"k"}`},
		{"least", CreateRequest{Items: []CreateItem{{ItemID: "product_1", Quantity: 1}}},
			`{"items":[{"itemId":"product_1","quantity":1}],"isMock":false}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := answering(t, 201, `{"id":"`+orderID+`","status":"active"}`)
			order, err := client(t, f.URL, func(c *Config) { c.Currency, c.Language, c.UserAgent = "USD", "en", "shop/1" }).
				CreateOrder(context.Background(), row.request)
			require.NoError(t, err)
			assert.Equal(t, orderID, order.ID)
			assert.Equal(t, StatusActive, order.Status)
			got := f.asked()[0]
			assert.Equal(t, "POST /api/orders/", got.method+" "+got.path)
			assert.Equal(t, row.want, got.body)
			for name, value := range map[string]string{"X-API-Key": testKey, "Content-Type": "application/json", "Accept": "application/json",
				"X-Currency": "usd", "X-Language": "en", "User-Agent": "shop/1"} {
				assert.Equal(t, value, got.header.Get(name), name)
			}
		})
	}
}

func TestOptionalHeadersAreLeftOut(t *testing.T) {
	f := answering(t, 200, `{"id":"`+orderID+`","status":"paid"}`)
	require.NoError(t, getOne(client(t, f.URL+"/")))
	got := f.asked()[0]
	assert.Equal(t, "/api/orders/"+orderID, got.path)
	for _, name := range []string{"X-Currency", "X-Language", "Content-Type"} {
		assert.NotContains(t, got.header, name)
	}
	assert.Equal(t, "foxflow", got.header.Get("User-Agent"))
}

func TestAnOrderIsReadInFull(t *testing.T) {
	body := `{"id":"` + orderID + `","status":"failed","cancelReason":null,"paymentExpiresAt":"2026-11-24T10:15:00Z","price":"9.5500","currency":"USD",
	 "isMock":true,"idempotencyKey":"k","createdAt":"2026-11-24T10:00:00","items":[
	 {"itemId":"product_1","quantity":2,"price":4.775,"note":{"player_id":7},"externalData":["A","B"],"error":null},
	 {"itemId":"product_2","quantity":"1","externalData":null,"error":"supplier\nfailed"},
	 {"itemId":"product_3","quantity":1,"error":{"code":"OUT","message":"out of stock"}},
	 {"itemId":"product_4","quantity":1,"error":{"odd":1}},
	 {"itemId":"product_5","quantity":1,"error":{}},
	 {"itemId":"product_6","quantity":1,"error":false}, 7]}`
	f := answering(t, 200, body)
	order, err := client(t, f.URL).GetOrder(context.Background(), orderID)
	require.NoError(t, err)

	assert.Equal(t, StatusFailed, order.Status)
	assert.Empty(t, order.CancelReason)
	assert.Equal(t, time.Date(2026, 11, 24, 10, 15, 0, 0, time.UTC), *order.PaymentExpiresAt)
	assert.Equal(t, time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC), *order.CreatedAt)
	assert.Equal(t, "9.5500", moneyText(*order.Price))
	assert.Equal(t, "usd", order.Currency)
	assert.True(t, *order.IsMock)
	assert.Equal(t, "k", order.IdempotencyKey)
	assert.JSONEq(t, body, string(order.Raw))
	require.Len(t, order.Items, 6)
	assert.Equal(t, "4.775", order.Items[0].Price.String())
	assert.Equal(t, map[string]string{"player_id": "7"}, order.Items[0].Note)
	assert.Equal(t, 2, order.Delivered(), "codes on a failed order are kept")
	assert.EqualValues(t, 1, order.Items[1].Quantity)
	for i, want := range []string{"", "supplier failed", "out of stock", "failed, and FoxReload does not say why", "", ""} {
		assert.Equal(t, want, order.Items[i].Error, "item %d", i+1)
	}
}

func TestAnOrderIsReadWithNextToNothingInIt(t *testing.T) {
	for name, body := range map[string]string{
		"bare":           `{"id":"` + orderID + `","status":"active"}`,
		"nulls":          `{"id":"` + orderID + `","status":"active","price":null,"paymentExpiresAt":null,"items":null,"isMock":null}`,
		"nonsense":       `{"id":"` + orderID + `","status":"active","price":{},"paymentExpiresAt":"soon","items":7,"currency":[]}`,
		"envelope":       `{"success":true,"data":{"id":"` + orderID + `","status":"active"}}`,
		"order envelope": `{"status":"ok","order":{"id":"` + orderID + `","status":"active"}}`,
		"snake and caps": `{"ID":"` + orderID + `","Status":"ACTIVE"}`,
		"byte order":     "\xef\xbb\xbf" + `{"id":"` + orderID + `","status":"active"}`,
		"without its id": `{"status":"active"}`,
		"id in capitals": `{"id":"0B9F6A52-7A3E-4C0F-9A51-3F6F0D1F2A77","status":"active"}`,
	} {
		t.Run(name, func(t *testing.T) {
			f := answering(t, 200, body)
			order, err := client(t, f.URL).GetOrder(context.Background(), orderID)
			require.NoError(t, err)
			assert.Equal(t, orderID, order.ID)
			assert.Equal(t, StatusActive, order.Status)
			assert.Nil(t, order.Price)
			assert.Nil(t, order.PaymentExpiresAt)
			assert.Empty(t, order.Items)
		})
	}
}

func TestAnUnknownStatusIsPassedOn(t *testing.T) {
	f := answering(t, 200, `{"id":"`+orderID+`","status":"on_hold"}`)
	order, err := client(t, f.URL).GetOrder(context.Background(), orderID)
	require.NoError(t, err)
	assert.Equal(t, Status("on_hold"), order.Status)
}

func TestWhatIsNotTheOrderIsNotTakenForIt(t *testing.T) {
	for name, body := range map[string]string{
		"another order": `{"id":"11111111-7a3e-4c0f-9a51-3f6f0d1f2a77","status":"paid"}`,
		"no status":     `{"id":"` + orderID + `"}`,
		"a list":        `[{"id":"` + orderID + `","status":"paid"}]`,
		"HTML":          `<html>hello</html>`,
		"nothing":       ``,
		"null":          `null`,
		"half":          `{"id":"` + orderID + `","status":"paid"`,
		"no id, no use": `{"status":"ok"}`,
	} {
		t.Run(name, func(t *testing.T) {
			f := answering(t, 200, body)
			e := failure(t, getOne(client(t, f.URL)))
			assert.Equal(t, CodeMalformed, e.Code)
			assert.Equal(t, ClassPassing, e.Class, "reading again harms no one")
			assert.Equal(t, 200, e.Status)
		})
	}
}

func TestACreateThatCannotBeReadIsAnUnknownOutcome(t *testing.T) {
	for name, body := range map[string]string{"nothing": ``, "HTML": `<p>created`, "no id": `{"status":"active"}`, "half": `{"id":"x`, "list": `[]`} {
		t.Run(name, func(t *testing.T) {
			f := answering(t, 201, body)
			e := failure(t, createOne(client(t, f.URL)))
			assert.Equal(t, CodeMalformed, e.Code)
			assert.Equal(t, ClassUnknown, e.Class)
		})
	}
}

func TestACodeInASuccessIsNotQuotedAsAnError(t *testing.T) {
	f := answering(t, 200, `{"code":"AAAA-BBBB-CCCC","detail":"AAAA-BBBB-CCCC"}`)
	for _, call := range []func(*Client) error{createOne, getOne} {
		e := failure(t, call(client(t, f.URL)))
		assert.Equal(t, CodeMalformed, e.Code)
		assert.NotContains(t, e.Error(), "AAAA")
	}
}

func TestARefusalMayHaveASuccessStatus(t *testing.T) {
	f := answering(t, 200, `{"code":"BALANCE_NOT_ENOUGH","orderId":"`+orderID+`","detail":"low"}`)
	assert.Equal(t, ClassBalance, ClassOf(createOne(client(t, f.URL))))
	assert.Equal(t, ClassBalance, ClassOf(payOne(client(t, f.URL))))
	f = answering(t, 200, `{"code":"NOT_FOUND"}`)
	assert.Equal(t, ClassNotFound, ClassOf(getOne(client(t, f.URL))))
}

func TestIdsAreEscapedAndNeverLeaveTheirPlace(t *testing.T) {
	f := serveOrderByPath(t)
	_, err := client(t, f.URL).GetOrder(context.Background(), "a/b ?#%")
	require.NoError(t, err)
	assert.Equal(t, "/api/orders/a%2Fb%20%3F%23%25", f.asked()[0].path)

	for _, id := range []string{"", " ", ".", ".."} {
		_, err := client(t, f.URL).PayOrder(context.Background(), id, PayRequest{})
		assert.Equal(t, ClassFinal, ClassOf(err), "%q", id)
	}
	assert.Len(t, f.asked(), 1, "an id that is none is not sent")
}

// Promise 5: codes, keys and player data are secrets.
func TestOrdersShowNoSecretsHoweverPrinted(t *testing.T) {
	order, ok := readOrder(json.RawMessage(`{"id":"o-1","status":"completed","items":[{"itemId":"product_1","quantity":1,"note":{"player_id":"PLAYER"},"externalData":["SECRET-CODE"]}]}`))
	require.True(t, ok)
	payment := Payment{Order: order, Raw: order.Raw}
	for _, secret := range []any{order, &order, order.Items, order.Items[0], payment, struct{ O Order }{order}, Account{Raw: order.Raw}} {
		encoded, err := json.Marshal(secret)
		require.NoError(t, err)
		for _, text := range []string{fmt.Sprint(secret), fmt.Sprintf("%+v", secret), fmt.Sprintf("%#v", secret), fmt.Sprintf("%s %q", secret, secret), string(encoded)} {
			assert.NotContains(t, text, "SECRET-CODE")
			assert.NotContains(t, text, "PLAYER")
		}
	}
	assert.Equal(t, "order o-1 completed (1 items, 1 codes)", order.String())
}

// The reason of a cancelled order is shown to many: only words of FoxReload's list are
// taken for one.
func TestCancelReasonIsOneWord(t *testing.T) {
	for said, want := range map[string]string{
		"payment_failure": "payment_failure", "User_Request": "user_request", "": "", "fraud_check_2": "fraud_check_2",
		"player 0012 refused": "other", "ann@example.org": "other", strings.Repeat("a", 65): "other",
	} {
		assert.Equal(t, want, readReason(said), said)
	}
}
