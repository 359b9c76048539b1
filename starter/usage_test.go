package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWrongUsageNamesFieldProblemAndFix(t *testing.T) {
	t.Parallel()
	place := func(args ...string) []string { return append([]string{"place", "--reference", "shop-1"}, args...) }
	s := newShop(t)
	s.temporal.Starting = func(string) error { t.Error("something was started"); return nil }
	for _, c := range []struct {
		args  []string
		names []string // in message and hint
	}{
		{[]string{}, []string{"no command is named", "place"}},
		{[]string{"frobnicate"}, []string{`unknown command "frobnicate"`, "starter --help"}},
		{[]string{"keyset", "turn"}, []string{`unknown command "turn"`, "new, rotate"}},
		{[]string{"keyset", "rotate", "keyset.json"}, []string{"takes no argument", "keyset.json"}},
		{[]string{"keyset", "rotate", "--write=maybe"}, []string{"--write"}},
		{[]string{"keyset", "rotate", "--write"}, []string{"--write", "no file", "FOXFLOW_KEYSET_FILE"}},
		{[]string{"products"}, []string{"no command is named", "search"}},
		{[]string{"completion"}, []string{"no command is named", "bash"}},
		{[]string{"completion", "tcsh"}, []string{`unknown command "tcsh"`, "zsh"}},
		{[]string{"completion", "bash", "extra"}, []string{"takes no argument"}},
		{[]string{"list", "--nope"}, []string{"unknown flag --nope"}},
		{[]string{"list", "-x"}, []string{"unknown"}},
		{[]string{"list", "extra"}, []string{"takes no argument", "extra"}},
		{[]string{"list", "--state", "done"}, []string{"--state", `"done" is not a state`, "awaiting_topup"}},
		{[]string{"list", "--limit", "0"}, []string{"--limit", "at least 1"}},
		{[]string{"list", "--limit", "x"}, []string{"--limit", "whole number"}},
		{[]string{"list", "-o", "yaml"}, []string{"--output", `"yaml"`, "-o json"}},
		{[]string{"status"}, []string{"reference", "exactly one"}},
		{[]string{"status", "a", "b"}, []string{"reference", "exactly one"}},
		{[]string{"status", "shop\u00a01"}, []string{"reference", "position 5", "U+00A0"}},
		{[]string{"status", "shop-1 "}, []string{"reference", "ends with a blank"}},
		{[]string{"watch", "shop-1", "--timeout", "5"}, []string{"--timeout", "a number and a unit"}},
		{[]string{"watch", "shop-1", "--timeout", "-5s"}, []string{"--timeout"}},
		{[]string{"codes"}, []string{"reference"}},
		{[]string{"explain", strings.Repeat("x", 65)}, []string{"reference"}},
		{[]string{"cancel"}, []string{"reference"}},
		{[]string{"resolve", "--retry"}, []string{"reference"}},
		{[]string{"resolve", "shop-1"}, []string{"--adopt ORDER_ID, --retry, --abort"}},
		{[]string{"resolve", "shop-1", "--retry", "--abort"}, []string{"give one of"}},
		{[]string{"resolve", "shop-1", "--adopt", "1f0c", "--abort"}, []string{"give one of"}},
		{[]string{"resolve", "shop-1", "--adopt", "1f0c\u200b"}, []string{"--adopt", "position 5", "U+200B"}},
		{[]string{"resolve", "shop-1", "--adopt", ""}, []string{"--adopt is empty", "order's id"}},
		{[]string{"top-up"}, []string{"reference", "--all"}},
		{[]string{"top-up", "shop-1", "--all"}, []string{"--all"}},
		{[]string{"top-up", "--request", "50"}, []string{"--currency: is missing"}},
		{[]string{"top-up", "--request", "0", "--currency", "usdt"}, []string{"--request", "not an amount"}},
		{[]string{"top-up", "--request", "-5", "--currency", "usdt"}, []string{"--request", "not an amount"}},
		{[]string{"top-up", "--request", "1e9", "--currency", "usdt"}, []string{"--request", "not an amount"}},
		{[]string{"top-up", "--request", "50", "--currency", "us dt"}, []string{"--currency", "not a coin"}},
		{[]string{"top-up", "--request", "50", "--currency", ""}, []string{"--currency", "is missing"}},
		{[]string{"top-up", "--request", "50", "--currency", "usdt", "--id", "a b"}, []string{"--id", "not a top-up's id"}},
		{[]string{"top-up", "--request", "50", "--currency", "usdt", "shop-1"}, []string{"--request", "beside references"}},
		{[]string{"top-up", "--request", "50", "--currency", "usdt", "--all"}, []string{"--request", "beside references"}},
		{[]string{"top-up", "--all", "--currency", "usdt"}, []string{"--currency: needs --request"}},
		{[]string{"top-up", "shop\u200b1"}, []string{"reference", "U+200B"}},
		{[]string{"audit"}, []string{"reference", "--verify-all"}},
		{[]string{"audit", "--verify"}, []string{"reference"}},
		{[]string{"audit", "--verify-all", "--verify"}, []string{"--verify"}},
		{[]string{"audit", "shop-1", "--verify-all"}, []string{"--verify-all"}},
		{[]string{"audit", "--export", ""}, []string{"--export", "is empty"}},
		{[]string{"list", "--older-than", "soon"}, []string{"--older-than", "length of time"}},
		{[]string{"list", "--older-than", "2h", "--newer-than", "1h"}, []string{"--older-than", "--newer-than"}},
		{[]string{"list", "--product", ""}, []string{"--product", "is empty"}},
		{[]string{"list", "--text", ""}, []string{"--text", "is empty"}},
		{[]string{"stats", "--days", "0"}, []string{"--days", "number of days"}},
		{[]string{"stats", "--since", "yesterday"}, []string{"--since", "is not a day"}},
		{[]string{"stats", "--days", "2", "--since", "2026-11-01"}, []string{"--days", "--since"}},
		{[]string{"products", "search"}, []string{"text"}},
		{[]string{"products", "show"}, []string{"id"}},
		{[]string{"place"}, []string{"--reference", "is missing", "--item"}},
		{place(), []string{"--item", "is missing", "PRODUCT"}},
		{[]string{"place", "--item", "product_a"}, []string{"--reference", "is missing"}},
		{[]string{"place", "--reference", strings.Repeat("ж", 65), "--item", "product_a"}, []string{"--reference", "1 to 64 characters"}},
		{place("extra", "--item", "product_a"), []string{"takes no argument"}},
		{place("--item", "product_a:0"), []string{"--item", `"0" is not a quantity`}},
		{place("--item", "product_a:many"), []string{"--item", "PRODUCT:QUANTITY"}},
		{place("--item", "product a"), []string{"--item", "is not a product id", "products search"}},
		{place("--item", ""), []string{"--item", "names no product"}},
		{place("--note", "a=b", "--item", "product_a"), []string{"--note", "before any --item", "after the --item"}},
		{place("--item", "product_a", "--note", "player"), []string{"--note", "no =", "KEY=VALUE"}},
		{place("--item", "product_a", "--note", "a b=c"), []string{"--note", "is not a field name"}},
		{place("--item", "product_a", "--note", "a=1\u200b2"), []string{"--note", "a has an invisible", "position 2", "U+200B"}},
		{place("--item", "product_a", "--note", "a=1 "), []string{"--note", "a ends with a blank"}},
		{place("--item", "product_a", "--note", "a="), []string{"--note", "a is empty"}},
		{place("--item", "product_a", "--note", "a=1", "--note", "a=2"), []string{"--note", "given twice"}},
		{place("--item", "product_a", "--max-price", "cheap"), []string{"--max-price", `"cheap" is not a price`, "12.34"}},
		{place("--item", "product_a", "--max-price", "0"), []string{"--max-price"}},
		{place("--item", "product_a", "--max-price", "1.23456"), []string{"--max-price", "4 decimal places"}},
		{place("--item", "product_a", "--provider", "pally"), []string{"--return-url", "is missing"}},
		{place("--item", "product_a", "--return-url", "https://x.example"), []string{"--return-url", "without a provider"}},
		{place("--item", "product_a", "--provider", "pally", "--return-url", "shop"), []string{"--return-url", "not a web address"}},
		{place("--item", "product_a", "--provider", ""), []string{"--provider", "is empty"}},
		{place("--item", "product_a", "--mock=maybe"), []string{"--mock"}},
		{place("--item", "product_a", "--timeout", "soon"), []string{"--timeout"}},
		{place("--item", "product_a", "--skip-bad"), []string{"--skip-bad", "--file"}},
		{place("--item", "product_a", "--results", "r.csv"), []string{"--results", "--file"}},
		{place("--item", "product_a", "--check-balance"), []string{"FOXRELOAD_API_KEY", "is not set"}},
		{append(place(), repeated("--item", "product_a", 11)...), []string{"--item", "11 items", "1 to 10"}},
		{[]string{"place", "--file", "orders.csv", "--mock"}, []string{"--mock", "--file"}},
		{[]string{"place", "--file", "/nowhere/orders.csv"}, []string{"--file", "no such file"}},
		{[]string{"place", "--file", ""}, []string{"--file", "is empty"}},
		{[]string{"balance"}, []string{"FOXRELOAD_API_KEY", "is not set"}},
		{[]string{"products", "search", "steam"}, []string{"FOXRELOAD_API_KEY", "is not set"}},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			got := s.run(append(c.args, "-o", "json")...)
			if strings.Contains(strings.Join(c.args, " "), "yaml") {
				got = s.run(c.args...)
				require.Equal(t, exitUsage, got.status)
				assert.Contains(t, got.err, "--output")
				return
			}
			require.Equal(t, exitUsage, got.status, got.out+got.err)
			message, hint := problem(t, got)
			for _, want := range c.names {
				assert.Contains(t, message+" "+hint, want)
			}
			assert.NotEmpty(t, hint)
			assert.Empty(t, got.out)
		})
	}
}

