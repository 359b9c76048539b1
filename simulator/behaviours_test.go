package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lives is what each behaviour's order goes through once paid, looked at every
// second for a minute and then every half minute until its window is over.
var lives = map[string][]string{
	"ordinary":              {"paid", "processing", "completed"},
	"fail":                  {"paid", "processing", "failed"},
	"fail-at-once":          {"paid", "failed"},
	"partial":               {"paid", "processing", "failed"},
	"supplier-cancel":       {"paid", "processing", "cancelled"},
	"user-cancel":           {"paid", "processing", "cancelled user_request"},
	"slow":                  {"paid", "processing", "completed"},
	"stuck":                 {"paid", "processing"},
	"early-codes":           {"paid", "processing", "completed"},
	"skip":                  {"completed"},
	"skip-processing":       {"paid", "completed"},
	"unknown-status":        {"paid", "supplier_review", "processing", "completed"},
	"object-codes":          {"paid", "processing", "completed"},
	"bare-code":             {"paid", "processing", "completed"},
	"mixed-codes":           {"paid", "processing", "completed"},
	"number-codes":          {"paid", "processing", "completed"},
	"empty-codes":           {"paid", "processing", "completed"},
	"null-codes":            {"paid", "processing", "completed"},
	"low-keep":              {"refused BalanceNotEnough", "active", "cancelled payment_expiration"},
	"low-cancel":            {"refused BalanceNotEnough", "cancelled payment_failure"},
	"not-payable":           {"refused ORDER_PAYMENT_NOT_POSSIBLE", "active", "cancelled payment_expiration"},
	"short-window":          {"paid", "processing", "completed"},
	"bare-object":           {"paid", "processing", "completed"},
	"encoded-codes":         {"paid", "processing", "completed"},
	"missing-codes":         {"paid", "processing", "completed"},
	"pay-refused":           {"refused PAYMENT_DECLINED", "active", "cancelled payment_expiration"},
	"pay-refused-twice":     {"refused PAYMENT_DECLINED", "active", "cancelled payment_expiration"},
	"not-payable-twice":     {"refused ORDER_PAYMENT_NOT_POSSIBLE", "active", "cancelled payment_expiration"},
	"late-codes":            {"paid", "processing", "completed"},
	"late-half":             {"paid", "processing", "completed"},
	"short-codes":           {"paid", "processing", "completed"},
	"json-codes":            {"paid", "processing", "completed"},
	"on-hold-create":        {"refused ORDER_PAYMENT_NOT_POSSIBLE", "on_hold", "active", "cancelled payment_expiration"},
	"on-hold-create-always": {"refused ORDER_PAYMENT_NOT_POSSIBLE", "on_hold"},
	"on-hold-unpaid":        {"paid", "processing", "completed"}, // unpaid: absent_test.go
	"on-hold-unpaid-always": {"paid", "processing", "completed"},
	"on-hold-paid":          {"on_hold", "paid", "processing", "completed"},
	"on-hold-paid-always":   {"on_hold"},
	"forgotten":             {"refused NOT_FOUND", "NOT_FOUND"},
	"forgotten-a-while":     {"refused NOT_FOUND", "NOT_FOUND", "active", "cancelled payment_expiration"},
}

// live pays an order and writes down what it goes through.
func (s *shop) live(id string) (seen []string) {
	if status, answer := s.pay(id); status != 200 {
		seen = append(seen, fmt.Sprintf("refused %s", answer["code"]))
	}
	for look := range 90 {
		status, order := s.call("GET", "/api/orders/"+id, "")
		now := strings.TrimSuffix(fmt.Sprint(order["status"], " ", order["cancelReason"]), " <nil>")
		if status != 200 {
			now = fmt.Sprint(order["code"])
		}
		if len(seen) == 0 || seen[len(seen)-1] != now {
			seen = append(seen, now)
		}
		if look < 60 {
			s.clock.pass(time.Second)
		} else {
			s.clock.pass(30 * time.Second)
		}
	}
	return seen
}

func TestEveryBehaviourByNoteAndByQuantity(t *testing.T) {
	require.Len(t, lives, len(Behaviours())+1)
	for _, b := range append(Behaviours(), ordinary) {
		t.Run(b.Name, func(t *testing.T) {
			s := openShop(t)
			for _, value := range []string{b.Name, b.Name + "-42"} {
				require.Equal(t, lives[b.Name], s.live(s.create(item(pubg, 1, "player_id", value), "")), value)
			}
			if b.Quantity > 0 {
				require.Equal(t, lives[b.Name], s.live(s.create(item(VoucherID, int(b.Quantity)), "")))
			}
		})
	}
}

func TestNamesThatOnlyLookLikeABehaviour(t *testing.T) {
	for _, value := range []string{"failure", "fai", "xfail", "FAIL", "5"} {
		b, _ := behaviourOf([]orderItem{{ItemID: pubg, Quantity: 1, Note: map[string]string{"player_id": value}}})
		require.Equal(t, "ordinary", b.Name, value)
	}
}

