package story

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/internal/phrase"
	"foxflow/order"
)

func pointer[T any](v T) *T { return &v }

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func status(s order.State) order.Status {
	return order.Status{Reference: "shop-1", State: s, OrderID: pointer("1f0c"), Items: []order.ItemStatus{{ItemID: "product_a", Quantity: 1}}}
}

// waiting is an order that waits as the table's row says.
func waiting(w wait) order.Status {
	s := status(w.state)
	s.WaitingForCode = &w.code
	s.Price, s.Currency = pointer("9.55"), pointer("usd")
	if w.state == order.Blocked {
		s.Error = &order.Error{Code: "PAYMENT_NOT_ALLOWED", Message: "no"}
	}
	for _, is := range variants {
		v := s
		is(&v)
		if w.when != nil && w.when(v) {
			s = v
			break
		}
	}
	return Worded(s)
}

// variants are what makes an order wait otherwise than its code alone says.
var variants = []func(*order.Status){
	func(s *order.Status) { s.Turn = &order.Turn{Before: 12, Held: order.WaitTopUp} },
	func(s *order.Status) { s.Turn = &order.Turn{Before: 12, Held: order.WaitResume} },
	func(s *order.Status) { s.Turn = &order.Turn{Before: 12, AboutSeconds: 1440} },
	func(s *order.Status) { s.PaymentURL = pointer("https://pay.example/1") },
	func(s *order.Status) {
		s.Error = &order.Error{Code: order.CodeDailyLimit, Message: order.AboveDailyLimit + ": 900 of 500 usd"}
	},
	func(s *order.Status) { s.Error, s.Price = &order.Error{Code: order.CodeDailyLimit}, nil },
	func(s *order.Status) { s.Error = &order.Error{Code: alreadyExists} },
	func(s *order.Status) { s.Error = &order.Error{Code: order.CodeGuard} },
	func(s *order.Status) { s.Error = &order.Error{Code: order.CodeNotOurs} },
	func(s *order.Status) { s.Error = &order.Error{Code: order.CodeNotFound} },
	func(s *order.Status) { s.Error = &order.Error{Code: order.CodeUnknownStatus} },
}

// waitsFor is an order that waits for the code, in its first variant.
func waitsForCode(code order.Wait) order.Status {
	for _, w := range waits {
		if w.code == code {
			return waiting(w)
		}
	}
	panic("no such wait: " + code)
}

// said is all that is said of an order, on one line.
func said(s order.Status) string { return Means(s) + " " + Why(s) + " → " + Hint(s) }

// Every state that package order has, the reasons of a cancellation and the waits of the
// states that wait: what must be said of it, and what never.
func TestEveryStateSaysWhatItMeansAndWhatMayBeDone(t *testing.T) {
	says := map[order.State][]string{
		order.Queued:          {"Its turn has not come", "Nothing is paid", "starter watch shop-1", "starter cancel shop-1"},
		order.Creating:        {"about to be created", "Nothing is paid", "starter watch shop-1", "starter cancel shop-1"},
		order.Active:          {"about to be paid", "starter cancel shop-1"},
		order.AwaitingTopUp:   {"balance is too low", "Nothing is paid", "starter top-up shop-1", "starter cancel shop-1"},
		order.AwaitingPayment: {"asked for at the provider", "look for the payment of order 1f0c"},
		order.Paused:          {"are paused", "Nothing is paid", "starter resume", "starter cancel shop-1"},
		order.Paid:            {"is paid", "starter watch shop-1"},
		order.Processing:      {"is paid", "supplier", "starter watch shop-1"},
		order.Stalled:         {"is paid", "late", "do not order", "support about order 1f0c"},
		order.Blocked:         {"person", "starter status shop-1"},
		order.Completed:       {"delivered", "starter codes shop-1"},
		order.Cancelled:       {"was cancelled", "starter place"},
		order.Failed:          {"failed", "support about order 1f0c", "starter place"},
		order.Unresolved:      {"given up", "support about order 1f0c", "do not order it again"},
	}
	for _, state := range order.States() {
		wants, covered := says[state]
		require.True(t, covered, "no row for the state %s", state)
		s := status(state)
		for _, want := range wants {
			assert.Contains(t, said(s), want, state)
		}
		assert.NotEqual(t, unheardOf.means, Means(s), state)
		assert.NotEmpty(t, Next(s), state)
		assert.NotContains(t, said(s), "{", "all room is filled: %s", state)
		_, signed := signs[state]
		assert.True(t, signed, "%s has a sign", state)
		if state.MoneyOut() || state == order.Unresolved {
			assert.NotContains(t, said(s), "starter place", "money that is out is never ordered again")
			assert.NotContains(t, said(s), "starter cancel", "what is paid can't be cancelled")
		}
	}
	assert.Equal(t, unheardOf.means, Means(status("lost")))
}

