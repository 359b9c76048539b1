package workflows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/zap"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/internal/balance"
	"foxflow/internal/desk"
	"foxflow/order"
	"foxflow/workflows"
)

// till is FoxReload's side of a top-up, and the orders that it wakes.
type till struct {
	*world
	mu       sync.Mutex
	usd, rub decimal.Decimal
	answer   string  // to the request
	fails    []error // of the requests, the first ones
	deaf     error   // of looks at the balance
	posts    int
	looks    int
	posting  func() // while a request is at FoxReload
	woke     bool   // the orders that wait
	request  order.TopUpRequest
	every    time.Duration // of looks
}

const topUpID = "tu-1"

func newTill(t *testing.T) *till {
	t.Helper()
	c := &till{world: newWorld(t), usd: decimal.NewFromInt(1), posting: func() {}, every: 2 * seldom,
		answer:  `{"id":"fox-topup-1","address":"TXyz","url":"https://pay.example/1","amount":"50.37","currency":"USDT","network":"TRC20"}`,
		request: order.TopUpRequest{ID: topUpID, Amount: decimal.NewFromInt(50), Currency: "usdt"}}
	c.again()
	return c
}

// again gives the top-up a new run over the same ledger, as a reset from the first
// event does.
func (c *till) again() {
	c.restart()
	c.acts.Money = c
	c.woke = false
	watcher := &desk.Desk{API: c, Store: c.book.Store, Now: c.env.Now, Holder: "worker", Log: zap.NewNop()}
	c.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		c.woke = c.woke || info.ActivityType.Name == "WakeOrders"
		_ = watcher.Tend(c.Context()) // a look that fails is one of the stories
	})
	c.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: order.TopUpWorkflowID(c.request.ID), TaskQueue: "foxflow"})
	c.env.RegisterWorkflowWithOptions(workflows.TopUpWorkflow, workflow.RegisterOptions{Name: workflows.TopUpWorkflowName})
}