func TestAFlagWithoutItsValueIsNamed(t *testing.T) {
	t.Parallel()
	got := newShop(t).run("-o", "json", "list", "--state")
	assert.Equal(t, exitUsage, got.status)
	message, _ := problem(t, got)
	assert.Equal(t, "--state: its value is missing", message)
}

func repeated(name, value string, n int) []string {
	var args []string
	for range n {
		args = append(args, name, value)
	}
	return args
}

func TestWrongSettingsAreRefusedBeforeAnything(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ set, says string }{
		{"FOXFLOW_TASK_QUEUE=", "FOXFLOW_TASK_QUEUE is set but empty"},
		{"FOXFLOW_KEYSET=", "FOXFLOW_KEYSET is set but empty"},
		{"FOXFLOW_KEYSET=nonsense-991", "FOXFLOW_KEYSET holds no usable keyset"},
		{"FOXFLOW_POLL_INITIAL=5", "FOXFLOW_POLL_INITIAL"},
		{"FOXRELOAD_BASE_URL=http://shop.example", "FOXRELOAD_BASE_URL"},
		{"FOXRELOAD_BASE_URL=https://public-api.foxreload.com/api", "leave /api out"},
		{"TEMPORAL_ADDRESS=", "TEMPORAL_ADDRESS is set but empty"},
	} {
		t.Run(c.set, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.setenv(c.set)
			got := s.run("place", "--reference", "shop-1", "--item", "product_a")
			assert.Equal(t, exitUsage, got.status)
			assert.Contains(t, got.err, c.says)
			assert.Contains(t, got.err, "for example")
			assert.NotContains(t, got.err, "991")
			assert.Empty(t, s.temporal.Started())
		})
	}
}

