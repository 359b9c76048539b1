package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"foxflow/order"
)

const csvHeader = "reference,item,quantity,note,mock,max_price\n"

func orders(n int) string {
	var b strings.Builder
	b.WriteString(csvHeader)
	for i := range n {
		fmt.Fprintf(&b, "shop-%03d,product_a,1,,,\n", i)
	}
	return b.String()
}

func batchOf(t *testing.T, a answer) (doc batchDocument) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(a.out), &doc), a.out+a.err)
	return doc
}

func TestAFileStartsEveryOrderOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	path := s.file("orders.csv", orders(100))
	first := s.run("place", "--file", path, "-o", "json")
	require.Equal(t, exitDone, first.status, first.err)
	doc := batchOf(t, first)
	assert.Equal(t, 100, doc.Started)
	assert.Equal(t, 0, doc.AlreadyPlaced)
	require.Len(t, doc.Orders, 100)
	assert.Equal(t, "shop-000", doc.Orders[0].Reference)
	assert.Equal(t, "shop-099", doc.Orders[99].Reference)
	assert.Contains(t, first.err, "balance check is left out: FOXRELOAD_API_KEY is not set")

	again := batchOf(t, s.run("place", "--file", path, "-o", "json"))
	assert.Equal(t, 0, again.Started)
	assert.Equal(t, 100, again.AlreadyPlaced)
	assert.Len(t, s.temporal.Started(), 100)
}

func TestOneBadLineStartsNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	path := s.file("orders.csv", orders(3)+"shop-x,product_a,0,,,\nshop\u200by,product_a,1,,,\n")
	got := s.run("place", "--file", path, "-o", "json")
	assert.Equal(t, exitUsage, got.status)
	message, hint := problem(t, got)
	assert.Contains(t, message, "nothing was started")
	assert.Contains(t, message, path+`:5: quantity: "0" is not a quantity (give a whole number, at least 1)`)
	assert.Contains(t, message, path+`:6: reference: has an invisible character at position 5 (U+200B)`)
	assert.Contains(t, hint, "--skip-bad")
	assert.Empty(t, s.temporal.Started())
	assert.Equal(t, order.State(""), s.state("shop-000"))
}

func TestSkipBadStartsTheGoodOnes(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	path := s.file("orders.csv", orders(3)+"shop-x,product_a,0,,,\n")
	got := s.run("place", "--file", path, "--skip-bad", "-o", "json")
	assert.Equal(t, exitError, got.status)
	assert.Equal(t, 3, batchOf(t, got).Started)
	assert.Contains(t, got.err, path+":5: quantity")
	problem(t, got)

	allBad := s.file("bad.csv", csvHeader+"shop-x,product_a,0,,,\n")
	assert.Equal(t, exitError, s.run("place", "--file", allBad, "--skip-bad").status)
}

func TestAFileThatIsNotWholeIsNeverStartedInPart(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	path := s.file("orders.csv", csvHeader+"shop-1,product_a,1,,,\nshop-1,product_b,1,\"a=b,,\nshop-2,product_c,1,,,\n")
	assert.Equal(t, exitUsage, s.run("place", "--file", path, "--skip-bad").status)
	assert.Empty(t, s.temporal.Started())
}

func TestConflictsAreFoundBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	require.Equal(t, exitDone, s.run("place", "--file", s.file("before.csv", csvHeader+"shop-001,product_a,2,player_id=12345678,,\n")).status)
	path := s.file("orders.csv", orders(3))
	got := s.run("place", "--file", path, "-o", "json")
	assert.Equal(t, exitError, got.status)
	message, _ := problem(t, got)
	assert.Contains(t, message, path+":3: shop-001: item 1 quantity: on record 2, in the file 1")
	assert.Contains(t, message, "note player_id: on record •••78, in the file (none)")
	assert.Len(t, s.temporal.Started(), 1)

	skipped := s.run("place", "--file", path, "--skip-bad", "-o", "json")
	assert.Equal(t, exitError, skipped.status)
	doc := batchOf(t, skipped)
	assert.Equal(t, 2, doc.Started)
	assert.Len(t, doc.Orders, 2)
	assert.Len(t, doc.Skipped, 2)
	assert.Empty(t, doc.Refused, "it is left out, not tried")
}

func TestARefusedOrderDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.temporal.Runs("another-ledger", "shop-001")
	results := filepath.Join(t.TempDir(), "results.csv")
	got := s.run("place", "--file", s.file("orders.csv", orders(3)), "--results", results, "-o", "json")
	assert.Equal(t, exitError, got.status)
	doc := batchOf(t, got)
	assert.Equal(t, 2, doc.Started)
	require.Len(t, doc.Refused, 1)
	assert.Equal(t, "shop-001", doc.Refused[0].Reference)
	text, err := os.ReadFile(results)
	require.NoError(t, err)
	assert.Contains(t, string(text), `shop-001,,,,"Temporal knows reference shop-001`)
}

func TestTemporalInTroubleStopsTheFileAndTheSameFileGoesOn(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	path := s.file("orders.csv", orders(60))
	var starts atomic.Int32
	s.temporal.Starting = func(string) error {
		if starts.Add(1) > 20 {
			return serviceerror.NewUnavailable("connection lost")
		}
		return nil
	}
	got := s.run("place", "--file", path, "-o", "json")
	assert.Equal(t, exitError, got.status)
	message, hint := problem(t, got)
	assert.Contains(t, message, "of 60 orders were placed when this stopped it")
	assert.Contains(t, hint, "starts nothing twice")
	assert.Less(t, int(starts.Load()), 60, "the rest is not tried")

	s.temporal.Starting = func(string) error { return nil }
	again := s.run("place", "--file", path, "-o", "json")
	require.Equal(t, exitDone, again.status, again.err)
	assert.Len(t, batchOf(t, again).Orders, 60)
	assert.Len(t, s.temporal.Started(), 60)
}

func TestAnInterruptedFileSaysHowFarItCame(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx, interrupt := context.WithCancel(t.Context())
	var works atomic.Int32
	s.temporal.Works = func(string) {
		if works.Add(1) == 20 {
			interrupt()
		}
	}
	path, results := s.file("orders.csv", orders(60)), filepath.Join(t.TempDir(), "results.csv")
	got := s.runFor(ctx, "place", "--file", path, "--results", results)
	assert.Equal(t, exitError, got.status)
	begun := len(s.temporal.Started())
	assert.Less(t, begun, 60)
	var placed int
	_, err := fmt.Sscanf(got.err[strings.Index(got.err, "starter: "):], "starter: %d of 60 orders were placed when this stopped it", &placed)
	require.NoError(t, err, got.err)
	assert.GreaterOrEqual(t, placed, 20)
	assert.Contains(t, got.err, "interrupted")
	text, err := os.ReadFile(results)
	require.NoError(t, err)
	assert.Equal(t, 61, strings.Count(string(text), "\n"), "the results are whole")
	assert.Equal(t, 60-placed, strings.Count(string(text), ",not placed\n"))

	// Twice more: the same file goes on where it was.
	s.temporal.Works = func(string) {}
	for range 2 {
		again := batchOf(t, s.run("place", "--file", path, "-o", "json"))
		assert.Len(t, again.Orders, 60)
		assert.Equal(t, 60, again.Started+again.AlreadyPlaced)
		assert.Len(t, s.temporal.Started(), 60, "nothing is started twice")
	}
}

