package foxreload

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestTheCodeDecidesWhateverTheStatus(t *testing.T) {
	for class, spellings := range map[Class][]string{
		ClassBalance:    {"BalanceNotEnough", "BALANCE_NOT_ENOUGH", "balance_not_enough"},
		ClassExists:     {"ORDER_ALREADY_EXISTS", "OrderAlreadyExists"},
		ClassPrice:      {"OFFER_PRICE_NOT_MATCHED", "offerPriceNotMatched"},
		ClassNotPayable: {"ORDER_PAYMENT_NOT_POSSIBLE", "OrderPaymentNotPossible"},
		ClassNotFound:   {"NOT_FOUND", "NotFound"},
	} {
		for _, code := range spellings {
			for _, status := range []int{200, 400, 402, 404, 409, 422, 429, 500} {
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					assert.Equal(t, class, classify(method, status, code, theAPI), "%s %d %s", method, status, code)
				}
			}
		}
	}
	assert.Equal(t, ClassBalance, classify(http.MethodPost, 403, "BalanceNotEnough", theAPI))
	assert.Equal(t, ClassUnauthorised, classify(http.MethodPost, 401, "NOT_FOUND", theAPI), "it may be the key that was not found")
}

func TestTheStatusDecidesWithoutAKnownCode(t *testing.T) {
	for _, row := range []struct {
		status      int
		read, write Class
	}{
		{200, ClassPassing, ClassUnknown},
		{204, ClassPassing, ClassUnknown},
		{301, ClassMisdirected, ClassMisdirected},
		{304, ClassMisdirected, ClassMisdirected},
		{308, ClassMisdirected, ClassMisdirected},
		{400, ClassFinal, ClassFinal},
		{401, ClassUnauthorised, ClassUnauthorised},
		{402, ClassFinal, ClassFinal},
		{403, ClassUnauthorised, ClassUnauthorised},
		{404, ClassNotFound, ClassNotFound},
		{405, ClassFinal, ClassFinal},
		{408, ClassPassing, ClassUnknown},
		{409, ClassFinal, ClassFinal},
		{410, ClassFinal, ClassFinal},
		{413, ClassFinal, ClassFinal},
		{422, ClassFinal, ClassFinal},
		{425, ClassPassing, ClassPassing},
		{429, ClassPassing, ClassPassing},
		{451, ClassFinal, ClassFinal},
		{500, ClassPassing, ClassUnknown},
		{502, ClassPassing, ClassUnknown},
		{503, ClassPassing, ClassUnknown},
		{504, ClassPassing, ClassUnknown},
		{520, ClassPassing, ClassUnknown},
		{999, ClassPassing, ClassUnknown},
	} {
		for _, code := range []string{"", "SOMETHING_NEW"} {
			assert.Equal(t, row.read, classify(http.MethodGet, row.status, code, theAPI), "GET %d %s", row.status, code)
			assert.Equal(t, row.write, classify(http.MethodPost, row.status, code, theAPI), "POST %d %s", row.status, code)
		}
	}
}

// An answer that anybody may have given decides nothing that only FoxReload can.
// Promise 2: nothing is guessed.
func TestARefusalThatIsNotTheAPIsIsForeign(t *testing.T) {
	as := map[int][2]Class{ // read, write; the rest of the 4xx is foreign
		200: {ClassPassing, ClassUnknown}, 302: {ClassMisdirected, ClassMisdirected}, 408: {ClassPassing, ClassUnknown},
		425: {ClassPassing, ClassPassing}, 429: {ClassPassing, ClassPassing}, 500: {ClassPassing, ClassUnknown}, 502: {ClassPassing, ClassUnknown},
	}
	for status := 400; status <= 499; status++ {
		if _, passing := as[status]; !passing {
			as[status] = [2]Class{ClassForeign, ClassForeign}
		}
	}
	for status, want := range as {
		for i, call := range []call{{endpoint: getOrder}, {endpoint: payOrder}} {
			for _, body := range []string{
				``, ` `, `<html><title>No</title></html>`, `404 page not found`, `{}`, `null`, `7`, `"BALANCE_NOT_ENOUGH"`, `"Not Found"`, `[]`,
				`[{"code":"BALANCE_NOT_ENOUGH"}]`, `{"status":404,"path":"/x"}`, `{"code":null,"detail":null}`, `{"code":"NOT_FOUND"`,
			} {
				if status < 400 || status == 408 || status == 425 || status == 429 || status >= 500 {
					if strings.Contains(body, "BALANCE") {
						continue // there the code decides
					}
				}
				e := (&Client{redact: func(s string) string { return s }}).refused(call, answer{status: status, body: []byte(body)})
				assert.Equal(t, want[i], e.Class, "%s: %d %s", call.does, status, body)
				assert.Equal(t, httpCode(status), e.Code, "%d %s", status, body)
				if want[i] == ClassForeign {
					assert.Equal(t, notFoxReload, e.Message, "%d %s", status, body)
				}
			}
		}
	}
}

func TestARefusalInAnyShapeOfTheAPIIsItsOwn(t *testing.T) {
	for _, body := range []string{
		`{"code":"A_B","detail":"x"}`, `{"code":"A_B"}`, `{"code":402}`, `{"detail":"x"}`, `{"detail":[]}`, `{"message":"x"}`, `{"error":"x"}`, `{"error":{}}`,
		`{"errors":[{"msg":"x"}]}`, `{"errorCode":"A_B"}`, `{"error_code":"A_B"}`, `{"data":{"code":"A_B"}}`, ` {"Detail":"x"} `,
	} {
		f := answering(t, 422, body)
		assert.Equal(t, ClassFinal, ClassOf(createOne(client(t, f.URL))), body)
		f = answering(t, 401, body)
		assert.Equal(t, ClassUnauthorised, ClassOf(getOne(client(t, f.URL))), body)
	}
}

// Promise 2: nothing is guessed.
func TestNoAnswerIsUnknownOnlyForAWriteThatMayHaveLeft(t *testing.T) {
	assert.Equal(t, ClassUnknown, classOfLost(http.MethodPost, true))
	assert.Equal(t, ClassPassing, classOfLost(http.MethodPost, false))
	assert.Equal(t, ClassPassing, classOfLost(http.MethodGet, true))
	assert.Equal(t, ClassPassing, classOfLost(http.MethodGet, false))
}

func TestClassOfFindsTheClassUnderWrapping(t *testing.T) {
	refused := &Error{Class: ClassBalance}
	for _, row := range []struct {
		err  error
		want Class
	}{
		{nil, ""},
		{refused, ClassBalance},
		{fmt.Errorf("pay shop-1: %w", refused), ClassBalance},
		{errors.Join(errors.New("other"), refused), ClassBalance},
		{&ThrottledError{For: time.Second}, ClassThrottled},
		{fmt.Errorf("pay shop-1: %w", &ThrottledError{For: time.Second}), ClassThrottled},
		{errors.New("who knows"), ClassUnknown},
		{context.Canceled, ClassUnknown},
	} {
		assert.Equal(t, row.want, ClassOf(row.err), "%v", row.err)
	}
}
