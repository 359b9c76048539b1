package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

// What role and server are set to must not weaken what a write relies on.
func TestMoneySettingsHoldInEveryWriteOnPostgres(t *testing.T) {
	aboutPostgres(t)
	s := newShop(t)
	s.path += "&synchronous_commit=off&default_transaction_isolation=serializable&lock_timeout=1"
	l := s.open(t)
	settings := map[string]string{"synchronous_commit": "on", "transaction_isolation": "read committed", "lock_timeout": "10s",
		"idle_in_transaction_session_timeout": "30s", "transaction_read_only": "off"}
	require.NoError(t, l.write(t.Context(), func(tx *sql.Tx) error {
		for name, want := range settings {
			var have string
			require.NoError(t, tx.QueryRowContext(t.Context(), `SELECT current_setting($1)`, name).Scan(&have))
			require.Equal(t, want, have, name)
		}
		return nil
	}))
	s.path = strings.Replace(s.path, "commit=off", "commit=remote_apply", 1)
	require.NoError(t, s.open(t).write(t.Context(), func(tx *sql.Tx) error {
		var have string
		require.NoError(t, tx.QueryRowContext(t.Context(), `SHOW synchronous_commit`).Scan(&have))
		require.Equal(t, "remote_apply", have, "what is stricter stays")
		return nil
	}))
	require.ErrorContains(t, l.view(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), `DELETE FROM meta`)
		return err
	}), "read-only transaction")
}

