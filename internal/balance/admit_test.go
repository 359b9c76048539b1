package balance

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/order"
)

const aMinute = time.Minute

func TestNobodyIsHeldBackWhileNoOrderWaits(t *testing.T) {
	t.Parallel()
	n := newNeedy(t)
	begin(t, n.books[0], "new")
	for range 5 {
		require.True(t, n.admit(claim("new", "10", 0)))
	}
	require.Equal(t, Standing{}, n.desk(), "and nothing is written")
}

// While the balance was read just now, what it does not cover is not sent, though nobody waits
// yet; the first such order has the desk look again.
func TestAFreshLookIsCountedAgainst(t *testing.T) {
	t.Parallel()
	n := newNeedy(t)
	for _, reference := range []string{"a", "b", "c"} {
		begin(t, n.books[0], reference)
	}
	n.sees(0, "15")
	require.True(t, n.admit(claim("a", "10", time.Second)))
	require.False(t, n.desk().Asked)
	require.False(t, n.admit(claim("b", "10", time.Second)), "5 are left")
	require.True(t, n.desk().Asked)
	require.True(t, n.admit(claim("c", "5", time.Second)))
	require.True(t, n.admit(claim("b", "10", Trust)), "the look is old")
}

// Where nobody knows the balance, two in a minute find out, whichever orders they are.
func TestTwoProbesAMinute(t *testing.T) {
	t.Parallel()
	n := newNeedy(t, "a", "b", "c", "d")
	require.True(t, n.admit(hinted("a", "10", 0)))
	require.True(t, n.admit(hinted("b", "10", 0)))
	require.False(t, n.admit(hinted("c", "10", 0)), "two are on their way")
	require.True(t, n.admit(hinted("a", "10", time.Second)), "a repeat is no new one")
	require.True(t, n.desk().Asked)
	n.refused("a", 2*time.Second)
	n.refused("b", 2*time.Second)
	for _, reference := range []string{"a", "b", "c", "d"} {
		require.False(t, n.admit(hinted(reference, "10", 59*time.Second)))
	}
	require.True(t, n.admit(hinted("c", "10", aMinute)))
	require.True(t, n.admit(hinted("d", "10", aMinute)))
	require.False(t, n.admit(hinted("a", "10", aMinute)))
	n.accepted("c", aMinute+time.Second)
	require.True(t, n.admit(hinted("a", "10", aMinute+2*time.Second)), "one found money: another may look")
}

func TestProbesOverTwoConnectionsAreTwo(t *testing.T) {
	t.Parallel()
	n := newNeedy(t)
	for i := range 40 {
		begin(t, n.books[0], fmt.Sprint("o", i))
	}
	n.waits("waits", "10", 0)
	var admitted atomic.Int32
	allAtOnce(t, 40, func(i int) error {
		ok, err := n.accounts[i%2].Admit(t.Context(), claim(fmt.Sprint("o", i), "10", 0))
		if ok {
			admitted.Add(1)
		}
		return err
	})
	require.EqualValues(t, 2, admitted.Load())
}

// A burst of new orders at an empty balance: once two were refused, the others wait
// without having asked.
func TestNewOrdersStopAfterTwoRefusals(t *testing.T) {
	t.Parallel()
	n := newNeedy(t)
	for _, reference := range []string{"a", "b", "c"} {
		begin(t, n.books[0], reference)
		require.True(t, n.admit(claim(reference, "10", 0)))
	}
	n.refused("a", time.Second)
	n.refused("b", time.Second)
	require.False(t, n.admit(claim("c", "10", time.Second)))
	require.True(t, n.desk().Asked, "the desk finds out")
}

