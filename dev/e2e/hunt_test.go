package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foxflow/dev/stage"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// hunt searches everything that foxflow leaves anywhere, byte by byte, for secrets
// in clear.
type hunt struct {
	*stack
	needles  []needle
	searched map[string]int    // kind of place: how many were searched
	found    map[string]string // secret: where
}

// What must be found nowhere. Player ids begin as the simulator's behaviours do.
const (
	secretKey    = "e2e-key-77310042-that-nobody-may-see"
	secretPlayer = "player-77310042-that-nobody-may-see"
	secretPrice  = "77310.0042"
)

// Markers as partner key, keyset, codes and player data go every way that there is;
// then they are searched for wherever anything was left.
// Promise 5: codes, keys and player data are secrets.
func TestNothingSecretIsLeftInClear(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=40", "--api-key", secretKey, "--log-format", "json"},
		with("FOXRELOAD_API_KEY", secretKey), with("FOXFLOW_LOG_LEVEL", "debug"), with("FOXFLOW_STALL_POLL", "500ms"), ownTemporal, withCodec)
	h := &hunt{stack: s, searched: map[string]int{}, found: map[string]string{}}
	said := h.everyWay()
	h.know("the partner key", secretKey)
	h.know("the player's data", secretPlayer)
	h.know("the codec server's token", stage.CodecToken)
	h.know("the keyset", keyMaterial(t, h.read("keyset.json")))
	codes := append(s.codes("happy"), s.codes("cards")...)
	require.Len(t, codes, 4)
	for _, code := range codes {
		require.GreaterOrEqual(t, len(code), 8, "long enough not to turn up by chance")
		h.know("code "+code, code)
	}

	h.search("what commands say", "output", []byte(said))
	require.Contains(t, string(s.metrics()), "foxflow_payments_total{", "there is something to search in")
	h.know("the price limit", secretPrice) // the partner who asks may see it, nobody else
	h.processList()
	h.pages()
	h.files("while it runs")
	for _, program := range []string{"worker", "codec", "foxflow-dev"} {
		require.Zero(t, s.Stop(program), program)
	}
	h.files("after a clean stop")
	assert.Empty(t, h.found)
	for kind, least := range map[string]int{"output": 1, "process": 4, "page": 8, "file": 12} {
		assert.GreaterOrEqual(t, h.searched[kind], least, kind)
	}
	assert.Contains(t, string(h.read("temporal/temporal.db")), "order/happy", "what is no secret is found")
}

// The same hunt, where an order was started by a program without a keyset: it finds
// the player's data in Temporal's database and behind the Web UI. A hunt that finds
// nothing there would be worth nothing.
// Promise 5: codes, keys and player data are secrets.
func TestHuntFindsWhatIsNotSealed(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil, ownTemporal)
	order, err := s.Client().ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "order/clear", TaskQueue: s.Queue}, "OrderWorkflow",
		map[string]any{"request": map[string]any{"reference": "clear", "items": []any{
			map[string]any{"itemId": gameTopUp, "quantity": 1, "note": map[string]string{"player_id": secretPlayer}}}}})
	require.NoError(t, err)
	require.NoError(t, order.Get(t.Context(), nil))
	for place, look := range map[string]func(*hunt){
		"files": func(h *hunt) { h.files("while it runs") },
		"pages": func(h *hunt) { h.pages() },
	} {
		h := &hunt{stack: s, searched: map[string]int{}, found: map[string]string{}}
		h.know("the player's data", secretPlayer)
		look(h)
		assert.Contains(t, h.found, "the player's data", place)
	}
}

// everyWay has orders end in every way, through crashes and errors, and asks every
// command about them. It returns all that was said, but for the codes.
func (h *hunt) everyWay() string {
	h.Helper()
	var said strings.Builder
	ask := func(args ...string) {
		r := h.Starter(args...)
		fmt.Fprintln(&said, r.Stdout, r.Stderr)
	}
	place := func(reference, item, player string, more ...string) {
		// By a file: a command line can be read by others while it runs.
		line := fmt.Sprintf("%s,%s,1,player_id=%s,,%s", reference, item, player, secretPrice)
		if item == giftCard { // has many codes, and no note
			line = fmt.Sprintf("%s,%s,3,,,%s", reference, item, secretPrice)
		}
		file := h.Write("in-"+reference+".csv", "reference,item,quantity,note,mock,max_price\n"+line+"\n")
		ask(append([]string{"place", "--file", file, "--yes"}, more...)...)
	}
	next := func(kind, route string) {
		h.Admin(http.MethodPost, "/admin/faults/next", fmt.Sprintf(`{"kind":%q,"route":%q}`, kind, route), nil)
	}
	place("happy", gameTopUp, secretPlayer, "--wait", "--results", filepath.Join(h.Dir, "results.csv"))
	place("cards", giftCard, "", "--wait")
	place("fails", gameTopUp, "fail-"+secretPlayer, "--wait")
	next("error-500", "create")
	next("lost-answer", "pay")
	next("malformed", "get")
	place("errors", gameTopUp, secretPlayer, "--wait")
	place("unknown", "product_unknown", secretPlayer)
	h.until("unknown", "failed")
	ask("place", "--reference", "happy", "--item", gameTopUp, "--note", "player_id=other") // other content than is on record

	place("crash", gameTopUp, "stuck-"+secretPlayer)
	h.until("crash", "processing")
	h.Kill("worker")
	h.StartWorker()
	h.Admin(http.MethodPost, "/admin/orders/"+*h.status("crash").OrderID+"/move", `{"status":"completed"}`, nil)
	h.until("crash", "completed")

	h.Admin(http.MethodPost, "/admin/knobs", `{"access":"401"}`, nil)
	place("blocked", gameTopUp, secretPlayer)
	h.until("blocked", "blocked")
	ask("balance")
	h.Admin(http.MethodPost, "/admin/knobs", `{"access":"open"}`, nil)
	h.until("blocked", "completed")

	h.setBalance("0.01")
	place("waits", gameTopUp, secretPlayer)
	h.until("waits", "awaiting_topup")
	place("stops", gameTopUp, secretPlayer)
	h.until("stops", "awaiting_topup")
	ask("cancel", "stops")
	h.setBalance("40")
	ask("top-up", "--all")
	h.until("waits", "completed")

	for _, reference := range []string{"happy", "cards", "fails", "errors", "unknown", "crash", "blocked", "waits", "stops"} {
		for _, command := range []string{"status", "audit", "explain", "watch"} {
			ask(command, reference)
			ask(command, reference, "-o", "json")
		}
	}
	ask("codes", "nobody")
	ask("list")
	ask("stats")
	ask("products", "search", "gift")
	ask("audit", "--export", filepath.Join(h.Dir, "audit.jsonl"))
	require.FileExists(h, filepath.Join(h.Dir, "audit.jsonl"))
	h.Must("starter", "codes", "happy")
	return said.String()
}

