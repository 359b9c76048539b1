package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/order"
)

func TestAuditTellsTheStoryOnce(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	entries, err := l.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, "[]", asJSON(t, entries))

	at := noon.Add(123456789 * time.Nanosecond).In(time.FixedZone("Perm", 5*3600))
	note := Entry{Reference: "shop-1", Key: "note/1", Kind: KindNote, Reason: "orphan found", OrderID: "ord-9", At: at}
	for range 3 {
		require.NoError(t, l.Log.Append(t.Context(), note))
	}
	enter(t, l, "shop-1", order.Active)
	require.NoError(t, l.Log.Append(t.Context(), Entry{Reference: "shop-1", Key: "look/1", Kind: KindLook, Reason: "codes read by eve"}))

	entries, err = l.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Len(t, entries, 3)
	require.JSONEq(t, fmt.Sprintf(`{"seq":1,"kind":"note","state":"creating","reason":"orphan found","orderId":"ord-9",
		"at":"2026-11-24T12:00:00.123456789Z","hash":%q}`, entries[0].Hash), asJSON(t, entries[0]))
	require.Len(t, entries[0].Hash, 64)
	require.Nil(t, entries[1].OrderID)
	require.Equal(t, order.Active, entries[2].State, "an entry without a state has the order's")
	require.WithinDuration(t, time.Now(), entries[2].At, time.Hour, "and without a time, now")
	require.NoError(t, l.Log.Verify(t.Context(), "shop-1"))

	_, err = l.Log.Entries(t.Context(), "shop-2")
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorIs(t, l.Log.Verify(t.Context(), "shop-2"), ErrNotFound)
	require.ErrorIs(t, l.Log.Append(t.Context(), Entry{Reference: "shop-2", Key: "k", Kind: KindNote}), ErrNotFound)
}

// What others call things must not keep an order from its next state.
func TestStrangeWordsAreStored(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	const strange = "can\x00cel\xffled \"'\\ 取消"
	require.NoError(t, l.Log.Append(t.Context(), Entry{Reference: "shop-1", Key: "note", Kind: KindNote, Reason: strange}))
	pin(t, l, "shop-1", 0, "ord-1")
	require.NoError(t, l.Payments.Begin(t.Context(), payment("shop-1", "ord-1")))
	require.NoError(t, l.Payments.Void(t.Context(), "shop-1", "ord-1", intent(t, l, "ord-1").Attempt, strange, noon))
	require.NoError(t, l.Vault.Store(t.Context(), "shop-1", "ord-1", []Code{{ItemID: strange, Raw: json.RawMessage(`"AAAA"`)}}))
	require.NoError(t, l.Switches.Pause(t.Context(), strange, noon))
	s, err := l.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	s.State, s.CancelReason = order.Cancelled, text("%s", strange)
	require.NoError(t, l.Orders.Record(t.Context(), Entry{Reference: "shop-1", Key: "end", Kind: KindState, State: order.Cancelled, Reason: strange}, s))
	entries, err := l.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, "can\uFFFDcel\uFFFDled \"'\\ 取消", entries[0].Reason)
	require.NoError(t, l.Log.Verify(t.Context(), "shop-1"))
}

func TestEntriesThatMeanNothingAreRefused(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	for want, e := range map[string]Entry{
		"no reference":  {Key: "k", Kind: KindNote},
		"no key":        {Reference: "shop-1", Kind: KindNote},
		"not a kind":    {Reference: "shop-1", Key: "k", Kind: "gossip"},
		"not a state":   {Reference: "shop-1", Key: "k", Kind: KindNote, State: "sold"},
		`"" is not a k`: {Reference: "shop-1", Key: "k"},
	} {
		require.ErrorContains(t, l.Log.Append(t.Context(), e), want)
	}
}

func TestEntriesAreNeverChangedOrDeleted(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	deliver(t, l, "shop-1")
	for _, statement := range []string{`UPDATE audit SET reason = 'nothing'`, `DELETE FROM audit`, `DELETE FROM audit WHERE seq = 5`} {
		_, err := l.store.Writes().ExecContext(t.Context(), statement)
		require.ErrorContains(t, err, "audit entries are never", statement)
	}
	_, err := l.store.Writes().ExecContext(t.Context(), `DELETE FROM orders`)
	requireBreaks(t, err, "foreign key", "an order with a history stays")
	require.NoError(t, l.Log.Verify(t.Context(), "shop-1"))
}

