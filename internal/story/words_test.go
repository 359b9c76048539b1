package story

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

func TestSummary(t *testing.T) {
	item := func(id string, n int64) order.Item {
		return order.Item{ItemID: id, Quantity: n, Note: order.Note{"login": "secret-login"}}
	}
	names := Names{"product_a": "Steam 10 USD", "product_b": " Карта\u202e\n10 € ", "product_c": strings.Repeat("long ", 60)}
	for _, c := range []struct {
		items []order.Item
		mock  bool
		want  string
	}{
		{[]order.Item{item("product_a", 2)}, true, "2 × Steam 10 USD · mock"},
		{[]order.Item{item("product_z", 1)}, false, "1 × product_z"},
		{[]order.Item{item("product_a", 1), item("product_b", 3)}, false, "1 × Steam 10 USD, 3 × Карта 10 €"},
		{[]order.Item{item("product_a", 1), item("product_c", 1), item("product_c", 2)}, true,
			"1 × Steam 10 USD, 1 × " + strings.Repeat("long ", 23) + "lo… and 1 more · mock"},
	} {
		got := Summary(order.Request{Items: c.items, Mock: c.mock}, names)
		assert.Equal(t, c.want, got)
		assert.LessOrEqual(t, len(got), longestSummary)
	}
	assert.Equal(t, "жж…", Bounded(strings.Repeat("ж", 9), 8), "no character is cut in two")
}

func TestEveryStateThatIsLookedAtSaysHowOften(t *testing.T) {
	w := Watch{PollInitial: 5 * time.Second, PollMax: 30 * time.Second, StallAfter: 5 * time.Minute, StallPoll: time.Minute, Until: noon}
	says := map[order.State]string{
		order.Queued:   "A worker begins it as soon as its turn comes; until then nothing is asked of FoxReload.",
		order.Creating: "", order.Active: "", // the very next step
		order.AwaitingTopUp:   "A worker reads the balance about once a minute; it is cancelled at 2026-11-24 12:00:00 UTC if nothing comes of it.",
		order.AwaitingPayment: "FoxReload is asked after about 5 s, then less and less often, at least every 30 s or so.",
		order.Paused:          "A worker tells the order as soon as it may be paid; until then nothing is asked of FoxReload.",
		order.Paid:            "FoxReload is asked after about 5 s, then less and less often, at least every 30 s or so; without an end 5 min after the payment the order is stalled.",
		order.Processing:      "FoxReload is asked after about 5 s, then less and less often, at least every 30 s or so; without an end 5 min after the payment the order is stalled.",
		order.Stalled:         "FoxReload is asked about every minute; it is given up as unresolved at 2026-11-24 12:00:00 UTC if nothing comes of it.",
		order.Blocked:         "FoxReload is asked about every minute; it is given up as unresolved at 2026-11-24 12:00:00 UTC if nothing comes of it.",
		order.Completed:       "", order.Cancelled: "", order.Failed: "", order.Unresolved: "",
	}
	for _, state := range order.States() {
		want, covered := says[state]
		require.True(t, covered, "no row for the state %s", state)
		assert.Equal(t, want, Looks(status(state), w), state)
	}
	assert.Contains(t, Looks(waitsForCode(order.WaitDecision), w), "Nothing is asked of FoxReload before a person decides")
	codes := waitsForCode(order.WaitCodes)
	assert.Contains(t, Looks(codes, w), "it is given up as unresolved at 2026-11-24 12:00:00 UTC")
	codes.Items[0].Codes = 1
	assert.Contains(t, Looks(codes, w), "it ends as completed with the codes that are there at 2026-11-24 12:00:00 UTC")
	w.PollMax, w.Until = w.PollInitial, time.Time{}
	assert.Equal(t, "FoxReload is asked about every 5 s.", Looks(status(order.AwaitingPayment), w))
	assert.Equal(t, "FoxReload is asked about every minute.", Looks(status(order.Stalled), w))
}

// However long an order lives, its story takes no more room than so much.
func TestTheTimelineStaysBounded(t *testing.T) {
	var timeline Timeline
	for i := range 10_000 {
		timeline.Add(Event{At: noon.Add(time.Duration(i) * time.Minute), Kind: KindState, State: order.Blocked})
	}
	assert.Len(t, timeline.First, keepFirst)
	assert.Len(t, timeline.Last, keepLast)
	assert.Equal(t, 10_000, keepFirst+timeline.Left+keepLast)
	assert.Equal(t, noon, timeline.First[0].At)
	assert.Equal(t, noon.Add(9_999*time.Minute), timeline.Last[keepLast-1].At)
	shown := Markdown(Tell(waitsForCode(order.WaitKey), Told{}), timeline)
	assert.Contains(t, shown, "9980 more: `starter audit shop-1`")
	assert.Less(t, len(shown), 4000)
}