// What the balance covers is given out once, over all workers.
func TestMoneyIsPromisedOnce(t *testing.T) {
	t.Parallel()
	n := newNeedy(t, "waits")
	for i := range 40 {
		begin(t, n.books[0], fmt.Sprint("o", i))
	}
	n.sees(0, "209.99")
	var admitted, reserved atomic.Int32
	allAtOnce(t, 40, func(i int) error {
		c := claim(fmt.Sprint("o", i), "10", time.Second)
		give, to := n.accounts[i%2].Admit, &admitted
		if i%4 > 1 {
			give, to = func(ctx context.Context, c Claim) (bool, error) {
				given, err := n.accounts[i%2].Reserve(ctx, c)
				return err == nil && given[0], err
			}, &reserved
		}
		ok, err := give(t.Context(), c)
		if ok {
			to.Add(1)
		}
		return err
	})
	require.EqualValues(t, 20, admitted.Load()+reserved.Load())
	require.False(t, n.desk().Asked, "a new order that is not covered waits for the next look")
	require.False(t, n.admit(hinted("waits", "10", time.Second)))
	require.True(t, n.desk().Asked, "one that was told to look again does not")
}

// The money of a payment is kept until a look that began after it shows it gone; that
// of an order which never asks, for a while.
func TestMoneyIsKeptUntilItIsSeenGone(t *testing.T) {
	t.Parallel()
	n := newNeedy(t, "paid", "silent", "next")
	n.sees(0, "20")
	require.True(t, n.reserve(claim("paid", "10", 0)))
	require.True(t, n.reserve(claim("silent", "10", 0)))
	require.False(t, n.reserve(claim("paid", "10", 0)), "nobody is woken twice")
	require.True(t, n.admit(hinted("paid", "10", 0)), "what was reserved is admitted")
	n.accepted("paid", 10*time.Second)
	n.sees(5*time.Second, "20")
	require.False(t, n.reserve(claim("next", "10", 10*time.Second)), "the look began before the payment")
	n.sees(20*time.Second, "10")
	require.False(t, n.reserve(claim("next", "10", 20*time.Second)), "the rest is reserved for the other")
	n.sees(reservationLasts, "10")
	require.True(t, n.reserve(claim("next", "10", reservationLasts)))
}

// An order that moved on without a word, cancelled by a person say, frees its money.
func TestMoneyOfAnOrderThatMovedOnIsFreed(t *testing.T) {
	t.Parallel()
	n := newNeedy(t, "stops", "replaced", "next", "more")
	n.sees(0, "20")
	require.True(t, n.reserve(claim("stops", "10", 0)))
	require.True(t, n.reserve(claim("replaced", "10", 0)))
	enter(t, n.books[0], "stops", order.Cancelled)
	enter(t, n.books[0], "replaced", order.Creating, order.Active)
	for _, after := range []time.Duration{10 * time.Second, 20 * time.Second} {
		require.False(t, n.reserve(claim("next", "10", after)))
		n.sees(after, "20")
	}
	require.True(t, n.reserve(claim("next", "10", 20*time.Second)))
	require.False(t, n.reserve(claim("more", "10", 20*time.Second)), "a replacement on its way keeps its money")
	require.True(t, n.admit(claim("replaced", "10", 20*time.Second)))
}