// Promise 3: nothing is lost.
func TestEveryWaitSaysWhatItIsAndWhatToDo(t *testing.T) {
	says := [][]string{
		{"orders wait for a top-up; 12 orders are before it;", "starter top-up --all", "starter cancel shop-1"},
		{"payments are made again", "12 orders are before it;", "starter resume", "starter cancel shop-1"},
		{"12 orders are before it, which takes about 24 min; it begins by itself", "starter watch shop-1", "starter cancel shop-1"},
		{"its turn", "in the order of placing", "starter cancel shop-1"},
		{"Nothing is paid", "starter top-up shop-1 (once the balance is raised)", "starter cancel shop-1"},
		{"the payment through the provider's link", "open the payment link"},
		{"held no link", "look for the payment of order 1f0c in FoxReload's dashboard"},
		{"the release of payments", "starter resume (for all orders)"},
		{"a higher limit", "no other day", "raise FOXFLOW_DAILY_LIMIT and restart the workers", "starter cancel shop-1"},
		{"FoxReload does not say what the order costs", "on no day", "leave FOXFLOW_DAILY_LIMIT out"},
		{"midnight UTC", "raise FOXFLOW_DAILY_LIMIT"},
		{"a daily limit in the order's currency (usd)", "name the currency in FOXFLOW_DAILY_LIMIT"},
		{"codes may still come", "do not order again", "support about order 1f0c"},
		{"not all of them are there", "may still come", "do not order again", "support about order 1f0c", "starter recheck shop-1 (later"},
		{"a valid API key", "mend FOXRELOAD_API_KEY", "goes on by itself"},
		{"the right address", "a redirect, or not FoxReload's API", "mend FOXRELOAD_BASE_URL"},
		{"refuses it (PAYMENT_NOT_ALLOWED)", "tried on by itself", "as soon as a payment gets through or FoxReload shows it paid", "support about order 1f0c"},
		{"this order exists", "starter resolve shop-1 with --adopt ORDER_ID (", "--retry (", " or --abort (end it as cancelled)", "starter resolve shop-1 --retry"},
		{"the ledger forbids", "Nothing more is paid", "starter resolve shop-1 with --adopt ORDER_ID (go on with the order that the error names)", "--retry (", "--abort ("},
		{"is not what was asked for", "starter resolve shop-1 with --retry (create it anew under a fresh key", "--abort ("},
		{"no longer knows the order", "--adopt ORDER_ID (", "--retry (look for it again", "--abort ("},
		{"the error says about what", "--adopt ORDER_ID (", "--retry (", "--abort ("},
	}
	require.Len(t, says, len(waits), "a row for each wait")
	seen, waited := map[string]bool{}, map[order.State]bool{}
	for i, w := range waits {
		s := waiting(w)
		waited[s.State] = true
		words := WaitingFor(s)
		assert.False(t, seen[words], "each wait has words of its own: %s", words)
		seen[words] = true
		for _, want := range says[i] {
			assert.Contains(t, said(s), want, words)
		}
		assert.NotContains(t, said(s), "{", words)
		assert.NotEqual(t, stances[s.State].means, Means(s), "the words are not said twice: %s", words)
		assert.True(t, s.State.Waits(), words)
		assert.Equal(t, words, strings.TrimSpace(words))
	}
	for _, state := range order.States() {
		assert.Equal(t, state.Waits(), waited[state], "what %s waits for", state)
	}
	codes := []order.Wait{order.WaitTurn, order.WaitTopUp, order.WaitPaymentLink, order.WaitResume, order.WaitNextDay, order.WaitLimitCurrency,
		order.WaitDelivery, order.WaitCodes, order.WaitKey, order.WaitAddress, order.WaitPaymentRefused, order.WaitDecision}
	for _, code := range codes {
		assert.NotEmpty(t, WaitingFor(waitsForCode(code)), code)
	}
}

