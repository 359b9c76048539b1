package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/ledger"
	"foxflow/order"
)

// compact takes the layout out of a JSON document.
func compact(t *testing.T, text string) string {
	t.Helper()
	var v json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	var b strings.Builder
	require.NoError(t, func() error {
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		return enc.Encode(v)
	}())
	return strings.TrimSpace(b.String())
}

func TestStatusReadsTheLedgerAlone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.temporal.Down = true
	s.begins("shop-1", true)
	s.completes("shop-1", `"AAAA-BBBB"`)
	got := s.run("status", "shop-1", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Equal(t, `{"reference":"shop-1","workflowId":"order/shop-1","orderId":"1f0c-shop-1","state":"completed","cancelReason":null,"waitingFor":null,"waitingForCode":null,`+
		`"mock":true,"price":"9.55","currency":"usd","paymentExpiresAt":null,"paymentUrl":null,"replacements":0,`+
		`"items":[{"itemId":"product_a","quantity":1,"codes":1,"missing":0,"error":null}],`+
		`"error":null,"startedAt":"2026-11-24T12:00:00Z","updatedAt":"2026-11-24T12:00:03Z"}`, compact(t, got.out))

	table := s.run("status", "shop-1").out
	for _, want := range []string{"shop-1", "✓ completed", "(mock)", "9.55 usd", "1 × product_a (1 code)", "starter codes shop-1"} {
		assert.Contains(t, table, want)
	}
	assert.NotContains(t, table, "AAAA")
}

func jsonText(t *testing.T, text string) string {
	t.Helper()
	b, err := json.Marshal(text)
	require.NoError(t, err)
	return string(b)
}

func TestListIsNewestFirstAndFiltered(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	got := s.run("list", "-o", "json")
	require.Equal(t, exitDone, got.status)
	assert.Equal(t, `{"orders":[]}`, compact(t, got.out))

	long := strings.Repeat("long-reference-", 4) + "end"
	for i, reference := range []string{"shop-1", "shop-2", long} {
		s.now = noon.AddDate(0, 0, i)
		s.begins(reference, false)
	}
	s.completes("shop-1", `"AAAA"`)
	references := func(args ...string) (all []string) {
		got := s.run(append([]string{"list", "-o", "json"}, args...)...)
		require.Equal(t, exitDone, got.status, got.err)
		var doc struct{ Orders []order.Status }
		require.NoError(t, json.Unmarshal([]byte(got.out), &doc))
		for _, o := range doc.Orders {
			all = append(all, o.Reference)
		}
		return all
	}
	assert.Equal(t, []string{long, "shop-2", "shop-1"}, references())
	assert.Equal(t, []string{long}, references("--limit", "1"))
	assert.Equal(t, []string{"shop-1"}, references("--state", "completed"))

	assert.Equal(t, []string{"shop-1"}, references("--older-than", "47h"))
	assert.Equal(t, []string{long}, references("--newer-than", "1h"))
	assert.Equal(t, []string{"shop-2"}, references("--older-than", "1h", "--newer-than", "30h"))
	assert.Len(t, references("--product", "product_a"), 3)
	assert.Empty(t, references("--product", "product_b"))
	assert.Equal(t, []string{"shop-2", "shop-1"}, references("--text", "SHOP-"))
	assert.Equal(t, []string{"shop-1"}, references("--text", "1f0c-", "--state", "completed"))
	assert.Equal(t, []string{"shop-2"}, references("--text", "shop-", "--limit", "1"))

	table := s.run("list").out
	assert.Contains(t, table, "long-reference-long-reference-long-reference-long-reference-end", "whole where no terminal is")
	s.onTerminal = true
	for _, line := range strings.Split(s.run("list").out, "\n") {
		assert.LessOrEqual(t, len([]rune(line)), 80, line)
	}
	s.onTerminal = false
	assert.Contains(t, table, "✓ completed")
}

