package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

// completed are the words that a shell gets for a command line.
func (s *shop) completed(args ...string) []string {
	s.t.Helper()
	got := s.run(append([]string{"__complete"}, args...)...)
	require.Equal(s.t, exitDone, got.status, got.err)
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	return lines[:len(lines)-1] // the last is for the shell's script
}

func TestShellsCompleteFromTheLedger(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, reference := range []string{"shop-1", "shop-2", "заказ 7", "#1001"} {
		s.begins(reference, false)
	}
	s.completes("shop-1", `"A"`)
	s.enters("shop-2", order.Creating)
	s.enters("shop-2", order.Active, withOrder("fox-2"))
	s.enters("shop-2", order.AwaitingTopUp, waitsFor(order.WaitTopUp))
	require.NoError(t, s.book.Products.Keep(t.Context(), "product_a", `{"name":"Gift card\u001b[31m"}`, s.now))

	assert.Equal(t, []string{"#1001\tcreating", "shop-1\tcompleted", "shop-2\tawaiting_topup", "заказ 7\tcreating"}, s.completed("status", ""))
	assert.Equal(t, []string{"shop-1\tcompleted", "shop-2\tawaiting_topup"}, s.completed("watch", "sh"))
	assert.Equal(t, []string{"заказ 7\tcreating"}, s.completed("explain", "зак"))
	assert.Equal(t, []string{"shop-2\tawaiting_topup"}, s.completed("top-up", ""))
	assert.Empty(t, s.completed("top-up", "shop-2", ""), "named already")
	assert.Empty(t, s.completed("status", "shop-1", ""), "one reference is all")
	assert.Equal(t, []string{"shop-1\tcompleted"}, s.completed("recheck", ""))
	assert.NotContains(t, s.completed("cancel", ""), "shop-1\tcompleted")
	assert.Equal(t, []string{"product_a\tGift card·[31m"}, s.completed("place", "--item", "pro"))
	assert.Equal(t, []string{"product_a\tGift card·[31m"}, s.completed("list", "--product", ""))
	assert.Equal(t, []string{"product_a\tGift card·[31m"}, s.completed("products", "show", ""))
	assert.Contains(t, s.completed("list", "--state", ""), "awaiting_topup")
	assert.Equal(t, []string{"table", "json"}, s.completed("list", "-o", ""))
	assert.Contains(t, s.completed("lis"), "list\tList the ledger's orders, newest first")
}

func TestWhoCompletesAWordMakesNothingAndHearsNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	missing := filepath.Join(t.TempDir(), "typo.db")
	s.setenv("FOXFLOW_LEDGER=" + missing)
	assert.Empty(t, s.completed("status", ""))
	_, err := os.Stat(missing)
	assert.ErrorIs(t, err, os.ErrNotExist)
	s.env = nil
	assert.Empty(t, s.completed("status", ""), "not even a keyset is there")
}

// The scripts are taken by the shells that they are for, where those are here.
func TestCompletionScriptsAreTakenByTheirShells(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, shell := range []string{"bash", "zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			script := s.run("completion", shell)
			require.Equal(t, exitDone, script.status, script.err)
			assert.Contains(t, script.out, "starter")
			program, err := exec.LookPath(shell)
			if err != nil {
				t.Skip(shell + " is not here")
			}
			said, err := exec.Command(program, "-n", s.file("script", script.out)).CombinedOutput() //nolint:gosec,noctx // a shell that only reads
			require.NoError(t, err, string(said))
		})
	}
}