func TestQuantitiesAndNamesAreNeverUsedTwice(t *testing.T) {
	seen := map[any]bool{}
	for _, b := range Behaviours() {
		require.False(t, seen[b.Name] || seen[b.Quantity], b.Name)
		seen[b.Name], seen[b.Quantity] = true, true
		require.LessOrEqual(t, b.Quantity, int64(200))
	}
}

// ended creates an order by its items, pays it and waits for its end.
func (s *shop) ended(items string) body {
	id := s.create(items, "")
	s.paid(id)
	s.wait()
	return s.get(id)
}

func vouchers(behaviour string) string {
	list := Behaviours()
	at := slices.IndexFunc(list, func(b Behaviour) bool { return b.Name == behaviour })
	return item(VoucherID, int(list[at].Quantity))
}

func TestFailedOrderSaysWhy(t *testing.T) {
	order := openShop(t).ended(item(pubg, 1, "player_id", "fail") + "," + item(amazon, 1))
	for i := range 2 {
		require.Contains(t, line(order, i)["error"], "SUPPLIER_ERROR")
		require.Nil(t, line(order, i)["externalData"])
	}
}

func TestPartialDeliveryKeepsItsCodes(t *testing.T) {
	s := openShop(t)
	order := s.ended(item(amazon, 2) + "," + item(pubg, 1, "player_id", "partial") + "," + item(VoucherID, 3))
	require.Equal(t, "failed", order["status"])
	require.Len(t, line(order, 0)["externalData"], 2)
	require.Len(t, line(order, 1)["externalData"], 1)
	require.Nil(t, line(order, 2)["externalData"])
	require.Nil(t, line(order, 0)["error"])
	require.Nil(t, line(order, 1)["error"])
	require.NotNil(t, line(order, 2)["error"])

	single := s.ended(item(pubg, 1, "player_id", "partial"))
	require.Len(t, line(single, 0)["externalData"], 1)
	require.NotNil(t, line(single, 0)["error"], "somebody must be to blame")
}

func TestEarlyCodesAreAmongTheLateOnes(t *testing.T) {
	s := openShop(t)
	id := s.create(vouchers("early-codes"), "")
	s.paid(id)
	s.clock.pass(2 * time.Second)
	early := line(s.get(id), 0)["externalData"].([]any)
	require.Len(t, early, 54)
	s.wait()
	late := line(s.get(id), 0)["externalData"].([]any)
	require.Len(t, late, 108)
	require.Equal(t, early, late[:54])
}

func TestCodesInEveryShape(t *testing.T) {
	first := func(order body) any { return line(order, 0)["externalData"].([]any)[0] }
	s := openShop(t)

	require.IsType(t, "", first(s.ended(item(amazon, 1))))
	require.Contains(t, first(s.ended(item(pubg, 1, "player_id", "7"))), "TOPUP-")
	require.Contains(t, first(s.ended(item(esim, 1))).(body)["activationCode"], "LPA:1$")
	require.Equal(t, []any{}, line(s.ended(item(steam, 1, "login", "gabe")), 0)["externalData"])
	require.Len(t, first(s.ended(item(steam, 1, "login", "object-codes"))).(body), 2, "asked for, though steam delivers none")
	require.IsType(t, "", line(s.ended(vouchers("bare-code")), 0)["externalData"])
	require.Equal(t, []any{}, line(s.ended(vouchers("empty-codes")), 0)["externalData"])
	require.Nil(t, line(s.ended(vouchers("null-codes")), 0)["externalData"])
	require.Contains(t, first(s.ended(vouchers("object-codes"))).(body), "pin")
	require.Contains(t, line(s.ended(vouchers("bare-object")), 0)["externalData"], "pin")
	require.NotContains(t, line(s.ended(vouchers("missing-codes")), 0), "externalData")
	var inside []string
	require.NoError(t, json.Unmarshal([]byte(line(s.ended(vouchers("encoded-codes")), 0)["externalData"].(string)), &inside))
	require.Len(t, inside, 123)

	mixed := line(s.ended(item(pubg, 1, "player_id", "mixed-codes")), 0)["externalData"].([]any)
	require.IsType(t, "", mixed[0])
	require.IsType(t, body{}, mixed[1])
	require.Nil(t, mixed[2])

	id := s.ended(vouchers("number-codes"))["id"].(string)
	var exact struct {
		Items []struct{ ExternalData []json.Number }
	}
	require.NoError(t, json.Unmarshal(s.send("GET", "/api/orders/"+id, "").Body.Bytes(), &exact))
	require.Regexp(t, `^9[0-9]{18}$`, exact.Items[0].ExternalData[0].String())
}

func TestCodesThatReadLikeJSONAreStrings(t *testing.T) {
	s := openShop(t)
	codes := line(s.ended(vouchers("json-codes")), 0)["externalData"].([]any)
	require.Len(t, codes, 131)
	require.Regexp(t, `^\[[0-9]+\]$`, codes[0])
	require.Equal(t, "null", codes[1])
	require.Regexp(t, `^\{"a":[0-9]+\}$`, codes[2])
	require.Regexp(t, `^[0-9]+$`, codes[3])
}

