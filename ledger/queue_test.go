package ledger

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foxflow/internal/ledgertest/twice"
	"foxflow/internal/store"
	"foxflow/order"
)

const claimLasts = time.Minute

// put places orders where so many may be on their way.
func put(t *testing.T, l *Ledger, most int, requests ...order.Request) []Placed {
	t.Helper()
	placed, err := l.Queue.Put(t.Context(), requests, Placing{Most: most, Input: `{"pollMax":7}`, Claim: claimLasts, At: noon})
	require.NoError(t, err)
	return placed
}

func requests(references ...string) (list []order.Request) {
	for _, reference := range references {
		list = append(list, request(reference))
	}
	return list
}

func mock(reference string) order.Request {
	r := request(reference)
	r.Mock = true
	return r
}

// claim has as many begin of each payer as there is room for.
func claim(t *testing.T, l *Ledger, n int, at time.Time, payers ...order.Payer) (references []string) {
	t.Helper()
	take := map[order.Payer]int{}
	for _, payer := range payers {
		take[payer] = n
	}
	claimed, err := l.Queue.Claim(t.Context(), n, take, claimLasts, at)
	require.NoError(t, err)
	for _, c := range claimed {
		require.Equal(t, order.Creating, c.Status.State)
		require.Equal(t, c.Request.Reference, c.Status.Reference)
		require.Equal(t, `{"pollMax":7}`, c.Input)
		references = append(references, c.Status.Reference)
	}
	return references
}

// planOf is how the database carries out a query.
func planOf(t *testing.T, l *Ledger, query string, args ...any) (plan string) {
	t.Helper()
	require.NoError(t, l.store.View(t.Context(), func(tx *sql.Tx) error {
		explain := "EXPLAIN QUERY PLAN "
		if twice.OnPostgres() { // a small table is not worth an index
			explain = "EXPLAIN "
			if _, err := tx.ExecContext(t.Context(), `SET LOCAL enable_seqscan = off`); err != nil {
				return err
			}
		}
		rows, err := tx.QueryContext(t.Context(), explain+query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			var text string
			into := make([]any, len(columns))
			for i := range into {
				into[i] = new(any)
			}
			into[len(into)-1] = &text
			require.NoError(t, rows.Scan(into...))
			plan += text + "\n"
		}
		return rows.Err()
	}))
	return plan
}

func requireState(t *testing.T, l *Ledger, reference string, want order.State) order.Status {
	t.Helper()
	s, err := l.Orders.Status(t.Context(), reference)
	require.NoError(t, err)
	require.Equal(t, want, s.State, reference)
	return s
}

// Where there is room an order begins at once, and its log begins with its workflow. Where
// there is none all that are placed wait, in their order, and that is on record.
func TestOrdersWithoutRoomWaitForTheirTurn(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	first := put(t, l, 2, request("shop-1"))[0]
	require.True(t, first.New)
	require.Equal(t, order.Creating, first.Status.State)
	entries, err := l.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Empty(t, entries, "no entry says that it was queued")

	for _, p := range put(t, l, 2, requests("shop-3", "shop-2")...) {
		require.True(t, p.New)
		require.Equal(t, order.Queued, p.Status.State, "both have no room")
		require.Equal(t, order.WaitTurn, *p.Status.WaitingForCode)
		require.Equal(t, p.Status, requireState(t, l, p.Status.Reference, order.Queued))
		entries, err := l.Log.Entries(t.Context(), p.Status.Reference)
		require.NoError(t, err)
		require.Len(t, entries, 1)
		require.Equal(t, order.Queued, entries[0].State)
	}
	require.Equal(t, order.Queued, put(t, l, 100, request("shop-4"))[0].Status.State, "nobody passes those that wait")
	require.Equal(t, order.Creating, put(t, l, 100, mock("mock-1"))[0].Status.State, "one that is paid otherwise may")
	require.Equal(t, order.Queued, put(t, l, 0, mock("mock-2"))[0].Status.State)

	at, there, err := l.Queue.Position(t.Context(), "shop-4")
	require.NoError(t, err)
	require.True(t, there)
	require.Equal(t, Position{Before: 2, Payer: order.PaidByBalance}, at)
	require.Equal(t, []string{"shop-3", "shop-2"}, claim(t, l, 2, noon, order.PaidByBalance))
	at, _, err = l.Queue.Position(t.Context(), "shop-4")
	require.NoError(t, err)
	require.Zero(t, at.Before)
	require.Equal(t, []string{"shop-4"}, claim(t, l, 1, noon, order.Payers...), "in the order of placing, whoever pays")
	require.Equal(t, []string{"mock-2"}, claim(t, l, 5, noon, order.Payers...))
	require.Empty(t, claim(t, l, 5, noon, order.Payers...))
	_, _, broken, err := l.Log.VerifyAll(t.Context())
	require.NoError(t, err)
	require.Empty(t, broken)
}

