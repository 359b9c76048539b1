package simulator

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
)

const fifty = `{"amount":"50.00","currency":"usdt"}`

func TestCryptoTopUpArrivesWhenConfirmed(t *testing.T) {
	s := openShop(t)
	asked := s.expect(201, "POST", "/api/topups/crypto/", fifty)
	require.Equal(t, "50.00", asked["amount"])
	require.Equal(t, "usdt", asked["currency"])
	require.Equal(t, "2026-11-24T11:00:00Z", asked["expiresAt"])
	require.NotEmpty(t, asked["address"])
	s.holds("100.00")
	list, _ := readPage(t, s.send("GET", "/api/access/me/balances/", "").Body.Bytes())
	require.Equal(t, "50.00", list[0].(body)["pending"])

	id := asked["id"].(string)
	s.expect(200, "POST", "/admin/topups/"+id+"/confirm", "")
	s.holds("150.00")
	list, _ = readPage(t, s.send("GET", "/api/access/me/balances/", "").Body.Bytes())
	require.Equal(t, "0", list[0].(body)["pending"])
	s.expect(400, "POST", "/admin/topups/"+id+"/confirm", "")
	s.expect(400, "POST", "/admin/topups/nobody/confirm", "")
	s.holds("150.00")
}

func TestCryptoTopUpArrivesByItself(t *testing.T) {
	s := openShop(t)
	s.knobs("topup-confirm", "30s")
	s.expect(201, "POST", "/api/topups/crypto/", fifty)
	available := func() any {
		list, _ := readPage(t, s.send("GET", "/api/access/me/balances/", "").Body.Bytes())
		return list[0].(body)["available"]
	}
	s.clock.pass(29 * time.Second)
	require.Equal(t, "100.00", available())
	s.clock.pass(time.Second)
	require.Equal(t, "150.00", available())
	require.Equal(t, "150.00", available(), "once")
	require.Equal(t, "150.00", s.expect(200, "GET", "/admin/balances", "")["balances"].(body)["usd"])
}

func TestCryptoTopUpByItsLink(t *testing.T) {
	s := openShop(t)
	link, err := url.Parse(s.expect(201, "POST", "/api/topups/crypto/", fifty)["link"].(string))
	require.NoError(t, err)
	require.Equal(t, 404, s.send("HEAD", link.Path, "").Code)
	s.holds("100.00")
	require.Equal(t, 200, s.send("GET", link.Path, "").Code)
	require.Equal(t, 409, s.send("GET", link.Path, "").Code)
	s.holds("150.00")
}

func TestCryptoTopUpAnswerShapes(t *testing.T) {
	for shape, keys := range map[string][]string{"both": {"address", "link"}, "address": {"address"}, "link": {"paymentUrl"}, "nested": {"payment"}, "envelope": {"data"}, "bare": {}} {
		s := openShop(t)
		s.knobs("topup-answer", shape)
		answer := s.expect(201, "POST", "/api/topups/crypto/", fifty)
		for _, key := range []string{"address", "link", "paymentUrl", "payment", "data"} {
			_, there := answer[key]
			require.Equal(t, contains(keys, key), there, "%s %s", shape, key)
		}
	}
}

// The client finds in each shape what it holds.
func TestTheClientReadsEveryTopUpShape(t *testing.T) {
	for shape, holds := range map[string]struct{ address, link, limit bool }{
		"both": {true, true, true}, "address": {true, false, true}, "link": {false, true, true}, "nested": {true, true, true},
		"envelope": {true, true, true}, "bare": {},
	} {
		s := openShop(t)
		s.knobs("topup-answer", shape)
		read := foxreload.ReadTopUp(s.send("POST", "/api/topups/crypto/", fifty).Body.Bytes())
		made := s.TopUps()[0]
		require.Equal(t, made.ID, read.ID, shape)
		require.Equal(t, holds.address, read.Address == made.Address, shape)
		require.Equal(t, holds.link, read.Link != "", shape)
		require.Equal(t, holds.limit, read.ExpiresAt != nil, shape)
		if shape != "bare" {
			require.Equal(t, "50 usdt", read.Amount.String()+" "+read.Currency, shape)
		}
	}
}

func contains(list []string, wanted string) bool {
	for _, one := range list {
		if one == wanted {
			return true
		}
	}
	return false
}

func TestCryptoTopUpRefusals(t *testing.T) {
	s := openShop(t)
	for text, at := range map[string]string{
		`{"currency":"usdt"}`:                     "body.amount",
		`{"amount":50,"currency":"usdt"}`:         "body.amount",
		`{"amount":"0.5","currency":"usdt"}`:      "body.amount",
		`{"amount":"50","currency":"doge"}`:       "body.currency",
		`{"amount":"50"}`:                         "body.currency",
		`{"amount":"50","currency":"usdt","a":1}`: "body.a",
	} {
		require.Equal(t, []string{at}, locs(s.expect(422, "POST", "/api/topups/crypto/", text)), text)
	}
	require.Empty(t, s.TopUps())
}

func TestMeHoldsPersonalLookingFields(t *testing.T) {
	me := openShop(t).expect(200, "GET", "/api/access/me", "")
	require.Contains(t, me["email"], "@")
}
