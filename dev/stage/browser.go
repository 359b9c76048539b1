package stage

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"
)

// Browser opens a tab of headless Chromium, which ends with the test. Without Chromium
// the test is left out, but not in CI: there it would be a proof that nobody made.
func Browser(t *testing.T, ctx context.Context) context.Context {
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
	ctx, cancel := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