// The same again changes nothing, whatever became of it; another content is refused, and
// keeps the others from nothing.
func TestPlacingAgainFindsWhatIsThere(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	put(t, l, 0, request("shop-1"))
	other := request("shop-1")
	other.Items[0].Quantity = 3
	noCheck := request("shop-2")
	noCheck.NoCheck = true
	placed := put(t, l, 100, request("shop-1"), request("shop-2"), noCheck, other, request("shop-3"))
	require.Equal(t, []bool{false, true, false, false, true}, []bool{placed[0].New, placed[1].New, placed[2].New, placed[3].New, placed[4].New})
	require.Equal(t, order.Queued, placed[0].Status.State)
	require.Equal(t, placed[1].Status, placed[2].Status, "twice among the orders")
	require.Equal(t, "shop-1", placed[3].Conflict.Reference)
	require.NotEmpty(t, placed[3].Conflict.Differences)
	require.Equal(t, placed[0].Status, put(t, l, 100, request("shop-1"))[0].Status)

	_, cancelled, err := l.Queue.Cancel(t.Context(), "shop-1", noon)
	require.NoError(t, err)
	require.True(t, cancelled)
	require.Equal(t, order.Cancelled, put(t, l, 100, request("shop-1"))[0].Status.State, "an end stays an end")
	_, err = l.Queue.Put(t.Context(), make([]order.Request, MostPlaced+1), Placing{})
	require.ErrorContains(t, err, "500 can be placed at a time")
	_, err = l.Queue.Put(t.Context(), requests(""), Placing{})
	require.ErrorContains(t, err, "reference")
}

// Promise 3: nothing is lost.
// Whoever dies between placing an order and starting it leaves it to the next: its claim runs
// out. An order leaves the queue with its workflow.
func TestAnOrderThatNobodyStartedIsClaimedAgain(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	put(t, l, 100, requests("shop-1", "shop-2", "shop-3")...)
	require.Empty(t, claim(t, l, 5, noon.Add(claimLasts-time.Second), order.Payers...), "they are being started")
	_, created, err := l.Orders.Begin(t.Context(), request("shop-2"), noon)
	require.NoError(t, err)
	require.False(t, created)
	require.NoError(t, l.Queue.Leave(t.Context(), "shop-3"))
	crowd, err := l.Queue.Crowd(t.Context(), noon)
	require.NoError(t, err)
	require.Equal(t, Crowd{Starting: 3, Fresh: 3, Waits: map[order.Payer]bool{}}, crowd)
	require.Equal(t, []string{"shop-1"}, claim(t, l, 0, noon.Add(claimLasts)))
	require.Empty(t, claim(t, l, 0, noon.Add(claimLasts)), "it is claimed anew")

	require.NoError(t, l.Queue.GiveBack(t.Context(), 15*time.Second, noon.Add(claimLasts), "shop-1"))
	require.Empty(t, claim(t, l, 0, noon.Add(claimLasts+14*time.Second)))
	require.Equal(t, []string{"shop-1"}, claim(t, l, 0, noon.Add(claimLasts+15*time.Second)))

	// A ledger that was put back from a backup knows less: its order has gone on.
	enter(t, l, "shop-1", order.Creating, order.Active)
	require.Empty(t, claim(t, l, 0, noon.Add(time.Hour)))
	_, there, err := l.Queue.Position(t.Context(), "shop-1")
	require.NoError(t, err)
	require.False(t, there)
}

