package workflows_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foxflow/ledger"
	"foxflow/order"
)

// Property tests: a script is drawn (what FoxReload answers, when workers die,
// what people do meanwhile), the real order is played over it in virtual time, and
// whatever came of it must keep the promises. A failing script is shrunk to the
// lines that matter and printed with its story. For more than the usual number:
//
//	go test ./workflows -run Property -rapid.checks=10000
func init() {
	for name, value := range map[string]string{"rapid.checks": "100", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil { // the command line goes before
			panic(err)
		}
	}
}

// Whatever FoxReload answers, whoever dies and whatever people do.
// Promise 1: one reference, one paid order. Promise 2: nothing is guessed.
// Promise 3: nothing is lost.
func TestPropertyOneReferenceOnePayment(t *testing.T) {
	s := newShelf(t)
	rapid.Check(t, func(rt *rapid.T) { s.holds(t, rt, scripts.Draw(rt, "script")) })
}

// The same where it is hardest: while nobody can tell whether money has left.
// Promise 1: one reference, one paid order. Promise 2: nothing is guessed.
func TestPropertyPaymentInDoubt(t *testing.T) {
	s := newShelf(t)
	rapid.Check(t, func(rt *rapid.T) { s.holds(t, rt, doubtful.Draw(rt, "script")) })
}

func (s *shelf) holds(t *testing.T, rt *rapid.T, played script) {
	require.NoError(rt, s.tidy(t.Context()))
	w := s.trial(t.Context(), played)
	defer func() { rt.Log("the story:\n" + w.told()) }()
	end, err := w.play()
	require.NoError(rt, err)
	w.fox.land(w.now().Add(time.Hour)) // what was on its way when the order ended
	w.judge(rt, end)
}

// judge holds an order's end against FoxReload's own books and the audit log.
func (t *trial) judge(rt *rapid.T, end order.Status) {
	t.tell("ended as %s (%s), error %v; paid %v, debits %v", end.State, orNone(end.CancelReason), end.Error, t.fox.everyPaid, t.fox.everyDebit)
	paid, truth := len(t.fox.everyPaid) > 0, t.fox.paidAs()
	require.LessOrEqual(rt, len(t.fox.everyPaid), 1, "at most one order is paid")
	if t.in.Request.Mock {
		require.Empty(rt, t.fox.everyDebit, "a mock order costs nothing")
	}
	switch end.State {
	case order.Completed:
		require.Equal(rt, []string{*end.OrderID}, t.fox.everyPaid, "completed: the order was paid, once")
		t.delivered(rt, end)
	case order.Failed, order.Cancelled:
		if paid {
			require.EqualValues(rt, end.State, truth, "paid, and called %s", end.State)
		}
	case order.Unresolved:
		if paid {
			require.Contains(rt, []string{order.CodeGivenUp, order.CodeCodesMissing}, end.Error.Code, "a paid order is not given up silently")
		}
	default:
		require.Fail(rt, "no end", end.State)
	}
	t.onRecord(rt, end)
	require.Empty(rt, t.wrong)
}

// delivered: every code of a completed order that FoxReload had in time is in the vault,
// under its item, and those that are missing are said.
func (t *trial) delivered(rt *rapid.T, end order.Status) {
	m := t.fox.find(*end.OrderID)
	for i, codes := range t.fox.codes(m, end.UpdatedAt) {
		item := end.Items[i]
		require.Equal(rt, m.order.Items[i].ItemID, item.ItemID)
		require.LessOrEqual(rt, item.Codes, int(item.Quantity))
		require.Equal(rt, int(item.Quantity)-item.Codes, item.Missing, "what is missing of %s is said", item.ItemID)
		if t.script.Life.CodesAfter == 0 {
			require.Len(rt, codes, item.Codes, "every code of %s was waited for", item.ItemID)
		}
	}
	require.Positive(rt, end.Codes(), "an order without a code is not delivered")
}

// filed: every code in the vault is one of its order's and its item's, and is there once.
func (t *trial) filed(rt *rapid.T, codes []ledger.Code) {
	count := map[string]int{}
	for _, code := range codes {
		m := t.fox.find(code.OrderID)
		require.True(rt, !m.foreign || t.fox.adopted[code.OrderID], "%s is somebody else's", code.OrderID)
		item := m.order.Items[code.ItemIndex]
		require.Equal(rt, item.ItemID, code.ItemID)
		key := fmt.Sprint(code.OrderID, code.ItemIndex, string(code.Raw))
		count[key]++
		require.Equal(rt, 1, count[key], "%s is there once", code.Raw)
		var of []string
		for n := range int(item.Quantity) {
			of = append(of, string(t.fox.code(m, code.ItemIndex, n)))
		}
		require.Contains(rt, of, string(code.Raw), "a code of %s", item.ItemID)
	}
}

// onRecord: the ledger tells the same as the workflow, its log is whole, a legal
// walk, and no code that anybody saw is missing.
func (t *trial) onRecord(rt *rapid.T, end order.Status) {
	row, err := t.book.Orders.Status(t.ctx, t.ref())
	require.NoError(rt, err)
	require.Equal(rt, end, row, "the ledger and the workflow tell the same")
	require.NoError(rt, t.book.Log.Verify(t.ctx, t.ref()))
	entries, err := t.book.Log.Entries(t.ctx, t.ref())
	require.NoError(rt, err)
	previous, again := order.State(""), false
	for _, e := range entries {
		switch {
		case e.Kind == ledger.KindNote && strings.Contains(e.Reason, "taken up again"):
			again = true
			require.Greater(rt, t.runs, 1, "taken up again without a reset")
		case e.Kind == ledger.KindState:
			require.True(rt, again || previous.CanBecome(e.State), "%s → %s on record", previous, e.State)
			previous, again = e.State, false
		}
	}
	require.Equal(rt, end.State, previous, "the last entry is the end")
	codes, err := t.book.Vault.Codes(t.ctx, t.ref())
	require.NoError(rt, err)
	t.filed(rt, codes)
	for _, m := range t.fox.orders {
		for _, seen := range m.codes {
			kept := slices.ContainsFunc(codes, func(c ledger.Code) bool { return c.OrderID == m.order.ID && string(c.Raw) == seen })
			require.True(rt, kept, "a code of %s was shown and is lost", m.order.ID)
		}
	}
}

func orNone(s *string) string {
	if s == nil {
		return "no reason"
	}
	return *s
}
