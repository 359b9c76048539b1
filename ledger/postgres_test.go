package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/internal/budget"
	"foxflow/internal/ledgertest/twice"
	"foxflow/internal/store"
	"foxflow/order"
)

// Nobody knows then whether it was carried out. It was, and is done again: that must not
// show, or only in an answer that has its caller look closer.
func TestAnswerToACommitIsLost(t *testing.T) {
	t.Parallel()
	twice.AboutPostgres(t)
	s := newShop(t)
	sound := s.open(t)
	begin(t, sound, "shop-1")
	line := newWire(t)
	wired := s
	wired.path = strings.Replace(s.path, twice.Cluster().Address(), line.address, 1)
	l := wired.open(t)
	lost := func(do func() error) {
		t.Helper()
		line.loseCommit.Store(true)
		require.NoError(t, do())
		require.False(t, line.loseCommit.Load(), "an answer was lost")
	}
	ctx := t.Context()
	lost(func() error { return l.Log.Append(ctx, Entry{Reference: "shop-1", Key: "note", Kind: KindNote}) })
	lost(func() error {
		_, created, err := l.Orders.Begin(ctx, request("shop-2"), noon)
		require.False(t, created, "it was there already")
		return err
	})
	lost(func() error { return l.Pins.Pin(ctx, "shop-1", 0, "ord-1", noon) })
	lost(func() error {
		attempts, _, err := l.Creates.Intend(ctx, "shop-1", 0, noon)
		require.Equal(t, 2, attempts, "so an order is looked for before one is made")
		return err
	})
	lost(func() error { return l.Vault.Store(ctx, "shop-1", "ord-1", codes("AAAA", "AAAA")) })
	lost(func() error {
		p := payment("shop-1", "ord-1")
		p.InFlight, p.Attempt = time.Minute, "one"
		return l.Payments.Begin(ctx, p)
	})
	require.Equal(t, Intent{Attempt: "one", Begun: noon, Doubts: 1, DoubtSince: noon}, intent(t, l, "ord-1"), "it knows itself")
	lost(func() error { return l.Payments.Land(ctx, "ord-1", "one", Landing{Spared: true}) })
	_, doubt, err := l.Payments.InDoubt(ctx, "shop-1")
	require.NoError(t, err)
	require.False(t, doubt, "landed once")
	lost(func() error {
		return l.Payments.Void(ctx, "shop-1", "ord-1", intent(t, l, "ord-1").Attempt, "payment_failure", noon)
	})
	openTopUp(t, sound, "tu-1")
	lost(func() error {
		sent, err := l.TopUps.Send(ctx, "tu-1", "one", noon)
		require.True(t, sent.Now, "it knows itself")
		return err
	})
	lost(func() error {
		s, err := l.Streaks.Again(ctx, "shop-1", "NO", noon)
		require.Equal(t, 2, s.Times, "counted twice")
		require.Zero(t, s.Lasted(), "which nothing follows from before time has passed")
		return err
	})
	lost(func() error {
		var waits time.Duration
		l.store.Clock.Sleep = func(_ context.Context, d time.Duration) error { waits += d; return errors.New("woken") }
		err := budget.New(l.store, l.KeyID("key"), 20).Wait(ctx, foxreload.PriorityPay)
		require.ErrorContains(t, err, "woken")
		require.Greater(t, waits, 500*time.Millisecond, "the first place is lost")
		return nil
	})
	lost(func() error {
		mine, err := l.store.Leases.Take(ctx, "desk", "me", noon, noon.Add(time.Minute))
		require.True(t, mine)
		return err
	})
	lost(func() error {
		now, err := l.Orders.Status(ctx, "shop-1")
		require.NoError(t, err)
		now.State = order.Active
		return l.Orders.Record(ctx, Entry{Reference: "shop-1", Key: "active", Kind: KindState, State: order.Active, At: noon}, now)
	})
	entries, err := l.Log.Entries(ctx, "shop-1")
	require.NoError(t, err)
	require.Len(t, entries, 5, "note, two intents, void, state")
	opened, err := l.Vault.Codes(ctx, "shop-1")
	require.NoError(t, err)
	require.Len(t, opened, 2)
	_, _, broken, err := sound.Log.VerifyAll(ctx)
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
			server, err := net.Dial("tcp", twice.Cluster().Address())
			if err != nil {
				_ = client.Close()
				continue
			}
			all.Go(func() { w.pass(client, server) })
			all.Go(func() { w.answer(server, client) })
		}
	}()
	return w
}

// pass hands on what the client says.
func (w *wire) pass(client, server net.Conn) {
	defer server.Close()
	_, _ = io.Copy(server, client)
}

// answer hands on what the server says, until the line is cut.
func (w *wire) answer(server, client net.Conn) {
	defer client.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil || bytes.Contains(buffer[:n], []byte("COMMIT\x00")) && w.loseCommit.CompareAndSwap(true, false) { // the commit is done
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
	twice.AboutPostgres(t)
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
				if l.Log.Append(t.Context(), Entry{Reference: "shop-1", Key: key, Kind: KindNote, Reason: key}) == nil {
					answered.Store(key, true)
				}
			}
		})
	}
	for range 2 {
		seen := countOf(&answered)
		require.Eventually(t, func() bool { return countOf(&answered) > seen+20 }, time.Minute, time.Millisecond)
		twice.Cluster().Kill()
		require.NoError(t, twice.Cluster().Run())
	}
	seen := countOf(&answered)
	require.Eventually(t, func() bool { return countOf(&answered) > seen+20 }, time.Minute, time.Millisecond, "it goes on")
	close(stop)
	all.Wait()
	entries, err := l.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	for _, e := range entries {
		answered.Delete(e.Reason)
	}
	require.Zero(t, countOf(&answered), "answered, and lost")
	require.NoError(t, l.Log.Verify(t.Context(), "shop-1"))
}

func countOf(m *sync.Map) (n int) {
	m.Range(func(any, any) bool { n++; return true })
	return n
}

// Ten processes come to an empty database at the same moment: one makes the tables.
func TestProcessesOpenAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	s := bareShop(t)
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
	require.NoError(t, l.store.Reads().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+store.Versions).Scan(&runs))
	last, err := l.store.Upkeep.Version()
	require.NoError(t, err)
	require.Equal(t, int(last)+1, runs, "each once, and the zeroth")
}

func openJob(_ context.Context, l *Ledger, _ string) error {
	return json.NewEncoder(os.Stdout).Encode(l.ID() + l.KeyID("key"))
}