func (c *till) CreateTopUp(ctx context.Context, _ foxreload.TopUpRequest) (foxreload.TopUp, error) {
	if _, err := foxreload.Leave(ctx); err != nil {
		return foxreload.TopUp{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.posts++
	c.posting()
	if c.posts <= len(c.fails) {
		return foxreload.TopUp{}, c.fails[c.posts-1]
	}
	return foxreload.ReadTopUp(json.RawMessage(c.answer)), nil
}

func (c *till) Balances(context.Context) ([]foxreload.Balance, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looks++
	return []foxreload.Balance{{Currency: "usd", Available: c.usd}, {Currency: "rub", Available: c.rub}}, c.deaf
}

func (c *till) do(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

func (c *till) status() order.TopUp {
	c.Helper()
	answer, err := c.env.QueryWorkflow(workflows.QueryStatus)
	require.NoError(c, err)
	var s order.TopUp
	require.NoError(c, answer.Get(&s))
	return s
}

// play carries the top-up to its end and returns how it stands, as workflow and ledger
// both say.
func (c *till) play() order.TopUp {
	c.Helper()
	c.env.ExecuteWorkflow(workflows.TopUpWorkflowName, workflows.TopUpInput{Request: c.request, LookEvery: c.every})
	require.True(c, c.env.IsWorkflowCompleted(), "the top-up has not ended")
	require.NoError(c, c.env.GetWorkflowError())
	var s order.TopUp
	require.NoError(c, c.env.GetWorkflowResult(&s))
	require.True(c, s.State.Ended())
	onRecord, _, err := c.book.TopUps.Status(c.Context(), c.request.ID)
	require.NoError(c, err)
	if onRecord.Raw != nil {
		require.JSONEq(c, c.answer, string(onRecord.Raw))
		onRecord.Raw = nil
	}
	s.Raw = nil
	require.Equal(c, onRecord, s, "the ledger and the workflow tell the same")
	return s
}

func TestTopUpIsRequestedAndArrives(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	var during order.TopUp
	c.at(time.Hour, func() {
		during = c.status()
		for _, shown := range []string{"**waiting**", `50\.37 usdt`, "TXyz", "https://pay.example/1", "watched until"} {
			assert.Contains(t, webUI(t, c.env), shown)
		}
	})
	c.at(2*time.Hour, func() { c.do(func() { c.usd = decimal.NewFromInt(51) }) })
	s := c.play()
	assert.Equal(t, order.TopUpWaiting, during.State)
	assert.Equal(t, "TXyz", *during.Address)
	assert.Equal(t, "https://pay.example/1", *during.Link)
	assert.Equal(t, "50.37 usdt", during.Amount+" "+during.Currency, "what FoxReload says is to be sent")
	assert.Contains(t, *during.Reason, "the balance is watched until 2026-11-25")
	assert.Equal(t, order.TopUpArrived, s.State)
	assert.Contains(t, *s.Reason, "50 usd")
	assert.Equal(t, 1, c.posts)
	assert.True(t, c.woke)
}

// Orders that are paid meanwhile make the balance fall: a rise is one between two looks.
func TestTopUpArrivesAfterTheBalanceFell(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	c.usd = decimal.NewFromInt(100)
	c.at(time.Hour, func() { c.do(func() { c.usd = decimal.NewFromInt(5) }) })
	c.at(2*time.Hour, func() { c.do(func() { c.usd = decimal.NewFromInt(55) }) })
	s := c.play()
	assert.Equal(t, order.TopUpArrived, s.State)
	assert.Equal(t, "the balance has risen by 50 usd", *s.Reason)
}

// What the desk saw before the top-up was asked for is not what came of it: an order
// was paid in between.
func TestALookBeforeTheTopUpIsNone(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	c.every = 6 * time.Hour
	_, err := balance.New(c.book.Store).Saw(t.Context(), c.env.Now().Add(-time.Second), map[string]decimal.Decimal{"usd": decimal.NewFromInt(40)})
	require.NoError(t, err)
	assert.Equal(t, order.TopUpExpired, c.play().State)
}

// Nor where the balance could not be read then: what had come since that old look was
// there before.
func TestAnOldLookIsNoBeginning(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	c.every, c.deaf = 6*time.Hour, apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED")
	_, err := balance.New(c.book.Store).Saw(t.Context(), c.env.Now().Add(-time.Hour), map[string]decimal.Decimal{"usd": decimal.Zero})
	require.NoError(t, err)
	c.at(time.Minute, func() { c.do(func() { c.deaf = nil }) })
	assert.Equal(t, order.TopUpExpired, c.play().State)
}

func TestARiseInAnyCurrencyCounts(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	c.at(2*time.Hour, func() { c.do(func() { c.rub, c.usd = decimal.NewFromInt(4000), decimal.Zero }) })
	assert.Equal(t, "the balance has risen by 4000 rub", *c.play().Reason)
}

// However many top-ups are followed, the desk looks for all of them.
func TestTopUpsThatWaitShareTheDesksLooks(t *testing.T) {
	t.Parallel()
	looks := func(others int) int {
		c := newTill(t)
		for i := range others {
			other := order.TopUpRequest{ID: fmt.Sprint("other-", i), Amount: decimal.NewFromInt(5), Currency: "usdt"}
			require.NoError(t, c.book.TopUps.Open(t.Context(), other, c.env.Now()))
			waits := order.NewTopUp(other)
			waits.State = order.TopUpWaiting
			require.NoError(t, c.book.TopUps.Record(t.Context(), waits, 1, c.env.Now()))
			for after := time.Minute; after < 2*time.Hour; after += 3 * time.Minute {
				c.at(after+time.Duration(i)*time.Second, func() {
					_, err := (&activities.Activities{Ledger: c.book, Now: c.env.Now}).WatchBalance(context.Background(), activities.WatchInput{
						TopUpID: other.ID, Every: seldom, Until: c.env.Now().Add(time.Hour)})
					assert.Error(t, err, "it waits")
				})
			}
		}
		c.at(2*time.Hour, func() { c.do(func() { c.usd = decimal.NewFromInt(51) }) })
		assert.Equal(t, order.TopUpArrived, c.play().State)
		return c.looks
	}
	alone := looks(0)
	assert.Less(t, alone, 20)
	assert.LessOrEqual(t, looks(10), alone+1)
}

func TestTopUpExpires(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer string
		after  time.Duration
	}{
		"at the limit":           {`{"address":"TXyz","expiresAt":"2026-11-24T13:00:00Z"}`, 2 * time.Hour},
		"without a limit":        {`{"address":"TXyz"}`, 24 * time.Hour},
		"a limit long past":      {`{"address":"TXyz","expiresAt":"2020-01-01T00:00:00Z"}`, 24 * time.Hour},
		"a limit in another age": {`{"address":"TXyz","expiresAt":"2199-01-01T00:00:00Z"}`, 7 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTill(t)
			c.answer, c.every = row.answer, 6*time.Hour // a watch of days in few looks
			began := c.env.Now()
			s := c.play()
			assert.Equal(t, order.TopUpExpired, s.State)
			assert.InDelta(t, row.after.Hours(), c.env.Now().Sub(began).Hours(), 1.1)
			assert.Contains(t, *s.Reason, "not seen to rise")
			assert.False(t, c.woke)
			assert.Equal(t, "50 usdt", s.Amount+" "+s.Currency)
		})
	}
}

func TestAnAnswerThatNamesNothingIsStillFollowed(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	c.answer = `{"sendTo":"TXyz"}`
	c.at(time.Hour, func() {
		assert.Contains(t, *c.status().Reason, "names no address or link")
		c.do(func() { c.usd = decimal.NewFromInt(51) })
	})
	assert.Equal(t, order.TopUpArrived, c.play().State)
}

// The answer is lost: it can't be asked for again, and nothing is sent twice, whoever
// takes the request up again.
func TestALostAnswerIsSaidAndNothingIsSentAgain(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	c.fails = []error{apiError(foxreload.ClassUnknown, foxreload.CodeTimeout)}
	for range 2 {
		s := c.play()
		assert.Equal(t, order.TopUpLost, s.State)
		assert.Contains(t, *s.Reason, "ask again, under a new id")
		assert.Equal(t, 1, c.posts)
		c.again()
	}
}

// A worker that dies in the middle of the request leaves an intent behind.
func TestTheWorkerDiesInTheMiddleOfTheRequest(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	require.NoError(t, c.book.TopUps.Open(t.Context(), c.request, c.env.Now()))
	sent, err := c.book.TopUps.Send(t.Context(), topUpID, "other", c.env.Now())
	require.NoError(t, err)
	require.True(t, sent.Now)
	s := c.play()
	assert.Equal(t, order.TopUpLost, s.State)
	assert.Zero(t, c.posts)
}

// It was thought dead and was only slow: what it was told counts.
func TestTheOtherAttemptsAnswerIsTaken(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	require.NoError(t, c.book.TopUps.Open(t.Context(), c.request, c.env.Now()))
	_, err := c.book.TopUps.Send(t.Context(), topUpID, "other", c.env.Now())
	require.NoError(t, err)
	c.at(30*time.Second, func() {
		require.NoError(t, c.book.TopUps.Answer(context.Background(), topUpID, json.RawMessage(c.answer)))
	})
	c.at(time.Hour, func() { c.do(func() { c.usd = decimal.NewFromInt(51) }) })
	s := c.play()
	assert.Equal(t, order.TopUpArrived, s.State)
	assert.Equal(t, "TXyz", *s.Address)
	assert.Zero(t, c.posts)
}

func TestARequestThatSurelyWasNotSentIsSent(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	c.fails = []error{apiError(foxreload.ClassPassing, foxreload.CodeNoAnswer), &foxreload.ThrottledError{For: time.Minute}}
	c.at(time.Hour, func() { c.do(func() { c.usd = decimal.NewFromInt(51) }) })
	assert.Equal(t, order.TopUpArrived, c.play().State)
	assert.Equal(t, 3, c.posts)
}

func TestARefusedRequestFails(t *testing.T) {
	t.Parallel()
	for _, class := range []foxreload.Class{foxreload.ClassFinal, foxreload.ClassUnauthorised, foxreload.ClassNotFound, foxreload.ClassMisdirected} {
		t.Run(string(class), func(t *testing.T) {
			c := newTill(t)
			c.fails = []error{apiError(class, "TOO_LITTLE"), apiError(class, "TOO_LITTLE")}
			for range 2 {
				s := c.play()
				assert.Equal(t, order.TopUpFailed, s.State)
				assert.Contains(t, *s.Reason, "TOO_LITTLE")
				assert.Equal(t, 1, c.posts, "it was answered: asking again is for a person")
				c.again()
			}
		})
	}
}

// Taken up again after a reset, it goes on with the answer that it has.
func TestResetOfATopUp(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	c.at(time.Hour, func() { c.do(func() { c.usd = decimal.NewFromInt(51) }) })
	first := c.play()
	c.again()
	assert.Equal(t, first, c.play())
	assert.Equal(t, 1, c.posts)
}

func TestABalanceThatCantBeReadIsWaitedFor(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	c.deaf = apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED")
	c.at(time.Hour, func() { c.do(func() { c.deaf = nil }) })
	c.at(3*time.Hour, func() { c.do(func() { c.usd = decimal.NewFromInt(51) }) })
	assert.Equal(t, order.TopUpArrived, c.play().State)

	c = newTill(t)
	c.answer = `{"address":"TXyz","expiresAt":"2026-11-24T13:00:00Z"}`
	c.deaf = apiError(foxreload.ClassUnauthorised, "UNAUTHORIZED")
	s := c.play()
	assert.Equal(t, order.TopUpExpired, s.State)
	assert.Contains(t, *s.Reason, "could not be read")
}

func TestACancelledTopUpEnds(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	c.at(time.Hour, c.env.CancelWorkflow)
	c.env.ExecuteWorkflow(workflows.TopUpWorkflowName, workflows.TopUpInput{Request: c.request, LookEvery: c.every})
	require.True(t, c.env.IsWorkflowCompleted())
	assert.True(t, temporal.IsCanceledError(c.env.GetWorkflowError()))
	s, _, err := c.book.TopUps.Status(t.Context(), topUpID)
	require.NoError(t, err)
	assert.Equal(t, order.TopUpCancelled, s.State)
	assert.Equal(t, "TXyz", *s.Address, "whoever has sent money can still see where to")
	assert.False(t, c.woke)
}

func TestATopUpThatShouldNotHaveBeenStarted(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*till){
		"nothing":      func(c *till) { c.request.Amount = decimal.Zero },
		"no coin":      func(c *till) { c.request.Currency = "" },
		"another's id": func(c *till) { c.request.ID = "tu-2" },
		"other content": func(c *till) {
			require.NoError(c, c.book.TopUps.Open(c.Context(), c.request, c.env.Now()))
			c.request.Amount = decimal.NewFromInt(60)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTill(t)
			change(c)
			c.env.ExecuteWorkflow(workflows.TopUpWorkflowName, workflows.TopUpInput{Request: c.request})
			var app *temporal.ApplicationError
			require.ErrorAs(t, c.env.GetWorkflowError(), &app)
			assert.Zero(t, c.posts)
		})
	}
}
