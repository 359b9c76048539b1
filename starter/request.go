package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"foxflow/ledger"
	"foxflow/order"
	"foxflow/starter/internal/show"
	"foxflow/workflows"
)

// requesting is what the flags of top-up --request say.
type requesting struct {
	top     order.TopUpRequest
	timeout time.Duration // 0: to its end
	qr      bool
	// again: --id named one that was asked for before.
	again bool
}

// topUpStatus is the exit status of a top-up that was followed, by its end.
var topUpStatus = map[order.TopUpState]int{
	order.TopUpArrived:   exitDone,
	order.TopUpCancelled: exitCancelled,
	order.TopUpExpired:   exitError,
	order.TopUpLost:      exitError,
	order.TopUpFailed:    exitError,
}

// named gives a top-up that is asked for anew its id, and tells the first mistake.
func (r requesting) named() (requesting, error) {
	r.again = r.top.ID != ""
	if !r.again {
		r.top.ID = uuid.NewString()
	}
	for _, wrong := range r.top.Validate() {
		return r, misused(wrong.Fix, "--%s", wrong.Error())
	}
	return r, nil
}

// requestTopUp has FoxReload asked for a top-up and follows it.
func (d *desk) requestTopUp(ctx context.Context, r requesting) error {
	// Before Temporal is asked: a missing key is wrong usage.
	if _, err := d.foxreload(); err != nil {
		return err
	}
	t, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer t.Close()
	if !r.again {
		d.Note("top-up %s (to look again: %s)", r.top.ID, again(r.top))
	}
	if err := d.startTopUp(ctx, t, r); err != nil {
		return err
	}
	return d.followTopUp(ctx, r)
}

// startTopUp starts the top-up's workflow, or joins the one that there is.
func (d *desk) startTopUp(ctx context.Context, t *temporal, r requesting) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if r.again {
		ended, err := d.joinTopUp(ctx, t, r.top)
		if ended || err != nil {
			return err
		}
	}
	in := workflows.TopUpInput{Request: r.top, LookEvery: d.settings.PollMax, GiveUpAfter: d.settings.GiveUpAfter}
	_, err := t.ExecuteWorkflow(ctx, workflows.TopUpStartOptions(r.top, d.settings.TaskQueue, d.book.ID()), workflows.TopUpWorkflowName, in)
	switch {
	case err == nil:
		return nil
	case surelyNotStarted(err):
		return failed("nothing was requested", "start top-up %s: %s", r.top.ID, t.explain(err))
	default:
		return failed("this finds out, and requests nothing twice: "+again(r.top), "start top-up %s: whether it was started is not known: %v", r.top.ID, err)
	}
}

// joinTopUp refuses an id that belongs to another request, or to another ledger.
func (d *desk) joinTopUp(ctx context.Context, t *temporal, r order.TopUpRequest) (ended bool, err error) {
	if err := d.refuseOtherTopUp(ctx, r); err != nil {
		return false, err
	}
	s, _, err := d.book.TopUp(ctx, r.ID)
	here := err == nil
	switch {
	case here && s.State.Ended():
		return true, nil
	case !here && !errors.Is(err, ledger.ErrNoTopUp):
		return false, err
	}
	run, known, err := t.lookAt(ctx, order.TopUpWorkflowID(r.ID), "top-up "+r.ID)
	switch {
	case err != nil || !known:
		return false, err
	case run.ledger != d.book.ID():
		return false, failed("one ledger goes with one Temporal namespace: set FOXFLOW_LEDGER to the one it was requested with, or leave --id out for a new one",
			"Temporal knows top-up %s and this ledger doesn't: it is refused, never joined", r.ID)
	case here && run.closed:
		return d.strandedTopUp(ctx, r)
	}
	return false, nil
}

// strandedTopUp tells of a workflow that is closed though its top-up has no end: somebody
// terminated it.
func (d *desk) strandedTopUp(ctx context.Context, r order.TopUpRequest) (ended bool, err error) {
	s, _, err := d.book.TopUp(ctx, r.ID)
	if err != nil || s.State.Ended() {
		return true, err
	}
	return false, failed(fmt.Sprintf("reset it: temporal workflow reset --workflow-id %s --type FirstWorkflowTask --reason stranded; or leave --id out for a new one", order.TopUpWorkflowID(r.ID)),
		"top-up %s is %s, and its workflow was ended in Temporal before it: nobody watches the balance for it", r.ID, s.State)
}

func (d *desk) refuseOtherTopUp(ctx context.Context, r order.TopUpRequest) error {
	have, err := d.book.TopUpRequest(ctx, r.ID)
	switch {
	case errors.Is(err, ledger.ErrNoTopUp):
		return nil
	case err != nil:
		return err
	case !have.Same(r):
		return failed("ask for it as it is on record, or leave --id out for a new one", "top-up %s is on record for %s %s; nothing was requested", r.ID, have.Amount, have.Currency)
	}
	return nil
}

