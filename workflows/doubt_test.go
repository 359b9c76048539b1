package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/internal/story"
	"foxflow/order"
	"foxflow/workflows"
)

// A payment was sent, and what became of it is not known: until that is known the order
// does not end as one that is not paid, whatever FoxReload answers and whatever a person
// asks for.

// payAnswer is an answer to a request to pay, and whether it says that this request was
// refused.
type payAnswer struct {
	name   string
	err    error
	spared bool
}

var payAnswers = []payAnswer{
	{"lost", errLost, false},
	{"409", refusedPay(409, "PAYMENT_IN_PROGRESS"), false},
	{"423", refusedPay(423, "ORDER_LOCKED"), false},
	{"402", refusedPay(402, "INSUFFICIENT_FUNDS"), false},
	{"a proxy's page", apiError(foxreload.ClassForeign, "HTTP_400"), false},
	{"a redirect", apiError(foxreload.ClassMisdirected, foxreload.CodeRedirect), false},
	{"not payable", apiError(foxreload.ClassNotPayable, foxreload.CodePaymentNotPossible), false},
	{"exists", apiError(foxreload.ClassExists, foxreload.CodeAlreadyExists), false},
	{"price", apiError(foxreload.ClassPrice, foxreload.CodePriceNotMatched), true},
	{"not found", apiError(foxreload.ClassNotFound, foxreload.CodeNotFound), true},
	{"the key", apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED"), true},
}

func refusedPay(status int, code string) error {
	return &foxreload.Error{Code: code, Class: foxreload.ClassFinal, Status: status, Message: "the request is refused", Method: "POST", Path: "/api/orders/{id}/pay"}
}

// never is a payment that does not land.
const never time.Duration = -1

// The first request to pay lands at once, late or never. It, or its repeats, are answered
// like that for a quarter of an hour; meanwhile a person cancels, pauses or aborts.
func TestNoAnswerToPayEndsAnOrderThatMayBePaid(t *testing.T) {
	t.Parallel()
	for _, answer := range payAnswers {
		for _, lostFirst := range []bool{false, true} {
			for _, lands := range []time.Duration{0, 2 * time.Minute, never} {
				doubt := lostFirst || !answer.spared
				if lands != never && !doubt || lostFirst && answer.name == "lost" {
					continue // what is surely refused does not land
				}
				for name, asked := range map[string]func(*payTrial){
					"and nobody asks": func(*payTrial) {}, "and is cancelled": (*payTrial).cancelled, "and is paused": (*payTrial).paused, "and is aborted": (*payTrial).aborted,
				} {
					t.Run(fmt.Sprintf("%s/lost before %t/lands %s/%s", answer.name, lostFirst, lands, name), func(t *testing.T) {
						t.Parallel()
						trial := &payTrial{world: newWorld(t), answer: answer, lostFirst: lostFirst, lands: lands}
						trial.script()
						asked(trial)
						trial.judge(trial.run())
					})
				}
			}
		}
	}
}

// payTrial is one of them.
type payTrial struct {
	*world
	answer    payAnswer
	lostFirst bool
	lands     time.Duration
	stopped   *answer // what a person who wants it to end was told
}

func (p *payTrial) script() {
	begun := p.env.Now()
	p.in.Intervals.StallPoll = time.Minute
	p.fox.onPay = func(n int) error {
		if n == 1 && p.lands != never {
			p.fox.settleIn(p.fox.orders[0], p.lands)
		}
		switch {
		case n == 1 && p.lostFirst:
			return errLost
		case p.env.Now().Sub(begun) < 15*time.Minute:
			return p.answer.err
		}
		return nil
	}
	for _, d := range []time.Duration{5 * time.Second, 30 * time.Second, 3 * time.Minute, 10 * time.Minute, 14 * time.Minute} {
		p.at(d, p.honest)
	}
	// Where a person is asked for, one comes in the end.
	p.at(time.Hour, func() { p.resolve("later", workflows.Resolution{Choice: workflows.Retry}) })
}

// honest holds what a person reads against what FoxReload has done.
func (p *payTrial) honest() {
	s := p.now()
	if len(p.fox.debits) > 0 || p.lostFirst && p.lands != never {
		assert.NotContains(p, story.Means(s), "othing is paid", "%s", s.State)
		assert.NotContains(p, story.Means(s), "othing was paid", "%s", s.State)
	}
}

func (p *payTrial) cancelled() { p.at(100*time.Second, func() { p.stopped = p.cancel() }) }

func (p *payTrial) aborted() {
	p.at(8*time.Minute, func() { p.stopped = p.resolve("abort", workflows.Resolution{Choice: workflows.Abort}) })
}

func (p *payTrial) paused() {
	p.at(4*time.Second, func() { require.NoError(p, p.book.Switches.Pause(p.Context(), "ann", p.env.Now())) })
	p.at(30*time.Minute, func() { require.NoError(p, p.book.Switches.Resume(p.Context())) })
}

func (p *payTrial) judge(s order.Status) {
	p.Helper()
	ended := p.stopped != nil && p.stopped.err == nil
	if ended {
		assert.Equal(p, order.Cancelled, s.State)
		assert.Empty(p, p.fox.debits, "somebody was told that it is cancelled")
		assert.False(p, p.lostFirst || !p.answer.spared, "it was in doubt")
		return
	}
	assert.Equal(p, order.Completed, s.State)
	assert.Len(p, p.fox.orders, 1)
	assert.Len(p, p.fox.debits, 1)
	assert.Equal(p, 1, s.Items[0].Codes)
	if p.stopped != nil {
		assert.Error(p, p.stopped.err)
	}
}

// Whoever wants an order to end that was surely refused is not turned down.
func TestASurelyRefusedPayLeavesNoDoubt(t *testing.T) {
	t.Parallel()
	for _, row := range payAnswers {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			w.fox.onPay = func(n int) error {
				if n < 30 {
					return row.err
				}
				return nil
			}
			var a *answer
			w.at(7*time.Minute, func() {
				a = w.cancel()
			})
			w.at(2*time.Hour, func() { w.resolve("later", workflows.Resolution{Choice: workflows.Retry}) })
			s := w.run()
			if row.spared {
				require.NoError(t, a.err)
				assert.Equal(t, order.Cancelled, s.State)
				assert.Empty(t, w.fox.debits)
				return
			}
			assert.ErrorContains(t, a.err, "outcome is not known")
			assert.Equal(t, order.Completed, s.State)
		})
	}
}