func TestCodesAreShownAndTheLookIsOnRecord(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.temporal.Down = true
	s.setenv("SSH_CONNECTION=192.0.2.7 50000 192.0.2.1 22")
	s.begins("shop-1", true)
	s.completes("shop-1", `"AAAA-BBBB"`, `{"pin":"12 & 34"}`)
	got := s.run("codes", "shop-1", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Equal(t, `{"reference":"shop-1","orderId":"1f0c-shop-1","mock":true,"items":[{"itemId":"product_a","codes":["AAAA-BBBB",{"pin":"12 & 34"}]}]}`, compact(t, got.out))

	assert.Equal(t, "product_a\n  AAAA-BBBB\n  {\"pin\":\"12 & 34\"}\n", s.run("codes", "shop-1").out)
	entries, err := s.book.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	looks := 0
	for _, e := range entries {
		if e.Kind == ledger.KindLook {
			looks++
			assert.Contains(t, e.Reason, "codes read by ")
			assert.Contains(t, e.Reason, " from ssh 192.0.2.7")
			assert.Equal(t, order.Completed, e.State)
		}
	}
	assert.Equal(t, 2, looks)
}

func TestWithoutACodeCodesSaysWhy(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	got := s.run("codes", "shop-1", "-o", "json")
	assert.Equal(t, exitError, got.status)
	message, hint := problem(t, got)
	assert.Equal(t, "order shop-1 is creating and has no code", message)
	assert.Contains(t, hint, "starter watch shop-1")

	s.enters("shop-1", order.Active, withOrder("1f0c"))
	got = s.run("codes", "shop-1", "-o", "json")
	assert.Equal(t, exitError, got.status, "not delivered yet is no answer")
	s.enters("shop-1", order.Failed)
	message, hint = problem(t, s.run("codes", "shop-1", "-o", "json"))
	assert.Equal(t, "order shop-1 is failed and has no code", message)
	assert.Contains(t, hint, "starter explain shop-1")
}

func TestCodesOfACompletedOrderThatDeliversNone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.completes("shop-1")
	got := s.run("codes", "shop-1", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Equal(t, `{"reference":"shop-1","orderId":"1f0c-shop-1","mock":false,"items":[{"itemId":"product_a","codes":[]}]}`, compact(t, got.out))
	assert.Empty(t, got.err)
	table := s.run("codes", "shop-1")
	assert.Equal(t, exitDone, table.status)
	assert.Equal(t, "product_a\n  no code: it is delivered without one, as a direct top-up to the player's account is\n", table.out)
	entries, err := s.book.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	assert.Equal(t, ledger.KindLook, entries[len(entries)-1].Kind, "a look that found nothing is one")
}

func TestMissingCodesAreSaidEverywhere(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.completesWithout("shop-1", 2, `"AAAA"`)
	s.begins("shop-2", false)
	s.completes("shop-2", `"BBBB"`)
	for _, args := range [][]string{{"status", "shop-1"}, {"list"}, {"explain", "shop-1"}} {
		got := s.run(append(args, "-o", "json")...)
		require.Equal(t, exitDone, got.status, got.err)
		assert.Contains(t, compact(t, got.out), `"codes":1,"missing":2,`, args)
		assert.Contains(t, compact(t, got.out), `"waitingForCode":null`, args)
	}
	status := s.run("status", "shop-1").out
	assert.Contains(t, status, "1 × product_a (1 code, 2 codes missing)")
	assert.Contains(t, status, "starter recheck shop-1")
	list := s.run("list").out
	assert.Regexp(t, `UPDATED\s+MISSING\n`, list)
	assert.Regexp(t, `shop-1 .*  2 codes\n`, list)
	assert.Regexp(t, `shop-2 .*[0-9]\n`, list)
	explain := strings.Join(strings.Fields(s.run("explain", "shop-1").out), " ")
	assert.Contains(t, explain, "It is completed, but 2 of 3 codes are missing.")
	assert.Contains(t, explain, "starter recheck shop-1")

	codes := s.run("codes", "shop-1")
	assert.Equal(t, exitDone, codes.status)
	assert.Equal(t, "product_a\n  AAAA\n  2 codes missing\n", codes.out)
	assert.Contains(t, codes.err, "starter recheck shop-1")
	assert.Contains(t, compact(t, s.run("codes", "shop-1", "-o", "json").out), `"codes":["AAAA"],"missing":2}`)

	s.begins("shop-3", false)
	s.completesWithout("shop-3", 1)
	assert.Equal(t, "product_a\n  no code yet: 1 code missing\n", s.run("codes", "shop-3").out)
}

func TestWhatAnOrderWaitsForIsACodeAndWords(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.enters("shop-1", order.Creating)
	s.enters("shop-1", order.AwaitingTopUp, waitsFor(order.WaitTopUp), func(o *order.Status) { old := "words of yesterday"; o.WaitingFor = &old })
	for _, args := range [][]string{{"status", "shop-1"}, {"list"}} {
		out := compact(t, s.run(append(args, "-o", "json")...).out)
		assert.Contains(t, out, `"waitingFor":"a top-up: the balance is too low;`, args)
		assert.Contains(t, out, `"waitingForCode":"topup"`, args)
	}
	assert.Contains(t, compact(t, s.run("explain", "shop-1", "-o", "json").out), `"waitingForCode":"topup"`)
	assert.Contains(t, strings.Join(strings.Fields(s.run("status", "shop-1").out), " "), "waits for a top-up: the balance is too low; goes on by itself")
}

func TestAPaymentInDoubtIsSaidAndNothingThatTakesItForUnpaid(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.enters("shop-1", order.Creating)
	s.enters("shop-1", order.Active, withOrder("1f0c"))
	s.enters("shop-1", order.Paused, waitsFor(order.WaitResume), func(o *order.Status) { o.PaymentInDoubt = true })
	s.temporal.Runs(s.book.ID(), "shop-1")
	require.Equal(t, exitDone, s.run("pause").status)
	for _, args := range [][]string{{"status", "shop-1"}, {"explain", "shop-1"}, {"watch", "shop-1", "--timeout", "20ms"}} {
		got := s.run(args...)
		said := strings.ToLower(got.out + got.err)
		assert.NotContains(t, said, "nothing is paid", args)
		assert.NotContains(t, said, "starter cancel", args)
		assert.NotContains(t, said, "starter place", args)
	}
	assert.Contains(t, strings.Join(strings.Fields(s.run("explain", "shop-1").out), " "), "A payment was sent and its outcome is not known yet")
}

func TestACodeCantSteerTheTerminal(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "AAAA", plain(json.RawMessage(`"AAAA"`)))
	assert.Equal(t, `"A\u001b[31m"`, plain(json.RawMessage(`"A\u001b[31m"`)))
}