// Reading first and writing then is safe only if the read sees what the writer before
// has written: also where the server's own default is another isolation.
func TestWritersTakeTurns(t *testing.T) {
	aboutPostgres(t)
	s := newShop(t)
	s.path += "&default_transaction_isolation=serializable"
	const writers, each = 6, 15
	books := make([]*Ledger, writers)
	for i := range books {
		books[i] = s.open(t)
	}
	require.NoError(t, books[0].SetSetting(t.Context(), "count", "0"))
	noErrors(t, atOnce(writers*2, func(i int) error {
		for range each {
			if err := books[i/2].write(t.Context(), func(tx *sql.Tx) error {
				var count int
				if err := tx.QueryRowContext(t.Context(), `SELECT value FROM settings WHERE name = 'count'`).Scan(&count); err != nil {
					return err
				}
				_, err := tx.ExecContext(t.Context(), `UPDATE settings SET value = $1 WHERE name = 'count'`, fmt.Sprint(count+1))
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	}))
	count, _, err := books[0].Setting(t.Context(), "count")
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(writers*2*each), count)
}

// A process that hangs in the middle of a write, stopped say, is in the way for a while and
// not for ever.
func TestWriterThatHangsLosesItsTurn(t *testing.T) {
	aboutPostgres(t)
	s := newShop(t)
	hangs, goes := s.open(t), s.open(t)
	tx, err := hangs.db.writes.BeginTx(t.Context(), hangs.db.writing)
	require.NoError(t, err)
	defer tx.Rollback()
	require.NoError(t, hangs.db.turn(t.Context(), tx, 300*time.Millisecond))
	require.NoError(t, goes.Ping(t.Context()))
	require.Error(t, tx.Commit(), "it was too late")
	require.NoError(t, hangs.Ping(t.Context()), "and goes on by itself")
}

// Whoever waits for the budget is in nobody's way.
func TestWaitForTheBudgetHoldsNoLock(t *testing.T) {
	s := newShop(t)
	waits, goes := s.open(t), s.open(t)
	asleep, wake := make(chan struct{}), make(chan struct{})
	waits.sleep = func(context.Context, time.Duration) error {
		close(asleep)
		<-wake
		return errors.New("woken")
	}
	require.NoError(t, waits.Budget("key", 20).Wait(t.Context(), 1))
	done := make(chan error)
	go func() { done <- waits.Budget("key", 20).Wait(t.Context(), 1) }()
	select {
	case <-asleep:
	case err := <-done:
		require.NoError(t, err, "it did not wait")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	require.NoError(t, goes.Ping(ctx))
	require.NoError(t, waits.Ping(ctx), "nor in that of its own process")
	close(wake)
	require.ErrorContains(t, <-done, "woken")
}

// A connection that is cut in the middle of a write costs a second try, and leaves nothing
// of the first.
func TestConnectionCutInAWrite(t *testing.T) {
	aboutPostgres(t)
	s := newShop(t)
	l := s.open(t)
	tries := 0
	require.NoError(t, l.write(t.Context(), func(tx *sql.Tx) error {
		tries++
		if _, err := tx.ExecContext(t.Context(), `INSERT INTO settings (name, value) VALUES ('tried', $1)`, fmt.Sprint(tries)); err != nil {
			return err
		}
		if tries > 1 {
			return nil
		}
		var pid int
		require.NoError(t, tx.QueryRowContext(t.Context(), `SELECT pg_backend_pid()`).Scan(&pid))
		admin(t, fmt.Sprintf(`SELECT pg_terminate_backend(%d, 5000)`, pid))
		_, err := tx.ExecContext(t.Context(), `SELECT 1`)
		require.Error(t, err)
		return err
	}))
	require.Equal(t, 2, tries)
	value, _, err := l.Setting(t.Context(), "tried")
	require.NoError(t, err)
	require.Equal(t, "2", value)
}

// Nobody knows then whether it was carried out. It was, and is done again: that must not
// show, or only in an answer that has its caller look closer.
func TestAnswerToACommitIsLost(t *testing.T) {
	aboutPostgres(t)
	s := newShop(t)
	sound := s.open(t)
	begin(t, sound, "shop-1")
	line := newWire(t)
	wired := s
	wired.path = strings.Replace(s.path, cluster.Address(), line.address, 1)
	l := wired.open(t)
	lost := func(do func() error) {
		t.Helper()
		line.loseCommit.Store(true)
		require.NoError(t, do())
		require.False(t, line.loseCommit.Load(), "an answer was lost")
	}
	ctx := t.Context()
	lost(func() error { return l.Append(ctx, Entry{Reference: "shop-1", Key: "note", Kind: KindNote}) })
	lost(func() error {
		_, created, err := l.Begin(ctx, request("shop-2"), noon)
		require.False(t, created, "it was there already")
		return err
	})
	lost(func() error { return l.Pin(ctx, "shop-1", 0, "ord-1", noon) })
	lost(func() error {
		attempts, _, err := l.CreateIntent(ctx, "shop-1", 0, noon)
		require.Equal(t, 2, attempts, "so an order is looked for before one is made")
		return err
	})
	lost(func() error { return l.StoreCodes(ctx, "shop-1", "ord-1", codes("AAAA", "AAAA")) })
	lost(func() error {
		p := payment("shop-1", "ord-1")
		p.InFlight, p.Attempt = time.Minute, "one"
		return l.BeginPayment(ctx, p)
	})
	require.Equal(t, Intent{Attempt: "one", Begun: noon, Doubts: 1, DoubtSince: noon}, intent(t, l, "ord-1"), "it knows itself")
	lost(func() error { return l.LandPayment(ctx, "ord-1", "one", Landing{Spared: true}) })
	doubt, err := l.PaymentInDoubt(ctx, "shop-1")
	require.NoError(t, err)
	require.False(t, doubt, "landed once")
	lost(func() error {
		return l.VoidPayment(ctx, "shop-1", "ord-1", intent(t, l, "ord-1").Attempt, "payment_failure", noon)
	})
	openTopUp(t, sound, "tu-1")
	lost(func() error {
		sent, err := l.SendTopUp(ctx, "tu-1", "one", noon)
		require.True(t, sent.Now, "it knows itself")
		return err
	})
	lost(func() error {
		s, err := l.Again(ctx, "shop-1", "NO", noon)
		require.Equal(t, 2, s.Times, "counted twice")
		require.Zero(t, s.Lasted(), "which nothing follows from before time has passed")
		return err
	})
	lost(func() error {
		slot, held, err := l.Budget("key", 20).reserve(ctx, horizons[1])
		require.Nil(t, held)
		require.Greater(t, time.Until(slot), 500*time.Millisecond, "the first place is lost")
		return err
	})
	lost(func() error {
		mine, err := l.Lease(ctx, "desk", "me", noon, noon.Add(time.Minute))
		require.True(t, mine)
		return err
	})
	lost(func() error {
		now, err := l.Status(ctx, "shop-1")
		require.NoError(t, err)
		now.State = order.Active
		return l.Record(ctx, Entry{Reference: "shop-1", Key: "active", Kind: KindState, State: order.Active, At: noon}, now)
	})
	entries, err := l.Audit(ctx, "shop-1")
	require.NoError(t, err)
	require.Len(t, entries, 5, "note, two intents, void, state")
	opened, err := l.Codes(ctx, "shop-1")
	require.NoError(t, err)
	require.Len(t, opened, 2)
	_, _, broken, err := sound.VerifyAll(ctx)
	require.NoError(t, err)
	require.Empty(t, broken)
}

// wire is a way to the server on which an answer can be lost.
type wire struct {
	address    string
	loseCommit atomic.Bool // the next commit is carried out and not answered
}

func newWire(t *testing.T) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{address: listener.Addr().String()}
	var all sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", cluster.Address())
			if err != nil {
				_ = client.Close()
				continue
			}
			var cut atomic.Bool
			all.Go(func() { w.pass(client, server, &cut) })
			all.Go(func() { w.answer(server, client, &cut) })
		}
	}()
	return w
}