func TestAFileInterruptedWhileItWaitsLeavesItsResults(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	results := filepath.Join(t.TempDir(), "results.csv")
	errs := &listener{text: "waiting for 2 of 2 orders"}
	errs.act = func() {
		errs.text, errs.act = "shop-001 is completed (1 to go)", interrupt
		s.completes("shop-001", `"A"`)
	}
	status := s.runTo(ctx, io.Discard, errs, "place", "--file", s.file("orders.csv", orders(2)), "--wait", "--results", results)
	assert.Equal(t, exitError, status)
	assert.Contains(t, errs.String(), "2 of 2 orders were placed when this stopped it: interrupted")
	text, err := os.ReadFile(results)
	require.NoError(t, err)
	assert.Contains(t, string(text), "shop-000,,creating,,\nshop-001,1f0c-shop-001,completed,,\n")
}

func TestAFileOfJSONLines(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	line := func(n int) string {
		return fmt.Sprintf(`{"reference":"shop-%03d","items":[{"itemId":"product_a"}],"maxPrice":"12.34"}`+"\n", n)
	}
	s.setenv("FOXRELOAD_CURRENCY=rub")
	s.stdin = line(0) + line(1)
	got := s.run("place", "--file", "-", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Equal(t, 2, batchOf(t, got).Started)
	r, err := s.book.Orders.Request(t.Context(), "shop-001")
	require.NoError(t, err)
	assert.Equal(t, "12.34 rub", r.MaxPrice.String()+" "+r.MaxPriceCurrency)

	path := s.file("orders.jsonl", line(0)+line(2)+strings.Replace(line(3), "maxPrice", "maxprice", 1))
	bad := s.run("place", "--file", path)
	assert.Equal(t, exitUsage, bad.status)
	assert.Contains(t, bad.err, path+":3: maxprice: is no field of an order")
	assert.Equal(t, 1, batchOf(t, s.run("place", "--file", path, "--skip-bad", "-o", "json")).Started)
}

// A message names the first of very many mistakes, and says how many there are.
func TestVeryManyMistakesAreCounted(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	path := s.file("orders.csv", csvHeader+strings.Repeat("shop-1,product_a,0,,,\n", 2500))
	got := s.run("place", "--file", path)
	assert.Equal(t, exitUsage, got.status)
	assert.Equal(t, mostMistakes, strings.Count(got.err, path+":"))
	assert.Contains(t, got.err, "… and 2400 more")

	require.Equal(t, exitDone, s.run("place", "--file", s.file("before.csv", orders(120))).status)
	other := s.run("place", "--file", s.file("other.csv", strings.ReplaceAll(orders(120), "product_a", "product_b")))
	assert.Equal(t, exitError, other.status)
	assert.Contains(t, other.err, "… and 140 more", "each lacks an item and has another")
}

func TestWaitForAFileEndsWithTheFirstThatFits(t *testing.T) {
	t.Parallel()
	complete := func(s *shop, r string) { s.completes(r, `"A"`) }
	cancel := func(s *shop, r string) { s.enters(r, order.Cancelled, because(order.PaymentFailure)) }
	fail := func(s *shop, r string) {
		s.enters(r, order.Failed, func(o *order.Status) { o.Error = &order.Error{Code: "NOT_FOUND", Message: "no such product"} })
	}
	unresolved := func(s *shop, r string) { s.enters(r, order.Unresolved) }
	stay := func(s *shop, r string) { s.enters(r, order.Creating) }
	block := func(s *shop, r string) { s.enters(r, order.Blocked) }
	incomplete := func(s *shop, r string) { s.completesWithout(r, 1, `"A"`) }
	for _, c := range []struct {
		name   string
		ends   []func(*shop, string)
		status int
	}{
		{"one without all its codes", []func(*shop, string){complete, incomplete}, exitIncomplete},
		{"cancelled outranks missing codes", []func(*shop, string){incomplete, cancel}, exitCancelled},
		{"all completed", []func(*shop, string){complete, complete}, exitDone},
		{"one cancelled", []func(*shop, string){complete, cancel}, exitCancelled},
		{"failed outranks cancelled", []func(*shop, string){cancel, fail, complete}, exitFailed},
		{"still going on outranks failed", []func(*shop, string){fail, stay}, exitNotEnded},
		{"unresolved outranks all", []func(*shop, string){fail, stay, unresolved}, exitUnresolved},
		{"blocked when the time ran out", []func(*shop, string){complete, block}, exitUnresolved},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			timesOut := c.status == exitNotEnded || c.status == exitUnresolved
			s.temporal.Works = func(reference string) {
				var n int
				_, err := fmt.Sscanf(reference, "shop-%d", &n)
				require.NoError(t, err)
				if timesOut { // they stand so before the time is up
					c.ends[n](s, reference)
					return
				}
				go c.ends[n](s, reference)
			}
			timeout := "20s"
			if timesOut {
				timeout = "50ms"
			}
			results := filepath.Join(t.TempDir(), "results.csv")
			got := s.run("place", "--file", s.file("orders.csv", orders(len(c.ends))), "--wait", "--timeout", timeout, "--results", results)
			assert.Equal(t, c.status, got.status, got.out+got.err)
			text, err := os.ReadFile(results)
			require.NoError(t, err)
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			assert.Equal(t, "reference,order_id,state,cancel_reason,error", lines[0])
			assert.Len(t, lines, 1+len(c.ends))
		})
	}
}