// FoxReload refuses what its balance covers: the order is left alone until something
// changes, and so are all once it was two.
func TestRefusedInSpiteOfAPromise(t *testing.T) {
	t.Parallel()
	n := newNeedy(t, "odd", "too", "third", "fourth")
	n.sees(0, "100")
	for _, reference := range []string{"odd", "too", "third"} {
		require.True(t, n.reserve(claim(reference, "10", 0)))
	}
	n.refused("odd", time.Second)
	require.False(t, n.reserve(claim("fourth", "10", time.Second)), "what was seen is in doubt")
	n.sees(5*time.Second, "100")
	require.False(t, n.reserve(claim("odd", "10", 5*time.Second)))
	require.False(t, n.admit(hinted("odd", "10", 5*time.Second)))
	require.True(t, n.reserve(claim("fourth", "10", 5*time.Second)))
	n.refused("too", 6*time.Second)
	n.sees(10*time.Second, "100")
	require.False(t, n.reserve(claim("odd", "10", 10*time.Second)))
	require.False(t, n.admit(claim("third", "10", 10*time.Second)), "though money was reserved for it")
	n.sees(aMinute, "100")
	require.True(t, n.admit(claim("third", "10", aMinute+time.Second)), "a probe, as where nobody knows")
	n.accepted("third", aMinute+2*time.Second)
	require.False(t, n.reserve(claim("odd", "10", aMinute+2*time.Second)))
	require.True(t, n.admit(claim("fourth", "10", aMinute+2*time.Second)), "one was accepted: reservations can be trusted again")
	require.NoError(t, n.accounts[0].Hint(t.Context(), noon.Add(aMinute+3*time.Second)))
	require.False(t, n.reserve(claim("odd", "10", aMinute+3*time.Second)), "what was seen before the hint does not count")
	n.sees(aMinute+4*time.Second, "100")
	require.True(t, n.reserve(claim("odd", "10", aMinute+4*time.Second)))
}

func TestRiseForgivesRefusals(t *testing.T) {
	t.Parallel()
	for now, forgiven := range map[string]bool{"100": false, "99.99": false, "100.01": true} {
		t.Run(now, func(t *testing.T) {
			n := newNeedy(t, "odd", "pays")
			n.sees(0, "120")
			require.True(t, n.reserve(claim("odd", "10", 0)))
			require.True(t, n.reserve(claim("pays", "20", 0)))
			n.accepted("pays", time.Second)
			n.refused("odd", time.Second)
			n.sees(2*time.Second, now) // less what was paid
			require.Equal(t, forgiven, n.reserve(claim("odd", "10", 2*time.Second)))
		})
	}
}

func TestUnknownPricesGoOneAtATime(t *testing.T) {
	t.Parallel()
	n := newNeedy(t, "a", "b", "c")
	n.sees(0, "0")
	require.False(t, n.reserve(claim("a", "", 0)), "no money at all")
	n.sees(time.Second, "5")
	require.True(t, n.reserve(claim("a", "", time.Second)))
	require.False(t, n.reserve(claim("b", "", time.Second)))
	rub := claim("c", "1", time.Second)
	rub.Currency = "rub"
	require.False(t, n.reserve(rub), "no money in this currency")
	n.accepted("a", 2*time.Second)
	n.sees(3*time.Second, "2")
	require.True(t, n.reserve(claim("b", "", 3*time.Second)))
}

// A balance that was read long ago says nothing, nor one that somebody doubts.
func TestOldBalanceIsNotTrusted(t *testing.T) {
	t.Parallel()
	n := newNeedy(t, "a", "b")
	n.sees(0, "100")
	require.True(t, n.reserve(claim("a", "10", Trust-1)))
	require.False(t, n.reserve(claim("b", "10", Trust)))
	n.sees(Trust, "100")
	require.NoError(t, n.accounts[1].LookFailed(t.Context(), noon.Add(Trust+time.Second), true))
	require.False(t, n.reserve(claim("b", "10", Trust+time.Second)))
	balances, at, err := n.accounts[1].Balances(t.Context())
	require.NoError(t, err)
	require.Equal(t, "100", balances["usd"].String())
	require.True(t, at.Equal(noon.Add(Trust)))
}

// A question that comes while the desk looks is not answered by that look.
func TestQuestionDuringALookStays(t *testing.T) {
	t.Parallel()
	n := newNeedy(t)
	require.NoError(t, n.accounts[0].Ask(t.Context(), noon))
	require.NoError(t, n.accounts[1].Ask(t.Context(), noon.Add(2*time.Second)))
	require.Nil(t, n.sees(time.Second, "1"))
	require.True(t, n.desk().Asked)
	require.Equal(t, "1", n.sees(3*time.Second, "2")["usd"].String(), "what was seen before")
	require.False(t, n.desk().Asked)
	n.sees(2*time.Second, "9")
	balances, _, err := n.accounts[0].Balances(t.Context())
	require.NoError(t, err)
	require.Equal(t, "2", balances["usd"].String(), "a slower look changes nothing")
}