// Whose turn has come is not cancelled here: its workflow may run.
func TestAQueuedOrderIsCancelledAtOnceUnlessItsTurnHasCome(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	put(t, l, 0, requests("shop-1", "shop-2")...)
	require.Equal(t, []string{"shop-1"}, claim(t, l, 1, noon, order.PaidByBalance))
	s, cancelled, err := l.Queue.Cancel(t.Context(), "shop-1", noon.Add(time.Minute))
	require.NoError(t, err)
	require.False(t, cancelled)
	require.Equal(t, order.Creating, s.State)

	s, cancelled, err = l.Queue.Cancel(t.Context(), "shop-2", noon.Add(time.Minute))
	require.NoError(t, err)
	require.True(t, cancelled)
	require.Equal(t, order.UserRequest, *s.CancelReason)
	require.Equal(t, s, requireState(t, l, "shop-2", order.Cancelled))
	require.Empty(t, claim(t, l, 5, noon.Add(time.Hour), order.PaidByBalance)[1:], "it never begins")
	opened, err := l.Orders.Open(t.Context(), request("shop-2"), noon)
	require.NoError(t, err)
	require.True(t, opened.Cancelled, "a workflow that is started for it all the same ends as cancelled")
	_, again, err := l.Queue.Cancel(t.Context(), "shop-2", noon)
	require.NoError(t, err)
	require.False(t, again)
	_, _, err = l.Queue.Cancel(t.Context(), "shop-9", noon)
	require.ErrorIs(t, err, ErrNotFound)
	require.NoError(t, l.Log.Verify(t.Context(), "shop-2"))
}

// An order that surely was not started is taken back, and with it its place.
func TestWithdrawnOrderLeavesTheQueue(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	placed := put(t, l, 5, request("shop-1"))
	require.NoError(t, l.Orders.Withdraw(t.Context(), "shop-1", placed[0].Claim))
	_, err := l.Orders.Status(t.Context(), "shop-1")
	require.ErrorIs(t, err, ErrNotFound)
	require.True(t, put(t, l, 5, request("shop-1"))[0].New)
	placed = put(t, l, 0, request("shop-2"))
	require.ErrorIs(t, l.Orders.Withdraw(t.Context(), "shop-2", placed[0].Claim), ErrInUse, "it has a history")
}

// Whoever placed an order and stood still before starting it takes nothing back: a door has
// claimed it meanwhile, and may have started it.
// Promise 2: nothing is guessed.
func TestAnOrderThatADoorClaimedIsNotTakenBack(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	placed := put(t, l, 5, request("shop-1"))
	later := noon.Add(claimLasts)
	require.Equal(t, []string{"shop-1"}, claim(t, l, 5, later, order.PaidByBalance))
	require.ErrorIs(t, l.Orders.Withdraw(t.Context(), "shop-1", placed[0].Claim), ErrInUse, "claimed")
	require.NoError(t, l.Queue.Leave(t.Context(), "shop-1"))
	require.ErrorIs(t, l.Orders.Withdraw(t.Context(), "shop-1", placed[0].Claim), ErrInUse, "it runs")
}

