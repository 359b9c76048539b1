package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
	"foxflow/workflows"
)

// startTimeout bounds one conversation with Temporal about one order.
const startTimeout = 15 * time.Second

// place puts an order on record and starts it, or joins what is there already.
// It may be called again for the same request at any time, after any failure: it
// never starts a second order.
func (d *desk) place(ctx context.Context, t *temporal, r order.Request) (s order.Status, how placed, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ctx, end := d.tracing.Begin(ctx, "starter place", r.Reference)
	defer end()
	if err := errors.Join(d.refuseForeign(ctx, t, r.Reference), t.refuseTooLong(ctx, r.Reference)); err != nil {
		return s, joined, err
	}
	s, begun, err := d.book.Begin(ctx, r, d.now())
	var conflict *ledger.ConflictError
	if errors.As(err, &conflict) {
		return s, joined, contradiction(conflict.Reference, conflict.Differences)
	}
	if err != nil || s.State.Ended() {
		return s, joined, err
	}
	if how, err = d.found(ctx, t, r.Reference, begun); err != nil {
		return s, joined, err
	}
	if err := d.start(ctx, t, r, begun); err != nil {
		return s, joined, err
	}
	s, err = d.book.Status(ctx, r.Reference)
	return s, how, err
}

// placed is what placing a reference comes to.
type placed int

const (
	joined  placed = iota // it was placed before, and nothing was started
	began                 // it is new
	resumed               // it was on record and ran nowhere: it is started again
)

// found says what starting the order of a reference will come to.
func (d *desk) found(ctx context.Context, t *temporal, reference string, begun bool) (placed, error) {
	if begun {
		return began, nil
	}
	_, known, err := t.look(ctx, reference)
	if err != nil || known {
		return joined, err
	}
	return resumed, nil
}

// refuseForeign refuses a reference that Temporal knows and this ledger doesn't:
// it belongs to another ledger, and joining it would hand out its order.
func (d *desk) refuseForeign(ctx context.Context, t *temporal, reference string) error {
	_, err := d.book.Status(ctx, reference)
	if !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	run, known, err := t.look(ctx, reference)
	if err != nil || !known {
		return err
	}
	// Another starter may have begun it in this ledger between the two looks.
	if _, err := d.book.Status(ctx, reference); !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	if run.ledger == d.book.ID() && !run.closed {
		return failed("this ledger was put back from a backup: a worker takes the order up within a minute or so; starter ledger check shows what else is lacking",
			"Temporal knows reference %s and this ledger doesn't: it is refused, never joined", reference)
	}
	return foreign(reference)
}

// longestInSQL is the most characters of a workflow id that Temporal's tables take on
// PostgreSQL and MySQL. Temporal itself allows more, and would fail without an end.
const longestInSQL = 255

// refuseTooLong refuses a reference whose workflow id this Temporal can't keep. One that
// does not tell what it keeps them in is taken at its word when the order starts.
func (t *temporal) refuseTooLong(ctx context.Context, reference string) error {
	id := order.WorkflowID(reference)
	if len(id) <= longestInSQL {
		return nil
	}
	cluster, _ := t.WorkflowService().GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{})
	store := cluster.GetPersistenceStore()
	if !strings.HasPrefix(store, "postgres") && !strings.HasPrefix(store, "mysql") {
		return nil
	}
	return failed("take a shorter one, or one with more of A-Z a-z 0-9 . _ -, which need no encoding; nothing was started",
		"reference %s: its workflow id has %d characters, and Temporal at %s, which runs on %s, takes %d", reference, len(id), t.address, store, longestInSQL)
}

func foreign(reference string) error {
	return failed("one ledger goes with one Temporal namespace: set FOXFLOW_LEDGER or TEMPORAL_NAMESPACE to those it was placed with, or take a new reference",
		"Temporal knows reference %s and this ledger doesn't: it is refused, never joined", reference)
}

// start starts the workflow of an order that is on record and makes sure that
// the one which runs then is this ledger's.
func (d *desk) start(ctx context.Context, t *temporal, r order.Request, placed bool) error {
	names, err := d.productNames(ctx, r)
	if err != nil {
		return err
	}
	maps.Copy(names, d.names)
	_, err = t.ExecuteWorkflow(ctx, workflows.StartOptions(r, names, d.settings.TaskQueue, d.book.ID()), workflows.OrderWorkflowName,
		workflows.OrderInput{Request: r, Intervals: life.Intervals(d.settings.Intervals)})
	switch {
	case err == nil:
	case !surelyNotStarted(err):
		return doubtful(r.Reference, err)
	default:
		if placed {
			err = errors.Join(err, d.withdraw(ctx, t, r.Reference))
		}
		return failed("nothing was started", "start order %s: %s", r.Reference, t.explain(err))
	}
	run, known, err := t.look(ctx, r.Reference)
	switch {
	case err != nil:
		return doubtful(r.Reference, err)
	case !known:
		return doubtful(r.Reference, errors.New("Temporal does not show it yet"))
	case run.ledger != d.book.ID():
		if placed {
			// Nobody but the other ledger's workflow runs; an order that has a
			// history here all the same stays to be looked into.
			if err := d.book.Withdraw(ctx, r.Reference); err != nil && !errors.Is(err, ledger.ErrInUse) {
				return err
			}
		}
		return foreign(r.Reference)
	case run.closed:
		return d.refuseStranded(ctx, r.Reference)
	}
	return nil
}

