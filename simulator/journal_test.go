package simulator

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// kept is a shop whose state is in a file; reopen starts it anew at the same
// moment, as after a crash that wrote nothing on its way out.
func kept(t *testing.T) (s *shop, reopen func() *shop, path string) {
	path = filepath.Join(t.TempDir(), "simulator.state")
	s = openShop(t, func(c *Config) { c.StateFile = path })
	clock := s.clock
	reopen = func() *shop {
		require.NoError(t, s.Close())
		s.Simulator = openShop(t, func(c *Config) { c.StateFile, c.Clock, c.Opening = path, clock, opening("7777") }).Simulator
		return s
	}
	return s, reopen, path
}

func asJSON(t *testing.T, v any) string {
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

func TestEverythingSurvivesARestart(t *testing.T) {
	s, reopen, path := kept(t)
	s.knobs("processing-for", "1m")
	delivered := s.ended(item(esim, 2))
	underWay := s.create(item(amazon, 1), `,"idempotencyKey":"k-1"`)
	s.paid(underWay)
	unpaid := s.create(item(pubg, 1, "player_id", "low-keep"), "")
	s.pay(unpaid)
	link := s.expect(200, "POST", "/api/orders/"+s.create(item(amazon, 1), "")+"/pay", `{"paymentProvider":"pally"}`)["paymentUrl"].(string)
	topUp := s.expect(201, "POST", "/api/topups/crypto/", fifty)["id"].(string)
	s.expect(200, "POST", "/admin/products/"+amazon, `{"price":"11.20"}`)
	orders, ledger := asJSON(t, s.Orders()), asJSON(t, s.Money.Entries())

	for range 2 { // the second time from a file that was written anew
		reopen()
		require.JSONEq(t, orders, asJSON(t, s.Orders()))
		require.JSONEq(t, ledger, asJSON(t, s.Money.Entries()))
		require.Equal(t, s.expect(200, "GET", "/admin/knobs", "")["processing-for"], "1m0s")
		require.Equal(t, line(delivered, 0), line(s.get(delivered["id"].(string)), 0))
		require.Equal(t, 409, s.send("POST", "/api/orders/", `{"items":[`+item(amazon, 1)+`],"idempotencyKey":"k-1"}`).Code)
		status, _ := s.pay(unpaid)
		require.Equal(t, 400, status, "the refusal is remembered, and no money came")
		require.Equal(t, "11.20", s.expect(200, "GET", "/api/products/"+amazon, "")["price"])
	}
	s.clock.pass(2 * time.Minute)
	require.Equal(t, "completed", s.status(underWay))
	require.Equal(t, 200, s.send("GET", strings.TrimPrefix(link, "http://example.com"), "").Code)
	s.expect(200, "POST", "/admin/topups/"+topUp+"/confirm", "")
	s.paid(unpaid)

	about, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), about.Mode().Perm())
}

func TestADebitIsInTheFileBeforeTheAnswer(t *testing.T) {
	s, _, path := kept(t)
	id := s.create(item(amazon, 1), `,"idempotencyKey":"k-1"`)
	s.paid(id)
	// Read as another process would, with the first one still running.
	st := newState()
	require.NoError(t, readJournal(path, st))
	require.JSONEq(t, asJSON(t, s.Money.Entries()), asJSON(t, st.entries))
	require.Equal(t, "90.45", moneyText(st.balances["usd"]))
	require.Equal(t, statusPaid, st.orders[id].at(s.clock.Now()).Status)
}

func TestATornLastLineNeverHappened(t *testing.T) {
	s, reopen, path := kept(t)
	s.paid(s.create(item(amazon, 1), ""))
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	orders := asJSON(t, s.Orders())
	for _, torn := range []string{`{"entries":[{"seq":99,"kind":"debit","curr`, `{`, "\x00\x00"} {
		require.NoError(t, os.WriteFile(path, append(whole, torn...), 0o600))
		reopen()
		require.JSONEq(t, orders, asJSON(t, s.Orders()))
		s.holds("90.45")
		s.paid(s.create(item(VoucherID, 1), "")) // and it can be written on
		require.Len(t, s.Money.Debits(), 2)
		reopen()
		require.Len(t, s.Money.Debits(), 2)
	}
}