// pass hands on what the client says.
func (w *wire) pass(client, server net.Conn, cut *atomic.Bool) {
	defer server.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if bytes.Contains(buffer[:n], []byte("commit\x00")) && w.loseCommit.CompareAndSwap(true, false) {
			cut.Store(true)
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// answer hands on what the server says, until the line is cut.
func (w *wire) answer(server, client net.Conn, cut *atomic.Bool) {
	defer client.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil || cut.Load() { // it has answered: the commit is done
			return
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// The server dies as at a power cut, and comes back: what was answered is there, and the
// ledger goes on by itself.
func TestServerKilledAndStartedAgain(t *testing.T) {
	aboutPostgres(t)
	s := newShop(t)
	l := s.open(t)
	begin(t, l, "shop-1")
	const writers = 4
	var answered sync.Map
	stop := make(chan struct{})
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				key := fmt.Sprintf("%d/%d", i, n)
				if l.Append(t.Context(), Entry{Reference: "shop-1", Key: key, Kind: KindNote, Reason: key}) == nil {
					answered.Store(key, true)
				}
			}
		})
	}
	for range 2 {
		seen := countOf(&answered)
		require.Eventually(t, func() bool { return countOf(&answered) > seen+20 }, time.Minute, time.Millisecond)
		cluster.Kill()
		require.NoError(t, cluster.Run())
	}
	seen := countOf(&answered)
	require.Eventually(t, func() bool { return countOf(&answered) > seen+20 }, time.Minute, time.Millisecond, "it goes on")
	close(stop)
	all.Wait()
	entries, err := l.Audit(t.Context(), "shop-1")
	require.NoError(t, err)
	for _, e := range entries {
		answered.Delete(e.Reason)
	}
	require.Zero(t, countOf(&answered), "answered, and lost")
	require.NoError(t, l.Verify(t.Context(), "shop-1"))
}

func countOf(m *sync.Map) (n int) {
	m.Range(func(any, any) bool { n++; return true })
	return n
}

// Ten processes come to an empty database at the same moment: one makes the tables.
func TestProcessesOpenAnEmptyDatabase(t *testing.T) {
	s := newShop(t)
	const processes = 10
	ids := make([]string, processes)
	noErrors(t, atOnce(processes, func(i int) error {
		out, err := s.process(t, "open", "").Output()
		return errors.Join(err, json.Unmarshal(out, &ids[i]))
	}))
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
	l := s.open(t)
	var runs int
	require.NoError(t, l.db.reads.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+versions).Scan(&runs))
	last, err := newest(l.db.migrations)
	require.NoError(t, err)
	require.Equal(t, int(last)+1, runs, "each once, and the zeroth")
}

func openJob(_ context.Context, l *Ledger, _ string) error {
	return json.NewEncoder(os.Stdout).Encode(l.ID() + l.KeyID("key"))
}

func TestWhatIsWorthAnotherTry(t *testing.T) {
	for code, want := range map[string]bool{"40001": true, "40P01": true, "55P03": true, "57P01": true, "57P03": true, "25P03": true, "08006": true, "53300": true,
		"23505": false, "25006": false, "42501": false, "53100": false, "22021": false} {
		require.Equal(t, want, passing(fmt.Errorf("write: %w", &pgconn.PgError{Code: code})), code)
	}
	require.False(t, passing(context.Canceled))
	require.False(t, passing(fmt.Errorf("write: %w", context.DeadlineExceeded)))
	require.True(t, passing(&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}))
	require.False(t, passing(errors.New("anything else")))
}
