package workflows_test

import (
	"fmt"
	"strings"
	"time"

	"foxflow/foxreload"
	"foxflow/internal/story"
	"foxflow/order"
	"foxflow/workflows"
)

// touch changes our orders that are still open, as somebody at FoxReload's
// dashboard or at a payment link does.
func (h *hostile) touch(what string) {
	for _, m := range h.orders {
		status, _ := h.status(m, h.now())
		if m.foreign || status.Terminal() {
			continue
		}
		switch what {
		case "dashboard cancels":
			m.cancelled, m.reason = h.now(), order.UserRequest
		case "link is paid":
			if m.session && m.paid.IsZero() {
				_ = h.debit(m, h.now(), false)
			}
		case "reprice":
			if m.paid.IsZero() {
				m.price = m.price.Mul(two)
			}
		}
	}
}

// say tells the running order or its ledger what happened, where that is theirs
// to hear.
func (t *trial) say(what string) {
	switch what {
	case "top-up", "hint":
		t.env.SignalWorkflow(workflows.SignalTopUp, nil)
	case "cancel":
		t.env.UpdateWorkflow(workflows.UpdateCancel, "", t.heard(what))
	case "retry", "abort":
		t.decide(workflows.Resolution{Choice: workflows.Choice(what)})
	case "adopt ours", "adopt theirs":
		if id, ok := t.named(what == "adopt theirs"); ok {
			t.decide(workflows.Resolution{Choice: workflows.Adopt, OrderID: id})
		}
	case "pause":
		_ = t.book.Switches.Pause(t.ctx, "a person", t.now())
	case "resume":
		_ = t.book.Switches.Resume(t.ctx)
	case "reset":
		t.env.SignalWorkflow(workflows.SignalTopUp, nil) // wakes what waits, so that the run finds itself abandoned
	case "workflow cancelled":
		t.env.CancelWorkflow()
	}
}

// named is the order that a person finds in FoxReload's dashboard.
func (t *trial) named(foreign bool) (id string, ok bool) {
	defer t.lock()()
	for _, m := range t.fox.orders {
		if m.foreign != foreign {
			continue
		}
		id, ok = m.order.ID, true
		if m.order.IdempotencyKey == "" {
			t.fox.adopted[id] = true // nothing shows whose it is: the person's word counts
		}
	}
	return id, ok
}

func (t *trial) decide(r workflows.Resolution) {
	id := fmt.Sprintf("update-%d-%d", t.runs, len(t.story))
	t.env.UpdateWorkflow(workflows.UpdateResolve, id, t.heard(string(r.Choice)), r)
}

// heard tells what an update came to.
func (t *trial) heard(what string) *hearing { return &hearing{trial: t, what: what} }

type hearing struct {
	trial *trial
	what  string
}

func (h *hearing) tell(format string, args ...any) {
	defer h.trial.lock()()
	h.trial.tell(h.what+" "+format, args...)
}

func (h *hearing) Accept()          {}
func (h *hearing) Reject(err error) { h.tell("refused: %v", err) }
func (h *hearing) Complete(result any, err error) {
	if s, ok := result.(order.Status); ok && err == nil {
		h.tell("answered: %s", s.State)
		h.trial.promised(s.State)
		return
	}
	h.tell("answered: %v", err)
}

// promised keeps what a person was told: an order called cancelled is not paid any
// more, whatever happens.
func (t *trial) promised(s order.State) {
	defer t.lock()()
	t.cancelled = t.cancelled || s == order.Cancelled
}

// paidAs is FoxReload's last word on the order that was paid, "" if none was.
func (h *hostile) paidAs() foxreload.Status {
	if len(h.everyPaid) == 0 {
		return ""
	}
	status, _ := h.status(h.find(h.everyPaid[0]), h.now())
	return status
}

// inTime says whether a pay on its way finds its order still to be paid.
func (h *hostile) inTime(e effect) bool {
	status, _ := h.status(h.find(e.pays), e.at)
	return status == foxreload.StatusActive
}

// late is a time after the payment when somebody must have been told that there is no end yet.
const late = 15 * time.Minute

// honest holds what a person reads now against what FoxReload has done: one who waits is
// told for what, and nobody is told that nothing is paid while a payment is out or may be.
func (t *trial) honest() {
	s, err := t.book.Orders.Status(t.ctx, t.ref())
	if err != nil {
		return // it has not begun
	}
	defer t.lock()()
	out := len(t.fox.everyPaid) > 0 && t.fox.paidAs() != foxreload.StatusCancelled
	for _, e := range t.fox.late {
		out = out || e.pays != "" && t.fox.inTime(e)
	}
	switch means := story.Means(s); {
	case t.abandoned:
	case (s.State == order.Paid || s.State == order.Processing) && len(t.fox.everyPaid) > 0 && t.now().Sub(s.UpdatedAt) > late && t.now().Sub(t.fox.find(t.fox.everyPaid[0]).paid) > late:
		t.breach("it was paid long ago, and nobody is told that it is late")
	case s.State.Waits() && s.WaitingForCode == nil:
		t.breach("it is %s, and nobody is told what it waits for", s.State)
	case out && (strings.Contains(means, "othing is paid") || strings.Contains(means, "othing was paid")):
		t.breach("it is %s, money is or may be out, and a person reads: %s", s.State, means)
	}
}
