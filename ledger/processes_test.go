package ledger

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
	"foxflow/internal/budget"
	"foxflow/internal/budget/budgettest"
	"foxflow/internal/keyset"
	"foxflow/internal/ledgertest/twice"
)

// Tests over real processes: the test program starts itself again, with the name
// of a job in its environment.
const jobVariable = "FOXFLOW_LEDGER_TEST_JOB"

var jobs = map[string]func(ctx context.Context, l *Ledger, name string) error{
	"share":   shareJob,
	"forever": foreverJob,
	"open":    openJob,
}

func TestMain(m *testing.M) {
	job, ok := jobs[os.Getenv(jobVariable)]
	if !ok {
		os.Exit(twice.Run(m))
	}
	if err := runJob(job); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func runJob(job func(context.Context, *Ledger, string) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	keys, err := keyset.Parse(os.Getenv("JOB_KEYSET"))
	if err != nil {
		return err
	}
	l, err := Open(ctx, os.Getenv("JOB_LEDGER"), keys)
	if err != nil {
		return err
	}
	return errors.Join(job(ctx, l, os.Getenv("JOB_NAME")), l.Close())
}

func (s shop) process(t *testing.T, job, name string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), jobVariable+"="+job, "JOB_KEYSET="+s.text, "JOB_LEDGER="+s.path, "JOB_NAME="+name)
	command.Stderr = os.Stderr
	return command
}

// share is what a process that shares the ledger has seen.
type share struct {
	Ledger           string
	Created, Passed  bool
	Slots            []time.Time
	Attempts, Stored int
}

const (
	sharedEntries = 30
	sharedRate    = 1200
)

func shareJob(ctx context.Context, l *Ledger, name string) error {
	seen := share{Ledger: l.ID()}
	var err error
	if _, seen.Created, err = l.Orders.Begin(ctx, request("shop-1"), noon); err != nil {
		return err
	}
	var replacement int
	if _, err := fmt.Sscan(name, &replacement); err != nil {
		return err
	}
	if err := l.Pins.Pin(ctx, "shop-1", replacement, "ord-"+name, noon); err != nil {
		return err
	}
	// A grant's time is taken down, and not slept for.
	var ahead time.Duration
	l.store.Clock.Here = func() time.Time { return time.Now().Add(ahead) }
	l.store.Clock.Sleep = func(_ context.Context, d time.Duration) error { ahead += d; return nil }
	requests := budget.New(l.store, l.KeyID("key"), sharedRate)
	for i := range sharedEntries {
		for _, key := range []string{fmt.Sprintf("all/%d", i), fmt.Sprintf("own/%s/%d", name, i)} {
			if err := l.Log.Append(ctx, Entry{Reference: "shop-1", Key: key, Kind: KindNote}); err != nil {
				return err
			}
		}
		if err := requests.Wait(ctx, foxreload.PriorityPay); err != nil {
			return err
		}
		seen.Slots, ahead = append(seen.Slots, l.store.Clock.Here()), 0
	}
	p := payment("shop-1", "ord-"+name)
	p.Attempt = "of process " + name
	switch err = l.Payments.Begin(ctx, p); {
	case err == nil:
		seen.Passed = true
	case !errors.As(err, new(*OtherPaymentError)):
		return err
	}
	if seen.Attempts, _, err = l.Creates.Intend(ctx, "shop-1", 0, noon); err != nil {
		return err
	}
	if err := l.Vault.Store(ctx, "shop-1", "ord-0", codes("AAAA", "BBBB", "AAAA")); err != nil {
		return err
	}
	counts, err := l.Vault.Count(ctx, "ord-0")
	if err != nil {
		return err
	}
	seen.Stored = counts[0]
	return json.NewEncoder(os.Stdout).Encode(seen)
}

func TestProcessesShareANewLedger(t *testing.T) {
	t.Parallel()
	const processes = 4
	s := bareShop(t)
	shares := make([]share, processes)
	var wait sync.WaitGroup
	errs := make([]error, processes)
	for i := range processes {
		wait.Go(func() {
			out, err := s.process(t, "share", fmt.Sprint(i)).Output()
			errs[i] = errors.Join(err, json.Unmarshal(out, &shares[i]))
		})
	}
	wait.Wait()
	noErrors(t, errs)

	var created, passed int
	var attempts []int
	var slots []time.Time
	for _, seen := range shares {
		require.Equal(t, shares[0].Ledger, seen.Ledger)
		require.Equal(t, 3, seen.Stored)
		if seen.Created {
			created++
		}
		if seen.Passed {
			passed++
		}
		attempts = append(attempts, seen.Attempts)
		slots = append(slots, seen.Slots...)
	}
	require.Equal(t, 1, created, "begun once")
	require.Equal(t, 1, passed, "one order is paid")
	require.ElementsMatch(t, []int{1, 2, 3, 4}, attempts)
	budgettest.RequireBound(t, slots, sharedRate)

	_, entries, broken, err := s.open(t).Log.VerifyAll(t.Context())
	require.NoError(t, err)
	require.Empty(t, broken)
	require.Equal(t, sharedEntries+processes*sharedEntries+2, entries)
}

// foreverJob writes entries until it is killed, and says so of each once it is
// on record.
func foreverJob(ctx context.Context, l *Ledger, _ string) error {
	for i := 0; ; i++ {
		key := fmt.Sprintf("note/%d", i)
		if err := l.Log.Append(ctx, Entry{Reference: "shop-1", Key: key, Kind: KindNote, Reason: key}); err != nil {
			return err
		}
		fmt.Println(key)
	}
}

func TestKilledProcessLosesNothingItHasAnswered(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l := s.open(t)
	begin(t, l, "shop-1")
	for range 3 {
		killed := s.process(t, "forever", "")
		out, err := killed.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, killed.Start())
		answered := map[string]bool{}
		for lines := bufio.NewScanner(out); lines.Scan(); {
			answered[lines.Text()] = true
			if len(answered) == 25 {
				require.NoError(t, killed.Process.Kill())
			}
		}
		_ = killed.Wait()
		require.GreaterOrEqual(t, len(answered), 25)

		require.NoError(t, l.Log.Append(t.Context(), Entry{Reference: "shop-1", Key: "note/0", Kind: KindNote}), "its lock died with it")
		require.NoError(t, l.Log.Verify(t.Context(), "shop-1"))
		entries, err := l.Log.Entries(t.Context(), "shop-1")
		require.NoError(t, err)
		for _, e := range entries {
			delete(answered, e.Reason)
		}
		require.Empty(t, answered)
	}
}