// A payment that went through shows after a minute. Payments are paused, or the day's
// limit is reached, between the request and its repeat: it is looked at all the same, and
// nobody is told that nothing is paid.
func TestAPauseOrALimitForgetsNoDoubt(t *testing.T) {
	t.Parallel()
	for name, hold := range map[string]func(*world){
		"pause":                     func(w *world) { require.NoError(w, w.book.Switches.Pause(w.Context(), "ann", w.env.Now())) },
		"limit":                     func(w *world) { w.acts.DailyLimit = map[string]decimal.Decimal{"usd": decimal.NewFromInt(1)} },
		"limit in another currency": func(w *world) { w.acts.DailyLimit = map[string]decimal.Decimal{"rub": decimal.NewFromInt(1)} },
	} {
		for _, lands := range []time.Duration{time.Minute, never} {
			t.Run(fmt.Sprintf("%s, lands %s", name, lands), func(t *testing.T) {
				w := newWorld(t)
				w.fox.onPay = func(n int) error {
					if n > 1 {
						return nil
					}
					if lands != never {
						w.fox.settleIn(w.fox.orders[0], lands)
					}
					return errLost
				}
				var a *answer
				w.at(4*time.Second, func() { hold(w) })
				w.at(40*time.Second, func() {
					s := w.now()
					assert.True(t, s.PaymentInDoubt)
					assert.NotContains(t, story.Means(s), "othing is paid")
					a = w.cancel()
				})
				begun := w.env.Now()
				w.at(30*time.Minute, func() { assert.True(t, w.now().PaymentInDoubt) })
				w.at(90*time.Minute, func() {
					if lands == never {
						s := w.now()
						assert.Equal(t, order.Paused, s.State)
						assert.False(t, s.PaymentInDoubt, "an hour after the last request to pay the doubt is over")
						assert.Contains(t, story.Means(s), "othing is paid")
						onRecord, err := w.book.Orders.Status(t.Context(), reference)
						require.NoError(t, err)
						assert.False(t, onRecord.PaymentInDoubt, "on record, too")
					}
					require.NoError(t, w.book.Switches.Resume(t.Context()))
					w.acts.DailyLimit = nil
				})
				s := w.run()
				assert.Error(t, a.err)
				assert.Equal(t, order.Completed, s.State)
				if lands == never {
					assert.Equal(t, 2, w.fox.pays)
					return
				}
				assert.Less(t, s.UpdatedAt.Sub(begun), 5*time.Minute, "it waits for nobody")
				assert.Equal(t, 1, w.fox.pays)
			})
		}
	}
}