func TestAKeysetIsNeededAndAnotherOneIsRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.env = s.env[1:]
	got := s.run("status", "shop-1")
	assert.Equal(t, exitUsage, got.status)
	assert.Contains(t, got.err, "FOXFLOW_KEYSET is not set")

	s.setenv("FOXFLOW_KEYSET=" + strings.TrimSpace(s.run("keyset", "new").out))
	got = s.run("status", "shop-1")
	assert.Equal(t, exitError, got.status)
	assert.Contains(t, got.err, "keyset does not open this ledger")
}

func TestHelpWorksInABrokenEnvironment(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.setenv("FOXFLOW_TASK_QUEUE=")
	got := s.run("--help")
	require.Equal(t, exitDone, got.status)
	for _, want := range []string{"place", "top-up", "FOXFLOW_LEDGER (default foxflow.db)", "Exit status:\n  0  done"} {
		assert.Contains(t, got.out, want)
	}
	for _, name := range []string{"place", "status", "watch", "list", "codes", "top-up", "cancel", "resolve", "recheck", "audit", "explain", "stats", "pause", "resume", "products", "balance", "keyset", "ledger", "completion"} {
		help := s.run(name, "--help")
		assert.Equal(t, exitDone, help.status, name)
		assert.Contains(t, help.out, "--output", name)
	}
}

func TestAReferenceThatIsNotHere(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, args := range [][]string{{"status", "shop-9"}, {"watch", "shop-9"}, {"codes", "shop-9"}, {"audit", "shop-9"}, {"explain", "shop-9"},
		{"cancel", "shop-9"}, {"resolve", "shop-9", "--retry"}, {"top-up", "shop-9"}} {
		got := s.run(append(args, "-o", "json")...)
		assert.Equal(t, exitError, got.status, args)
		message, hint := problem(t, got)
		assert.Equal(t, "order shop-9 is not in this ledger", message, args)
		assert.Contains(t, hint, "FOXFLOW_LEDGER")
	}
}

func TestErrorsForPeopleEndWithWhatToDo(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	got := s.run("status", "shop-9")
	assert.Equal(t, "starter: order shop-9 is not in this ledger\n  → starter list shows what is here; FOXFLOW_LEDGER names the ledger (now "+
		strings.TrimPrefix(s.env[1], "FOXFLOW_LEDGER=")+")\n", got.err)
}

func FuzzCommandLine(f *testing.F) {
	f.Add("place --reference shop-1 --item product_a:2 --note a=b --max-price 1.5")
	f.Add("place --item a:99999999999999999999 --note =")
	f.Add("list --state x --limit -1 -o json")
	f.Add("audit --export \x00")
	f.Add("-o json place --timeout 9999999h --note")
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, " ")
		for _, arg := range args {
			// Those would read or write files of this machine.
			if strings.Contains(arg, "export") || strings.Contains(arg, "file") || strings.Contains(arg, "results") || strings.Contains(arg, "help") {
				t.Skip()
			}
		}
		var out, errs strings.Builder
		a := newApp(nil, &out, &errs) // no keyset: nothing can be begun
		a.dial = nil
		switch status := a.run(t.Context(), args); {
		case strings.Contains(line, "keyset"):
		case status == exitUsage && errs.Len() == 0:
			t.Errorf("%q was refused without a word", line)
		case status != exitUsage && status != exitDone:
			t.Errorf("%q ended with status %d: %s", line, status, errs.String())
		}
	})
}
