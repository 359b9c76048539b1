package foxreload

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

// bodies are the seeds of every fuzz test that reads an answer.
var bodies = []string{
	``, `null`, `[]`, `{}`, `"x"`, `0`, `<html>`, "\xef\xbb\xbf{}", `{"id":"o"`,
	`{"id":"o","status":"active","price":"9.55","currency":"usd","paymentExpiresAt":"2026-11-24T10:15:00Z","items":[{"itemId":"p","quantity":1,"note":{"a":1},"externalData":["A",{"pin":1},null],"error":null}]}`,
	`{"data":{"order":{"id":"o","status":"paid"},"paymentUrl":"https://x.example"}}`,
	`{"items":[{"id":"a"},{"id":"b"}],"total":2,"nextCursor":null}`, `{"items":[],"nextCursor":"n"}`, `{"data":{"items":[]}}`,
	`[{"currency":"usd","available":"12.50","reserved":0,"pending":1e9}]`,
	`{"id":"p","price":1e-5,"requiredNoteFields":[{"name":"x"}],"noteFieldOptions":{"x":[1,"a",{}]},"noteFieldTypes":{"x":{"type":"y"}}}`,
	`{"code":"BalanceNotEnough","detail":{"message":"low","orderId":"o"}}`,
	`{"detail":[{"loc":["body","idempotencyKey"],"msg":"Extra inputs are not permitted","type":"extra_forbidden"}]}`,
	`{"error":{"code":"NOT_FOUND","message":"` + "\u202e\\u0000" + `"}}`,
	`{"price":"1e999999999","createdAt":1e15,"quantity":1e15}`,
}

func seed(f *testing.F, more ...string) {
	for _, body := range append(bodies, more...) {
		f.Add([]byte(body))
	}
}

func FuzzReadAnswers(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		if order, ok := readOrder(body); ok {
			if order.ID == "" || !json.Valid(order.Raw) {
				t.Fatalf("an order without an id or its answer: %q", body)
			}
			for _, at := range []any{order.PaymentExpiresAt, order.CreatedAt, order.Price} {
				if _, err := json.Marshal(at); err != nil { // a time or a sum that others could not write
					t.Fatal(err)
				}
			}
		}
		if page, ok := readPage(body); ok {
			for _, row := range page.rows {
				readProduct(row)
				if balance, ok := readBalance(row); ok {
					if text, err := json.Marshal(balance); err != nil || len(text) > 1000 {
						t.Fatalf("a balance that cannot be written: %d bytes, %v", len(text), err)
					}
				}
			}
		}
		o, _ := readObject(body)
		readTopUp(o, 2)
		if order, ok := readPaidOrder(body, o, "o"); ok && order.ID != "o" {
			t.Fatalf("another order was taken for the paid one: %q", body)
		}
		if link := findLink(o, 3); link != "" && !isWebAddress(link) {
			t.Fatalf("not a link: %q", link)
		}
	})
}

func FuzzReadCodes(f *testing.F) {
	seed(f, `["A","B"]`, `"[\"A\"]"`, `[["A"],"{\"a\":1}"]`, `{"a":{"b":[null,""]}}`, `"{"`, `[1e400]`, `"[1234]"`, `["[\"A\"]","null"]`, `"null"`)
	f.Fuzz(func(t *testing.T, data []byte) {
		codes := readCodes(data)
		for _, code := range codes {
			if !json.Valid(code) || (code[0] != '"' && code[0] != '{') {
				t.Fatalf("a code is a JSON string or object, not %s", code)
			}
		}
		again, err := json.Marshal(codes)
		if err != nil {
			t.Fatal(err)
		}
		if reread, _ := json.Marshal(readCodes(again)); !bytes.Equal(reread, again) {
			t.Fatalf("read again, %s became %s", again, reread)
		}
	})
}

func FuzzReadProblem(f *testing.F) {
	seed(f)
	c, err := New(Config{BaseURL: "https://fox.example", APIKey: testKey})
	if err != nil {
		f.Fatal(err)
	}
	classes := map[Class]bool{ClassFinal: true, ClassPassing: true, ClassBalance: true, ClassNotPayable: true, ClassExists: true,
		ClassPrice: true, ClassUnauthorised: true, ClassNotFound: true, ClassUnknown: true, ClassForeign: true}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, status := range []int{200, 400, 401, 404, 409, 422, 500, 502} {
			for _, endpoint := range []endpoint{payOrder, getOrder} {
				for _, e := range []*Error{
					c.refused(call{endpoint: endpoint}, answer{status: status, body: body}),
					c.notUnderstood(call{endpoint: endpoint}, answer{status: status, body: body}, "odd"),
				} {
					switch {
					case !classes[e.Class]:
						t.Fatalf("class %q", e.Class)
					case e.Class == ClassForeign && (status < 400 || status >= 500):
						t.Fatalf("HTTP %d is foreign: %q", status, body)
					case status/100 == 4 && e.Class != ClassForeign && !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")):
						t.Fatalf("taken for the API's: HTTP %d %q", status, body)
					case e.Code == "" || utf8.RuneCountInString(e.Code) > 64:
						t.Fatalf("code %q", e.Code)
					case utf8.RuneCountInString(e.Message) > maxMessage || strings.ContainsAny(e.Error(), "\r\n\x00\x1b"):
						t.Fatalf("message %q", e.Message)
					case status >= 500 && endpoint == payOrder && e.Class == ClassPassing:
						t.Fatalf("a payment that may have happened would be repeated: %q", body)
					}
				}
			}
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, text := range []string{"", "7", "-1", "1.5", "NaN", "Inf", "-Inf", "1e999", "0x10p4", "Tue, 24 Nov 2026 12:00:20 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		f.Add(text, "Tue, 24 Nov 2026 12:00:00 GMT")
		f.Add(text, "")
	}
	f.Fuzz(func(t *testing.T, text, date string) {
		header := http.Header{"Retry-After": {text}, "Date": {date}}
		if d := readRetryAfter(header, noon); d < 0 || d > maxRetryAfter {
			t.Fatalf("%q, %q: %s", text, date, d)
		}
	})
}