// In doubt an order is looked at: at the polling pace for five minutes, then once a
// minute.
// Promise 6: the request budget is respected and spent on orders.
func TestADoubtIsLookedAtAndCostsLittle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fox.onPay = func(int) error { return errLost }
	w.at(10*time.Second, func() { require.NoError(t, w.book.Switches.Pause(t.Context(), "ann", w.env.Now())) })
	early, late := 0, 0
	w.at(5*time.Minute, func() { early = w.fox.get })
	w.at(6*time.Minute, func() { late = w.fox.get })
	w.at(36*time.Minute, func() {
		assert.InDelta(t, 12, early, 4)
		assert.InDelta(t, 30, w.fox.get-late, 4)
		assert.LessOrEqual(t, w.fox.pays, 2)
		w.fox.do(func() { w.fox.settle(w.fox.orders[0]) })
	})
	assert.Equal(t, order.Completed, w.run().State, "also while payments are paused")
}

// The payment window is over, and FoxReload goes on showing the order as active: a minute
// later it surely is not paid any more. It is replaced, and the replacement is paid.
func TestADoubtEndsAMinuteAfterThePaymentWindow(t *testing.T) {
	t.Parallel()
	for _, row := range payAnswers {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			w.fox.window = 15 * time.Minute
			begun := w.env.Now()
			var last, again time.Duration
			w.fox.onSee = func(o *foxreload.Order) {
				if o.ID == "fox-1" && o.CancelReason == order.PaymentExpiration {
					o.Status, o.CancelReason = foxreload.StatusActive, ""
				}
			}
			w.fox.onCreate = func(int) error { again = w.env.Now().Sub(begun); return nil }
			w.fox.onPay = func(n int) error {
				if len(w.fox.orders) > 1 {
					return nil
				}
				last = w.env.Now().Sub(begun)
				if n == 1 {
					return errLost
				}
				return row.err
			}
			var a *answer
			w.at(15*time.Minute+30*time.Second, func() { a = w.cancel() })
			w.at(20*time.Minute, func() { w.resolve("later", workflows.Resolution{Choice: workflows.Retry}) })
			s := w.run()
			assert.ErrorContains(t, a.err, "outcome is not known")
			assert.Equal(t, order.Completed, s.State)
			assert.Equal(t, 1, s.Replacements)
			assert.Contains(t, w.fox.debits, "fox-2")
			assert.LessOrEqual(t, last, 15*time.Minute, "nothing is sent once the window is over")
			assert.GreaterOrEqual(t, again, 16*time.Minute)
			intent, err := w.book.Payments.Intent(t.Context(), "fox-1")
			require.NoError(t, err)
			assert.True(t, intent.Voided)
		})
	}
}

