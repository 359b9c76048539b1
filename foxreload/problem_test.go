package foxreload

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestProblemsAreReadInEveryShape(t *testing.T) {
	nobodys := map[string]bool{"bare string": true, "bare list": true, "empty": true, "HTML": true, "null": true}
	for _, row := range []struct {
		name, body string
		want       problem
	}{
		{"code and words", `{"code":"BalanceNotEnough","detail":"Too low"}`, problem{code: "BalanceNotEnough", message: "Too low"}},
		{"code and object", `{"code":"X_Y","detail":{"message":"Too low","have":"1"}}`, problem{code: "X_Y", message: "Too low"}},
		{"code alone", `{"code":"X_Y"}`, problem{code: "X_Y", message: "X_Y"}},
		{"detail null", `{"code":"X_Y","detail":null}`, problem{code: "X_Y", message: "X_Y"}},
		{"message", `{"message":"Too low"}`, problem{message: "Too low"}},
		{"error as words", `{"error":"Too low"}`, problem{message: "Too low"}},
		{"error as a code", `{"error":"BALANCE_NOT_ENOUGH"}`, problem{code: "BALANCE_NOT_ENOUGH", message: "BALANCE_NOT_ENOUGH"}},
		{"error as an object", `{"error":{"code":"NOT_FOUND","message":"Nope"}}`, problem{code: "NOT_FOUND", message: "Nope"}},
		{"detail as an object with the code", `{"detail":{"code":"NOT_FOUND","message":"Nope"}}`, problem{code: "NOT_FOUND", message: "Nope"}},
		{"detail as a code", `{"detail":"ORDER_PAYMENT_NOT_POSSIBLE"}`, problem{code: "ORDER_PAYMENT_NOT_POSSIBLE", message: "ORDER_PAYMENT_NOT_POSSIBLE"}},
		{"list of errors", `{"errors":[{"code":"A_B","message":"one"},{"message":"two"}]}`, problem{code: "A_B", message: "one; two"}},
		{"general code over a known one", `{"code":"BAD_REQUEST","detail":{"code":"BALANCE_NOT_ENOUGH"}}`, problem{code: "BALANCE_NOT_ENOUGH", message: "BALANCE_NOT_ENOUGH"}},
		{"unlisted code over a known one", `{"code":"PAYMENT_IN_PROGRESS","detail":{"code":"BALANCE_NOT_ENOUGH"}}`, problem{code: "BALANCE_NOT_ENOUGH", mixed: true, message: "BALANCE_NOT_ENOUGH"}},
		{"unlisted code under a known one", `{"code":"BALANCE_NOT_ENOUGH","errors":[{"code":"PAYMENT_IN_PROGRESS"}]}`, problem{code: "BALANCE_NOT_ENOUGH", mixed: true, message: "PAYMENT_IN_PROGRESS"}},
		{"other spelling", `{"error_code":"A_B","error_description":"Hm"}`, problem{code: "A_B", message: "Hm"}},
		{"number as code", `{"code":402,"message":"Pay"}`, problem{message: "Pay"}},
		{"sentence as code", `{"code":"not a code at all","message":"Pay"}`, problem{message: "Pay"}},
		{"status page", `{"statusCode":404,"message":"Cannot GET /x","error":"Not Found"}`, problem{message: "Cannot GET /x"}},
		{"bare string", `"Too low"`, problem{message: "Too low"}},
		{"bare list", `["one","two"]`, problem{message: "one; two"}},
		{"empty", ``, problem{}},
		{"HTML", `<html><title>502 Bad Gateway</title></html>`, problem{}},
		{"null", `null`, problem{}},
		{"validation", `{"detail":[{"loc":["body","items",0,"note","player_id"],"msg":"Field required","type":"missing","input":{"login":"secret-player"}}]}`,
			problem{message: "items.0.note.player_id: Field required", field: "items.0.note.player_id"}},
		{"validation of the key", `{"detail":[{"loc":["body","idempotencyKey"],"msg":"Extra inputs are not permitted","type":"extra_forbidden"}]}`,
			problem{message: "idempotencyKey: Extra inputs are not permitted", field: "idempotencyKey"}},
		{"key among others", `{"detail":[{"loc":["body","items"],"msg":"a"},{"loc":["body","idempotency_key"],"msg":"b"}]}`,
			problem{message: "items: a; idempotency_key: b", field: "idempotencyKey"}},
		{"loc as text", `{"detail":[{"loc":"body.idempotencyKey","msg":"b"}]}`, problem{message: "idempotencyKey: b", field: "idempotencyKey"}},
		{"field by name", `{"code":"A_B","detail":{"field":"quantity","message":"too many"}}`, problem{code: "A_B", message: "quantity: too many", field: "quantity"}},
		{"key as the name", `{"errors":{"idempotencyKey":["unknown"]}}`, problem{field: "idempotencyKey"}},
		{"key in words", `{"detail":"Unknown field: idempotencyKey"}`, problem{message: "Unknown field: idempotencyKey", field: "idempotencyKey"}},
		{"key used, not refused", `{"detail":"idempotency key was used before"}`, problem{message: "idempotency key was used before"}},
		{"key quoted back", `{"detail":"bad item","idempotencyKey":"shop-1"}`, problem{message: "bad item"}},
		{"order id", `{"code":"ORDER_ALREADY_EXISTS","detail":"x","orderId":"o-1","id":"error-7"}`, problem{code: "ORDER_ALREADY_EXISTS", message: "x", orderID: "o-1"}},
		{"order id in detail", `{"code":"ORDER_ALREADY_EXISTS","detail":{"order_id":"o-1"}}`, problem{code: "ORDER_ALREADY_EXISTS", message: "ORDER_ALREADY_EXISTS", orderID: "o-1"}},
		{"order whole", `{"code":"ORDER_ALREADY_EXISTS","id":"error-7","order":{"id":"o-1","status":"active"}}`, problem{code: "ORDER_ALREADY_EXISTS", message: "ORDER_ALREADY_EXISTS", orderID: "o-1"}},
		{"order by its id alone", `{"code":"ORDER_ALREADY_EXISTS","order":"o-1"}`, problem{code: "ORDER_ALREADY_EXISTS", message: "ORDER_ALREADY_EXISTS", orderID: "o-1"}},
		{"nothing but id", `{"code":"ORDER_ALREADY_EXISTS","detail":{"id":"o-1"}}`, problem{code: "ORDER_ALREADY_EXISTS", message: "ORDER_ALREADY_EXISTS", orderID: "o-1"}},
	} {
		want, from := row.want, theAPI
		if nobodys[row.name] {
			from = anyone
		}
		want.from = from
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, want, readProblem(422, []byte(row.body))) })
	}
	assert.Empty(t, readProblem(400, []byte(`{"detail":"Unknown field: idempotencyKey"}`)).field, "words are trusted in a 422 alone")
}

