package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"

	"foxflow/ledger"
	"foxflow/order"
)

// Kind is what is found of an order.
type Kind string

// The kinds.
const (
	NoWorkflow    Kind = "no_workflow"    // open on record, and Temporal knows nothing of it
	WorkflowEnded Kind = "workflow_ended" // open on record, and its workflow is over
	NoRow         Kind = "no_row"         // it runs, and the ledger does not know it
	OtherLedger   Kind = "other_ledger"   // it runs, and belongs to another ledger
	Forgotten     Kind = "forgotten"      // its workflow has completed, and the ledger does not know it
	PaidAstray    Kind = "paid"           // paid at FoxReload, and on record as ended without that
	Unknown       Kind = "unknown"        // FoxReload has it under a key of ours, and the ledger does not know its id
)

// Kinds are all of them, with what a person can do.
var Kinds = []struct {
	Kind
	Means, Fix string
}{
	{NoWorkflow, "open on record, and runs nowhere", "place it again the same way: it goes on from what is on record, and is never paid twice"},
	{WorkflowEnded, "open on record, and its workflow is over", "starter ledger reconcile --apply takes over how it ended; one that was terminated is to be reset"},
	{NoRow, "runs, and is not in the ledger", "a worker takes it up within a minute or so; starter ledger reconcile --apply does it now"},
	{OtherLedger, "runs, and belongs to another ledger", "one ledger goes with one Temporal namespace: use that ledger, or another TEMPORAL_NAMESPACE"},
	{Forgotten, "ended, and is not in the ledger", "starter ledger reconcile --apply puts it on record again, and its codes into the vault"},
	{PaidAstray, "paid at FoxReload, and on record as ended without that", "starter recheck REFERENCE stores its codes; ask FoxReload's support about the order id"},
	{Unknown, "at FoxReload under a key of ours, and not in the ledger", "ask FoxReload's support about the order id, or place its reference again the same way: it is found by its key"},
}

// Finding is one order that ledger, Temporal and FoxReload do not agree on.
type Finding struct {
	Kind      Kind        `json:"kind"`
	Reference string      `json:"reference"` // "": not known
	State     order.State `json:"state"`     // on record; of an unknown one at FoxReload; "": not known
	OrderID   *string     `json:"orderId"`
	Detail    string      `json:"detail"`
	// Done is what was mended of it; "": nothing.
	Done string `json:"done"`
}

// justPlaced is how long an order may be on record before its workflow starts.
const justPlaced = 20 * time.Second

// Compare holds the ledger against Temporal. It ends after so many findings.
func Compare(ctx context.Context, book *ledger.Ledger, t Temporal, now time.Time, most int) ([]Finding, error) {
	running, err := t.list(ctx, "Running")
	if err != nil {
		return nil, err
	}
	findings := []Finding{}
	enough := errors.New("enough")
	for _, state := range order.States() {
		if !state.Carried() {
			continue
		}
		err := book.Orders.Each(ctx, ledger.Filter{State: state, Before: now.Add(-justPlaced)}, func(s order.Status) error {
			if _, there := running[s.WorkflowID]; there {
				return nil
			}
			f, astray, err := t.astray(ctx, book, s)
			if astray {
				findings = append(findings, f)
			}
			if len(findings) >= most {
				err = errors.Join(err, enough)
			}
			return err
		})
		if errors.Is(err, enough) {
			return findings, nil
		}
		if err != nil {
			return nil, err
		}
	}
	for _, workflowID := range sorted(running) {
		f, astray, err := t.unowned(ctx, book, workflowID, running[workflowID])
		if err != nil {
			return nil, err
		}
		if astray {
			findings = append(findings, f)
		}
		if len(findings) >= most {
			break
		}
	}
	return findings, nil
}

// CompareClosed looks for orders whose workflow has completed and that the ledger does not know: it
// was put back from a backup that is older than they are. Temporal keeps them for the
// namespace's retention.
func CompareClosed(ctx context.Context, book *ledger.Ledger, t Temporal) ([]Finding, error) {
	completed, err := t.list(ctx, "Completed")
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, workflowID := range sorted(completed) {
		reference, isOrder := referenceOf(workflowID)
		if !isOrder || completed[workflowID] != book.ID() {
			continue
		}
		_, err := book.Orders.Status(ctx, reference)
		switch {
		case errors.Is(err, ledger.ErrNotFound):
			findings = append(findings, Finding{Kind: Forgotten, Reference: reference, Detail: "its workflow has completed"})
		case err != nil:
			return nil, err
		}
	}
	return findings, nil
}

func sorted(running map[string]string) []string {
	ids := make([]string, 0, len(running))
	for id := range running {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// astray looks whether an order that is open on record runs. One that is being started is
// where it should be.
func (t Temporal) astray(ctx context.Context, book *ledger.Ledger, s order.Status) (f Finding, astray bool, err error) {
	found, err := t.look(ctx, s.Reference)
	if err != nil {
		return f, false, err
	}
	f = Finding{Kind: NoWorkflow, Reference: s.Reference, State: s.State, OrderID: s.OrderID,
		Detail: fmt.Sprintf("Temporal has no workflow for it in namespace %s", t.Namespace)}
	switch info := found.GetWorkflowExecutionInfo(); {
	case found == nil:
		_, starts, err := book.Queue.Position(ctx, s.Reference)
		return f, !starts, err
	case runs(info):
		return f, false, nil
	default:
		f.Kind, f.Detail = WorkflowEnded, "its workflow is "+ended(info.GetStatus())
		return f, true, nil
	}
}

func ended(status enums.WorkflowExecutionStatus) string { return strings.ToLower(status.String()) }

// unowned looks whether a workflow that runs is in the ledger.
func (t Temporal) unowned(ctx context.Context, book *ledger.Ledger, workflowID, ledgerID string) (f Finding, astray bool, err error) {
	reference, isOrder := referenceOf(workflowID)
	if !isOrder {
		return f, false, nil
	}
	f = Finding{Kind: OtherLedger, Reference: reference, Detail: "its ledger is " + ledgerID}
	if ledgerID != "" && ledgerID != book.ID() {
		return f, true, nil
	}
	_, err = book.Orders.Status(ctx, reference)
	if !errors.Is(err, ledger.ErrNotFound) {
		return f, false, err
	}
	found, err := t.look(ctx, reference) // it may have ended since the list was made
	if err != nil || found == nil || !runs(found.GetWorkflowExecutionInfo()) {
		return f, false, err
	}
	f.Kind, f.Detail = NoRow, "it runs since "+found.GetWorkflowExecutionInfo().GetStartTime().AsTime().UTC().Format(time.RFC3339)
	return f, true, nil
}