// FoxReload's own word ends a doubt: an order that it cancelled as unpaid is replaced.
func TestFoxReloadsOwnWordEndsADoubt(t *testing.T) {
	t.Parallel()
	for reason, end := range map[string]order.State{order.PaymentExpiration: order.Completed, order.PaymentFailure: order.Completed, order.UserRequest: order.Cancelled} {
		t.Run(reason, func(t *testing.T) {
			w := newWorld(t)
			w.fox.onPay = func(n int) error {
				if n == 1 {
					return errLost
				}
				if len(w.fox.orders) == 1 {
					return refusedPay(409, "PAYMENT_IN_PROGRESS")
				}
				return nil
			}
			w.at(5*time.Minute, func() {
				w.fox.do(func() { w.fox.orders[0].status, w.fox.orders[0].order.CancelReason = foxreload.StatusCancelled, reason })
			})
			w.at(time.Hour, func() { w.topUp(0) })
			s := w.run()
			assert.Equal(t, end, s.State)
			if end == order.Cancelled {
				assert.True(t, s.PaymentInDoubt, "the reason does not say that nothing was paid")
				assert.Equal(t, 1, w.fox.creates)
			}
		})
	}
}

// The answer to pay is lost, and stays lost; FoxReload shows the order as active, or is out
// of reach. Whoever asks the workflow, and whoever reads the Web UI, is told of the doubt:
// not only when the order waits for something else, too.
func TestADoubtIsToldWhileItIsLookedAt(t *testing.T) {
	t.Parallel()
	for name, look := range map[string]error{"it shows as active": nil, "it can't be seen": apiError(foxreload.ClassPassing, "HTTP_503")} {
		for _, before := range []order.State{order.Active, order.AwaitingTopUp} {
			t.Run(name+", "+string(before), func(t *testing.T) {
				w := newWorld(t)
				begun, lost := w.env.Now(), time.Duration(0)
				if before == order.AwaitingTopUp {
					w = poor(t)
					begun, lost = w.env.Now(), time.Minute
					w.at(lost, func() { w.topUp(20) })
				}
				w.fox.onPay = func(int) error {
					if now := w.env.Now().Sub(begun); lost <= now && now < lost+8*time.Minute {
						w.fox.onGet = func(int) error {
							if w.env.Now().Sub(begun) < lost+8*time.Minute {
								return look
							}
							return nil
						}
						return errLost
					}
					return nil
				}
				for _, d := range []time.Duration{30 * time.Second, 2 * time.Minute, 7 * time.Minute} {
					w.at(lost+d, func() {
						s := w.now()
						assert.True(t, s.PaymentInDoubt, "%s after %s", s.State, d)
						assert.NotContains(t, webUI(t, w.env), "othing is paid", d)
						onRecord, err := w.book.Orders.Status(t.Context(), reference)
						require.NoError(t, err)
						assert.True(t, onRecord.PaymentInDoubt)
					})
				}
				s := w.run()
				assert.Equal(t, order.Completed, s.State)
				assert.False(t, s.PaymentInDoubt)
			})
		}
	}
}

// Once the payment window is over nothing is sent, not the first request either:
// its answer might be lost, and a minute after the window a doubt ends, however late it
// began. The order is replaced then, as FoxReload shows it unpaid still.
// Promise 1: one reference, one paid order.
func TestNothingIsSentOnceThePaymentWindowIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.in.Intervals.StallPoll = 20 * time.Second
	w.fox.window = 15 * time.Minute
	w.fox.onSee = func(o *foxreload.Order) {
		if o.CancelReason == order.PaymentExpiration {
			o.Status, o.CancelReason = foxreload.StatusActive, ""
		}
	}
	begun := w.env.Now()
	var first time.Duration
	w.fox.onPay = func(n int) error {
		if n > 1 {
			return nil
		}
		first = w.env.Now().Sub(begun)
		w.fox.settleIn(w.fox.orders[len(w.fox.orders)-1], 40*time.Second)
		return errLost
	}
	require.NoError(t, w.book.Switches.Pause(t.Context(), "ann", w.env.Now()))
	w.at(15*time.Minute+30*time.Second, func() { require.NoError(t, w.book.Switches.Resume(t.Context())) })
	s := w.run()
	assert.Equal(t, order.Completed, s.State)
	assert.GreaterOrEqual(t, first, 16*time.Minute)
	assert.Equal(t, 1, s.Replacements)
	assert.Contains(t, w.fox.debits, "fox-2")
}

