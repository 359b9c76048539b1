package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"foxflow/client/clienttest"
	"foxflow/internal/story"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
	"foxflow/workflows"
)

func TestPlaceStartsTheOrderAndAnswersAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.setenv("FOXFLOW_POLL_INITIAL=1s")
	got := s.run("place", "--reference", "shop-1", "--item", "product_a:2", "--note", "player_id=007", "--note", "server=eu",
		"--item", "product_b", "--max-price", "12.50", "--mock", "--no-check", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Equal(t, `{
  "reference": "shop-1",
  "workflowId": "order/shop-1",
  "orderId": null,
  "state": "creating",
  "cancelReason": null,
  "waitingFor": null,
  "waitingForCode": null,
  "mock": true,
  "price": null,
  "currency": null,
  "paymentExpiresAt": null,
  "paymentUrl": null,
  "replacements": 0,
  "items": [
    {
      "itemId": "product_a",
      "quantity": 2,
      "codes": 0,
      "missing": 0,
      "error": null
    },
    {
      "itemId": "product_b",
      "quantity": 1,
      "codes": 0,
      "missing": 0,
      "error": null
    }
  ],
  "error": null,
  "startedAt": "2026-11-24T12:00:00Z",
  "updatedAt": "2026-11-24T12:00:00Z"
}
`, got.out)

	price := decimal.RequireFromString("12.50")
	intervals := life.DefaultIntervals
	intervals.PollInitial = 1e9
	require.Equal(t, []workflows.OrderInput{{Intervals: intervals, Request: order.Request{Reference: "shop-1", Mock: true, NoCheck: true, MaxPrice: &price,
		Items: []order.Item{{ItemID: "product_a", Quantity: 2, Note: map[string]string{"player_id": "007", "server": "eu"}}, {ItemID: "product_b", Quantity: 1}}}}},
		s.temporal.Started())
	run, _ := s.temporal.Workflow("order/shop-1")
	assert.Equal(t, s.book.ID(), run.Ledger)
}

func TestPlacingTwiceIsOneOrderAndStatusZero(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first := s.run("place", "--reference", "shop-1", "--item", "product_a", "-o", "json")
	s.now = s.now.Add(time.Hour)
	second := s.run("place", "--reference", "shop-1", "--item", "product_a", "--no-check", "-o", "json")
	require.Equal(t, exitDone, second.status, second.err)
	assert.Equal(t, first.out, second.out)
	assert.Len(t, s.temporal.Started(), 1)
}

// The workflow starts after the order was placed, and anew after a reset: startedAt
// stays what the first answer said.
func TestTheSameReferenceTwiceBeganAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	began := func(a answer) time.Time {
		var status order.Status
		require.NoError(t, json.Unmarshal([]byte(a.out), &status), a.out+a.err)
		return status.StartedAt
	}
	s.temporal.Works = func(reference string) {
		s.enters(reference, order.Creating, func(o *order.Status) { o.StartedAt = s.now.Add(3 * time.Second) })
	}
	place := []string{"place", "--reference", "shop-1", "--item", "product_a", "-o", "json"}
	assert.Equal(t, noon, began(s.run(place...)))
	s.now = noon.Add(time.Hour)
	assert.Equal(t, noon, began(s.run(place...)))
	s.enters("shop-1", order.Active, func(o *order.Status) { o.StartedAt = s.now })
	assert.Equal(t, noon, began(s.run(place...)))
	assert.Equal(t, noon, began(s.run("status", "shop-1", "-o", "json")))
}

func TestARequestThatDiffersNamesTheItems(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	require.Equal(t, exitDone, s.run("place", "--reference", "shop-1", "--item", "product_a", "--item", "product_b:2", "--note", "player_id=12345678", "--max-price", "9").status)
	got := s.run("place", "--reference", "shop-1", "--item", "product_c", "--note", "player_id=12345699", "--item", "product_a", "--max-price", "9 rub", "-o", "json")
	require.Equal(t, exitError, got.status)
	message, _ := problem(t, got)
	assert.Equal(t, "order shop-1 is on record with other content; nothing was started\n"+
		"item missing: on record 2 × product_b (player_id •••78), asked for none\n"+
		"item added: on record none, asked for 1 × product_c (player_id •••99)\n"+
		"max-price: on record 9, asked for 9 rub", message)

	file := s.file("orders.csv", csvHeader+"shop-1,product_a,1,,,9\n")
	message, _ = problem(t, s.run("place", "--file", file, "-o", "json"))
	assert.Contains(t, message, file+":2: shop-1: item missing: on record 2 × product_b (player_id •••78), in the file none")
}