func TestARejectedIdempotencyKeyIsRecognised(t *testing.T) {
	f := answering(t, 422, `{"code":"VALIDATION_ERROR","detail":[{"loc":["body","idempotencyKey"],"msg":"Extra inputs are not permitted","type":"extra_forbidden"}]}`)
	e := failure(t, createOne(client(t, f.URL)))
	assert.Equal(t, FieldIdempotencyKey, e.Field)
	assert.Equal(t, ClassFinal, e.Class)
	assert.Equal(t, "VALIDATION_ERROR", e.Code)
}

func TestAFieldIsNamedOnlyWhereTheRequestIsWrong(t *testing.T) {
	f := answering(t, 409, `{"code":"ORDER_ALREADY_EXISTS","detail":[{"loc":["body","idempotencyKey"],"msg":"used","type":"x"}]}`)
	e := failure(t, createOne(client(t, f.URL)))
	assert.Equal(t, ClassExists, e.Class)
	assert.Empty(t, e.Field, "or the key would be dropped for good")
}

func TestAnExistingOrderIsNamedWhereTheAnswerNamesIt(t *testing.T) {
	create := func(body string) *Error {
		f := answering(t, 409, body)
		_, err := client(t, f.URL).CreateOrder(context.Background(), CreateRequest{IdempotencyKey: "key-1"})
		return failure(t, err)
	}
	assert.Equal(t, orderID, create(`{"code":"ORDER_ALREADY_EXISTS","detail":{"orderId":"`+orderID+`"}}`).OrderID)
	assert.Empty(t, create(`{"code":"ORDER_ALREADY_EXISTS","detail":"it does"}`).OrderID)
	assert.Empty(t, create(`{"code":"ORDER_ALREADY_EXISTS","detail":{"id":"key-1"}}`).OrderID, "that is our key quoted back")
	assert.Empty(t, create(`{"code":"OTHER","orderId":"`+orderID+`"}`).OrderID)
}

func TestErrorsReadAsOneSentence(t *testing.T) {
	for _, row := range []struct {
		status     int
		body, want string
	}{
		{400, `{"code":"BalanceNotEnough","detail":"Balance\n is too\tlow"}`, "pay order: BalanceNotEnough (HTTP 400): Balance is too low"},
		{502, `<html>secret page</html>`, "pay order: HTTP_502: Bad Gateway"},
		{500, ``, "pay order: HTTP_500: Internal Server Error"},
		{418, `{"code":"","detail":""}`, "pay order: HTTP_418: I'm a teapot"},
		{404, `<html>secret page</html>`, "pay order: HTTP_404: the answer is not FoxReload's: a proxy, or a wrong FOXRELOAD_BASE_URL"},
		{200, `<html>secret page</html>`, "pay order: MALFORMED (HTTP 200): the answer is not FoxReload's: a proxy, or a wrong FOXRELOAD_BASE_URL"},
	} {
		f := answering(t, row.status, row.body)
		e := failure(t, payOne(client(t, f.URL)))
		assert.Equal(t, row.want, e.Error())
		assert.Equal(t, row.status, e.Status)
		assert.Equal(t, "POST", e.Method)
		assert.Equal(t, "/api/orders/{id}/pay", e.Path)
	}
	assert.Equal(t, "POST /x: A_B", (&Error{Code: "A_B", Method: "POST", Path: "/x"}).Error())
	assert.Equal(t, "A_B: why", (&Error{Code: "A_B", Message: "why"}).Error())
}

func TestWordsAreCutToALine(t *testing.T) {
	assert.Equal(t, "a b c", oneLine(" a\r\nb\u2028 \x1b\u202e c\x00"))
	long := oneLine(strings.Repeat("ж", 400))
	assert.Equal(t, maxMessage, len([]rune(long)))
	assert.True(t, strings.HasSuffix(long, "…"))
	assert.Equal(t, strings.Repeat("ж", 300), oneLine(strings.Repeat("ж", 300)))
}
