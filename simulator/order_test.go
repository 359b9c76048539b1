package simulator

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOrderFromCreateToCode(t *testing.T) {
	s := openShop(t)
	created := s.expect(201, "POST", "/api/orders/", `{"items":[`+item(amazon, 2)+`],"isMock":false,"idempotencyKey":"k-1"}`)
	require.Equal(t, "active", created["status"])
	require.Equal(t, "2026-11-24T10:15:00Z", created["paymentExpiresAt"])
	require.Equal(t, "19.10", created["price"])
	require.Equal(t, "usd", created["currency"])
	require.Equal(t, "k-1", created["idempotencyKey"])
	require.Nil(t, line(created, 0)["externalData"])
	s.holds("100.00") // creating does not charge

	id := created["id"].(string)
	require.Equal(t, "paid", s.paid(id)["status"])
	s.holds("80.90")
	s.clock.pass(2 * time.Second)
	require.Equal(t, "processing", s.status(id))
	s.clock.pass(8*time.Second - 1)
	require.Equal(t, "processing", s.status(id))
	s.clock.pass(1)

	done := s.get(id)
	require.Equal(t, "completed", done["status"])
	codes := line(done, 0)["externalData"].([]any)
	require.Len(t, codes, 2)
	require.NotEqual(t, codes[0], codes[1])
	require.Equal(t, codes, line(s.get(id), 0)["externalData"], "a second look shows the same codes")
	require.Len(t, s.Money.Debits(), 1)
	require.Equal(t, "k-1", s.Money.Debits()[0].IdempotencyKey)
	require.Equal(t, id, s.Money.Debits()[0].OrderID)
}

func TestMockOrderCostsNothingAndItsCodesSaySo(t *testing.T) {
	s := openShop(t, func(c *Config) { c.Opening = opening("0") })
	id := s.create(item(amazon, 1), `,"isMock":true`)
	s.paid(id)
	s.wait()
	require.Contains(t, line(s.get(id), 0)["externalData"].([]any)[0], "MOCK-")
	require.Empty(t, s.Money.Debits())
}

func TestNothingIsPaidTwice(t *testing.T) {
	s := openShop(t)
	id := s.create(item(amazon, 1), "")
	s.paid(id)
	for range 3 {
		status, answer := s.pay(id)
		require.Equal(t, 409, status)
		require.Equal(t, "ORDER_PAYMENT_NOT_POSSIBLE", answer["code"])
	}
	s.wait()
	status, _ := s.pay(id)
	require.Equal(t, 409, status)
	require.Len(t, s.Money.Debits(), 1)
	s.holds("90.45")
}

func TestUnpaidOrderExpires(t *testing.T) {
	s := openShop(t)
	id := s.create(item(amazon, 1), "")
	s.clock.pass(15*time.Minute - time.Second)
	require.Equal(t, "active", s.status(id))
	s.clock.pass(time.Second)
	order := s.get(id)
	require.Equal(t, "cancelled", order["status"])
	require.Equal(t, "payment_expiration", order["cancelReason"])
	_, answer := s.pay(id)
	require.Equal(t, "ORDER_PAYMENT_NOT_POSSIBLE", answer["code"])
}

func TestPaidOrderOutlivesItsPaymentWindow(t *testing.T) {
	s := openShop(t)
	id := s.create(item(steam, 5, "login", "gabe"), "")
	s.clock.pass(15*time.Minute - time.Second)
	s.paid(id)
	s.clock.pass(30 * time.Second) // past the window, steam takes six times longer
	require.Equal(t, "processing", s.status(id))
	s.wait()
	order := s.get(id)
	require.Equal(t, "completed", order["status"])
	require.Equal(t, []any{}, line(order, 0)["externalData"])
}

func TestPriceGuard(t *testing.T) {
	s := openShop(t)
	guard := func(total string) (int, body) {
		return s.call("POST", "/api/orders/", `{"items":[{"itemId":"`+amazon+`","quantity":2,"totalPrice":"`+total+`"}]}`)
	}
	status, _ := guard("19.1")
	require.Equal(t, 201, status)
	status, answer := guard("19.11")
	require.Equal(t, 409, status)
	require.Equal(t, "OFFER_PRICE_NOT_MATCHED", answer["code"])
	require.Len(t, s.Orders(), 1)
}

func TestCurrencyOfTheRequestPrices(t *testing.T) {
	s := openShop(t, func(c *Config) { c.Opening["rub"] = c.Opening["usd"].Mul(rubPerUSD) })
	id := s.create(item(amazon, 1), "", header("X-Currency", "rub"))
	order := s.paid(id) // without the header: the order keeps its currency
	require.Equal(t, "883.375", order["price"])
	require.Equal(t, "rub", order["currency"])
	s.holds("100.00")
	require.Equal(t, "8366.625", moneyText(s.Money.Balance("rub")))
	s.expect(422, "GET", "/api/orders/"+id, "", header("X-Currency", "eur"))
	s.expect(422, "GET", "/api/orders/"+id, "", header("X-Language", "de"))
}

