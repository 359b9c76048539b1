package e2e

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The Web UI tells an order's story to who may read it: where it stands, why, what a
// person may do, when it is looked at next, what happened. FOXFLOW_SCREENSHOTS names a
// folder that the pages are kept in as pictures ("make screenshots").
func TestWebUITellsTheStory(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=12"}, ownTemporal, withCodec,
		with("FOXFLOW_STALL_AFTER", "2s"), with("FOXFLOW_STALL_POLL", "60s"), with("FOXFLOW_TASK_QUEUE", "foxflow"))
	tab := browse(t)
	tab.signIn(s)
	tab.shows("payloads")
	const player = "stuck-42"
	// With the first order of a product its name is learnt from the catalogue; the next
	// ones are called by it from their start.
	s.place("shop-0998", giftCard).until("shop-0998", "completed")
	s.place("shop-0999", gameTopUp, "--note", "player_id=1").until("shop-0999", "completed")

	s.place("shop-1001", giftCard+":2").until("shop-1001", "awaiting_topup")
	tab.story(s, "shop-1001", "awaiting-topup", []string{
		"2 × Amazon Gift Card 10 USD (US)",
		"◷ awaiting_topup",
		"Nothing is paid.",
		"Waits for a top-up: the balance is too low",
		"BalanceNotEnough: balance is",
		"starter top-up shop-1001 — once the balance is raised",
		"starter cancel shop-1001",
		"Next look: A worker reads the balance about once a minute; it is cancelled at 20",
		"order: " + *s.status("shop-1001").OrderID,
		"creating", "active",
	})

	s.place("shop-1002", gameTopUp, "--note", "player_id="+player).until("shop-1002", "stalled")
	tab.story(s, "shop-1002", "stalled", []string{
		"! stalled", "Money is out, and codes may still come.", "Waits for the delivery, which is late", "do not order again",
		"starter watch shop-1002", "support about order " + *s.status("shop-1002").OrderID,
		"1 × PUBG Mobile 60 UC", "FoxReload is asked about every minute; it is given up as unresolved at 20",
		"For the player: player_id •••42",
		"paid",
	})

	s.place("shop-1003", gameTopUp, "--mock", "--note", "player_id=fail").until("shop-1003", "failed")
	tab.story(s, "shop-1003", "failed", []string{
		"1 × PUBG Mobile 60 UC · mock", "✗ failed", "The supplier could not deliver all of it.", "ORDER_FAILED: ",
		"starter audit shop-1003", "support about order", "It is a mock order",
	})
	tab.showsNot(player)

	// What is done and waited for has its own words in the history.
	tab.open(s.workflowPage("shop-1001"))
	tab.follow("Event History")
	tab.shows("create 2 × Amazon Gift Card 10 USD (US)", "pay order "+*s.status("shop-1001").OrderID,
		"record awaiting_topup", "wait for a top-up; then give up")

	// Temporal itself keeps none of these words in clear.
	for _, reference := range []string{"shop-1001", "shop-1002", "shop-1003"} {
		described, err := s.Client().DescribeWorkflowExecution(s.Context(), "order/"+reference, "")
		require.NoError(s, err)
		kept := described.String() + s.history(reference).String()
		for _, word := range []string{"Amazon", "PUBG", "product_", "starter ", "give up", player} {
			require.NotContains(s, kept, word)
		}
	}
}

// The story in the terminal: with Temporal running it knows the attempt, the last answer
// and the next look; with Temporal stopped it is told from the ledger and says what it
// could not ask.
func TestExplainWithAndWithoutTemporal(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil, ownTemporal, with("FOXFLOW_POLL_INITIAL", "2s"), with("FOXFLOW_POLL_MAX", "2s"))
	s.place("shop-1", gameTopUp, "--note", "player_id=stuck-42").until("shop-1", "processing")
	type told struct {
		State, Means, Summary string
		Attempt               *struct {
			Activity string
			Attempt  int
			NextAt   *string
		}
		LastAnswer *struct{ Message, From string }
		NotAsked   *string
		Next       []struct{ Command string }
		Timeline   []struct{ State string }
	}
	var with told
	s.Eventually("the next look to be known", func() bool {
		with = told{}
		s.json(&with, "explain", "shop-1")
		return with.Attempt != nil && with.Attempt.NextAt != nil && with.Attempt.Attempt > 1 && with.LastAnswer != nil && with.LastAnswer.From == "ledger"
	})
	require.Equal(t, "PollStatus", with.Attempt.Activity)
	require.Contains(t, with.LastAnswer.Message, "is still processing")
	require.Equal(t, "1 × PUBG Mobile 60 UC", with.Summary)
	require.Nil(t, with.NotAsked)

	s.Kill("foxflow-dev")
	var without told
	s.json(&without, "explain", "shop-1")
	require.Nil(t, without.Attempt)
	require.Contains(t, *without.NotAsked, "does not answer")
	require.Equal(t, "ledger", without.LastAnswer.From)
	require.Equal(t, with.Next, without.Next)
	require.Equal(t, with.Means, without.Means)
	require.Equal(t, with.Timeline, without.Timeline)
	shown := s.Must("starter", "explain", "shop-1")
	require.NotContains(t, shown, "stuck-42")
	for _, command := range [][]string{{"list", "--text", "shop", "--newer-than", "1h", "--product", gameTopUp}, {"stats", "--days", "1"}} {
		require.Contains(t, s.Must("starter", command...), "processing", command[0])
	}
}

// story opens an order's page where the Web UI shows the workflow's texts, checks that
// all can be read there, and keeps a picture of it.
func (p *page) story(s *stack, reference, picture string, texts []string) {
	p.Helper()
	require.NoError(p, chromedp.Do(p.ctx, chromedp.EmulateViewport(pageWidth, pageHeight)))
	p.open(s.workflowPage(reference))
	p.follow("User Metadata")
	p.shows(texts...)
	p.screenshot(picture)
}

// pageHeight is that of the highest of the pages.
const pageWidth, pageHeight = 1400, 1100

// screenshot keeps what a page says, without the frame around it, in the folder that
// FOXFLOW_SCREENSHOTS names.
func (p *page) screenshot(name string) {
	p.Helper()
	folder := os.Getenv("FOXFLOW_SCREENSHOTS")
	if folder == "" {
		return
	}
	shot, err := chromedp.Run(p.ctx, chromedp.Screenshot("#content"))
	require.NoError(p, err)
	require.NoError(p, os.MkdirAll(folder, 0o755)) //nolint:gosec // pictures for everybody
	file, err := os.Create(filepath.Join(folder, name+".png"))
	require.NoError(p, err)
	require.NoError(p, compact(file, shot))
	require.NoError(p, file.Close())
}

// compact writes a picture of a page without the Web UI's own head, in as few bytes as
// PNG allows.
func compact(w io.Writer, shot []byte) error {
	const head = 100
	img, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return err
	}
	part := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()-head))
	draw.Draw(part, part.Bounds(), img, image.Pt(0, head), draw.Src)
	return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(w, part)
}