// What a price means is said by the one who sets it, not by a worker's environment.
func TestAHighestPriceHasACurrency(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ env, text, want string }{
		{"", "12.50", "12.5"}, {"", "12.50usd", "12.5 usd"}, {"", "12.50 USD", "12.5 usd"},
		{"rub", "12.50", "12.5 rub"}, {"RUB", "12.50", "12.5 rub"}, {"rub", "12.50usd", "12.5 usd"}, {"rub", "", "none"},
	} {
		s := newShop(t)
		if c.env != "" {
			s.setenv("FOXRELOAD_CURRENCY=" + c.env)
		}
		args := []string{"place", "--reference", "shop-1", "--item", "product_a"}
		if c.text != "" {
			args = append(args, "--max-price", c.text)
		}
		asked := func() string {
			require.NotEmpty(t, s.temporal.Started())
			r := s.temporal.Started()[len(s.temporal.Started())-1].Request
			if r.MaxPrice == nil {
				return strings.TrimSpace("none " + r.MaxPriceCurrency)
			}
			return strings.TrimSpace(r.MaxPrice.String() + " " + r.MaxPriceCurrency)
		}
		got := s.run(args...)
		require.Equal(t, exitDone, got.status, got.err)
		assert.Equal(t, c.want, asked(), c)
		require.Equal(t, exitDone, s.run(args...).status, "the same again")
		got = s.run("place", "--file", s.file("orders.csv", csvHeader+"shop-2,product_a,1,,,"+c.text+"\n"))
		require.Equal(t, exitDone, got.status, got.err)
		assert.Equal(t, c.want, asked(), "in a file: %v", c)
	}
	s := newShop(t)
	for _, bad := range []string{"", "usd", "12.50 us", "12.50€", "-1usd", "1.00001usd"} {
		got := s.run("place", "--reference", "shop-1", "--item", "product_a", "--max-price", bad)
		assert.Equal(t, exitUsage, got.status, bad)
		assert.Contains(t, got.err, "--max-price: ", bad)
		got = s.run("place", "--file", s.file("orders.csv", csvHeader+"shop-2,product_a,1,,,"+bad+"x y\n"))
		assert.Equal(t, exitUsage, got.status, bad)
		assert.Contains(t, got.err, ":2: max_price: ", bad)
	}
	assert.Empty(t, s.temporal.Started())
}

func TestOtherContentIsRefusedFieldByField(t *testing.T) {
	t.Parallel()
	for _, ended := range []bool{false, true} {
		s := newShop(t)
		require.Equal(t, exitDone, s.run("place", "--reference", "shop-1", "--item", "product_a", "--note", "player_id=12345678").status)
		if ended {
			s.completes("shop-1", `"AAAA"`)
		}
		got := s.run("place", "--reference", "shop-1", "--item", "product_a:3", "--note", "player_id=12345699", "--mock", "-o", "json")
		require.Equal(t, exitError, got.status)
		message, hint := problem(t, got)
		assert.Equal(t, "order shop-1 is on record with other content; nothing was started\n"+
			"item 1 quantity: on record 1, asked for 3\n"+
			"item 1 note player_id: on record •••78, asked for •••99\n"+
			"mock: on record false, asked for true", message)
		assert.NotEmpty(t, hint)
		assert.Len(t, s.temporal.Started(), 1)
	}
}

