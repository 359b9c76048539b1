package desk

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/internal/balance"
	"foxflow/ledger"
	"foxflow/order"
)

func TestNothingIsAskedWhileNoOrderWaits(t *testing.T) {
	s := newShop(t)
	s.hint()
	s.after(time.Hour)
	require.Zero(t, s.reads)
}

// A top-up that is followed says itself when it wants to know.
func TestBalanceIsReadForATopUpThatAsks(t *testing.T) {
	s := newShop(t)
	request := order.TopUpRequest{ID: "tu-1", Amount: decimal.NewFromInt(50), Currency: "usdt"}
	require.NoError(t, s.book.TopUps.Open(t.Context(), request, s.now))
	status := order.NewTopUp(request)
	for _, step := range []struct {
		state order.TopUpState
		reads int
	}{{order.TopUpRequested, 0}, {order.TopUpWaiting, 2}, {order.TopUpArrived, 2}} { // asked once too soon, once in time, once too late
		status.State = step.state
		require.NoError(t, s.book.TopUps.Record(t.Context(), status, 1, s.now))
		s.after(time.Hour)
		require.NoError(t, balance.New(s.book.Store).Ask(t.Context(), s.now))
		s.after(time.Second)
		s.after(time.Hour)
		require.Equal(t, step.reads, s.reads, step.state)
	}
}

func TestBalanceIsReadOnceAMinuteWhileOrdersWait(t *testing.T) {
	s := newShop(t)
	s.waits("a", "10 usd", 0)
	s.after(0)
	require.Equal(t, 1, s.reads, "at once")
	for range 59 {
		s.after(time.Second)
	}
	require.Equal(t, 1, s.reads, "by one desk of two")
	s.after(time.Second)
	require.Equal(t, 2, s.reads)
}

// Queued orders begin as far as the balance is known to reach.
func TestBalanceIsReadOnceAMinuteWhileOrdersAreQueued(t *testing.T) {
	s := newShop(t)
	place := func(r order.Request) {
		t.Helper()
		r.Items = []order.Item{{ItemID: "product_a", Quantity: 1}}
		_, err := s.book.Queue.Put(t.Context(), []order.Request{r}, ledger.Placing{Input: "{}", At: s.now})
		require.NoError(t, err)
	}
	place(order.Request{Reference: "mock", Mock: true})
	s.after(time.Hour)
	require.Zero(t, s.reads, "it needs no money")
	place(order.Request{Reference: "a"})
	s.after(0)
	require.Equal(t, 1, s.reads)
	s.after(59 * time.Second)
	require.Equal(t, 1, s.reads)
	s.after(time.Second)
	require.Equal(t, 2, s.reads)
}

// A top-up in FoxReload's own dashboard: nobody says a word.
func TestRiseIsNoticedWithoutASignal(t *testing.T) {
	s := newShop(t)
	s.money["usd"] = "1"
	s.waits("a", "10 usd", 0)
	require.Empty(t, s.after(0))
	s.money["usd"] = "10"
	require.Empty(t, s.after(59*time.Second))
	require.Equal(t, []string{"a"}, s.after(time.Second))
}

func TestHintHasTheBalanceReadAtOnce(t *testing.T) {
	s := newShop(t)
	s.waits("a", "10 usd", 0)
	s.after(0)
	s.money["usd"] = "10"
	s.now = s.now.Add(time.Second)
	s.hint()
	require.Empty(t, s.after(3*time.Second), "but not more often than every few seconds")
	for range 3 {
		s.hint()
	}
	require.Equal(t, []string{"a"}, s.after(time.Second))
	s.after(30 * time.Second)
	require.Equal(t, 2, s.reads, "one look answers all hints before it")
}

// Who gets the money, of orders that came in the order of the table.
func TestWhoIsWoken(t *testing.T) {
	type wait struct {
		reference, price string
		window           int
	}
	for name, c := range map[string]struct {
		waiting []wait
		money   map[string]string
		woken   []string
	}{
		"the soonest window first":                     {[]wait{{"none", "10 usd", 0}, {"late", "10 usd", 20}, {"soon", "10 usd", 10}}, map[string]string{"usd": "20"}, []string{"soon", "late"}},
		"a window that is over keeps its place":        {[]wait{{"soon", "10 usd", 10}, {"over", "10 usd", -10}}, map[string]string{"usd": "10"}, []string{"over"}},
		"then the oldest":                              {[]wait{{"b", "10 usd", 0}, {"a", "10 usd", 0}}, map[string]string{"usd": "10"}, []string{"b"}},
		"exactly what is there":                        {[]wait{{"a", "9.99 usd", 0}, {"b", "0.02 usd", 0}, {"c", "0.01 usd", 0}}, map[string]string{"usd": "10"}, []string{"a", "c"}},
		"one that doesn't fit is passed over":          {[]wait{{"big", "50 usd", 1}, {"small", "5 usd", 0}}, map[string]string{"usd": "30"}, []string{"small"}},
		"each currency by itself":                      {[]wait{{"a", "10 usd", 0}, {"b", "900 rub", 0}, {"c", "10 eur", 0}}, map[string]string{"usd": "9", "rub": "900", "eur": "9"}, []string{"b"}},
		"one of unknown price at a time":               {[]wait{{"a", "", 0}, {"b", "", 0}}, map[string]string{"usd": "1"}, []string{"a"}},
		"none of unknown price where there is nothing": {[]wait{{"a", "", 0}}, map[string]string{"usd": "0"}, nil},
		"nobody, of a balance below zero":              {[]wait{{"a", "1 usd", 0}, {"b", "", 0}}, map[string]string{"usd": "-5"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.money = c.money
			for _, w := range c.waiting {
				s.waits(w.reference, w.price, w.window)
				s.now = s.now.Add(time.Second)
			}
			require.Equal(t, c.woken, s.after(0))
			require.Empty(t, s.after(time.Minute), "nobody is woken twice for the same money")
		})
	}
}

