package workflows_test

import (
	"flag"
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

// Promises 1, 2 and 3, whatever happens.
func TestPropertyOneReferenceOnePayment(t *testing.T) {
	s := newShelf(t)
	rapid.Check(t, func(rt *rapid.T) { s.holds(t, rt, scripts.Draw(rt, "script")) })
}

// The same where it is hardest: while nobody can tell whether money has left.
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
			require.Equal(rt, "GIVEN_UP", end.Error.Code, "a paid order is not given up silently")
		}
	default:
		require.Fail(rt, "no end", end.State)
	}
	t.onRecord(rt, end)
	require.Empty(rt, t.wrong)
}

// delivered: every code of a completed order is in the vault.
func (t *trial) delivered(rt *rapid.T, end order.Status) {
	codes, err := t.book.Codes(t.ctx, t.ref())
	require.NoError(rt, err)
	var want, have []string
	for _, item := range t.fox.see(t.fox.find(*end.OrderID), t.now()).Items {
		for _, code := range item.Codes {
			want = append(want, string(code))
		}
	}
	for _, code := range codes {
		have = append(have, string(code.Raw))
	}
	require.ElementsMatch(rt, want, have, "every code is in the vault, once")
	var counted int
	for _, item := range end.Items {
		counted += item.Codes
	}
	require.Equal(rt, len(want), counted, "the status counts them")
}

// onRecord: the ledger tells the same as the workflow, its log is whole, a legal
// walk, and no code that anybody saw is missing.
func (t *trial) onRecord(rt *rapid.T, end order.Status) {
	row, err := t.book.Status(t.ctx, t.ref())
	require.NoError(rt, err)
	require.Equal(rt, end, row, "the ledger and the workflow tell the same")
	require.NoError(rt, t.book.Verify(t.ctx, t.ref()))
	entries, err := t.book.Audit(t.ctx, t.ref())
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
	codes, err := t.book.Codes(t.ctx, t.ref())
	require.NoError(rt, err)
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