func TestWithoutTemporalNothingIsStarted(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.setenv("TEMPORAL_ADDRESS=127.0.0.1:1")
	s.temporal.Down = true
	got := s.run("place", "--reference", "shop-1", "--item", "product_a", "-o", "json")
	require.Equal(t, exitError, got.status)
	message, hint := problem(t, got)
	assert.Contains(t, message, "Temporal at 127.0.0.1:1 does not answer")
	assert.Contains(t, hint, "nothing was started")
	assert.Equal(t, order.State(""), s.state("shop-1"))
}

func TestAReferenceOfAnotherLedgerIsNeverJoined(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.temporal.Runs("another-ledger", "shop-1")
	got := s.run("place", "--reference", "shop-1", "--item", "product_a")
	require.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "Temporal knows reference shop-1 and this ledger doesn't")
	assert.Equal(t, order.State(""), s.state("shop-1"))
}

func TestAnotherLedgerThatComesInBetweenIsFoundByItsMemo(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.temporal.Starting = func(reference string) error {
		s.temporal.Runs("another-ledger", reference)
		return nil
	}
	got := s.run("place", "--reference", "shop-1", "--item", "product_a")
	require.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "Temporal knows reference shop-1 and this ledger doesn't")
	assert.Equal(t, order.State(""), s.state("shop-1"), "what was begun is withdrawn")
	assert.Empty(t, s.temporal.Started())
}

func TestALedgerThatLostItsRowDoesNotJoinItsOwnWorkflow(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.temporal.Runs(s.book.ID(), "shop-1") // the ledger was restored from an older copy
	got := s.run("place", "--reference", "shop-1", "--item", "product_a")
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "refused, never joined")
	assert.Equal(t, order.State(""), s.state("shop-1"))
}

func TestTwoStartersAtTheSameMomentAreOneOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.temporal.Asked = func(string) { // between this starter's looks at ledger and Temporal the other one comes through
		s.temporal.Asked = func(string) {}
		s.begins("shop-1", false)
		s.temporal.Runs(s.book.ID(), "shop-1")
	}
	got := s.run("place", "--reference", "shop-1", "--item", "product_a")
	assert.Equal(t, exitDone, got.status, got.err)
	assert.Contains(t, got.err, "placed already")
}

func TestARefusedStartIsWithdrawnAndAnUnknownOneIsKept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		says string
		left order.State
	}{
		"refused": {serviceerror.NewInvalidArgument("bad"), "nothing was started", ""},
		"lost":    {serviceerror.NewUnavailable("connection lost"), "run the same command again", order.Creating},
		"strange": {errors.New("what"), "run the same command again", order.Creating},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.temporal.Starting = func(string) error { return c.err }
			got := s.run("place", "--reference", "shop-1", "--item", "product_a")
			require.Equal(t, exitError, got.status)
			assert.Contains(t, got.err, c.says)
			assert.Equal(t, c.left, s.state("shop-1"))

			s.temporal.Starting = func(string) error { return nil }
			again := s.run("place", "--reference", "shop-1", "--item", "product_a")
			require.Equal(t, exitDone, again.status, again.err)
			assert.Len(t, s.temporal.Started(), 1)
		})
	}
}

func TestARefusalDoesNotWithdrawWhatAnotherStarterGotThrough(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.temporal.Starting = func(reference string) error {
		s.temporal.Runs(s.book.ID(), reference) // the other one's start
		return serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "slow down")
	}
	got := s.run("place", "--reference", "shop-1", "--item", "product_a")
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "run the same command again")
	assert.Equal(t, order.Creating, s.state("shop-1"))
}

func TestAnEndedOrderIsShownAndNothingIsStarted(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.completes("shop-1", `"AAAA"`)
	s.temporal.Starting = func(string) error { t.Error("started"); return nil }
	got := s.run("place", "--reference", "shop-1", "--item", "product_a")
	assert.Equal(t, exitDone, got.status, got.err)
	assert.Contains(t, got.out, "✓ completed")
}

func TestAWorkflowThatWasTerminatedIsToldOf(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.temporal.Has("order/shop-1", clienttest.Workflow{Ledger: s.book.ID(), Status: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED})
	got := s.run("place", "--reference", "shop-1", "--item", "product_a")
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "its workflow was ended in Temporal before it")
}

