package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"foxflow/foxreload"
	"foxflow/foxreload/foxtest"
	"foxflow/life"
	"foxflow/order"
	"foxflow/workflows"
)

// answers makes of an answer to a request to pay what the real client makes of it.
func answers(t *testing.T) func(status int, body string) error {
	server := foxtest.New(t)
	api := server.Client(t, foxreload.Config{})
	return func(status int, body string) error {
		server.Say(foxtest.Pay, foxtest.Answer(status, body))
		_, err := api.PayOrder(t.Context(), "fox-1", foxreload.PayRequest{})
		return err
	}
}

// The very first request to pay is answered for ten minutes with what nobody lists: as the
// API says it, as a page and with nothing. The payment lands after a minute, or never does.
// The order is looked at, held with what for, paid once and delivered.
// Promise 2: nothing is guessed.
func TestNoAnswerToTheFirstPayEndsAnOrder(t *testing.T) {
	t.Parallel()
	toPay := answers(t)
	for _, status := range []int{402, 404, 409, 418, 423, 425, 451} {
		for name, body := range map[string]string{"the API's": `{"code":"INSUFFICIENT","detail":"no"}`, "a page": `<html>no</html>`, "empty": ``} {
			answer := toPay(status, body)
			lands := time.Minute
			if life.OfPay(answer).Spared {
				lands = never
			}
			t.Run(fmt.Sprintf("%d, %s, lands %s", status, name, lands), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.in.Intervals.StallPoll = time.Minute
				begun := w.env.Now()
				w.fox.onPay = func(n int) error {
					switch {
					case w.env.Now().Sub(begun) > 10*time.Minute:
						return nil
					case n == 1 && lands != never:
						w.fox.settleIn(w.fox.orders[0], lands)
					}
					return answer
				}
				w.at(9*time.Minute, func() {
					s := w.now()
					assert.NotContains(t, []order.State{order.Failed, order.Cancelled}, s.State)
					assert.Equal(t, s.State.Waits(), s.WaitingForCode != nil)
				})
				w.at(time.Hour, func() { w.resolve("later", workflows.Resolution{Choice: workflows.Retry}) })
				s := w.run()
				assert.Equal(t, order.Completed, s.State)
				assert.Len(t, w.fox.debits, 1)
			})
		}
	}
}

// Each status of a refusal, as the API may word it and as somebody else may: a request to pay
// was surely not carried out only where the API says so in words that the contract lists.
func TestOnlyAListedRefusalSparesAPay(t *testing.T) {
	t.Parallel()
	toPay := answers(t)
	spares := map[int]bool{401: true, 403: true, 404: true}
	statuses := []int{499, 500, 502, 503, 504, 520}
	for status := 400; status <= 451; status++ {
		statuses = append(statuses, status)
	}
	for _, status := range statuses {
		for body, api := range map[string]bool{
			`{"code":"SOMETHING_ELSE","detail":"no"}`:                          true,
			`{"message":"no"}`:                                                 true,
			`{"detail":[{"loc":["body"],"msg":"no"}]}`:                         true,
			`{"error":{"code":"LOCKED","message":"a payment is in progress"}}`: true,
			`<html><body>no</body></html>`:                                     false,
			``:                                                                 false,
			`"BALANCE_NOT_ENOUGH"`:                                             false,
			`["BALANCE_NOT_ENOUGH"]`:                                           false,
			`{"ray":"8f2","title":"blocked"}`:                                  false,
			`{"code":"BALANCE_NOT_EN`:                                          false,
			`{}`:                                                               false,
			`null`:                                                             false,
		} {
			what := life.OfPay(toPay(status, body))
			passing := status == 425 || status == 429
			assert.Equal(t, passing || api && spares[status], what.Spared, "%d %s", status, body)
			assert.Contains(t, []life.Then{life.LookNow, life.LookLater, life.Refused, life.Try}, what.Then, "%d %s", status, body)
			if !api && !passing && status != 408 && status < 500 {
				assert.Equal(t, foxreload.ClassForeign, what.Refusal, "%d %s", status, body)
			}
		}
		for code, spared := range map[string]bool{foxreload.CodeBalanceNotEnough: true, "BalanceNotEnough": true, foxreload.CodePriceNotMatched: true,
			foxreload.CodePaymentNotPossible: false, foxreload.CodeAlreadyExists: false} {
			assert.Equal(t, spared, life.OfPay(toPay(status, `{"code":"`+code+`"}`)).Spared, "%d %s", status, code)
			assert.Equal(t, spared, life.OfPay(toPay(status, `{"code":"PAYMENT_ERROR","detail":{"code":"`+code+`"}}`)).Spared, "%d general, %s", status, code)
			assert.False(t, life.OfPay(toPay(status, `{"code":"PAYMENT_IN_PROGRESS","detail":{"code":"`+code+`"}}`)).Spared, "%d unlisted, %s", status, code)
		}
	}
}