func TestResultsSayHowEachOrderEnded(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-000", false)
	s.completes("shop-000", `"SECRET-CODE"`)
	s.begins("shop-001", false)
	s.enters("shop-001", order.Creating)
	s.enters("shop-001", order.Cancelled, because(order.PriceGuard))
	s.begins("shop-002", false)
	s.enters("shop-002", order.Failed, func(o *order.Status) { o.Error = &order.Error{Code: "NOT_FOUND", Message: "no such, \"product\""} })
	results := filepath.Join(t.TempDir(), "results.csv")
	got := s.run("place", "--file", s.file("orders.csv", orders(3)), "--wait", "--results", results)
	assert.Equal(t, exitFailed, got.status)
	text, err := os.ReadFile(results)
	require.NoError(t, err)
	assert.Equal(t, `reference,order_id,state,cancel_reason,error
shop-000,1f0c-shop-000,completed,,
shop-001,,cancelled,price_guard,
shop-002,,failed,,"NOT_FOUND: no such, ""product"""
`, string(text))
	assert.Contains(t, got.err, "shop-001 is cancelled: price_guard")
	left, err := os.ReadDir(filepath.Dir(results))
	require.NoError(t, err)
	assert.Len(t, left, 1, "nothing half-written is left behind")
}

func TestAFileSaysWhereCodesAreMissing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-000", false)
	s.completesWithout("shop-000", 2, `"SECRET-CODE"`)
	s.begins("shop-001", false)
	s.completes("shop-001", `"SECRET-CODE"`)
	results := filepath.Join(t.TempDir(), "results.csv")
	path := s.file("orders.csv", orders(2))
	got := s.run("place", "--file", path, "--wait", "--results", results)
	assert.Equal(t, exitIncomplete, got.status)
	assert.Contains(t, got.out, "codes missing: 2, of 1 orders")
	assert.Contains(t, got.err, "every order is completed, but codes are missing")
	assert.Contains(t, got.err, "shop-000 is completed: item 1 (product_a): 2 of 3 codes are missing")
	assert.NotContains(t, got.err, "shop-001")
	text, err := os.ReadFile(results)
	require.NoError(t, err)
	assert.Contains(t, string(text), "shop-000,1f0c-shop-000,completed,,product_a: 2 of 3 codes are missing\nshop-001,1f0c-shop-001,completed,,\n")
	assert.Equal(t, exitDone, s.run("place", "--file", path).status, "nobody waited for it")
}

func TestResultsThatCantBeWrittenAreFoundBefore(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	got := s.run("place", "--file", s.file("orders.csv", orders(3)), "--results", "/nowhere/results.csv")
	assert.Equal(t, exitUsage, got.status)
	assert.Contains(t, got.err, "--results")
	assert.Empty(t, s.temporal.Started())
}