// ends are the ends of an order that was waited for.
var ends = []struct {
	name   string
	end    func(*shop, string)
	status int
	says   []string
}{
	{"completed", func(s *shop, r string) { s.completes(r, `"AAAA"`) }, exitDone, nil},
	{"completed without all codes", func(s *shop, r string) { s.completesWithout(r, 2, `"AAAA"`) }, exitIncomplete,
		[]string{"order shop-1 is completed: item 1 (product_a): 2 of 3 codes are missing", "starter recheck shop-1", "support"}},
	{"cancelled", func(s *shop, r string) {
		s.enters(r, order.Creating)
		s.enters(r, order.Cancelled, because(order.PriceGuard))
	}, exitCancelled, []string{"price_guard", "--max-price HIGHER"}},
	{"failed", func(s *shop, r string) {
		s.enters(r, order.Creating)
		s.enters(r, order.Failed, withOrder("1f0c"), func(o *order.Status) { why := "supplier is out of stock"; o.Items[0].Error = &why })
	}, exitFailed, []string{"supplier is out of stock", "order 1f0c"}},
	{"unresolved", func(s *shop, r string) {
		s.enters(r, order.Creating)
		s.enters(r, order.Active)
		s.enters(r, order.Paid)
		s.enters(r, order.Stalled)
		s.enters(r, order.Unresolved)
	}, exitUnresolved, []string{"support"}},
	{"time ran out", func(s *shop, r string) {
		s.enters(r, order.Creating)
		s.enters(r, order.AwaitingTopUp, waitsFor(order.WaitTopUp))
	}, exitNotEnded, []string{"goes on", "starter top-up shop-1"}},
	{"blocked when the time ran out", func(s *shop, r string) {
		s.enters(r, order.Creating)
		s.enters(r, order.Blocked, waitsFor(order.WaitKey))
	}, exitUnresolved, []string{"a valid API key"}},
}

func TestWaitEndsWithTheStatusOfTheEnd(t *testing.T) {
	t.Parallel()
	for _, c := range ends {
		for _, form := range []string{"table", "json"} {
			t.Run(c.name+" "+form, func(t *testing.T) {
				t.Parallel()
				s := newShop(t)
				timeout := "20s"
				s.temporal.Works = func(reference string) { go c.end(s, reference) }
				if strings.Contains(c.name, "time ran out") { // it stands so before it does
					timeout = "50ms"
					s.temporal.Works = func(reference string) { c.end(s, reference) }
				}
				got := s.run("place", "--reference", "shop-1", "--item", "product_a", "--wait", "--timeout", timeout, "-o", form)
				assert.Equal(t, c.status, got.status, got.out+got.err)
				for _, want := range c.says {
					assert.Contains(t, got.err, want)
				}
				if form == "json" {
					assert.Equal(t, 1, strings.Count(got.out, `"reference"`), "one document: the final status")
					if c.status != exitDone {
						problem(t, got)
					}
				} else {
					assert.Contains(t, got.out, "· creating")
				}
			})
		}
	}
}

func TestWatchFollowsAndEndsLikeWait(t *testing.T) {
	t.Parallel()
	for _, c := range ends {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.begins("shop-1", false)
			s.temporal.Down = true // watching needs no Temporal
			timeout := "20s"
			done := make(chan struct{})
			go func() { defer close(done); c.end(s, "shop-1") }()
			if strings.Contains(c.name, "time ran out") { // it stands so before it does
				timeout = "50ms"
				<-done
			}
			got := s.run("watch", "shop-1", "--timeout", timeout)
			<-done
			assert.Equal(t, c.status, got.status, got.out+got.err)
		})
	}
}

func TestWatchInJSONIsALineForEachState(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.enters("shop-1", order.Creating)
	s.enters("shop-1", order.Cancelled, because(order.UserRequest))
	require.NoError(t, s.book.Log.Append(t.Context(), ledger.Entry{Reference: "shop-1", Key: "n", Kind: ledger.KindNote, Reason: "no state", At: noon}))
	got := s.run("watch", "shop-1", "-o", "json")
	assert.Equal(t, exitCancelled, got.status)
	assert.Equal(t, `{"reference":"shop-1","state":"creating","reason":"","at":"2026-11-24T12:00:00Z"}
{"reference":"shop-1","state":"cancelled","reason":"user_request","at":"2026-11-24T12:00:01Z"}
`, got.out)
}