func (h *hunt) know(name, secret string) { h.needles = append(h.needles, newNeedle(name, secret)) }

func (h *hunt) search(place, kind string, text []byte) {
	h.searched[kind]++
	for _, n := range h.needles {
		if n.in(text) {
			h.found[n.name] = place
		}
	}
}

// files searches every file but those whose purpose is to hold a secret: the keyset,
// the token, what a user wrote, and FoxReload's own state.
func (h *hunt) files(when string) {
	h.Helper()
	require.NoError(h, filepath.WalkDir(h.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		switch name := entry.Name(); {
		case strings.HasPrefix(name, "keyset.json"), name == "codec-token", strings.HasPrefix(name, "in-"), strings.HasPrefix(name, "simulator.state"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		h.search(entry.Name()+" "+when, "file", text)
		return nil
	}))
}

// processList searches what every user of the machine can see of our processes.
func (h *hunt) processList() {
	h.Helper()
	for name, p := range h.Processes {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.Cmd.Process.Pid))
		if err != nil {
			h.Skip("command lines are read from Linux's /proc")
		}
		if name == "simulator" {
			// This test gives FoxReload's stand-in its key that way.
			text = bytes.ReplaceAll(text, []byte(secretKey), nil)
		}
		h.search("command line of "+name, "process", text)
	}
}

// pages searches what the programs show over HTTP to anybody, the Web UI's API
// above all.
func (h *hunt) pages() {
	h.Helper()
	api := h.UI + "/api/v1/namespaces/" + h.Namespace + "/workflows"
	urls := []string{"http://" + h.Env["FOXFLOW_HTTP"] + "/healthz", "http://" + h.Env["FOXFLOW_HTTP"] + "/readyz", "http://" + h.Env["FOXFLOW_HTTP"] + "/metrics", api}
	if h.Codec != "" {
		urls = append(urls, "http://"+h.Codec+"/", "http://"+h.Codec+"/healthz")
	}
	var list struct {
		Executions []struct {
			Execution struct{ WorkflowID, RunID string }
		}
	}
	h.Eventually("the orders to be listed", func() bool {
		return json.Unmarshal(h.get(api), &list) == nil && len(list.Executions) > 0
	})
	for _, e := range list.Executions {
		one := api + "/" + url.PathEscape(e.Execution.WorkflowID)
		urls = append(urls, one, one+"/history?execution.runId="+e.Execution.RunID)
	}
	for _, u := range urls {
		h.search(u, "page", h.get(u))
	}
	for _, reference := range []string{"happy", "crash", "cards"} {
		assert.NotContains(h, string(h.metrics()), reference+"\"", "no order is a label")
	}
}

// get is what anybody gets.
func (h *hunt) get(u string) []byte {
	h.Helper()
	response, err := http.Get(u) //nolint:gosec,noctx // an address of this test
	require.NoError(h, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(h, err)
	return text
}

func (h *hunt) read(name string) []byte {
	h.Helper()
	text, err := os.ReadFile(filepath.Join(h.Dir, name))
	require.NoError(h, err)
	return text
}

func (s *stack) codes(reference string) (codes []string) {
	s.Helper()
	var answer struct {
		Items []struct{ Codes []string }
	}
	s.json(&answer, "codes", reference)
	for _, item := range answer.Items {
		codes = append(codes, item.Codes...)
	}
	return codes
}

// keyMaterial is the secret part of a Tink keyset.
func keyMaterial(t *testing.T, keyset []byte) string {
	t.Helper()
	var parsed struct {
		Key []struct{ KeyData struct{ Value string } }
	}
	require.NoError(t, json.Unmarshal(keyset, &parsed))
	require.NotEmpty(t, parsed.Key)
	require.NotEmpty(t, parsed.Key[0].KeyData.Value)
	return parsed.Key[0].KeyData.Value
}