// D12. A price in a currency that the balance does not list is no known shortage: two a
// minute find out, and are in nobody's way.
func TestTwoAMinuteFindOutInACurrencyThatIsNotListed(t *testing.T) {
	s := newShop(t)
	s.money["usd"] = "10"
	for i, price := range []string{"10 rub", "20 usd", "", "30 rub", "9 usd", "1 rub"} {
		s.waits(string(rune('a'+i)), price, i+1)
	}
	require.Equal(t, []string{"a", "c", "d", "e"}, s.after(0))
	for _, reference := range []string{"a", "d"} {
		require.NoError(t, balance.New(s.book.Store).Refused(t.Context(), reference, s.now))
	}
	require.Equal(t, []string{"f"}, s.after(time.Minute), "those that were refused come later")
}

// 500 orders wait, and there is money for 20: these are woken, the next look wakes
// nobody, and what is paid stays paid.
func TestFiveHundredWaitAndTwentyAreWoken(t *testing.T) {
	s := newShop(t)
	var inOrder []string
	for i := range 500 {
		reference := fmt.Sprintf("shop-%03d", i)
		s.waits(reference, "9.55 usd", 500-i)
		inOrder = append([]string{reference}, inOrder...)
	}
	require.Empty(t, s.after(0))
	s.money["usd"] = "200"
	require.Equal(t, inOrder[:20], s.after(time.Minute))
	for _, reference := range inOrder[:20] {
		s.pays(reference)
	}
	require.Equal(t, "9", s.money["usd"])
	require.Empty(t, s.after(time.Minute))
	require.Empty(t, s.after(time.Minute), "what was paid is counted once")
	s.money["usd"] = "28.20"
	require.Equal(t, inOrder[20:22], s.after(time.Minute))
}

// FoxReload's balance is not what it seems: of the twenty that it should cover two are
// refused, and the rest do not ask.
func TestBalanceThatCoversNobody(t *testing.T) {
	s := newShop(t)
	s.money["usd"] = "200"
	for i := range 50 {
		s.waits(fmt.Sprintf("shop-%02d", i), "9.55 usd", i+1)
	}
	woken := s.after(0)
	require.Len(t, woken, 20)
	refused := 0
	tryAll := func(references []string) {
		for _, reference := range references {
			price := decimal.RequireFromString("9.55")
			ok, err := balance.New(s.book.Store).Admit(t.Context(), balance.Claim{Reference: reference, Currency: "usd", Amount: &price, At: s.now, Waits: true})
			require.NoError(t, err)
			if ok {
				refused++
				require.NoError(t, balance.New(s.book.Store).Refused(t.Context(), reference, s.now))
			}
		}
	}
	tryAll(woken)
	require.Equal(t, 2, refused)
	for range 10 {
		tryAll(s.after(5 * time.Second))
	}
	require.Equal(t, 2, refused)
	s.money["usd"] = "201"
	tryAll(s.after(time.Minute))
	require.Equal(t, 4, refused, "a rise brings two more")
}

func TestMoneyOfAWokenOrderThatDoesNothingGoesToTheNext(t *testing.T) {
	s := newShop(t)
	s.money["usd"] = "10"
	s.waits("a", "10 usd", 1)
	s.waits("b", "10 usd", 2)
	require.Equal(t, []string{"a"}, s.after(0))
	require.Empty(t, s.after(time.Minute))
	status, err := s.book.Orders.Status(t.Context(), "a")
	require.NoError(t, err)
	s.enters(status, order.Cancelled)
	require.Equal(t, []string{"b"}, s.after(time.Minute))
}

// A signal that went astray: the order is woken anew.
func TestOrderThatHeardNothingIsWokenAnew(t *testing.T) {
	s := newShop(t)
	s.money["usd"] = "10"
	s.waits("a", "10 usd", 1)
	require.Equal(t, []string{"a"}, s.after(0))
	require.Empty(t, s.after(time.Minute))
	require.Equal(t, []string{"a"}, s.after(time.Minute))
}