func TestAuditShowsTheLogAndItsChain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.enters("shop-1", order.Creating)
	s.enters("shop-1", order.Cancelled, because(order.UserRequest))
	entries, err := s.book.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)

	got := s.run("audit", "shop-1", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Equal(t, `{"reference":"shop-1","entries":[`+
		`{"seq":1,"kind":"state","state":"creating","reason":"","orderId":null,"at":"2026-11-24T12:00:00Z","hash":"`+entries[0].Hash+`"},`+
		`{"seq":2,"kind":"state","state":"cancelled","reason":"user_request","orderId":null,"at":"2026-11-24T12:00:01Z","hash":"`+entries[1].Hash+`"}],`+
		`"verified":true}`, compact(t, got.out))

	table := s.run("audit", "shop-1", "--verify")
	assert.Equal(t, exitDone, table.status)
	assert.Contains(t, table.out, "2 entries, the chain is whole")

	all := s.run("audit", "--verify-all", "-o", "json")
	assert.Equal(t, exitDone, all.status)
	assert.Equal(t, `{"orders":1,"entries":2,"broken":[]}`, compact(t, all.out))

	path := filepath.Join(t.TempDir(), "audit.jsonl")
	exported := s.run("audit", "--export", path, "-o", "json")
	require.Equal(t, exitDone, exported.status, exported.err)
	assert.Contains(t, compact(t, exported.out), `"entries":2}`)
	lines, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(string(lines), `{"reference":"shop-1","seq":`))
	assert.Equal(t, string(lines), s.run("audit", "--export", "-").out)

	assert.Equal(t, exitError, s.run("audit", "--export", "/nowhere/audit.jsonl").status)
}

