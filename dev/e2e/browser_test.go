package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// page is a tab of a real browser.
type page struct {
	*testing.T
	ctx context.Context
}

// browse opens a tab of headless Chromium. Without Chromium the test is left out,
// but not in CI: there it would be a proof that nobody made.
func browse(t *testing.T) *page {
	t.Helper()
	path := chromium()
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("no Chromium: CI has to install one")
		}
		t.Skip("no Chromium on this machine")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.WindowSize(1400, 1000),
		// The sandbox refuses to run as root, which a container's user often is. The
		// one page that is opened is ours.
		chromedp.NoSandbox,
		// Small /dev/shm of containers.
		chromedp.Flag("disable-dev-shm-usage", true),
		// Whatever the page asks of other hosts fails at once: it has to work without.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return &page{T: t, ctx: ctx}
}

func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
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
// its answer with it: then the next one is asked.
func (p *page) poll(function, argument string) (err error) {
	for deadline := time.Now().Add(patience / 3); time.Now().Before(deadline); {
		_, err = chromedp.Run(p.ctx, chromedp.PollFunction[bool](function,
			chromedp.WithPollingArgs(argument), chromedp.WithPollingTimeout(time.Until(deadline))))
		if err == nil || !strings.Contains(err.Error(), "context with specified id") {
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