// Only a decision is asked for by "starter resolve"; all others end by themselves, and
// say so.
func TestEveryWaitSaysWhetherItEndsByItself(t *testing.T) {
	for _, w := range waits {
		s := waiting(w)
		words := WaitingFor(s)
		decision := w.code == order.WaitDecision
		assert.Equal(t, decision, asksDecision(s), words)
		assert.Equal(t, decision, strings.Contains(words, "starter resolve"), words)
		assert.Equal(t, decision, strings.Contains(Hint(s), "starter resolve"), words)
		assert.Equal(t, !decision, strings.Contains(words, "by itself"), words)
	}
}

// Midnight is no help to an order that is above the whole limit.
func TestAnOrderAboveTheWholeLimitIsNotPromisedAnotherDay(t *testing.T) {
	s := waitsForCode(order.WaitNextDay)
	require.True(t, s.AboveDailyLimit())
	assert.NotContains(t, said(s), "midnight")
	assert.NotContains(t, said(s), "next day")
	s.Error.Message = "payments today: 480 of 500 usd"
	assert.Contains(t, said(Worded(s)), "midnight")
}

func TestAnOrderThatWaitsForNothingHasNoWords(t *testing.T) {
	for _, state := range order.States() {
		assert.Empty(t, WaitingFor(status(state)), state)
	}
	s := status(order.Completed)
	s.WaitingForCode = pointer(order.WaitDelivery)
	assert.Empty(t, WaitingFor(s), "a state that has ended waits for nothing")
	s = status(order.Blocked)
	s.WaitingForCode, s.WaitingFor = pointer(order.Wait("of_tomorrow")), pointer("something new")
	assert.Equal(t, "waits for something new", Why(s), "the words on record serve where the code is not known")
	s.WaitingForCode = pointer(order.WaitKey)
	assert.Contains(t, Why(s), "a valid API key", "and only there")
}

// unpaidWords are what must not be read of an order whose payment is in doubt.
var unpaidWords = regexp.MustCompile(`(?i)nothing (is|was|more is) paid|not paid|unpaid|stop it|starter cancel|starter place|--abort|is cancelled|order (it )?anew`)

