package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// A person who opens an order in Temporal's Web UI, and may read it, sees where it
// stands and what it waits for, without knowing what a history event is.
func TestWebUIShowsTheOrdersState(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=1"}, ownTemporal, withCodec)
	tab := browse(t)
	tab.signIn(s)
	tab.shows("payloads")
	require.Zero(t, s.Starter("place", "--reference", "shop-1001", "--item", giftCard).Code)
	s.until("shop-1001", "awaiting_topup")

	tab.open(s.workflowPage("shop-1001"))
	tab.shows("order/shop-1001", "OrderWorkflow", "RUNNING")
	tab.picture("timeline")
	tab.follow("User Metadata")
	tab.shows("awaiting_topup", "starter top-up shop-1001")
	tab.picture("awaiting_topup")

	s.setBalance("50")
	require.Zero(t, s.Starter("top-up", "shop-1001").Code)
	o := s.until("shop-1001", "completed")
	tab.open(s.workflowPage("shop-1001"))
	tab.shows("COMPLETED", "Result", `"state": "completed"`)
	tab.follow("Search Attributes")
	tab.shows("FoxflowState", "FoxflowOrderId", *o.OrderID)
	tab.picture("completed")

	// The list, searched by our own attributes.
	tab.open(s.UI + "/namespaces/" + s.Namespace + "/workflows?query=" + url.QueryEscape(`FoxflowState="completed"`))
	tab.shows("order/shop-1001", "1 COMPLETED", `FoxflowState = "completed"`)
	tab.picture("list")
}

// Whoever has not signed in at the codec server sees that there is an order and
// which state it is in, and nothing of what is in it.
func TestWebUIShowsSealedPayloadsWithoutPermission(t *testing.T) {
	t.Parallel()
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

// The Web UI puts /decode behind the endpoint as somebody typed it: with a namespace, with a
// slash at its end. Its pages get their payloads opened all the same, and so do those of a
// Web UI that adds what it knows of its user; another origin's get nothing.
func TestWebUIMayNameTheNamespaceInTheCodecsAddress(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=0.1"}, ownTemporal, withCodec, func(s *stack) { s.CodecPath = "/default/" })
	tab := browse(t)
	const player = "player-77310042"
	s.place("shop-1001", gameTopUp, "--note", "player_id="+player).until("shop-1001", "awaiting_topup")
	tab.signIn(s)
	tab.shows("payloads")
	tab.open(s.workflowPage("shop-1001"))
	tab.shows(player)
	log, err := os.ReadFile(filepath.Join(s.Dir, "codec.log"))
	require.NoError(t, err)
	require.Contains(t, string(log), `"path":"/default//decode"`, "this is how the Web UI asks")

	for _, path := range []string{"", "/", "/default", "/default/", "/%7Bnamespace%7D"} {
		require.Equal(t, "200", tab.decode("http://"+s.Codec+path+"/decode?preserveStorageRefs=true"), path)
		require.Equal(t, "200", tab.decode("http://"+s.Codec+path+"/decode/"), path)
	}
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(elsewhere.Close)
	tab.open(elsewhere.URL)
	require.Contains(t, tab.decode("http://"+s.Codec+"/default/decode"), "TypeError", "the browser keeps the answer from another origin's page")
}

// decode is the status with which a codec server answers the page's own question, or how
// the browser refused to ask it.
func (p *page) decode(url string) string {
	p.Helper()
	asks := `fetch(` + strconv.Quote(url) + `, {method: "POST", credentials: "include", body: '{"payloads":[]}', headers:
		{"Content-Type": "application/json", "X-Namespace": "default", "Authorization-Extras": "of its user"}}).then(a => String(a.status), String)`
	answer, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](asks, chromedp.EvalAwaitPromise))
	require.NoError(p, err, url)
	return answer
}

func (s *stack) workflowPage(reference string) string {
	return s.UI + "/namespaces/" + s.Namespace + "/workflows/" + url.PathEscape("order/"+reference)
}
