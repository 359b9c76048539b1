package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/order"
)

// walk is an order as runs of its workflow put it on record.
type walkOf struct {
	*testing.T
	*Ledger
	status order.Status
}

func newWalk(t *testing.T) *walkOf { return walks(t, newLedger(t), "shop-1") }

func walks(t *testing.T, l *Ledger, reference string) *walkOf {
	return &walkOf{T: t, Ledger: l, status: begin(t, l, reference)}
}

// enters is a state that a run enters at a step.
func (w *walkOf) enters(run string, step int, state order.State) error {
	w.status.State, w.status.UpdatedAt = state, w.status.UpdatedAt.Add(time.Second)
	return w.Orders.Record(w.Context(), Entry{Reference: w.status.Reference, Run: run, Key: fmt.Sprintf("%s%d/%s", run, step, state), Step: step,
		Kind: KindState, State: state, At: w.status.UpdatedAt}, w.status)
}

func (w *walkOf) log() (lines []string) {
	w.Helper()
	entries, err := w.Log.Entries(w.Context(), w.status.Reference)
	require.NoError(w, err)
	for _, e := range entries {
		line := fmt.Sprintf("%s %s", e.Kind, e.State)
		if e.Kind == KindNote {
			line += ": " + e.Reason
		}
		lines = append(lines, line)
	}
	require.NoError(w, w.Log.Verify(w.Context(), w.status.Reference))
	return lines
}

func (w *walkOf) state() order.State {
	w.Helper()
	s, err := w.Orders.Status(w.Context(), w.status.Reference)
	require.NoError(w, err)
	return s.State
}

// An attempt whose machine stood still between its look and its entry comes back
// after others of the same run have brought the order further: nothing is taken back.
// Promise 4: each state is on record.
func TestOvertakenAttemptTakesNothingBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		then   order.State // what came at step 3
		end    order.State // what came at step 4; empty: nothing yet
		late   order.State
		atStep int
	}{
		"of the step, after the end":           {order.Processing, order.Completed, order.Paid, 3},
		"of an earlier step, after the end":    {order.AwaitingTopUp, order.Cancelled, order.Active, 2},
		"of the step, another was quicker":     {order.Processing, "", order.Paid, 3},
		"of an earlier step, on the way":       {order.Processing, "", order.AwaitingTopUp, 2},
		"that saw an end which came to naught": {order.Processing, "", order.Failed, 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWalk(t)
			require.NoError(t, w.enters("run-1/", 1, order.Creating))
			require.NoError(t, w.enters("run-1/", 2, order.Active))
			if c.late == order.Active {
				c.late = order.Paused // another key than the one on record
			}
			require.NoError(t, w.enters("run-1/", 3, c.then))
			want := []string{"state creating", "state active", "state " + string(c.then)}
			now := c.then
			if c.end != "" {
				require.NoError(t, w.enters("run-1/", 4, c.end))
				want, now = append(want, "state "+string(c.end)), c.end
			}
			before, err := w.Orders.Status(t.Context(), "shop-1")
			require.NoError(t, err)

			want = append(want, fmt.Sprintf("note %s: an attempt that was overtaken wanted to put state %s on record", now, c.late))
			for range 2 {
				var overtaken *OvertakenError
				require.ErrorAs(t, w.enters("run-1/", c.atStep, c.late), &overtaken)
				require.Equal(t, OvertakenError{Reference: "shop-1", State: now}, *overtaken)
				require.Equal(t, want, w.log(), "one note, however often it comes")
			}
			after, err := w.Orders.Status(t.Context(), "shop-1")
			require.NoError(t, err)
			require.Equal(t, before, after)

			require.NoError(t, w.enters("run-1/", 3, c.then), "a repeat is no error")
			require.Equal(t, want, w.log())
			require.Equal(t, now, w.state())
			if c.end == "" {
				require.NoError(t, w.enters("run-1/", 4, order.Completed), "later steps go on")
			}
		})
	}
}

// A run that takes the order up where it stands has that on record: its own earlier
// attempts can't take it back.
func TestStepOfARunThatFindsTheStateIsOnRecord(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	require.NoError(t, w.enters("run-1/", 1, order.Creating))
	require.NoError(t, w.enters("run-1/", 7, order.Processing))
	require.NoError(t, w.enters("run-2/", 9, order.Processing))
	require.Equal(t, []string{"state creating", "state processing", "note processing: the order's workflow was taken up again"}, w.log())
	require.ErrorAs(t, w.enters("run-2/", 8, order.Creating), new(*OvertakenError))
	require.NoError(t, w.enters("run-2/", 10, order.Processing), "and later it is no news")
	require.Len(t, w.log(), 4)
	require.Equal(t, order.Processing, w.state())
	require.Error(t, w.enters("run-2/", -1, order.Completed), "no step")
}

// The row of an order that has ended is a recheck's alone, as is what became of one that
// was given up.
func TestRecheck(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for from, may := range map[order.State][]order.State{
		order.Unresolved: {order.Completed, order.Failed, order.Cancelled, order.Unresolved},
		order.Completed:  {order.Completed},
		order.Cancelled:  {order.Cancelled},
		order.Failed:     {order.Failed},
		order.Stalled:    nil,
	} {
		for _, to := range order.States() {
			t.Run(fmt.Sprintf("%s to %s", from, to), func(t *testing.T) {
				reference := fmt.Sprintf("%s-%s", from, to)
				w := walks(t, l, reference)
				for i, state := range []order.State{order.Creating, order.Paid, order.Stalled, from} {
					require.NoError(t, w.enters("run-1/", i+1, state))
				}
				legal := false
				for _, state := range may {
					legal = legal || state == to
				}
				before := w.log()
				again := Entry{Reference: reference, Key: "recheck/1", Kind: KindState, State: to, Reason: "a person looked again", At: noon, Recheck: true}
				s := w.status
				s.State, s.Replacements = to, 7
				err := w.Orders.Record(t.Context(), again, s)
				have, err2 := w.Orders.Status(t.Context(), reference)
				require.NoError(t, err2)
				switch {
				case !legal:
					require.ErrorContains(t, err, "recheck order "+reference)
					require.Equal(t, before, w.log())
					require.Zero(t, have.Replacements)
				case to == from:
					require.NoError(t, err)
					require.Equal(t, append(before, fmt.Sprintf("note %s: a person looked again", to)), w.log())
					require.Equal(t, 7, have.Replacements)
				default:
					require.NoError(t, err)
					require.Equal(t, append(before, "state "+string(to)), w.log())
					require.Equal(t, []any{to, 7}, []any{have.State, have.Replacements})
				}
			})
		}
	}
}

func TestNobodyElseChangesAnEnd(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	for i, state := range []order.State{order.Creating, order.Paid, order.Stalled, order.Unresolved} {
		require.NoError(t, w.enters("run-1/", i+1, state))
	}
	before, err := w.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	for _, state := range []order.State{order.Completed, order.Failed, order.Cancelled} {
		require.ErrorAs(t, w.enters("run-1/", 5, state), new(*OvertakenError))
	}
	require.NoError(t, w.enters("run-1/", 6, order.Unresolved), "it is there already")
	after, err := w.Orders.Status(t.Context(), "shop-1")
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.NoError(t, w.enters("run-2/", 7, order.Creating), "a reset takes it up again")
	require.NoError(t, w.enters("run-2/", 8, order.Completed))
}

// as is how the order stands in another state.
func (w *walkOf) as(state order.State) order.Status {
	w.status.State = state
	return w.status
}