// An order whose workflow was terminated keeps no money from the others.
func TestOrderWithoutAWorkflowIsPassedOver(t *testing.T) {
	s := newShop(t)
	s.money["usd"] = "10"
	s.waits("a", "10 usd", 1)
	s.waits("b", "10 usd", 2)
	s.gone["a"] = true
	require.Equal(t, []string{"b"}, s.after(0))
}

// Money is reserved for many at once: one of whom Temporal can't be told leaves nothing
// reserved for those behind it.
func TestThoseWhoWereNotToldHaveNothingReserved(t *testing.T) {
	s := newShop(t)
	s.money["usd"] = "20"
	s.waits("a", "10 usd", 1)
	s.waits("b", "10 usd", 2)
	s.down = true
	require.ErrorContains(t, s.desks[0].Tend(t.Context()), "wake order a")
	s.down = false
	require.Equal(t, []string{"a", "b"}, s.after(time.Minute))
}

func TestTemporalIsAwayWhenOrdersAreToBeWoken(t *testing.T) {
	s := newShop(t)
	s.money["usd"] = "10"
	s.waits("a", "10 usd", 0)
	s.down = true
	require.ErrorContains(t, s.desks[0].Tend(t.Context()), "wake order a")
	s.down = false
	require.Equal(t, []string{"a"}, s.after(time.Minute))
}

func TestSpentBudgetPutsTheLookOff(t *testing.T) {
	s := newShop(t)
	s.money["usd"] = "10"
	s.waits("a", "10 usd", 0)
	s.refuse = fmt.Errorf("get balances: %w", &foxreload.ThrottledError{For: 7 * time.Second})
	require.Empty(t, s.after(0))
	s.refuse = nil
	require.Empty(t, s.after(6*time.Second))
	require.Equal(t, []string{"a"}, s.after(time.Second))
}

// A key that may not read the balance: whoever hints is not left alone with that. Two
// find out, and each that is paid lets the next one try.
func TestBalanceThatCannotBeRead(t *testing.T) {
	s := newShop(t)
	s.money["usd"] = "100"
	s.refuse = &foxreload.Error{Code: "FORBIDDEN", Class: foxreload.ClassUnauthorised, Status: 403}
	for i := range 5 {
		s.waits(fmt.Sprint("shop-", i), "10 usd", i+1)
	}
	look := func(d time.Duration) []string {
		s.now, s.woken = s.now.Add(d), nil
		_ = s.desks[0].Tend(t.Context())
		return s.woken
	}
	require.Empty(t, look(0), "nobody has hinted")
	s.now = s.now.Add(time.Minute)
	s.hint()
	refused := func(reference string) {
		require.NoError(t, balance.New(s.book.Store).Refused(t.Context(), reference, s.now))
	}
	require.Equal(t, []string{"shop-0", "shop-1"}, look(0))
	refused("shop-0")
	refused("shop-1")
	require.Empty(t, look(20*time.Second), "two were refused within the minute")
	require.Empty(t, look(20*time.Second))
	require.Equal(t, []string{"shop-2", "shop-3"}, look(20*time.Second), "the question stays until somebody may")
	s.pays("shop-2")
	require.Equal(t, []string{"shop-4"}, look(20*time.Second))
	refused("shop-3")
	refused("shop-4")
	for range 10 {
		require.Empty(t, look(30*time.Second), "all have had their turn")
	}
	s.hint()
	require.Equal(t, []string{"shop-0", "shop-1"}, look(30*time.Second))
}

// The desk that looks is killed: another one takes over.
func TestAnotherWorkerTakesTheDeskOver(t *testing.T) {
	s := newShop(t)
	s.money["usd"] = "10"
	s.waits("a", "10 usd", 0)
	mine, err := s.book.Store.Leases.Take(t.Context(), leaseName, "killed", s.now, s.now.Add(leaseLasts))
	require.NoError(t, err)
	require.True(t, mine)
	require.Empty(t, s.after(leaseLasts-1))
	require.Zero(t, s.reads)
	require.Equal(t, []string{"a"}, s.after(1))
}

func TestLowBalanceIsToldOncePerCrossing(t *testing.T) {
	s := newShop(t)
	for _, d := range s.desks {
		d.Low = map[string]decimal.Decimal{"usd": decimal.NewFromInt(20)}
	}
	for _, step := range []struct {
		usd  string
		told int
	}{{"20", 0}, {"19.99", 1}, {"5", 1}, {"25", 1}, {"5", 2}} {
		s.money["usd"] = step.usd
		s.after(lookIdle)
		lines := s.log.FilterMessage("balance is low").All()
		require.Len(t, lines, step.told, step.usd)
		if step.told > 0 {
			require.Equal(t, "usd", lines[0].ContextMap()["currency"])
			require.Equal(t, "19.99", lines[0].ContextMap()["available"])
			require.Equal(t, "20", lines[0].ContextMap()["threshold"])
		}
	}
	require.Equal(t, 5, s.reads, "read now and then, though no order waits")
}