func TestChainStaysWholeUnderManyWriters(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ledgers := []*Ledger{s.open(t), s.open(t)}
	begin(t, ledgers[0], "shop-1")
	begin(t, ledgers[0], "shop-2")
	noErrors(t, atOnce(60, func(i int) error { // every entry is written twice, through both
		return ledgers[i%2].Log.Append(t.Context(), Entry{Reference: fmt.Sprintf("shop-%d", i%3%2+1), Key: fmt.Sprintf("note/%d", i/2), Kind: KindNote})
	}))
	orders, entries, broken, err := ledgers[0].Log.VerifyAll(t.Context())
	require.NoError(t, err)
	require.Empty(t, broken)
	require.Equal(t, 2, orders)
	first, err := ledgers[0].Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	second, err := ledgers[0].Log.Entries(t.Context(), "shop-2")
	require.NoError(t, err)
	require.Equal(t, entries, len(first)+len(second))
	keys := map[string]bool{}
	for i := range 60 {
		keys[fmt.Sprintf("shop-%d note/%d", i%3%2+1, i/2)] = true
	}
	require.Equal(t, len(keys), entries)
}

func TestExportHoldsEveryEntryInOrder(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	deliver(t, l, "shop-1")
	deliver(t, l, "shop-0")
	require.NoError(t, l.Log.Append(t.Context(), Entry{Reference: "shop-1", Key: "note", Kind: KindNote, Reason: "price < 10 & fine"}))

	var out bytes.Buffer
	require.NoError(t, l.Log.Export(t.Context(), &out))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	require.Len(t, lines, 11)
	require.True(t, strings.HasPrefix(lines[0], `{"reference":"shop-1","seq":1,"kind":"state","state":"creating",`), lines[0])
	require.Contains(t, lines[5], `"shop-0"`)
	require.Contains(t, lines[10], "price < 10 & fine")
	audited, err := l.Log.Entries(t.Context(), "shop-1")
	require.NoError(t, err)
	var last AuditEntry
	require.NoError(t, json.Unmarshal([]byte(lines[10]), &last))
	require.Equal(t, audited[5], last)

	require.ErrorContains(t, l.Log.Export(t.Context(), fullDisk{}), "disk is full")
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, fmt.Errorf("disk is full") }

func TestHashIsUnambiguous(t *testing.T) {
	t.Parallel()
	key := chainKey("0123456789abcdef0123456789abcdef")
	base := link{reference: "a", seq: 1, number: 1, key: "k", kind: "note", state: "active", reason: "r", orderID: "o", at: "t"}
	seen := map[string]string{key.hashOf("", base): "base"}
	for name, change := range map[string]func(*link){
		"reference": func(e *link) { e.reference = "b" }, "seq": func(e *link) { e.seq = 2 }, "number": func(e *link) { e.number = 2 },
		"key": func(e *link) { e.key = "l" }, "kind": func(e *link) { e.kind = "look" }, "state": func(e *link) { e.state = "paid" },
		"reason": func(e *link) { e.reason = "s" }, "order id": func(e *link) { e.orderID = "p" }, "at": func(e *link) { e.at = "u" },
		"seq and number": func(e *link) { e.seq, e.number = 11, 1 }, "number and seq": func(e *link) { e.seq, e.number = 1, 11 },
		"a field's end moved to the next": func(e *link) { e.reason, e.orderID = "ro", "" },
	} {
		e := base
		change(&e)
		hash := key.hashOf("", e)
		require.NotContains(t, seen, hash, name)
		seen[hash] = name
	}
	gap := string(make([]byte, 8)) // what stands between two fields, were it not for their lengths
	one, two := base, base
	one.reason, one.orderID = "r"+gap+"x", "o"
	two.reason, two.orderID = "r", "x"+gap+"o"
	require.NotEqual(t, key.hashOf("", one), key.hashOf("", two))
	require.NotContains(t, seen, key.hashOf("prev", base))
	require.NotContains(t, seen, chainKey("another key, as long as the other").hashOf("", base))
}