func TestCodesAfterCompleted(t *testing.T) {
	for behaviour, counts := range map[string][2]int{"late-codes": {0, 128}, "late-half": {65, 129}, "short-codes": {129, 129}} {
		s := openShop(t)
		s.knobs("late-codes-after", "20s")
		id := s.create(vouchers(behaviour), "")
		s.paid(id)
		s.clock.pass(10 * time.Second)
		for i, wait := range []time.Duration{0, 19999 * time.Millisecond, time.Millisecond} {
			s.clock.pass(wait)
			order := s.get(id)
			require.Equal(t, "completed", order["status"])
			require.Len(t, line(order, 0)["externalData"], counts[i/2], behaviour)
		}
	}
}

func TestCodesAfterCompletedOfEveryOrder(t *testing.T) {
	s := openShop(t)
	s.knobs("codes-after", "5s")
	for _, items := range []string{item(amazon, 2), vouchers("skip")} {
		id := s.create(items, "")
		s.paid(id)
		for s.status(id) != "completed" {
			s.clock.pass(time.Second)
		}
		require.Equal(t, []any{}, line(s.get(id), 0)["externalData"])
		s.clock.pass(5 * time.Second)
		require.NotEmpty(t, line(s.get(id), 0)["externalData"])
	}
}

func TestNoTwoCodesAreAlike(t *testing.T) {
	s := openShop(t)
	seen := map[any]bool{}
	for range 3 {
		order := s.ended(item(VoucherID, 20) + "," + item(VoucherID, 20))
		for i := range 2 {
			for _, code := range line(order, i)["externalData"].([]any) {
				require.False(t, seen[code])
				seen[code] = true
			}
		}
	}
	require.Len(t, seen, 120)
}

func TestLowKeepIsPaidOnceMoneyCameIn(t *testing.T) {
	s := openShop(t)
	for range 2 { // each time anew
		id := s.create(item(pubg, 1, "player_id", "low-keep-1"), "")
		for range 2 {
			status, answer := s.pay(id)
			require.Equal(t, 400, status)
			require.Equal(t, "BalanceNotEnough", answer["code"])
			require.Equal(t, "active", s.status(id))
		}
		require.NoError(t, s.Money.Add("usd", opening("5")["usd"]))
		s.paid(id)
	}
	require.Len(t, s.Money.Debits(), 2)
}

func TestALowerBalanceIsNoMoneyComingIn(t *testing.T) {
	s := openShop(t)
	id := s.create(item(pubg, 1, "player_id", "low-keep"), "")
	s.pay(id)
	require.NoError(t, s.Money.Set("usd", opening("50")["usd"]))
	status, _ := s.pay(id)
	require.Equal(t, 400, status)
	require.NoError(t, s.Money.Set("usd", opening("51")["usd"]))
	s.paid(id)
}

func TestLowCancelIsPaidByTheReplacement(t *testing.T) {
	s := openShop(t)
	order := func() string { return s.create(item(pubg, 1, "player_id", "low-cancel"), `,"isMock":true`) }
	for range 2 { // one too early, without money
		id := order()
		status, _ := s.pay(id)
		require.Equal(t, 400, status)
		require.Equal(t, "payment_failure", s.get(id)["cancelReason"])
	}
	require.NoError(t, s.Money.Add("usd", opening("5")["usd"]))
	s.paid(order())
	require.Empty(t, s.Money.Debits())
}

func TestWordsAfterTheNameKeepOrdersApart(t *testing.T) {
	s := openShop(t)
	one, two := s.create(item(pubg, 1, "player_id", "low-keep-1"), ""), s.create(item(pubg, 1, "player_id", "low-keep-2"), "")
	for _, id := range []string{one, two} {
		status, _ := s.pay(id)
		require.Equal(t, 400, status)
	}
	require.NoError(t, s.Money.Add("usd", opening("5")["usd"]))
	s.paid(one)
	s.paid(two)
}

func TestShortWindowExpiresSoon(t *testing.T) {
	s := openShop(t)
	id := s.create(vouchers("short-window"), "")
	s.clock.pass(20 * time.Second)
	require.Equal(t, "payment_expiration", s.get(id)["cancelReason"])
}

func TestSpeedAndSpread(t *testing.T) {
	s := openShop(t)
	s.knobs("speed", "10")
	id := s.create(item(amazon, 1), "")
	s.paid(id)
	s.clock.pass(time.Second)
	require.Equal(t, "completed", s.status(id))

	s.knobs("speed", "1", "spread", "0.5")
	paces := map[time.Duration]bool{}
	for range 20 {
		id := s.create(item(VoucherID, 1), "")
		s.paid(id)
		o := s.state.orders[id]
		took := o.Timeline[len(o.Timeline)-1].At.Sub(o.Timeline[1].At)
		require.InDelta(t, 10, took.Seconds(), 5)
		paces[took] = true
	}
	require.Greater(t, len(paces), 5, "orders differ")
}
