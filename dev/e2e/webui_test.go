package e2e

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// A person who opens an order in Temporal's Web UI reads where it stands and what
// it waits for, without knowing what a history event is.
func TestWebUIShowsTheOrdersState(t *testing.T) {
	s := newStack(t, []string{"--balance", "usd=1"})
	if s.ui == "" {
		t.Skip("TEMPORAL_ADDRESS names a server whose Web UI is not known")
	}
	tab := browse(t)
	require.Zero(t, s.starter("place", "--reference", "shop-1001", "--item", giftCard).code)
	s.until("shop-1001", "awaiting_topup")

	tab.open(s.workflowPage("shop-1001"))
	tab.shows("order/shop-1001", "OrderWorkflow", "RUNNING")
	tab.picture("timeline")
	tab.follow("User Metadata")
	tab.shows("awaiting_topup", "starter top-up shop-1001")
	tab.picture("awaiting_topup")

	s.setBalance("50")
	require.Zero(t, s.starter("top-up", "shop-1001").code)
	o := s.until("shop-1001", "completed")
	tab.open(s.workflowPage("shop-1001"))
	tab.shows("COMPLETED", "Result", `"state": "completed"`)
	tab.follow("Search Attributes")
	tab.shows("FoxflowState", "FoxflowOrderId", *o.OrderID)
	tab.picture("completed")

	// The list, searched by our own attributes.
	tab.open(s.ui + "/namespaces/" + s.namespace + "/workflows?query=" + url.QueryEscape(`FoxflowState="completed"`))
	tab.shows("order/shop-1001", "1 COMPLETED", `FoxflowState = "completed"`)
	tab.picture("list")
}

func (s *stack) workflowPage(reference string) string {
	return s.ui + "/namespaces/" + s.namespace + "/workflows/" + url.PathEscape("order/"+reference)
}