// FoxReload cancels an order after it was paid, for whatever reason, or while its payment
// link is out: nobody reads that nothing was paid, nor that it may be ordered again.
func TestAnOrderThatWasPaidAndIsCancelledIsNotCalledUnpaid(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{order.UserRequest, order.PaymentFailure, order.PaymentExpiration, "fraud", ""} {
		t.Run("paid, "+reason, func(t *testing.T) {
			w := newWorld(t)
			w.fox.stages = []stage{{0, foxreload.StatusPaid}, {10 * time.Second, foxreload.StatusProcessing}, {time.Minute, foxreload.StatusCancelled}}
			w.fox.cancelReason = reason
			saysMoneyOut(t, w.run(), "it is paid")
		})
	}
	t.Run("its link is out", func(t *testing.T) {
		w := byProvider(t)
		w.at(5*time.Minute, func() {
			w.fox.do(func() {
				w.fox.orders[0].status, w.fox.orders[0].order.CancelReason = foxreload.StatusCancelled, order.UserRequest
			})
		})
		saysMoneyOut(t, w.run(), "link is out")
	})
}

// An order was cancelled on request, and is paid past us after that: whoever looks again is
// told so.
func TestACancelledOrderThatIsPaidAfterAllSaysSo(t *testing.T) {
	t.Parallel()
	for _, shown := range []foxreload.Status{foxreload.StatusPaid, foxreload.StatusCompleted} {
		w := poor(t)
		w.at(time.Hour, func() { w.cancel() })
		s := w.run()
		require.Equal(t, order.Cancelled, s.State)
		require.Nil(t, s.Error)
		assert.Contains(t, story.Means(s), "Nothing was paid")
		w.fox.settle(w.fox.orders[0])
		w.fox.orders[0].status = shown
		for range 2 {
			s, err := w.acts.Recheck(t.Context(), reference)
			require.NoError(t, err)
			assert.Equal(t, order.UserRequest, *s.CancelReason)
			saysMoneyOut(t, s, "it is paid")
			w.fox.orders[0].status = foxreload.StatusActive // an answer from before
		}
	}
}

func saysMoneyOut(t *testing.T, s order.Status, how string) {
	t.Helper()
	assert.Equal(t, order.Cancelled, s.State)
	require.NotNil(t, s.Error)
	assert.Equal(t, order.CodeMoneyOut, s.Error.Code)
	assert.Contains(t, s.Error.Message, how)
	assert.NotContains(t, story.Means(s), "othing was paid")
	assert.NotContains(t, story.Hint(s), "place --reference NEW")
}

// The payment window is shown only after the request to pay, or is another then,
// and is over for long: a request that has left just now may land all the same.
// Promise 1: one reference, one paid order.
func TestARequestHasItsMinuteWhateverWindowIsShownThen(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]time.Duration{"none was shown": 0, "another was shown": 15 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.fox.window = first
			past := w.env.Now().Add(-time.Hour)
			w.fox.onSee = func(o *foxreload.Order) {
				if w.fox.pays > 0 && o.ID == "fox-1" {
					o.PaymentExpiresAt = &past
				}
			}
			w.fox.onPay = func(n int) error {
				if n > 1 {
					return nil
				}
				w.fox.settleIn(w.fox.orders[0], 40*time.Second)
				return errLost
			}
			s := w.run()
			assert.Equal(t, order.Completed, s.State)
			assert.Zero(t, s.Replacements)
			assert.Contains(t, w.fox.debits, "fox-1")
		})
	}
}
