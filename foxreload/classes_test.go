package foxreload

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
					assert.Equal(t, class, classify(method, status, code), "%s %d %s", method, status, code)
				}
			}
		}
	}
	assert.Equal(t, ClassBalance, classify(http.MethodPost, 403, "BalanceNotEnough"))
	assert.Equal(t, ClassUnauthorised, classify(http.MethodPost, 401, "NOT_FOUND"), "it may be the key that was not found")
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
			assert.Equal(t, row.read, classify(http.MethodGet, row.status, code), "GET %d %s", row.status, code)
			assert.Equal(t, row.write, classify(http.MethodPost, row.status, code), "POST %d %s", row.status, code)
		}
	}
}

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
		{&HeldError{For: time.Second}, ClassHeld},
		{fmt.Errorf("pay shop-1: %w", &HeldError{For: time.Second}), ClassHeld},
		{errors.New("who knows"), ClassUnknown},
		{context.Canceled, ClassUnknown},
	} {
		assert.Equal(t, row.want, ClassOf(row.err), "%v", row.err)
	}
}