func TestTheBalanceIsCheckedForAFile(t *testing.T) {
	t.Parallel()
	priced := csvHeader + "shop-1,product_a,2,,,\nshop-2,product_b,1,,,\nshop-3,product_a,50,,true,\n"
	prices := map[string]string{"product_a": `"5.50"`, "product_b": "1.5"}
	for _, c := range []struct {
		name, available string
		args            []string
		status, started int
		says            string
	}{
		{"enough, mock orders cost nothing", "12.50", nil, exitDone, 3, ""},
		{"short", "12.49", nil, exitError, 0, "usd: 12.5 is needed, 12.49 is available, 0.01 is missing"},
		{"short, but yes", "12.49", []string{"--yes"}, exitDone, 3, "0.01 is missing; going on because of --yes"},
		{"short, but left out", "0", []string{"--check-balance=false"}, exitDone, 3, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.foxreload(c.available, prices)
			got := s.run(append([]string{"place", "--file", s.file("orders.csv", priced)}, c.args...)...)
			assert.Equal(t, c.status, got.status, got.err)
			assert.Len(t, s.temporal.Started(), c.started)
			assert.Contains(t, got.err, c.says)
		})
	}
	t.Run("what is placed already is not counted", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		path := s.file("orders.csv", priced)
		require.Equal(t, exitDone, s.run("place", "--file", path).status)
		s.foxreload("0", prices)
		assert.Equal(t, exitDone, s.run("place", "--file", path).status)
	})
	t.Run("very many products are asked for only where somebody says so", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.foxreload("0", nil)
		var many strings.Builder
		many.WriteString(csvHeader)
		for i := range mostPriced + 1 {
			fmt.Fprintf(&many, "shop-%d,product_%d,1,,,\n", i, i)
		}
		path := s.file("orders.csv", many.String())
		said := s.run("place", "--file", path, "--check-balance")
		assert.Equal(t, exitDone, said.status, said.err)
		assert.Contains(t, said.err, "product_300 has no price")
		fresh := s.run("place", "--file", s.file("more.csv", strings.ReplaceAll(many.String(), "shop-", "more-")))
		assert.Equal(t, exitDone, fresh.status, fresh.err)
		assert.Contains(t, fresh.err, "the balance check is left out: it asks for the price of each product, and there are 301; --check-balance does it all the same")
	})
	t.Run("a product without a price is left out of the sum", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.foxreload("11", map[string]string{"product_a": `"5.50"`})
		got := s.run("place", "--file", s.file("orders.csv", priced))
		assert.Equal(t, exitDone, got.status, got.err)
		assert.Contains(t, got.err, "product_b has no price")
	})
}

func TestTheBalanceOfOneOrderIsCheckedWhenAsked(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.foxreload("1", map[string]string{"product_a": `"5.50"`})
	place := []string{"place", "--reference", "shop-1", "--item", "product_a", "-o", "json"}
	got := s.run(append(place, "--check-balance")...)
	assert.Equal(t, exitError, got.status)
	message, hint := problem(t, got)
	assert.Contains(t, message, "4.5 is missing")
	assert.Contains(t, hint, "--yes")
	assert.Equal(t, order.State(""), s.state("shop-1"))
	assert.Equal(t, exitDone, s.run(append(place, "--check-balance", "--yes")...).status)
}

func TestABalanceThatCantBeReadStopsUnlessYes(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.foxreload("1", nil)
	s.setenv("FOXRELOAD_API_KEY=wrong")
	path := s.file("orders.csv", orders(2))
	got := s.run("place", "--file", path)
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "balance could not be checked, nothing was started")
	assert.Empty(t, s.temporal.Started())
	assert.Equal(t, exitDone, s.run("place", "--file", path, "--yes").status)
}

func TestOneErrorOutOfManyKeepsItsHint(t *testing.T) {
	t.Parallel()
	f := asFailure(errors.Join(failed("do this", "it broke"), nil))
	assert.Equal(t, "do this", f.hint)
}