func TestExplainTellsTheStory(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.temporal.Down = true
	s.begins("shop-1", false)
	s.enters("shop-1", order.Creating)
	s.enters("shop-1", order.Active, withOrder("1f0c"))
	s.enters("shop-1", order.AwaitingTopUp, waitsFor(order.WaitTopUp))
	require.Equal(t, exitDone, s.run("pause").status)

	told := s.run("explain", "shop-1")
	require.Equal(t, exitDone, told.status, told.err)
	for _, want := range []string{"◷ awaiting_topup", "Nothing is paid.", "waits for a top-up: the balance is too low", "FoxReload's order: 1f0c",
		"Payments are switched off", "12:00:01  · active", "starter top-up shop-1", "starter cancel shop-1"} {
		assert.Contains(t, told.out, want)
	}
	s.onTerminal = true
	for _, line := range strings.Split(s.run("explain", "shop-1").out, "\n") {
		assert.LessOrEqual(t, len([]rune(line)), 80, line)
	}
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.run("explain", "shop-1", "-o", "json").out), &doc))
	for _, field := range []string{"reference", "state", "waitingForCode", "orderId", "items", "means", "why", "facts", "timeline", "next"} {
		assert.Contains(t, doc, field)
	}
}

func TestStatsCountOrdersAndMoneyByStateAndDay(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	assert.Equal(t, `{"orders":0,"mock":0,"states":[],"days":[]}`, compact(t, s.run("stats", "-o", "json").out))
	s.begins("shop-1", false)
	s.completes("shop-1", `"A"`)
	s.begins("shop-2", true)
	s.completes("shop-2", `"A"`)
	s.now = noon.AddDate(0, 0, 1)
	s.begins("shop-3", false)
	s.completes("shop-3", `"A"`)
	s.begins("shop-4", false)

	got := s.run("stats", "-o", "json")
	require.Equal(t, exitDone, got.status, got.err)
	creating := `{"state":"creating","orders":1,"mock":0,"amounts":[]}`
	assert.Equal(t, `{"orders":3,"mock":1,"states":[`+creating+`,{"state":"completed","orders":2,"mock":1,"amounts":[{"currency":"usd","amount":"19.1"}]}],`+
		`"days":[{"day":"2026-11-25","orders":2,"mock":0,"states":[`+creating+`,{"state":"completed","orders":1,"mock":0,"amounts":[{"currency":"usd","amount":"9.55"}]}]},`+
		`{"day":"2026-11-24","orders":1,"mock":1,"states":[{"state":"completed","orders":1,"mock":1,"amounts":[{"currency":"usd","amount":"9.55"}]}]}]}`, compact(t, got.out))
	for _, line := range strings.Split(s.run("stats").out, "\n") {
		assert.LessOrEqual(t, len([]rune(line)), 80, line)
	}
	for _, args := range [][]string{{"--days", "1"}, {"--since", "2026-11-25"}} {
		one := s.run(append([]string{"stats", "-o", "json"}, args...)...)
		assert.Contains(t, compact(t, one.out), `{"orders":2,"mock":0,`, args)
	}
}

func TestKeysetNewPrintsOneThatWorks(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, form := range []string{"table", "json"} {
		got := s.run("keyset", "new", "-o", form)
		require.Equal(t, exitDone, got.status)
		compact(t, got.out)
	}
}
