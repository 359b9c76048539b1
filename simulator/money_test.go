package simulator

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestLowBalanceKeepsOrCancelsTheOrder(t *testing.T) {
	for _, tt := range []struct{ knob, status, reason string }{{"keep", "active", ""}, {"cancel", "cancelled", "payment_failure"}} {
		t.Run(tt.knob, func(t *testing.T) {
			s := openShop(t)
			s.knobs("low-balance", tt.knob)
			id := s.create(item(apple, 1), "")
			status, answer := s.pay(id)
			require.Equal(t, 400, status)
			require.Equal(t, "BalanceNotEnough", answer["code"])
			order := s.get(id)
			require.Equal(t, tt.status, order["status"])
			if tt.reason != "" {
				require.Equal(t, tt.reason, order["cancelReason"])
			}
			s.holds("100.00")

			require.NoError(t, s.Money.Add("usd", decimal.RequireFromString("381.25")))
			status, _ = s.pay(id)
			require.Equal(t, tt.status == "active", status == 200)
		})
	}
}

func TestTheLastCentIsEnough(t *testing.T) {
	s := openShop(t, func(c *Config) { c.Opening = opening("9.55") })
	s.paid(s.create(item(amazon, 1), ""))
	s.holds("0")
	status, _ := s.pay(s.create(item(VoucherID, 1), ""))
	require.Equal(t, 400, status)
}

func TestBalanceCheckedWhenCreating(t *testing.T) {
	s := openShop(t)
	s.knobs("balance-check", "create")
	require.Equal(t, "BalanceNotEnough", s.expect(400, "POST", "/api/orders/", `{"items":[`+item(apple, 1)+`]}`)["code"])
	s.create(item(apple, 1), `,"isMock":true`)
	s.create(item(amazon, 1), "")
	require.Len(t, s.Orders(), 2)
}

func TestReservedUntilTheOrderEnds(t *testing.T) {
	s := openShop(t)
	usd := func() body {
		list, _ := readPage(t, s.send("GET", "/api/access/me/balances/", "").Body.Bytes())
		return list[0].(body)
	}
	require.Equal(t, body{"currency": "usd", "available": "100.00", "reserved": "0", "pending": "0"}, usd())
	s.paid(s.create(item(amazon, 1), ""))
	require.Equal(t, body{"currency": "usd", "available": "90.45", "reserved": "9.55", "pending": "0"}, usd())
	s.wait()
	require.Equal(t, "0", usd()["reserved"])
}

func TestRacingPaysDebitOnce(t *testing.T) {
	s := openShop(t)
	id := s.create(item(amazon, 1), "")
	answers := make(chan int)
	for range 20 {
		go func() { answers <- s.send("POST", "/api/orders/"+id+"/pay", fromBalance).Code }()
	}
	paid := 0
	for range 20 {
		if <-answers == 200 {
			paid++
		}
	}
	require.Equal(t, 1, paid)
	require.Len(t, s.Money.Debits(), 1)
}

// Whatever clients do, in whatever order: the fall of each balance is the sum of
// its debits, no order is debited twice, mock orders never, and none is paid
// without the money.
func TestMoneyIsConserved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := openShopFor(t, func(c *Config) {
			c.Opening = map[string]decimal.Decimal{"usd": decimal.NewFromInt(60), "rub": decimal.NewFromInt(3000)}
		})
		came := map[string]decimal.Decimal{"usd": decimal.NewFromInt(60), "rub": decimal.NewFromInt(3000)}
		var orders, topUps []string
		items := rapid.SampledFrom([]string{item(amazon, 1), item(amazon, 3), item(steam, 20, "login", "low-cancel"), item(pubg, 3, "player_id", "low-keep"),
			item(pubg, 1, "player_id", "fail"), item(VoucherID, 104), item(genshin, 2, "player_id", "1", "server", "asia") + "," + item(esim, 1)})
		t.Repeat(map[string]func(*rapid.T){
			"create": func(t *rapid.T) {
				more := rapid.SampledFrom([]string{"", `,"isMock":true`, `,"idempotencyKey":"k"`}).Draw(t, "more")
				currency := rapid.SampledFrom(currencies).Draw(t, "currency")
				if status, answer := s.call("POST", "/api/orders/", `{"items":[`+items.Draw(t, "items")+`]`+more+`}`, header("X-Currency", currency)); status == 201 {
					orders = append(orders, answer["id"].(string))
				}
			},
			"pay": func(t *rapid.T) {
				if len(orders) > 0 {
					s.pay(rapid.SampledFrom(orders).Draw(t, "order"))
				}
			},
			"pass": func(t *rapid.T) {
				s.clock.pass(time.Duration(rapid.IntRange(1, 900).Draw(t, "seconds")) * time.Second)
			},
			"add": func(t *rapid.T) {
				currency, amount := rapid.SampledFrom(currencies).Draw(t, "currency"), decimal.New(rapid.Int64Range(1, 500000).Draw(t, "amount"), -4)
				require.NoError(t, s.Money.Add(currency, amount))
				came[currency] = came[currency].Add(amount)
			},
			"top up": func(t *rapid.T) {
				topUps = append(topUps, s.expect(201, "POST", "/api/topups/crypto/", `{"amount":"7.5","currency":"usdt"}`)["id"].(string))
			},
			"confirm": func(t *rapid.T) {
				if len(topUps) == 0 {
					return
				}
				if _, err := s.ConfirmTopUp(rapid.SampledFrom(topUps).Draw(t, "top-up")); err == nil {
					came["usd"] = came["usd"].Add(decimal.RequireFromString("7.5"))
				}
			},
			"keep or cancel": func(t *rapid.T) {
				s.knobs("low-balance", rapid.SampledFrom([]string{"keep", "cancel"}).Draw(t, "knob"))
			},
			"": func(t *rapid.T) { s.balanced(t, came) },
		})
	})
}

func (s *shop) balanced(t require.TestingT, came map[string]decimal.Decimal) {
	spent, debits := map[string]decimal.Decimal{}, map[string]decimal.Decimal{}
	for _, e := range s.Money.Debits() {
		spent[e.Currency] = spent[e.Currency].Add(e.Amount)
		require.NotContains(t, debits, e.OrderID, "debited twice")
		debits[e.OrderID] = e.Amount
	}
	for _, currency := range currencies {
		held := s.Money.Balance(currency)
		require.False(t, held.IsNegative(), "%s is overdrawn", currency)
		require.True(t, came[currency].Sub(spent[currency]).Equal(held), "%s: came %s, spent %s, holds %s", currency, came[currency], spent[currency], held)
	}
	for _, o := range s.Orders() {
		amount, debited := debits[o.ID]
		wasPaid := !o.Mock && o.Status != statusActive && (o.Status != statusCancelled || o.Behaviour == "supplier-cancel" && o.CancelReason == "")
		require.Equal(t, wasPaid, debited, "%+v", o)
		if debited {
			require.True(t, amount.Equal(o.Price))
		}
	}
}