func TestIdempotencyKeyModes(t *testing.T) {
	for _, tt := range []struct {
		mode         string
		first, again int
		code         any
		namesOrder   bool
		echoed       bool
	}{
		{"honoured", 201, 409, "ORDER_ALREADY_EXISTS", true, true},
		{"honoured-without-id", 201, 409, "ORDER_ALREADY_EXISTS", false, true},
		{"ignored", 201, 201, nil, false, false},
		{"rejected", 422, 422, "VALIDATION_ERROR", false, false},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			s := openShop(t)
			s.knobs("idempotency", tt.mode)
			text := `{"items":[` + item(amazon, 1) + `],"idempotencyKey":"k-1"}`
			first := s.expect(tt.first, "POST", "/api/orders/", text)
			require.Equal(t, tt.echoed, first["idempotencyKey"] == "k-1")
			again := s.expect(tt.again, "POST", "/api/orders/", text)
			require.Equal(t, tt.code, again["code"])
			if tt.namesOrder {
				require.Equal(t, first["id"], again["detail"].(body)["orderId"])
			} else if tt.code == "ORDER_ALREADY_EXISTS" {
				require.IsType(t, "", again["detail"], "words and no id")
				require.NotContains(t, again["detail"], first["id"])
			}
			if tt.mode == "rejected" {
				require.Equal(t, []any{"body", "idempotencyKey"}, again["detail"].([]any)[0].(body)["loc"])
			}
		})
	}
}

func TestIgnoredKeyIsKeptByTheLedgerAlone(t *testing.T) {
	s := openShop(t)
	s.knobs("idempotency", "ignored")
	for range 2 {
		s.paid(s.create(item(amazon, 1), `,"idempotencyKey":"k-1"`))
	}
	repeated := s.expect(200, "GET", "/admin/debits?idempotencyKey=k-1", "")
	require.Equal(t, []any{"k-1"}, repeated["repeatedIdempotencyKeys"])
	require.Empty(t, repeated["repeatedOrders"])
	require.EqualValues(t, 2, repeated["count"])
	s.knobs("idempotency", "honoured")
	s.create(item(amazon, 1), `,"idempotencyKey":"k-1"`) // what was ignored was not remembered
}

func TestWhatAnOrderRepeatsOfItsRequest(t *testing.T) {
	for _, tt := range []struct {
		echo       string
		key, about bool
	}{{"all", true, true}, {"no-key", false, true}, {"minimal", false, false}} {
		t.Run(tt.echo, func(t *testing.T) {
			s := openShop(t)
			s.knobs("echo", tt.echo)
			order := s.get(s.create(item(pubg, 1, "player_id", "007"), `,"idempotencyKey":"k"`))
			_, key := order["idempotencyKey"]
			_, about := line(order, 0)["itemId"]
			require.Equal(t, tt.key, key)
			require.Equal(t, tt.about, about)
			if about {
				require.Equal(t, body{"player_id": "007"}, line(order, 0)["note"])
			}
		})
	}
}

func TestListOrdersInEveryPageShape(t *testing.T) {
	for _, shape := range []string{"total", "cursor", "array"} {
		t.Run(shape, func(t *testing.T) {
			s := openShop(t)
			s.knobs("list-shape", shape)
			var newestFirst []string
			for range 5 {
				newestFirst = append([]string{s.create(item(amazon, 1), "")}, newestFirst...)
			}
			require.Equal(t, newestFirst, s.listed("?limit=2", shape))
			s.paid(newestFirst[1])
			require.Equal(t, newestFirst[1:2], s.listed("?limit=2&status=paid", shape))
			require.Empty(t, s.listed("?limit=2&status=failed", shape))
			s.knobs("list-status", "ignored")
			require.Equal(t, newestFirst, s.listed("?limit=2&status=failed", shape))
			require.Equal(t, newestFirst, s.listed("?status=lost", shape), "a name that is not known has no wrong values")
		})
	}
}

// listed walks the pages of the order list and gives the ids.
func (s *shop) listed(query, shape string) (ids []string) {
	more := ""
	for range 20 {
		w := s.send("GET", "/api/orders/"+query+more, "")
		require.Equal(s.t, 200, w.Code)
		list, next := readPage(s.t, w.Body.Bytes())
		for _, order := range list {
			ids = append(ids, order.(body)["id"].(string))
		}
		switch {
		case len(list) == 0 || shape == "cursor" && next == nil:
			return ids
		case shape == "cursor":
			more = "&cursor=" + url.QueryEscape(next.(string))
		default:
			more = "&offset=" + strconv.Itoa(len(ids))
		}
	}
	require.Fail(s.t, "the list has no end")
	return nil
}