func TestMarkdownTellsTheStory(t *testing.T) {
	s := waitsForCode(order.WaitTopUp)
	s.Error = &order.Error{Code: "BalanceNotEnough", Message: "balance is 1.00 usd"}
	told := Tell(s, Told{Request: order.Request{Items: []order.Item{{ItemID: "product_a", Quantity: 2}}, Mock: true},
		Names: Names{"product_a": "Steam 10 USD"}, Watch: &Watch{Until: noon}})
	assert.Equal(t, `### ◷ awaiting\_topup

**2 × Steam 10 USD · mock**
Nothing is paid\.
**Waits for** a top\-up\: the balance is too low; goes on by itself within a minute or so once the balance covers it, at once after\: starter top\-up shop\-1
**BalanceNotEnough\:** balance is 1\.00 usd

**What you may do**

- `+"`starter top-up shop-1`"+` — once the balance is raised
- `+"`starter list --state awaiting_topup`"+` — how much is missing, for all that wait
- `+"`starter cancel shop-1`"+` — stop it\: nothing is paid

**Next look:** A worker reads the balance about once a minute; it is cancelled at 2026\-11\-24 12\:00\:00 UTC if nothing comes of it\.
FoxReload's order: `+"`1f0c`"+`
Price\: 9\.55 usd

| What happened | UTC |
|---|---|
| awaiting\_topup | 2026-11-24 12:00:00 |`,
		Markdown(told, TimelineOf([]Event{{At: noon, Kind: KindState, State: order.AwaitingTopUp}})))
}

// FoxReload's words can't put a link, a picture or HTML on an operator's page.
func TestForeignWordsStayWordsInMarkdown(t *testing.T) {
	const evil = "<img src=x> [click](javascript:x) ![p](http://evil.example/p) *b* `c` | d & \n# h http://evil.example"
	s := status(order.Failed)
	s.Error = &order.Error{Code: evil, Message: evil}
	s.OrderID = pointer("id`<b>")
	s.PaymentURL = pointer("javascript:alert(1)")
	told := Tell(s, Told{Request: order.Request{Items: []order.Item{{ItemID: "product_a", Quantity: 1}}}, Names: Names{"product_a": evil}})
	told.PaymentURL = s.PaymentURL
	shown := Markdown(told, Timeline{})
	unescaped := regexp.MustCompile(`\\.`).ReplaceAllString(shown, "")
	for _, markup := range []string{"<img", "<script", "](", "![", "\n# h", "http:", "javascript:", "*b*", "`c`", "&"} {
		assert.NotContains(t, unescaped, markup)
	}
	assert.Contains(t, shown, "`` id`<b> ``")
	assert.Equal(t, "<https://pay.example/1?a=b&c=d>", link("https://pay.example/1?a=b&c=d"))
	assert.Equal(t, `https\://pay\.example/\>\<script\>`, link("https://pay.example/><script>"))
}

func TestAttemptsAndAnswersInWords(t *testing.T) {
	soon := noon.Add(30 * time.Second)
	for want, a := range map[string]Attempt{
		"attempt 7 to ask FoxReload how it stands, next at 2026-11-24 12:00:30 UTC, last at 2026-11-24 12:00:00 UTC": {Activity: "PollStatus", Attempt: 7, LastAt: &noon, NextAt: &soon},
		"attempt 1 to pay the order, running now, last at 2026-11-24 12:00:00 UTC":                                   {Activity: "PayOrder", Attempt: 1, Running: true, LastAt: &noon},
		"attempt 1 to create the order, waiting for a worker":                                                        {Activity: "CreateOrder", Attempt: 1},
		"attempt 2 to run Another, waiting for a worker":                                                             {Activity: "Another", Attempt: 2},
	} {
		assert.Equal(t, want, a.String())
	}
	assert.Equal(t, "RATE: slow down (2026-11-24 12:00:00 UTC)", Answer{Code: "RATE", Message: "slow down", At: &noon}.String())
}