// followTopUp shows where the top-up stands until it has ended or the time is up. It
// reads the ledger alone.
func (d *desk) followTopUp(ctx context.Context, r requesting) error {
	var over <-chan time.Time
	if r.timeout > 0 {
		timer := time.NewTimer(r.timeout)
		defer timer.Stop()
		over = timer.C
	}
	tick := time.NewTicker(d.lookEvery)
	defer tick.Stop()
	moving := d.Moving()
	defer moving.Clear()
	began, told := d.now(), order.TopUpState("")
	for last := false; ; {
		s, _, err := d.book.TopUp(ctx, r.top.ID)
		if errors.Is(err, ledger.ErrNoTopUp) {
			s, err = order.NewTopUp(r.top), nil
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err == nil && s.State != told {
			moving.Clear()
			told = s.State
			d.tellTopUp(s, r)
		}
		if err == nil && (s.State.Ended() || last) {
			return d.endTopUp(s, r)
		}
		moving.Show(fmt.Sprintf("top-up %s is %s · %s", s.ID, s.State, d.now().Sub(began).Round(time.Second)))
		select {
		case <-ctx.Done():
			return &failure{status: exitError, message: fmt.Sprintf("interrupted: top-up %s goes on without you", r.top.ID), hint: "look again: " + again(r.top), cause: ctx.Err()}
		case <-over:
			last = true
		case <-tick.C:
		}
	}
}

// again is the command that joins a top-up.
func again(r order.TopUpRequest) string {
	return fmt.Sprintf("starter top-up --request %s --currency %s --id %s", r.Amount, r.Currency, r.ID)
}

// tellTopUp shows the state that was entered. In JSON there is one document, at the end:
// what is needed before that goes to stderr.
func (d *desk) tellTopUp(s order.TopUp, r requesting) {
	if d.JSON {
		if s.State == order.TopUpWaiting {
			d.Note("top-up %s: send %s %s to %s", s.ID, s.Amount, s.Currency, show.Clean(where(s)))
		}
		return
	}
	if s.State == order.TopUpRequested {
		return
	}
	d.Printf("%s  top-up %s is %s\n", d.Faint(d.now().UTC().Format("15:04:05")), d.Bold(s.ID), s.State)
	if s.State == order.TopUpWaiting {
		d.showWhere(s, r)
	}
	if s.Reason != nil && !s.State.Ended() {
		d.Printf("%s\n", d.Wrap("waits for "+show.Clean(*s.Reason), "  "))
	}
}

func where(s order.TopUp) string {
	switch {
	case s.Address != nil && s.Link != nil:
		return *s.Address + " (" + *s.Link + ")"
	case s.Address != nil:
		return *s.Address
	case s.Link != nil:
		return *s.Link
	}
	return "what raw says"
}

// showWhere is where to send the money, for a person, and for their phone.
func (d *desk) showWhere(s order.TopUp, r requesting) {
	fact := func(name, value string) {
		if value != "" {
			d.Printf("  %-8s %s\n", name, show.Clean(value))
		}
	}
	fact("send", s.Amount+" "+s.Currency)
	fact("to", deref(s.Address))
	fact("link", deref(s.Link))
	if s.ExpiresAt != nil {
		fact("before", clock(*s.ExpiresAt))
	}
	if s.Address == nil && s.Link == nil {
		fact("answer", string(s.Raw))
	}
	if r.qr || d.OutTerminal {
		d.qr(firstOf(s.Address, s.Link))
	}
}

func firstOf(texts ...*string) string {
	for _, text := range texts {
		if text != nil {
			return *text
		}
	}
	return ""
}

func (d *desk) qr(text string) {
	if code := show.QR(text); code != "" {
		_, _ = io.WriteString(d.Out, "\n"+code+"\n")
	}
}

// endTopUp is how the top-up stands now that it is followed no more.
func (d *desk) endTopUp(s order.TopUp, r requesting) error {
	if d.JSON {
		if err := d.Document(s); err != nil {
			return err
		}
	} else if s.State == order.TopUpArrived && s.Reason != nil {
		d.Printf("  %s; the orders that wait for money look again\n", show.Clean(*s.Reason))
	}
	switch status, ended := topUpStatus[s.State]; {
	case !ended:
		return &failure{status: exitNotEnded, message: fmt.Sprintf("the time ran out, the top-up goes on: it is %s", s.State), hint: "look again: " + again(r.top)}
	case status != exitDone:
		return &failure{status: status, message: fmt.Sprintf("top-up %s is %s: %s", s.ID, s.State, deref(s.Reason)), hint: topUpHints[s.State]}
	}
	return nil
}

var topUpHints = map[order.TopUpState]string{
	order.TopUpExpired: "starter balance shows whether it came after all",
	order.TopUpLost:    "run the same command again without --id",
	order.TopUpFailed:  "mend what the answer names, then ask again without --id",
}
