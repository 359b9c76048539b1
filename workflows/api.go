package workflows

import (
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"foxflow/internal/story"
	"foxflow/life"
	"foxflow/order"
)

// Names that programs in any language rely on.
const (
	OrderWorkflowName = "OrderWorkflow"
	SignalTopUp       = "top-up"
	UpdateCancel      = "cancel"
	UpdateResolve     = "resolve"
	QueryStatus       = "status"
	// MemoLedger is the memo field that holds the id of the ledger an order
	// belongs to: a reference that Temporal knows from another ledger is refused.
	MemoLedger = "foxflowLedger"
)

// Search attributes, current whenever an order waits for somebody and at its end.
var (
	AttributeState        = temporal.NewSearchAttributeKeyKeyword("FoxflowState")
	AttributeOrderID      = temporal.NewSearchAttributeKeyKeyword("FoxflowOrderId")
	AttributeCancelReason = temporal.NewSearchAttributeKeyKeyword("FoxflowCancelReason")
	AttributeMock         = temporal.NewSearchAttributeKeyBool("FoxflowMock")
)

// OrderInput is what an order is started with. It carries every knob, so a
// running order keeps the intervals it was started with.
type OrderInput struct {
	Request   order.Request  `json:"request"`
	Intervals life.Intervals `json:"intervals"`
	// Carried is what the run before knew, where this one continues it.
	Carried *Carried `json:"carried,omitempty"`
}

// Resolution is a person's decision for a blocked order that asks for one: what
// the update "resolve" takes.
type Resolution struct {
	Choice  Choice `json:"choice"`
	OrderID string `json:"orderId,omitempty"` // with adopt, and only there
	By      string `json:"by,omitempty"`      // who decided, for the audit log
}

// Choice is one of the things that a person can decide.
type Choice string

// The choices.
const (
	Adopt Choice = "adopt" // this FoxReload order is the reference's own: go on with it
	Retry Choice = "retry" // try again; an order that can't be found is created anew, under a fresh key
	Abort Choice = "abort" // end as cancelled
)

// StartOptions says how the order of a request is started: one workflow per
// reference, ever (as far as Temporal's retention reaches; the ledger keeps the
// rest). names is what its products are called, as far as that is known: for people to
// read. Starting a reference again joins the running order, and is refused by
// Temporal once it has closed.
func StartOptions(r order.Request, names story.Names, taskQueue, ledgerID string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       order.WorkflowID(r.Reference),
		TaskQueue:                taskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            story.Summary(r, names),
		StaticDetails:            story.Details(r),
		Memo:                     map[string]any{MemoLedger: ledgerID},
		TypedSearchAttributes: temporal.NewSearchAttributes(
			AttributeState.ValueSet(string(order.Creating)),
			AttributeMock.ValueSet(r.Mock),
		),
	}
}