// refuseStranded tells of a workflow that is closed though its order has no end:
// somebody terminated it.
func (d *desk) refuseStranded(ctx context.Context, reference string) error {
	s, err := d.book.Status(ctx, reference)
	if err != nil || s.State.Ended() {
		return err
	}
	return failed("reset it: "+resetCommand(reference),
		"order %s is %s, and its workflow was ended in Temporal before it: it does not go on by itself", reference, s.State)
}

// resetCommand sets an order going again whose workflow was ended before it.
func resetCommand(reference string) string {
	return fmt.Sprintf("temporal workflow reset --workflow-id %s --type FirstWorkflowTask --reason stranded", order.WorkflowID(reference))
}

// withdraw takes a row back whose workflow was refused, unless Temporal knows the
// workflow all the same: another starter's attempt at it may have got through.
func (d *desk) withdraw(ctx context.Context, t *temporal, reference string) error {
	if _, known, err := t.look(ctx, reference); err == nil && known {
		return nil
	}
	if err := d.book.Withdraw(ctx, reference); err != nil && !errors.Is(err, ledger.ErrInUse) {
		return err
	}
	return nil
}

// errTrouble marks failures that are not about one order: Temporal did not
// answer as it should, so the next order would fare no better.
var errTrouble = errors.New("Temporal is in trouble")

func doubtful(reference string, err error) error {
	return &failure{status: exitError, message: fmt.Sprintf("start order %s: whether it was started is not known: %v", reference, err),
		hint: "run the same command again: it goes on with the same order and starts nothing twice", cause: errors.Join(errTrouble, err)}
}

// contradiction tells what differs from the request on record, field by field.
func contradiction(reference string, differences []order.Difference) error {
	f := &failure{status: exitError,
		message: fmt.Sprintf("order %s is on record with other content; nothing was started", reference),
		hint:    "place it as it is on record, or take a new reference"}
	for _, d := range differences {
		f.details = append(f.details, fmt.Sprintf("%s: on record %s, asked for %s", d.Field, orNone(d.Have), orNone(d.Want)))
	}
	return f
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// running is what Temporal knows of an order's workflow.
type running struct {
	ledger string // the ledger it belongs to
	closed bool
}

// look asks Temporal for an order's workflow.
func (t *temporal) look(ctx context.Context, reference string) (running, bool, error) {
	return t.lookAt(ctx, order.WorkflowID(reference), "order "+reference)
}

// lookAt asks Temporal for the workflow of what is named.
func (t *temporal) lookAt(ctx context.Context, workflowID, named string) (running, bool, error) {
	found, err := t.DescribeWorkflowExecution(ctx, workflowID, "")
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &missing):
		return running{}, false, nil
	case err != nil:
		return running{}, false, &failure{status: exitError, message: fmt.Sprintf("ask Temporal for %s: %s", named, t.explain(err)),
			hint: "run the same command again: nothing is started twice", cause: errors.Join(errTrouble, err)}
	}
	info := found.GetWorkflowExecutionInfo()
	r := running{closed: info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
	if payload := info.GetMemo().GetFields()[workflows.MemoLedger]; payload != nil {
		r.ledger = t.text(payload)
	}
	return r, true, nil
}

// text reads a text that Temporal keeps. One that this keyset can't open was
// written by somebody else: it is no text, and no error.
func (t *temporal) text(payload *commonpb.Payload) (s string) {
	if payload != nil {
		_ = t.payloads.FromPayload(payload, &s)
	}
	return s
}

// explain puts Temporal's commonest refusals into words.
func (t *temporal) explain(err error) string {
	var namespace *serviceerror.NamespaceNotFound
	var denied *serviceerror.PermissionDenied
	switch {
	case errors.As(err, &namespace):
		return fmt.Sprintf("Temporal at %s has no namespace %q (TEMPORAL_NAMESPACE)", t.address, t.namespace)
	case errors.As(err, &denied):
		return fmt.Sprintf("Temporal at %s refuses access to namespace %q: %v", t.address, t.namespace, err)
	}
	return err.Error()
}

// surelyNotStarted says whether an answer of Temporal excludes that a workflow
// was started. What is not on the list (no answer, internal errors) may have been
// carried out.
func surelyNotStarted(err error) bool {
	var (
		invalid   *serviceerror.InvalidArgument
		namespace *serviceerror.NamespaceNotFound
		denied    *serviceerror.PermissionDenied
		missing   *serviceerror.NotFound
		exhausted *serviceerror.ResourceExhausted
		old       *serviceerror.Unimplemented
	)
	return errors.As(err, &invalid) || errors.As(err, &namespace) || errors.As(err, &denied) ||
		errors.As(err, &missing) || errors.As(err, &exhausted) || errors.As(err, &old)
}