func TestWatchShowsAnOrderThatNoWorkerHasTakenUp(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	got := s.run("watch", "shop-1", "--timeout", "50ms", "-o", "json")
	assert.Equal(t, exitNotEnded, got.status)
	assert.Equal(t, `{"reference":"shop-1","state":"creating","reason":"","at":"2026-11-24T12:00:00Z"}`+"\n", got.out)
}

func TestThePaymentLinkIsShownWhereItIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.temporal.Works = func(r string) {
		s.enters(r, order.Creating)
		s.enters(r, order.Active, withOrder("1f0c"))
		s.enters(r, order.AwaitingPayment, func(o *order.Status) { link := "https://pay.example/1"; o.PaymentURL = &link })
	}
	args := []string{"place", "--reference", "shop-1", "--item", "product_a", "--provider", "pally", "--return-url", "https://shop.example/back"}
	assert.Contains(t, s.run(args...).out, "https://pay.example/1")
	assert.Contains(t, s.run("watch", "shop-1", "--timeout", "50ms").out, "pay here: https://pay.example/1")
	assert.Equal(t, "pally", s.temporal.Started()[0].Request.Provider)
	assert.Contains(t, s.run("place", "--reference", "shop-1", "--item", "product_a", "--provider", "pally", "--return-url", "https://shop.example/back",
		"--wait", "--timeout", "50ms").out, "pay here: https://pay.example/1")
	assert.Contains(t, s.run("status", "shop-1").out, "pay here     https://pay.example/1")
	assert.Contains(t, s.run("status", "shop-1", "-o", "json").out, `"paymentUrl": "https://pay.example/1"`)
	assert.Contains(t, s.run("explain", "shop-1").out, "The payment link: https://pay.example/1")

	s.enters("shop-1", order.Paid)
	for _, command := range []string{"status", "explain"} {
		assert.NotContains(t, s.run(command, "shop-1").out, "pay.example", "it is paid: nobody is to pay it again")
	}
}

func TestAPaymentWithoutALinkSaysWhereToLook(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.enters("shop-1", order.Creating)
	s.enters("shop-1", order.Active, withOrder("1f0c"))
	s.enters("shop-1", order.AwaitingPayment, waitsFor(order.WaitPaymentLink))
	s.temporal.Runs(s.book.ID(), "shop-1")
	assert.Contains(t, s.run("explain", "shop-1").out, "look for the payment of order 1f0c in FoxReload's dashboard")
}

// Temporal's data is lost, the ledger is there: the order runs nowhere, and whoever asks is
// told that and what helps; placing it again the same way starts it, and says so.
func TestAnOrderThatRunsNowhereIsSaidAndStartedAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	require.Equal(t, exitDone, s.run("place", "--reference", "shop-1", "--item", "product_a").status)
	s.enters("shop-1", order.Creating)
	s.enters("shop-1", order.Active)
	s.enters("shop-1", order.AwaitingTopUp)
	s.temporal.Forget(order.WorkflowID("shop-1"))

	got := s.run("explain", "shop-1", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	var told story.Story
	require.NoError(t, json.Unmarshal([]byte(got.out), &told))
	assert.Contains(t, strings.Join(told.Facts, " "), "It runs nowhere")
	require.Len(t, told.Next, 1, "nothing else helps")
	assert.Contains(t, told.Next[0].String(), "starter place --reference shop-1 … (place it again the same way")

	got = s.run("place", "--reference", "shop-1", "--item", "product_a")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Contains(t, got.err, "it is started again, and goes on from what is on record")
	assert.NotContains(t, got.err, "nothing new was started")
	assert.Len(t, s.temporal.Started(), 2)
	got = s.run("place", "--reference", "shop-1", "--item", "product_a")
	assert.Contains(t, got.err, "nothing new was started")
}