func TestAPaymentInDoubtIsNeverCalledUnpaid(t *testing.T) {
	watch := Watch{PollInitial: 5 * time.Second, PollMax: 30 * time.Second, StallPoll: time.Minute, Until: noon}
	var all []order.Status
	for _, state := range order.States() {
		all = append(all, status(state))
	}
	for _, w := range waits {
		all = append(all, waiting(w))
	}
	for end := range endings {
		s := status(end.state)
		s.Error = &order.Error{Code: end.code, Message: "words"}
		all = append(all, s)
	}
	for reason := range cancellations {
		s := status(order.Cancelled)
		s.CancelReason = &reason
		all = append(all, s)
	}
	for _, s := range all {
		s.PaymentInDoubt = true
		s = Worded(s)
		if !InDoubt(s) {
			assert.True(t, s.State.MoneyOut() || s.State == order.Completed, s.State)
			continue
		}
		told := Tell(s, Told{Watch: &watch, PausedBy: "ann"})
		everything := said(s) + " " + phrase.Of(s.WaitingFor) + " " + told.Looks + " " + strings.Join(told.Facts, " ")
		assert.NotRegexp(t, unpaidWords, everything, "%s %v", s.State, s.WaitingForCode)
		assert.NotRegexp(t, unpaidWords, strings.ReplaceAll(Markdown(told, Timeline{}), `\`, ""), s.State)
		if s.State.Ended() {
			assert.Contains(t, everything, "what became of it was never seen")
			assert.Contains(t, everything, "starter recheck shop-1")
			continue
		}
		assert.Contains(t, everything, "A payment was sent and its outcome is not known yet; foxflow looks until FoxReload shows it, or until the payment window is over")
		assert.Contains(t, everything, "starter watch shop-1")
		assert.Contains(t, told.Looks, "what became of the payment", s.State)
	}
	decided := waitsForCode(order.WaitDecision)
	decided.PaymentInDoubt = true
	assert.Contains(t, said(decided), "starter resolve shop-1 with --adopt ORDER_ID", "what does not take it for unpaid stays")
}

// The stance of an end is right for each code of our own that it can have.
func TestEveryEndIsExplainedByItsCode(t *testing.T) {
	for end, says := range map[ending]struct{ wants, never []string }{
		{order.Failed, order.CodeMockIgnored}:          {[]string{"a real order for a mock one", "nothing was paid", "support about order 1f0c"}, nil},
		{order.Failed, order.CodeProduct}:              {[]string{"terms", "nothing was paid", "starter products show product_a"}, []string{"support"}},
		{order.Failed, order.CodeOrderFailed}:          {[]string{"supplier", "support about order 1f0c"}, []string{"nothing was paid"}},
		{order.Cancelled, order.CodePriceGuard}:        {[]string{"above --max-price, or in another currency", "Nothing was paid", "--max-price HIGHER"}, nil},
		{order.Cancelled, order.CodePaymentWindow}:     {[]string{"several orders in a row", "Nothing was paid"}, nil},
		{order.Cancelled, order.CodeGuard}:             {[]string{"may be paid", "support"}, []string{"Nothing was paid", "starter place"}},
		{order.Cancelled, order.CodeNotOurs}:           {[]string{"left alone"}, []string{"Nothing was paid"}},
		{order.Unresolved, order.CodeCodesMissing}:     {[]string{"no code came", "starter recheck shop-1", "support", "do not order it again"}, []string{"starter place"}},
		{order.Unresolved, order.CodeGivenUp}:          {[]string{"money is out or may be", "starter recheck shop-1", "support", "do not order it again"}, []string{"starter place", "paid."}},
		{order.Unresolved, "UNAUTHORIZED"}:             {[]string{"given up", "starter recheck shop-1"}, []string{"starter place"}},
		{order.Failed, "VALIDATION"}:                   {[]string{"It failed"}, []string{"nothing was paid"}},
		{order.Cancelled, order.CodeDailyLimit + "xx"}: {[]string{"It was cancelled."}, []string{"Nothing was paid"}},
	} {
		s := status(end.state)
		s.Error = &order.Error{Code: end.code, Message: "words"}
		if end.code == order.CodePriceGuard {
			s.CancelReason = pointer(order.PriceGuard)
		}
		for _, want := range says.wants {
			assert.Contains(t, said(s), want, end)
		}
		for _, never := range says.never {
			assert.NotContains(t, said(s), never, end)
		}
		assert.NotEmpty(t, Next(s), end)
	}
}

func TestCompletedWithoutAllItsCodesSaysSo(t *testing.T) {
	s := status(order.Completed)
	s.Items = []order.ItemStatus{{ItemID: "product_a", Quantity: 3, Codes: 1, Missing: 2}, {ItemID: "product_b", Quantity: 1, Codes: 1}}
	for _, want := range []string{"2 of 4 codes are missing", "item 1 (product_a): 2 of 3 codes are missing", "may still come", "do not order them again",
		"starter codes shop-1", "starter recheck shop-1", "support about order 1f0c"} {
		assert.Contains(t, said(s), want)
	}
	told := Tell(s, Told{})
	assert.Contains(t, Markdown(told, Timeline{}), "2 of 4 codes are missing")
	assert.Equal(t, 2, told.Items[0].Missing)
	assert.Equal(t, "order shop-1 is completed: item 1 (product_a): 2 of 3 codes are missing", Ending(s))
	for want, n := range map[string][2]int{"its code is missing": {1, 1}, "1 of 2 codes is missing": {1, 2}, "2 of 2 codes are missing": {2, 2}} {
		assert.Equal(t, want, missing(n[0], n[1]))
	}
}

func TestEveryReasonOfACancellationIsTold(t *testing.T) {
	for reason, want := range map[string]string{
		order.PaymentFailure: "balance stayed too low", order.PaymentExpiration: "payment window ended",
		order.UserRequest: "on request", order.PriceGuard: "above --max-price, or in another currency", "something new": "It was cancelled.",
	} {
		s := status(order.Cancelled)
		s.CancelReason = &reason
		assert.Contains(t, Means(s), want)
		assert.NotEmpty(t, Next(s))
	}
	s := status(order.Cancelled)
	s.CancelReason = pointer(order.PriceGuard)
	assert.Contains(t, Hint(s), "starter products show product_a")
}

func TestARefusedRequestIsNotSentToSupport(t *testing.T) {
	s := status(order.Failed)
	s.OrderID = nil
	assert.NotContains(t, Hint(s), "support")
	assert.Contains(t, Means(s), "nothing was paid")
}

func TestEndingSaysWhy(t *testing.T) {
	s := status(order.Failed)
	s.Items[0].Error = pointer("supplier is out of stock")
	assert.Equal(t, "order shop-1 is failed: item 1 (product_a): supplier is out of stock", Ending(s))

	s = status(order.Cancelled)
	s.CancelReason = pointer(order.PriceGuard)
	s.Error = &order.Error{Code: "PRICE_GUARD", Message: "price 12 is above 10"}
	assert.Equal(t, "order shop-1 is cancelled: price_guard; PRICE_GUARD: price 12 is above 10", Ending(s))
	assert.Equal(t, "order shop-1 is completed", Ending(status(order.Completed)))
}

func TestTheStoryTellsWhatIsWorthKnowing(t *testing.T) {
	s := status(order.AwaitingTopUp)
	s.Replacements = 2
	s.PaymentExpiresAt = pointer(noon)
	s.WaitingFor = pointer("a top-up")
	s.Price, s.Currency = pointer("9.55"), pointer("usd")
	asked := order.Request{Items: []order.Item{{ItemID: "product_a", Quantity: 2, Note: order.Note{"player_id": "player-77310042", "server": "eu"}}}}
	told := Tell(s, Told{Request: asked, Names: Names{"product_a": "Steam 10 USD"}, PausedBy: "ann@till"})
	assert.Equal(t, "2 × Steam 10 USD", told.Summary)
	assert.Equal(t, "waits for a top-up", *told.Why)
	facts := strings.Join(told.Facts, "\n")
	for _, want := range []string{"replaced 2 times", "switched off (by ann@till)", "2026-11-24 12:00:00 UTC", "Price: 9.55 usd", "For the player: player_id •••42, server •••"} {
		assert.Contains(t, facts, want)
	}
	assert.NotNil(t, told.Timeline)
	assert.NotContains(t, fmt.Sprintf("%+v", told)+Markdown(told, Timeline{}), "77310042")

	done := Tell(status(order.Completed), Told{PausedBy: "ann@till"})
	assert.Empty(t, done.Facts, "a pause does not touch what has ended")
	assert.Nil(t, done.Why)
}

func TestTheLastAnswerIsFoundOnRecord(t *testing.T) {
	s := status(order.Stalled)
	log := []Event{{At: noon, Kind: KindState, State: order.Creating}, {At: noon.Add(time.Second), Kind: KindState, State: order.Processing, OrderID: pointer("1f0c")},
		{At: noon.Add(time.Minute), Kind: KindState, State: order.Stalled, OrderID: pointer("1f0c")}}
	assert.Equal(t, "order 1f0c is processing (2026-11-24 12:00:01 UTC)", Tell(s, Told{Log: log}).LastAnswer.String())
	s.Error, s.UpdatedAt = &order.Error{Code: "BalanceNotEnough", Message: "too little"}, noon
	assert.Equal(t, &Answer{Code: "BalanceNotEnough", Message: "too little", At: &noon, From: FromLedger}, Tell(s, Told{Log: log}).LastAnswer)
	assert.Nil(t, Tell(status(order.Creating), Told{Log: log[:1]}).LastAnswer)
}