// A price in a currency that the balance does not list is no known shortage: FoxReload is
// asked, twice a minute, and one order that waits stops neither those in that currency nor
// others.
func TestWaitingOrderInAnUnlistedCurrencyStopsNobody(t *testing.T) {
	t.Parallel()
	n := newNeedy(t)
	rub := func(c Claim) Claim { c.Currency = "rub"; return c }
	for _, reference := range []string{"new", "usd", "third", "fourth"} {
		begin(t, n.books[0], reference)
	}
	require.True(t, n.admit(rub(claim("new", "90", 0))), "while nobody waits, FoxReload is asked")
	n.waits("waits", "90", 0)
	admitted := map[string]int{}
	for minute := range 20 {
		after := time.Duration(minute) * time.Minute
		n.sees(after, "1000")
		for _, c := range []Claim{rub(hinted("waits", "90", after)), rub(claim("new", "90", after)), rub(claim("third", "", after)), claim("usd", "10", after)} {
			if n.admit(c) {
				admitted[c.Reference]++
			}
		}
		require.False(t, n.desk().Asked, "another look would not tell")
	}
	require.Equal(t, 20, admitted["usd"], "the balance covers it")
	require.Positive(t, admitted["waits"])
	require.Positive(t, admitted["new"])
	require.False(t, n.reserve(rub(claim("fourth", "", 20*time.Minute))), "no money is reserved that nobody has seen")
	n.sees(20*time.Minute, "1000")
	require.True(t, n.reserve(claim("fourth", "", 20*time.Minute)), "nor kept from those of unknown price")
}

func TestTwoProbesAMinuteInAnUnlistedCurrency(t *testing.T) {
	t.Parallel()
	n := newNeedy(t, "a", "b", "c", "d")
	rub := func(reference string, after time.Duration) Claim {
		c := hinted(reference, "90", after)
		c.Currency = "rub"
		return c
	}
	n.sees(0, "1000")
	require.True(t, n.admit(rub("a", 0)))
	require.True(t, n.admit(rub("b", 0)))
	require.False(t, n.admit(rub("c", 0)))
	n.refused("a", time.Second)
	n.refused("b", time.Second)
	n.sees(59*time.Second, "1000")
	require.False(t, n.admit(rub("c", 59*time.Second)))
	n.sees(aMinute, "1000")
	require.True(t, n.admit(rub("c", aMinute)))
	n.accepted("c", aMinute+time.Second)
	require.True(t, n.admit(rub("d", aMinute+time.Second)))
	require.True(t, n.admit(rub("a", aMinute+time.Second)), "one found money: another may look")
}

// Many get what is there in their order, as if each were asked for by itself.
func TestMoneyForManyIsReservedInTheirOrder(t *testing.T) {
	t.Parallel()
	n := newNeedy(t, "a", "b", "c", "d")
	n.sees(0, "25")
	reserve := func(claims ...Claim) []bool {
		reserved, err := n.accounts[0].Reserve(t.Context(), claims...)
		require.NoError(t, err)
		return reserved
	}
	require.Equal(t, []bool{true, false, true, false}, reserve(claim("a", "10", 0), claim("b", "20", 0), claim("c", "15", 0), claim("d", "1", 0)))
	require.Equal(t, []bool{false, false}, reserve(claim("a", "10", 0), claim("d", "1", 0)), "a has it already, and nothing is left")
	require.Empty(t, reserve())
	require.NoError(t, n.accounts[0].Release(t.Context(), "a", "c"))
	require.Equal(t, []bool{true}, reserve(claim("b", "20", 0)))
}
