package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

// What stands in the ledger may be older than the reader that cleans it.
func TestNothingThatIsShownSteersATerminal(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.enters("shop-1", order.Creating)
	s.enters("shop-1", order.Active, withOrder("fox\x1b[31m-1"), priced("9.55", "usd\x1b]52;c;cm0gLXJmIH4K\x07\x1b[2J"))
	s.enters("shop-1", order.AwaitingTopUp, waitsFor(order.WaitTopUp))
	for _, args := range [][]string{{"list"}, {"list", "--state", "awaiting_topup"}, {"stats"}, {"status", "shop-1"}, {"explain", "shop-1"}, {"audit", "shop-1"}} {
		got := s.run(args...)
		require.Equal(t, exitDone, got.status, got.err)
		assert.NotContains(t, got.out, "\x1b", args)
		assert.NotContains(t, got.out, "\x07", args)
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	results := filepath.Join(t.TempDir(), "results.csv")
	references := []string{"=HYPERLINK(1)", "+1+1", "-1+1", "@SUM(1)", "-5", "#1001", "заказ; 7", "shop-1"}
	var lines strings.Builder
	rows := csv.NewWriter(&lines)
	_ = rows.Write([]string{"reference", "item", "quantity", "note", "mock", "max_price"})
	for _, reference := range references {
		_ = rows.Write([]string{reference, "product_a", "", "", "", ""})
	}
	rows.Flush()
	path := s.file("orders.csv", lines.String())
	require.Equal(t, exitDone, s.run("place", "--file", path).status)
	s.enters("shop-1", order.Creating)
	s.enters("shop-1", order.Active, withOrder("=cmd()|'/c calc'!A0"))
	require.Equal(t, exitDone, s.run("place", "--file", path, "--results", results).status)
	file, err := os.Open(results)
	require.NoError(t, err)
	defer file.Close()
	cells, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	for i, want := range []string{"'=HYPERLINK(1)", "'+1+1", "'-1+1", "'@SUM(1)", "-5", "#1001", "заказ; 7", "shop-1"} {
		assert.Equal(t, want, cells[1+i][0])
	}
	assert.Equal(t, "'=cmd()|'/c calc'!A0", cells[len(cells)-1][1])
}

func TestAReferenceIsShownAsItWasWritten(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, reference := range []string{"#1001", "заказ 7", "a/b", "it's $(1)", "ऑर्डर-१२"} {
		placed := s.run("place", "--reference", reference, "--item", "product_a")
		require.Equal(t, exitDone, placed.status, placed.err)
		assert.Contains(t, placed.out, reference)
		_, known := s.temporal.Workflow(order.WorkflowID(reference))
		assert.True(t, known, reference)
		for _, args := range [][]string{{"status"}, {"explain"}} {
			got := s.run(append(args, reference)...)
			require.Equal(t, exitDone, got.status, got.err)
			assert.Contains(t, got.out, reference)
		}
		assert.Contains(t, compact(t, s.run("status", reference, "-o", "json").out), `"reference":`+jsonText(t, reference)+`,"workflowId":"`+order.WorkflowID(reference)+`"`)
	}
	assert.Contains(t, s.run("explain", "заказ 7").out, "starter watch 'заказ 7'", "to be pasted into a shell")
	assert.Contains(t, s.run("explain", "it's $(1)").out, `starter watch 'it'\''s $(1)'`)

	composed, apart := "Caf\u00e9", "Cafe\u0301"
	require.Equal(t, exitDone, s.run("place", "--reference", composed, "--item", "product_a").status)
	again := s.run("place", "--reference", apart, "--item", "product_a")
	require.Equal(t, exitDone, again.status, again.err)
	assert.Contains(t, again.err, "was placed already", "what looks the same is the same order")
	for _, args := range [][]string{{"status", apart}, {"audit", apart}, {"explain", apart}} {
		assert.Equal(t, exitDone, s.run(args...).status, args)
	}
}

// Every reference of 64 characters is one; what Temporal can't keep is refused before
// anything is on record.
func TestALongReferenceIsRefusedWhereTemporalCantKeepIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	long := strings.Repeat("ж", order.MaxReference)
	place := func(reference string) answer { return s.run("place", "--reference", reference, "--item", "product_a") }
	for _, store := range []string{"postgres12", "postgres12_pgx", "mysql8"} {
		s.temporal.Store = store
		got := place(long)
		assert.Equal(t, exitError, got.status)
		assert.Contains(t, got.err, "its workflow id has 390 characters")
		assert.Contains(t, got.err, "nothing was started")
		assert.Equal(t, order.State(""), s.state(long))
		require.Equal(t, exitDone, place(strings.Repeat("ж", 41)).status)
	}
	assert.Len(t, s.temporal.Started(), 1)
	for i, store := range []string{"sqlite", ""} {
		s.temporal.Store = store
		require.Equal(t, exitDone, place(strings.Repeat("ж", order.MaxReference-i)).status)
	}
}
