package main

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	_ "modernc.org/sqlite"

	"foxflow/internal/blank"
	"foxflow/internal/keyset"
	"foxflow/internal/ledgertest"
	"foxflow/internal/metrics"
	"foxflow/ledger"
	"foxflow/order"
)

// counter counts the checks.
type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) Took(operation string, _ time.Duration) {
	if operation == "verify_all" {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.n++
	}
}
func (*counter) Entered(ledger.Transition) {}

func auditedLedger(t *testing.T) (*ledger.Ledger, *counter, string) {
	t.Helper()
	file := blank.New(t)
	book := file.Open(t)
	checks := &counter{}
	book.Observe(checks)
	_, _, err := book.Orders.Begin(t.Context(), order.Request{Reference: "shop-1", Items: []order.Item{{ItemID: "product_a", Quantity: 1}}}, time.Now())
	require.NoError(t, err)
	require.NoError(t, book.Log.Append(t.Context(), ledger.Entry{Reference: "shop-1", Key: "note", Kind: ledger.KindNote, Reason: "true"}))
	return book, checks, file.Path
}

func TestTheAuditLogIsCheckedOnceAnHourByOneOfAllWorkers(t *testing.T) {
	book, checks, _ := auditedLedger(t)
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	var workers []*auditor
	for _, holder := range []string{"a", "b", "c"} {
		workers = append(workers, &auditor{ledger: book, holder: holder, now: func() time.Time { return now }, log: zap.NewNop()})
	}
	r, err := workers[0].report(t.Context())
	require.NoError(t, err)
	assert.Zero(t, r)
	round := func() {
		var wait sync.WaitGroup
		for _, w := range workers {
			wait.Go(func() { assert.NoError(t, w.tend(t.Context())) })
		}
		wait.Wait()
	}
	round()
	round()
	assert.Equal(t, 1, checks.n)
	for _, w := range workers {
		r, err := w.report(t.Context())
		require.NoError(t, err)
		assert.Equal(t, metrics.AuditReport{At: now, Whole: true, Orders: 1, Entries: 1}, r, "all show what one found")
	}
	now = now.Add(auditEvery - time.Second)
	round()
	assert.Equal(t, 1, checks.n)
	now = now.Add(time.Second)
	round()
	assert.Equal(t, 2, checks.n)
	now = now.Add(-24 * time.Hour) // a clock that was set back
	round()
	assert.Equal(t, 3, checks.n)
}

func TestATamperedAuditLogIsReported(t *testing.T) {
	book, _, path := auditedLedger(t)
	now := time.Now()
	a := &auditor{ledger: book, holder: "a", now: func() time.Time { return now }, log: zap.NewNop()}
	require.NoError(t, a.tend(t.Context()))
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	for _, statement := range []string{`DROP TRIGGER audit_no_update`, `UPDATE audit SET reason = 'false'`} {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	now = now.Add(auditEvery)
	require.NoError(t, a.tend(t.Context()))
	r, err := a.report(t.Context())
	require.NoError(t, err)
	assert.False(t, r.Whole)
	assert.Equal(t, now.UTC(), r.At)
}

// A check that takes long leaves the machine to others for most of the time.
func TestALongCheckIsMadeLessOften(t *testing.T) {
	book, checks, _ := auditedLedger(t)
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	a := &auditor{ledger: book, holder: "a", now: func() time.Time { return now }, log: zap.NewNop()}
	require.NoError(t, book.Switches.Set(t.Context(), auditSetting, `{"at":"2026-11-24T10:00:00Z","whole":true,"took":600000000000}`)) // ten minutes
	require.NoError(t, a.tend(t.Context()))
	assert.Zero(t, checks.n)
	now = now.Add(80 * time.Minute) // 200 minutes later
	require.NoError(t, a.tend(t.Context()))
	assert.Equal(t, 1, checks.n)
}

func TestAnotherWorkersLeaseIsKept(t *testing.T) {
	book, checks, _ := auditedLedger(t)
	now := time.Now()
	mine, err := book.Store.Leases.Take(context.Background(), auditLeaseName, "another", now, now.Add(auditLease))
	require.NoError(t, err)
	require.True(t, mine)
	a := &auditor{ledger: book, holder: "a", now: func() time.Time { return now }, log: zap.NewNop()}
	require.NoError(t, a.tend(t.Context()))
	assert.Zero(t, checks.n)
	now = now.Add(auditLease)
	require.NoError(t, a.tend(t.Context()))
	assert.Equal(t, 1, checks.n, "who died over it is not waited for")
}

// Workers on clocks an hour apart share a PostgreSQL: one check an hour is enough for all.
func TestTheAuditLogIsCheckedOnceAnHourWhereClocksDiffer(t *testing.T) {
	text, err := keyset.New()
	require.NoError(t, err)
	keys, err := keyset.Parse(text)
	require.NoError(t, err)
	book, err := ledger.Open(t.Context(), ledgertest.Address(t), keys)
	require.NoError(t, err)
	t.Cleanup(func() { _ = book.Close() })
	checks := &counter{}
	book.Observe(checks)
	for range 2 {
		for holder, wrong := range map[string]time.Duration{"right": 0, "ahead": time.Hour, "behind": -time.Hour} {
			a := &auditor{ledger: book, holder: holder, now: func() time.Time { return time.Now().Add(wrong) }, log: zap.NewNop()}
			require.NoError(t, a.tend(t.Context()))
		}
	}
	assert.Equal(t, 1, checks.n)
}
