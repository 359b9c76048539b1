package e2e

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// A person who opens an order in Temporal's Web UI, and may read it, sees where it
// stands and what it waits for, without knowing what a history event is.
func TestWebUIShowsTheOrdersState(t *testing.T) {
	s := newStack(t, []string{"--balance", "usd=1"}, ownTemporal, withCodec)
	tab := browse(t)
	tab.signIn(s)
	tab.shows("payloads")
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

// Whoever has not signed in at the codec server sees that there is an order and
// which state it is in, and nothing of what is in it.
func TestWebUIShowsSealedPayloadsWithoutPermission(t *testing.T) {
	s := newStack(t, []string{"--balance", "usd=0.1"}, ownTemporal, withCodec)
	tab := browse(t)
	const player = "player-77310042"
	s.place("shop-1001", gameTopUp, "--note", "player_id="+player).until("shop-1001", "awaiting_topup")

	read := []string{player, "starter top-up shop-1001", "BalanceNotEnough", gameTopUp}
	tab.open(s.workflowPage("shop-1001"))
	tab.shows("order/shop-1001", "OrderWorkflow", "RUNNING", "Sealed. Sign in at the codec server")
	tab.shows("PayOrder") // the timeline is there
	tab.showsNot(read...)
	tab.picture("sealed")
	tab.follow("User Metadata")
	tab.shows("Sealed. Sign in at the codec server")
	tab.showsNot(read...)

	tab.signIn(s)
	tab.shows("payloads")
	tab.open(s.workflowPage("shop-1001"))
	tab.shows(player)
	tab.follow("User Metadata")
	tab.shows("starter top-up shop-1001")
	tab.picture("opened")
}

func (s *stack) workflowPage(reference string) string {
	return s.ui + "/namespaces/" + s.namespace + "/workflows/" + url.PathEscape("order/"+reference)
}