func TestCursorPagesDoNotShiftWhenOrdersCome(t *testing.T) {
	s := openShop(t)
	s.knobs("list-shape", "cursor")
	first, second := s.create(item(amazon, 1), ""), s.create(item(amazon, 1), "")
	page := s.expect(200, "GET", "/api/orders/?limit=1", "")
	require.Equal(t, second, line(page, 0)["id"])
	s.create(item(amazon, 1), "")
	page = s.expect(200, "GET", "/api/orders/?limit=1&cursor="+page["nextCursor"].(string), "")
	require.Equal(t, first, line(page, 0)["id"])
	require.Nil(t, page["nextCursor"])
}

func TestListMayHideCodes(t *testing.T) {
	s := openShop(t)
	id := s.create(item(amazon, 1), "")
	s.paid(id)
	s.wait()
	require.Contains(t, line(line(s.expect(200, "GET", "/api/orders/", ""), 0), 0), "externalData")
	s.knobs("list-codes", "false")
	require.NotContains(t, line(line(s.expect(200, "GET", "/api/orders/", ""), 0), 0), "externalData")
	require.NotEmpty(t, line(s.get(id), 0)["externalData"])
}

func TestListRefusesWrongPages(t *testing.T) {
	s := openShop(t)
	for _, query := range []string{"limit=0", "limit=201", "limit=x", "offset=-1", "cursor=%21", "cursor=YTox", "status=lost"} {
		answer := s.expect(422, "GET", "/api/orders/?"+query, "")
		name, _, _ := strings.Cut(query, "=")
		require.Equal(t, []any{"query", name}, answer["detail"].([]any)[0].(body)["loc"], query)
	}
}

func TestPaymentLink(t *testing.T) {
	s := openShop(t)
	id := s.create(item(amazon, 1), `,"idempotencyKey":"k"`)
	byProvider := func() string {
		answer := s.expect(200, "POST", "/api/orders/"+id+"/pay", `{"paymentProvider":"pally","paymentReturnUrl":"https://shop.example/back"}`)
		require.Equal(t, "active", answer["status"])
		return answer["paymentUrl"].(string)
	}
	link := byProvider()
	require.Equal(t, link, byProvider(), "asking again gives the same link")
	page, err := url.Parse(link)
	require.NoError(t, err)
	require.Equal(t, "example.com", page.Host, "the link leads back to where the request came in")
	require.Equal(t, http.StatusNotFound, s.send("HEAD", page.Path, "").Code)
	require.Equal(t, "active", s.status(id), "only a visit pays")

	visit := s.send("GET", page.Path, "")
	require.Equal(t, 200, visit.Code)
	require.Contains(t, visit.Body.String(), "https://shop.example/back")
	require.Equal(t, "paid", s.status(id))
	require.Equal(t, http.StatusConflict, s.send("GET", page.Path, "").Code)
	require.Equal(t, http.StatusNotFound, s.send("GET", "/pay/nonsense", "").Code)
	s.holds("100.00")
	require.Empty(t, s.Money.Debits())
	last := s.Money.Entries()[len(s.Money.Entries())-1]
	require.Equal(t, EntryProvider, last.Kind)
	require.Equal(t, "k", last.IdempotencyKey)
}

func TestPaymentLinkNobodyUses(t *testing.T) {
	s := openShop(t)
	id := s.create(item(amazon, 1), "")
	answer := s.expect(200, "POST", "/api/orders/"+id+"/pay", `{"paymentProvider":"pally"}`)
	s.clock.pass(15 * time.Minute)
	require.Equal(t, "payment_expiration", s.get(id)["cancelReason"])
	page, err := url.Parse(answer["paymentUrl"].(string))
	require.NoError(t, err)
	require.Equal(t, http.StatusConflict, s.send("GET", page.Path, "").Code)
}

func TestPayAnswerShapes(t *testing.T) {
	for _, tt := range []struct {
		shape string
		order func(body) any
	}{
		{"order", func(b body) any { return b["status"] }},
		{"nested", func(b body) any { return b["order"].(body)["status"] }},
		{"minimal", nil},
	} {
		t.Run(tt.shape, func(t *testing.T) {
			s := openShop(t)
			s.knobs("pay-answer", tt.shape, "payment-link-key", "redirectUrl")
			id := s.create(item(amazon, 1), "")
			answer := s.expect(200, "POST", "/api/orders/"+id+"/pay", `{"paymentProvider":"pally"}`)
			require.Contains(t, answer["redirectUrl"], "/pay/")
			if tt.order == nil {
				require.NotContains(t, answer, "status")
				return
			}
			require.Equal(t, "active", tt.order(answer))
		})
	}
}

func TestMoneyAsNumbersLosesNothing(t *testing.T) {
	s := openShop(t)
	s.knobs("money", "number")
	w := s.send("GET", "/api/orders/"+s.create(item(pubg, 1, "player_id", "1"), ""), "")
	require.Contains(t, w.Body.String(), `"price":0.9549`)
	require.Contains(t, s.send("GET", "/api/access/me/balances/", "").Body.String(), `"available":100.00`)
}
