package simulator

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAdminAnswersThisMachineAlone(t *testing.T) {
	from := func(addr string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = addr } }
	s := openShop(t)
	for _, call := range AdminCalls() {
		require.NotEmpty(t, call.Does)
	}
	for _, addr := range []string{"192.0.2.7:5000", "nonsense", "[2001:db8::1]:80"} {
		s.expect(403, "POST", "/admin/balances", `{"currency":"usd","add":"1000"}`, from(addr))
	}
	s.expect(403, "POST", "/admin/balances", `{"currency":"usd","add":"1000"}`, header("Origin", "https://evil.example"))
	s.holds("100.00")
	s.expect(200, "GET", "/admin/balances", "", from("[::1]:80"), header("X-API-Key", ""))

	open := openShop(t, func(c *Config) { c.OpenAdmin = true })
	open.expect(200, "GET", "/admin/balances", "", from("192.0.2.7:5000"))
}

func TestAdminBalances(t *testing.T) {
	s := openShop(t)
	require.Equal(t, body{"balances": body{"usd": "150.50", "rub": "0"}}, s.expect(200, "POST", "/admin/balances", `{"currency":"usd","add":"50.5"}`))
	s.expect(200, "POST", "/admin/balances", `{"currency":"usd","set":"3"}`)
	s.holds("3.00")
	last := s.Money.Entries()[len(s.Money.Entries())-1]
	require.Equal(t, "-147.5", last.Amount.String(), "the ledger explains every balance")
	for _, wrong := range []string{`{"currency":"usd"}`, `{"currency":"usd","add":"1","set":"1"}`, `{"currency":"eur","add":"1"}`, `{"currency":"usd","add":"-1"}`,
		`{"currency":"usd","ad":"1"}`, `{"currency":"usd","add":"lots"}`, `nonsense`, ``} {
		require.NotEmpty(t, s.expect(400, "POST", "/admin/balances", wrong)["error"], wrong)
	}
	s.holds("3.00")
}

func TestAdminDebits(t *testing.T) {
	s := openShop(t)
	first, second := s.create(item(amazon, 1), `,"idempotencyKey":"a"`), s.create(item(amazon, 2), `,"idempotencyKey":"b"`)
	s.paid(first)
	s.paid(second)
	all := s.expect(200, "GET", "/admin/debits", "")
	require.EqualValues(t, 2, all["count"])
	require.Equal(t, body{"usd": "28.65"}, all["totals"])
	require.Empty(t, all["repeatedOrders"])
	one := s.expect(200, "GET", "/admin/debits?orderId="+second, "")
	require.Equal(t, "b", one["debits"].([]any)[0].(body)["idempotencyKey"])
	require.Equal(t, "19.1", one["debits"].([]any)[0].(body)["amount"])
	require.EqualValues(t, 0, s.expect(200, "GET", "/admin/debits?idempotencyKey=c", "")["count"])
	require.Len(t, s.expect(200, "GET", "/admin/ledger", "")["entries"], 3)
}

func TestAdminMovesOrders(t *testing.T) {
	s := openShop(t)
	stuck := s.create(vouchers("stuck"), "")
	s.paid(stuck)
	s.clock.pass(time.Hour)
	require.Equal(t, "processing", s.status(stuck))
	s.expect(200, "POST", "/admin/orders/"+stuck+"/move", `{"status":"completed"}`)
	require.Len(t, line(s.get(stuck), 0)["externalData"], 107)
	s.expect(400, "POST", "/admin/orders/"+stuck+"/move", `{"status":"failed"}`)
	require.Equal(t, "completed", s.status(stuck))

	unpaid := s.create(item(amazon, 1), "")
	s.expect(200, "POST", "/admin/orders/"+unpaid+"/move", `{"status":"cancelled","reason":"user_request"}`)
	require.Equal(t, "user_request", s.get(unpaid)["cancelReason"])
	s.clock.pass(time.Hour)
	require.Equal(t, "user_request", s.get(unpaid)["cancelReason"], "what was to come does not come any more")

	failing := s.create(item(amazon, 1), "")
	s.paid(failing)
	s.expect(200, "POST", "/admin/orders/"+failing+"/move", `{"status":"failed"}`)
	require.NotNil(t, line(s.get(failing), 0)["error"])

	for _, wrong := range []string{`{"status":"lost"}`, `{"status":"active"}`, `{"status":"failed","reason":"user_request"}`, `{"status":"cancelled","reason":"bored"}`} {
		s.expect(400, "POST", "/admin/orders/"+s.create(item(amazon, 1), "")+"/move", wrong)
	}
	s.expect(400, "POST", "/admin/orders/nobody/move", `{"status":"failed"}`)
}

func TestAdminOrdersTellTheTruth(t *testing.T) {
	s := openShop(t)
	s.knobs("echo", "minimal", "idempotency", "ignored", "money", "number")
	id := s.create(item(amazon, 1), `,"idempotencyKey":"hidden"`)
	order := s.expect(200, "GET", "/admin/orders", "")["orders"].([]any)[0].(body)
	require.Equal(t, id, order["id"])
	require.Equal(t, "hidden", order["idempotencyKey"])
	require.Equal(t, "active", order["status"])
}

func TestAdminKnobs(t *testing.T) {
	s := openShop(t)
	turned := s.expect(200, "POST", "/admin/knobs", `{"idempotency":"ignored","requests-per-minute":30,"list-codes":false,"speed":2.5,"error-status":"NOT_FOUND=400"}`)
	for name, value := range map[string]string{"idempotency": "ignored", "requests-per-minute": "30", "list-codes": "false", "speed": "2.5", "error-status": "NOT_FOUND=400"} {
		require.Equal(t, value, turned[name])
	}
	require.Equal(t, 400, s.send("GET", "/api/orders/nobody", "").Code)
	before := s.Knobs().Map()
	for _, wrong := range []string{`{"money":"number","idempotency":"maybe"}`, `{"nonsense":1}`, `{"speed":0}`, `{"spread":"1"}`, `{"payment-window":"0s"}`, `{"payment-window":"soon"}`,
		`{"requests-per-minute":-1}`, `{"error-status":"WHAT=400"}`, `{"error-status":"NOT_FOUND=200"}`, `{"list-codes":"perhaps"}`, `[]`} {
		require.NotEmpty(t, s.expect(400, "POST", "/admin/knobs", wrong)["error"])
		require.Equal(t, before, s.Knobs().Map(), wrong)
	}
}

func TestAdminProductsAndRequests(t *testing.T) {
	s := openShop(t)
	for _, wrong := range []string{`{"price":"-1"}`, `{"quantity":-1}`, `{"cost":"1"}`} {
		s.expect(400, "POST", "/admin/products/"+amazon, wrong)
	}
	s.expect(400, "POST", "/admin/products/nothing", `{"price":"1"}`)
	require.Len(t, s.expect(200, "GET", "/admin/requests", "")["requests"], 4)
	require.Len(t, s.expect(200, "GET", "/admin/topups", "")["topUps"], 0)
	require.Equal(t, 200, s.send("GET", "/admin/", "").Code)
}

func TestKnobsGoThroughTextAndBack(t *testing.T) {
	k := DefaultKnobs()
	for name, value := range k.Map() {
		require.NoError(t, k.Set(name, value), name)
	}
	require.Equal(t, DefaultKnobs(), k)
	for _, knob := range AllKnobs() {
		for _, value := range knob.Values {
			require.NoError(t, k.Set(knob.Name, value))
			require.Equal(t, value, k.Map()[knob.Name])
		}
	}
}