func TestABrokenLineInTheMiddleIsNotGuessedAt(t *testing.T) {
	s, _, path := kept(t)
	s.create(item(amazon, 1), "")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, os.WriteFile(path, append([]byte("nonsense\n"), whole...), 0o600))
	_, err = New(Config{StateFile: path})
	require.ErrorContains(t, err, "line 1 is not a change of state")
	_, err = New(Config{StateFile: path})
	require.ErrorContains(t, err, "line 1", "the lock was let go of")
}

func TestWhatCannotBeWrittenHasNotHappened(t *testing.T) {
	s, _, _ := kept(t)
	id := s.create(item(amazon, 1), "")
	s.expect(200, "GET", "/healthz", "", header("X-API-Key", ""))
	s.journal.err = errors.New("disk full")
	s.expect(503, "GET", "/healthz", "")
	status, answer := s.pay(id)
	require.Equal(t, 500, status)
	require.Equal(t, "INTERNAL_ERROR", answer["code"])
	s.holds("100.00")
	s.journal.err = nil
	require.Equal(t, "active", s.status(id))
	s.paid(id)
	s.holds("90.45")
}

func TestALineThatFailsIsTakenBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	readOnly, err := os.Open(path)
	require.NoError(t, err)
	j := &journal{file: readOnly, lock: readOnly}
	require.Error(t, j.append(change{Knobs: map[string]string{"speed": "2"}}))
	require.Error(t, j.err, "it could not be cut back either")
	require.Equal(t, j.err, j.append(change{}))
	require.NoError(t, readOnly.Close())
}

func TestAClosedSimulatorChangesNothing(t *testing.T) {
	s, _, _ := kept(t)
	id := s.create(item(amazon, 1), "")
	require.NoError(t, s.Close())
	status, _ := s.pay(id)
	require.Equal(t, 500, status)
	require.Empty(t, s.Money.Debits())
	require.NoError(t, s.Close(), "closing twice is no mistake")
}

func TestTwoSimulatorsDoNotShareAFile(t *testing.T) {
	_, _, path := kept(t)
	_, err := New(Config{StateFile: path})
	require.ErrorContains(t, err, "another simulator is using it")
}

func TestOpeningBalanceIsBookedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	open := func(usd, rub string) *Simulator {
		s, err := New(Config{StateFile: path, Opening: map[string]decimal.Decimal{"usd": decimal.RequireFromString(usd), "rub": decimal.RequireFromString(rub)}})
		require.NoError(t, err)
		return s
	}
	require.NoError(t, open("0", "5").Close())
	s := open("100", "5000")
	require.Equal(t, "0", s.Money.Balance("usd").String(), "an account that was opened empty stays so")
	require.Equal(t, "5", s.Money.Balance("rub").String())
	require.NoError(t, s.Close())
}

func TestAKnobGivenAtStartWins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	s, err := New(Config{StateFile: path})
	require.NoError(t, err)
	require.NoError(t, s.SetKnobs(map[string]string{"idempotency": "ignored", "money": "number"}))
	require.NoError(t, s.Close())
	s, err = New(Config{StateFile: path, Tune: func(k *Knobs) { k.Idempotency = "rejected" }})
	require.NoError(t, err)
	require.Equal(t, "rejected", s.Knobs().Idempotency)
	require.Equal(t, "number", s.Knobs().Money)
	require.NoError(t, s.Close())
}

func TestWrongConfigIsRefused(t *testing.T) {
	for want, config := range map[string]Config{
		`"speed"|speed`:    {Tune: func(k *Knobs) { k.Speed = 0 }},
		"idempotency":      {Tune: func(k *Knobs) { k.Idempotency = "maybe" }},
		"usd and rub":      {Opening: map[string]decimal.Decimal{"eur": decimal.NewFromInt(1)}},
		"is negative":      {Opening: opening("-1")},
		"4 decimal places": {Opening: opening("0.00001")},
		"open state file":  {StateFile: filepath.Join(t.TempDir(), "missing", "state")},
	} {
		_, err := New(config)
		require.Error(t, err)
		require.Regexp(t, want, err.Error())
	}
}
