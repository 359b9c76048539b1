package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"foxflow/dev/stage"
)

// page is a tab of a real browser.
type page struct {
	*testing.T
	ctx context.Context
}

// browse opens a tab of headless Chromium.
func browse(t *testing.T) *page {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return &page{T: t, ctx: stage.Browser(t, ctx)}
}

func (p *page) open(url string) {
	p.Helper()
	require.NoError(p, chromedp.Do(p.ctx, chromedp.Navigate(url)))
}

// follow clicks a link by its words.
func (p *page) follow(words string) {
	p.Helper()
	err := p.poll(
		`(words) => { const link = [...document.querySelectorAll("a, [role=tab]")].find(l => l.innerText.trim().startsWith(words)); link?.click(); return link !== undefined }`, words)
	require.NoError(p, err, "find the link %q", words)
}

// poll asks the page until the function says yes. A page that is just being left takes
// its answer with it: then the next one is asked. Where the server was too slow for the Web
// UI, that says so and stays as it is: then it is loaded again, as it asks a person to.
func (p *page) poll(function, argument string) (err error) {
	for deadline := time.Now().Add(patience / 3); time.Now().Before(deadline); {
		_, err = chromedp.Run(p.ctx, chromedp.PollFunction[bool](function,
			chromedp.WithPollingArgs(argument), chromedp.WithPollingTimeout(min(5*time.Second, time.Until(deadline)))))
		switch {
		case err == nil:
			return nil
		case strings.Contains(err.Error(), "timeout"):
			if seen, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](readable)); strings.Contains(seen, "Try a refresh") {
				_ = chromedp.Do(p.ctx, chromedp.Reload()) // the next question tells
			}
		case !strings.Contains(err.Error(), "context with specified id"):
			return err
		}
	}
	return err
}

// readable is what a person can read: of the page and of the frames in it, in which
// the Web UI shows texts written by workflows.
const readable = `[document, ...[...document.querySelectorAll("iframe")].map(f => f.contentDocument)].map(d => d?.body?.innerText ?? "").join("\n")`

// shows waits until every text can be read on the page. Otherwise the page is left
// as a picture in the folder that E2E_PICTURES names.
func (p *page) shows(texts ...string) {
	p.Helper()
	for _, text := range texts {
		err := p.poll(`(text) => `+readable+`.includes(text)`, text)
		if err != nil {
			seen, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](readable))
			p.picture(strings.ReplaceAll(p.Name(), "/", "-"))
			p.Fatalf("the page does not show %q (%v). It shows:\n%s", text, err, seen)
		}
	}
}

// showsNot checks that none of the texts can be read on the page as it is now: what
// it does show has to be waited for first.
func (p *page) showsNot(texts ...string) {
	p.Helper()
	seen, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](readable))
	require.NoError(p, err)
	for _, text := range texts {
		require.NotContains(p, seen, text)
	}
}

// picture saves what the page looks like, where somebody wants to look.
func (p *page) picture(name string) {
	p.Helper()
	folder := os.Getenv("E2E_PICTURES")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.Logf("take a picture: %v", err)
		return
	}
	require.NoError(p, os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600))
}