// Whatever is placed, claimed, started, given back and cancelled in whatever order, by however
// many doors: an order begins once in its turn, and is in the queue until its workflow runs.
// Promise 3: nothing is lost.
func TestPropertyNoOrderIsForgottenInTheQueue(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l, other := s.open(t), s.open(t)
	games := 0
	rapid.Check(t, func(rt *rapid.T) {
		games++
		require.NoError(rt, l.store.Exec(t.Context(), `DELETE FROM queue`))
		now, number, waits := noon, 0, []string{} // of the file's order
		claims := map[string]time.Time{}
		book := func() *Ledger { return []*Ledger{l, other}[rapid.IntRange(0, 1).Draw(rt, "ledger")] }
		some := func() string {
			if len(claims) == 0 {
				rt.Skip("nobody has begun")
			}
			list := []string{}
			for i := range number {
				if name := fmt.Sprintf("g%d-%d", games, i); !claims[name].IsZero() {
					list = append(list, name)
				}
			}
			return rapid.SampledFrom(list).Draw(rt, "order")
		}
		rt.Repeat(map[string]func(*rapid.T){
			"place": func(rt *rapid.T) {
				var list []order.Request
				for range rapid.IntRange(1, 4).Draw(rt, "orders") {
					list = append(list, request(fmt.Sprintf("g%d-%d", games, number)))
					number++
				}
				most := rapid.SampledFrom([]int{0, 1 << 30}).Draw(rt, "room")
				placed, err := book().Queue.Put(t.Context(), list, Placing{Most: most, Claim: claimLasts, At: now})
				require.NoError(rt, err)
				for _, p := range placed {
					if most > 0 && len(waits) == 0 {
						require.Equal(rt, order.Creating, p.Status.State)
						claims[p.Status.Reference] = now.Add(claimLasts)
					} else {
						require.Equal(rt, order.Queued, p.Status.State)
					}
				}
				if placed[0].Status.State == order.Queued {
					for _, p := range placed {
						waits = append(waits, p.Status.Reference)
					}
				}
			},
			"claim": func(rt *rapid.T) {
				n := rapid.IntRange(0, 3).Draw(rt, "room")
				var want []string
				for reference, until := range claims {
					if !until.After(now) {
						want = append(want, reference)
					}
				}
				if len(want) > mostLapsed {
					rt.Skip("not all are claimed at once")
				}
				claimed, err := book().Queue.Claim(t.Context(), 5, map[order.Payer]int{order.PaidByBalance: n}, claimLasts, now)
				require.NoError(rt, err)
				turn := min(n, len(waits))
				want = append(want, waits[:turn]...)
				waits = waits[turn:]
				var have []string
				for _, c := range claimed {
					have = append(have, c.Status.Reference)
					claims[c.Status.Reference] = now.Add(claimLasts)
				}
				require.ElementsMatch(rt, want, have)
			},
			"start": func(rt *rapid.T) {
				reference := some()
				if rapid.Bool().Draw(rt, "by its workflow") {
					_, _, err := book().Orders.Begin(t.Context(), request(reference), now)
					require.NoError(rt, err)
				} else {
					require.NoError(rt, book().Queue.Leave(t.Context(), reference))
				}
				delete(claims, reference)
			},
			"give back": func(rt *rapid.T) {
				reference := some()
				require.NoError(rt, book().Queue.GiveBack(t.Context(), time.Second, now, reference))
				claims[reference] = now.Add(time.Second)
			},
			"cancel": func(rt *rapid.T) {
				if len(waits) == 0 {
					rt.Skip("nobody waits")
				}
				i := rapid.IntRange(0, len(waits)-1).Draw(rt, "who")
				_, cancelled, err := book().Queue.Cancel(t.Context(), waits[i], now)
				require.NoError(rt, err)
				require.True(rt, cancelled)
				waits = append(append([]string{}, waits[:i]...), waits[i+1:]...)
			},
			"wait": func(rt *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 70).Draw(rt, "seconds")) * time.Second)
			},
			"": func(rt *rapid.T) {
				rows, err := l.store.Reads().QueryContext(t.Context(), `SELECT reference, claimed_until IS NOT NULL FROM queue ORDER BY number`)
				require.NoError(rt, err)
				defer rows.Close()
				var turns []string
				begun := 0
				for rows.Next() {
					var reference string
					var claimed bool
					require.NoError(rt, rows.Scan(&reference, &claimed))
					if claimed {
						begun++
						require.Contains(rt, claims, reference)
					} else {
						turns = append(turns, reference)
					}
				}
				require.NoError(rt, rows.Err())
				require.Equal(rt, waits, append([]string{}, turns...))
				require.Len(rt, claims, begun)
			},
		})
	})
	_, _, broken, err := l.Log.VerifyAll(t.Context())
	require.NoError(t, err)
	require.Empty(t, broken)
}

// However many wait, who comes next and who has room is found by an index.
func TestTurnsAreFoundByTheirIndexes(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for query, c := range map[string]struct {
		index string
		args  []any
	}{
		selectWaits:    {"queue_turns", []any{order.PaidByBalance}},
		selectFirst:    {"queue_turns", []any{order.PaidByBalance}},
		selectBusy:     {"queue_claims", []any{store.Stamp(noon)}},
		selectCrowd:    {"orders_by_state", []any{store.Stamp(noon)}},
		selectStarting: {"orders_by_state", []any{5}},
		selectParked:   {"orders_by_state", []any{order.Paused, false, 5}},
		selectBefore:   {"queue_pkey|PRIMARY KEY|queue_turns", []any{int64(5)}},
		selectDue(waitsForTurn + ` AND payer = $1 ORDER BY number LIMIT $2`): {"queue_turns", []any{order.PaidByBalance, 5}},
		selectDue(`claimed_until <= $1 ORDER BY claimed_until LIMIT $2`):     {"queue_claims", []any{store.Stamp(noon), 5}},
	} {
		plan := planOf(t, l, query, c.args...)
		require.Regexp(t, c.index, plan, query)
		require.NotRegexp(t, "SCAN (orders|queue)$|Seq Scan", plan, query)
	}
}
