package simulator

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lose sends a pay of which the client hears nothing, and which lands later.
func (s *shop) lose(id string) {
	s.next("late-pay", RoutePay)
	require.Panics(s.t, func() { s.send("POST", "/api/orders/"+id+"/pay", fromBalance) }, "the connection is reset")
}

func TestALostPayLandsLateAndItsRepeatIsRefused(t *testing.T) {
	for refusal, words := range map[string]string{
		"409:PAYMENT_IN_PROGRESS": `{"code":"PAYMENT_IN_PROGRESS","detail":"an earlier payment`,
		"423:LOCKED":              `{"code":"LOCKED"`,
		"402:page":                "<h1>402 Payment Required</h1>",
		"409:text":                "409 Conflict\n",
	} {
		t.Run(refusal, func(t *testing.T) {
			s := openShop(t)
			s.knobs("late-pay-refusal", refusal)
			id := s.create(item(amazon, 1), "")
			s.lose(id)
			s.clock.pass(25*time.Second - 1)
			answer := s.send("POST", "/api/orders/"+id+"/pay", fromBalance)
			require.Equal(t, refusal[:3], answer.Result().Status[:3])
			require.Contains(t, answer.Body.String(), words)
			require.Equal(t, "active", s.status(id))
			require.Empty(t, s.Money.Debits())
			s.clock.pass(1)
			require.Equal(t, "paid", s.status(id))
			require.Len(t, s.Money.Debits(), 1)
			require.Equal(t, s.clock.Now(), s.Money.Debits()[0].At)
			_, repeat := s.pay(id)
			require.Equal(t, "ORDER_PAYMENT_NOT_POSSIBLE", repeat["code"])
			s.wait()
			require.Equal(t, "completed", s.status(id))
		})
	}
}

func TestALatePayChargesNothingThatWasPaidOrEndedMeanwhile(t *testing.T) {
	s := openShop(t)
	s.knobs("late-pay-refusal", "none", "late-pay-for", "1m", "payment-window", "30s")
	paid, expired := s.create(item(amazon, 1), ""), s.create(item(amazon, 1), "")
	s.lose(paid)
	s.lose(expired)
	s.paid(paid)
	s.clock.pass(2 * time.Minute)
	require.Equal(t, "completed", s.status(paid))
	require.Equal(t, "cancelled", s.status(expired))
	require.Len(t, s.Money.Debits(), 1)
	require.Empty(t, s.state.late)
}

func TestALatePayWithoutMoneyIsRefusedUnseen(t *testing.T) {
	s := openShop(t)
	id := s.create(item(apple, 1), "")
	s.lose(id)
	s.clock.pass(time.Minute)
	require.Equal(t, "active", s.status(id))
	require.Empty(t, s.Money.Debits())
	_, answer := s.pay(id)
	require.Equal(t, "BalanceNotEnough", answer["code"], "nothing is in progress any more")
}

func TestALatePaySurvivesARestart(t *testing.T) {
	file := t.TempDir() + "/state"
	s := openShopFor(t, func(c *Config) { c.StateFile = file })
	id := s.create(item(amazon, 1), "")
	s.lose(id)
	require.NoError(t, s.Close())
	again := openShop(t, func(c *Config) { c.StateFile, c.Clock = file, s.clock })
	s.clock.pass(25 * time.Second)
	require.Equal(t, "paid", again.status(id))
	require.Len(t, again.Money.Debits(), 1)
}

func TestAPayByProviderNeverLandsLate(t *testing.T) {
	s := openShop(t)
	s.next("late-pay", RoutePay)
	s.expect(200, "POST", "/api/orders/"+s.create(item(amazon, 1), "")+"/pay", `{"paymentProvider":"pally"}`)
	require.Len(t, s.Faults.Report().Pending, 1)
}

func TestPaysRefusedAsTheKnobSays(t *testing.T) {
	s := openShop(t)
	s.knobs("pay-refusal", "418:TEAPOT", "pay-refusals", "3")
	one, two := s.create(item(amazon, 1), ""), s.create(item(amazon, 1), "")
	for _, id := range []string{one, two} {
		for range 3 {
			status, answer := s.pay(id)
			require.Equal(t, 418, status)
			require.Equal(t, "TEAPOT", answer["code"])
			require.Equal(t, "active", s.status(id))
		}
		s.paid(id)
	}
	s.knobs("pay-refusals", "0")
	for behaviour, code := range map[string]string{"pay-refused-twice": "TEAPOT", "not-payable-twice": "ORDER_PAYMENT_NOT_POSSIBLE"} {
		id := s.create(vouchers(behaviour), "")
		for range 2 {
			_, answer := s.pay(id)
			require.Equal(t, code, answer["code"])
		}
		s.paid(id)
	}
	never := s.create(vouchers("pay-refused"), "")
	for range 10 {
		status, _ := s.pay(never)
		require.Equal(t, 418, status)
	}
}

func TestARefusalIsAStatusAndACode(t *testing.T) {
	var k Knobs
	for _, wrong := range []string{"", "409", "409:", "PAYMENT", "200:OK", "999:X", "409:a b"} {
		require.ErrorContains(t, k.Set("pay-refusal", wrong), "409:PAYMENT_IN_PROGRESS", wrong)
	}
	require.ErrorContains(t, k.Set("pay-refusal", "none"), "pay-refusals 0")
	for _, right := range []string{"none", "423:page", "402:text", "500:Oops"} {
		require.NoError(t, k.Set("late-pay-refusal", right))
		require.Equal(t, right, k.Map()["late-pay-refusal"])
	}
}

func TestEverySecondProxyPageIsPlainText(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.Faults.Set("proxy-404=1", 0))
	require.Contains(t, s.send("GET", "/api/access/me", "").Body.String(), "<html>")
	plain := s.send("GET", "/api/access/me", "")
	require.Equal(t, "404 Not Found\n", plain.Body.String())
	require.Equal(t, "text/plain", plain.Header().Get("Content-Type"))
}
