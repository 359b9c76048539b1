package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"foxflow/dev/stage"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// supplier is a FoxReload whose answers a test can change on their way: the simulator, and
// what stands before it.
type supplier struct {
	url string

	mu     sync.Mutex
	change func(*http.Response) // nil: none
}

func startSupplier(s *stack) *supplier {
	s.Helper()
	f := &supplier{}
	f.url = "http://" + serve(s, nil, &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			simulator, _ := url.Parse(s.Simulator)
			r.SetURL(simulator)
		},
		ModifyResponse: func(answer *http.Response) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.change != nil {
				f.change(answer)
			}
			return nil
		}})
	return f
}

// changing has every answer changed from now on.
func (f *supplier) changing(change func(*http.Response)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change = change
}

// welcome is somebody else's page.
func welcome(answer *http.Response) {
	page := "<html><title>Welcome</title></html>"
	answer.StatusCode, answer.Header = http.StatusOK, http.Header{"Content-Type": {"text/html"}}
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewBufferString(page)), int64(len(page))
}

// early shows the time of an hour before.
func early(answer *http.Response) {
	answer.Header.Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
}

// smallDisk mounts a file system of its own, which a test may fill. Only root may.
func (s *stack) smallDisk() string {
	s.Helper()
	disk := filepath.Join(s.Dir, "disk")
	require.NoError(s, os.Mkdir(disk, 0o700))
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64m"); err != nil {
		s.Logf("a full disk is left out: it takes root, and the right to mount one: %v", err)
		return ""
	}
	s.Cleanup(func() { _ = syscall.Unmount(disk, 2 /* MNT_DETACH */) })
	return disk
}

// fill takes all that is left of a disk.
func (s *stack) fill(disk string) (filler string) {
	s.Helper()
	filler = filepath.Join(disk, "filler")
	file, err := os.Create(filler)
	require.NoError(s, err)
	defer file.Close()
	for _, size := range []int{64 << 10, 4 << 10, 1} {
		for err = nil; err == nil; {
			_, err = file.Write(make([]byte, size))
		}
		require.ErrorIs(s, err, syscall.ENOSPC)
	}
	return filler
}

// Each thing without which orders stand still is broken for real: the worker says so at
// /readyz and in its metrics, an order waits meanwhile, and once it is mended the worker is
// ready again, without a restart, and the order completes.
func TestReadinessTellsTheTruth(t *testing.T) {
	t.Parallel()
	var f *supplier
	gate, disk := &front{}, ""
	s := newStack(t, []string{"--fault-retry-after", "12s"}, ownTemporal, with("FOXFLOW_STALL_POLL", "500ms"), func(s *stack) {
		f, disk = startSupplier(s), s.smallDisk()
		s.Env["FOXRELOAD_BASE_URL"], s.Env["TEMPORAL_ADDRESS"] = f.url, startFront(s, gate).address
		if disk != "" {
			s.Env["FOXFLOW_LEDGER"] = filepath.Join(disk, "foxflow.db")
		}
	})
	s.setBalance("1000")
	filler := ""
	for i, story := range []struct {
		check, name, reason string
		breaks, mends       func()
		quiet               bool // no order can be placed meanwhile
	}{
		{"key", "key refused", `HTTP 401.*FOXRELOAD_API_KEY`,
			func() { s.knob("access", "401") }, func() { s.knob("access", "open") }, false},
		{"key", "address not on the allowlist", `HTTP 403.*allowlist`,
			func() { s.knob("access", "403") }, func() { s.knob("access", "open") }, false},
		{"clock", "clock an hour off", `clock is (59m|1h0m)\d+s ahead of that of FoxReload`,
			func() { f.changing(early) }, func() { f.changing(nil) }, false},
		{"budget", "silence asked for", `asked for silence \(429\)`,
			func() { s.next("too-many", "create") }, func() {}, false},
		{"ledger", "disk full", `write to ledger: the disk is full: 0 MiB are left`,
			func() { filler = s.fill(disk) }, func() { require.NoError(t, os.Remove(filler)) }, true},
		{"polling", "polls refused", `Poll\w+ fails since .*PermissionDenied`,
			gate.refusePolls, gate.letPoll, false},
		{"temporal", "Temporal gone", `.`,
			func() { s.Kill("foxflow-dev") }, func() { s.RunTemporal() }, true},
	} {
		t.Run(story.name, func(t *testing.T) {
			s := s.in(t)
			if story.check == "ledger" && disk == "" {
				t.Skip("no disk to fill: it takes root to mount one")
			}
			r := s.ref(fmt.Sprint("order-", i))
			story.breaks()
			if !story.quiet {
				s.place(r, giftCard)
			}
			s.unready(story.check, story.reason)
			assert.True(t, containsLine(s.metrics(), fmt.Sprintf(`foxflow_ready{check=%q} 0`, story.check)))
			story.mends()
			if story.quiet {
				s.Answers("http://" + s.Env["FOXFLOW_HTTP"] + "/readyz")
				s.place(r, giftCard)
			}
			s.until(r, "completed")
			s.Answers("http://" + s.Env["FOXFLOW_HTTP"] + "/readyz")
		})
	}
	t.Run("address of somebody else", func(t *testing.T) { s.in(t).answeredBySomebodyElse(f) })
}

// answeredBySomebodyElse starts the worker anew where somebody else answers.
func (s *stack) answeredBySomebodyElse(f *supplier) {
	s.Helper()
	s.Stop("worker")
	f.changing(welcome)
	s.Run("worker")
	s.Answers("http://" + s.Env["FOXFLOW_HTTP"] + "/healthz")
	s.unready("key", `is not FoxReload.*FOXRELOAD_BASE_URL`)
	f.changing(nil)
	r := s.ref("address")
	s.place(r, giftCard)
	s.until(r, "completed")
	s.Answers("http://" + s.Env["FOXFLOW_HTTP"] + "/readyz")
}

// On PostgreSQL the server's clock decides for all workers: one that is an hour away from it
// is not ready. The clock is another's, as the worker's session sees it.
func TestReadinessTellsOfALedgersClock(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil, withPostgres)
	s.Stop("worker")
	for _, statement := range []string{`CREATE SCHEMA late`,
		`CREATE FUNCTION late.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT pg_catalog.clock_timestamp() - interval '1 hour' $$`,
		`GRANT USAGE ON SCHEMA late TO ` + stage.LedgerRole, `ALTER ROLE ` + stage.LedgerRole + ` SET search_path = late, pg_catalog, public`} {
		s.Postgres.SQL("foxflow", statement)
	}
	s.Run("worker")
	s.Answers("http://" + s.Env["FOXFLOW_HTTP"] + "/healthz")
	s.unready("clock", `clock is (59m|1h0m)\d+s ahead of that of the ledger's server`)
}
