package compose

import (
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"foxflow/dev/stage"
)

// webUIShows: a person who has signed in at the codec server reads the first order in
// Temporal's Web UI.
func (e *engine) webUIShows() {
	e.Helper()
	token, err := os.ReadFile(e.project.Secrets["codec-token"].File)
	require.NoError(e, err)
	tab := stage.Browser(e.T, e.Context())
	shows := func(page string, texts ...string) {
		e.Helper()
		var seen string
		e.eventually(page, func() (bool, string) {
			// Anew each time: a page that was opened too early stays as it is.
			if err := chromedp.Do(tab, chromedp.Navigate(page)); err != nil {
				return false, err.Error()
			}
			for range 20 { // times half a second
				text, err := chromedp.Run(tab, chromedp.Evaluate[string](`document.body?.innerText ?? ""`))
				if seen = text; err == nil && !slices.ContainsFunc(texts, func(t string) bool { return !strings.Contains(text, t) }) {
					return true, ""
				}
				time.Sleep(500 * time.Millisecond)
			}
			return false, seen
		})
	}
	order := webUI + "/namespaces/default/workflows/" + url.PathEscape("order/shop-1")
	shows(order, "order/shop-1", "OrderWorkflow", "Sealed. Sign in at the codec server")
	shows(strings.Replace(codec, "://", "://ann:"+strings.TrimSpace(string(token))+"@", 1)+"/", "payloads")
	shows(order, "COMPLETED", `"state": "completed"`)
	shows(webUI+"/namespaces/default/workflows?query="+url.QueryEscape(`FoxflowState="completed"`), "order/shop-1")
}
