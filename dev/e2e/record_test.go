package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/temporalproto"
)

// TestRecordHistories writes a history of every path into the folder that
// FOXFLOW_RECORD names, for the replay tests of the workflows ("make histories"),
// with payloads opened: a replay has no keyset, and a reader neither.
// Run it on the code that is deployed, never on the change under test: a history
// of the new code says nothing about the orders that run already. A file that is
// there is not overwritten.
func TestRecordHistories(t *testing.T) {
	folder := os.Getenv("FOXFLOW_RECORD")
	if folder == "" {
		t.Skip("records only where FOXFLOW_RECORD names a folder")
	}
	for path, play := range recordings {
		t.Run(path, func(t *testing.T) {
			s := newStack(t, []string{"--balance", "usd=50"}, withCodec)
			play(s, path)
			s.save(folder, path, "order/"+path)
		})
	}
	for path, play := range topUpRecordings {
		t.Run(path, func(t *testing.T) {
			s := newStack(t, []string{"--balance", "usd=1"}, withCodec)
			play(s, path)
			s.save(folder, path, "top-up/"+path)
		})
	}
}

// topUpRecordings are the paths of top-ups; their ids are the paths' names.
var topUpRecordings = map[string]func(s *stack, id string){
	"request-arrived": func(s *stack, id string) {
		s.topUpUntil(id, "waiting")
		s.Admin(http.MethodPost, "/admin/topups/"+s.simulatedTopUps()[0].ID+"/confirm", "", nil)
		s.topUpUntil(id, "arrived")
	},
	"request-expired": func(s *stack, id string) {
		s.Admin(http.MethodPost, "/admin/knobs", `{"topup-window":"3s"}`, nil)
		s.topUpUntil(id, "expired")
	},
	"request-lost": func(s *stack, id string) {
		s.Admin(http.MethodPost, "/admin/faults/next", `{"kind":"lost-answer","route":"topup"}`, nil)
		s.topUpUntil(id, "lost")
	},
	"request-failed": func(s *stack, id string) {
		s.Admin(http.MethodPost, "/admin/faults/next", `{"kind":"forbidden","route":"topup"}`, nil)
		s.topUpUntil(id, "failed")
	},
	"open-request": func(s *stack, id string) { s.topUpUntil(id, "waiting") },
}

var recordings = map[string]func(s *stack, reference string){
	"completed": func(s *stack, r string) { s.place(r, giftCard).until(r, "completed") },
	"failed":    func(s *stack, r string) { s.place(r, gameTopUp, "--note", "player_id=fail").until(r, "failed") },
	"refused":   func(s *stack, r string) { s.place(r, "product_unknown").until(r, "failed") },
	"price-guard": func(s *stack, r string) {
		s.place(r, giftCard, "--max-price", "1").until(r, "cancelled")
	},
	"cancelled": func(s *stack, r string) {
		s.setBalance("1")
		s.place(r, giftCard).until(r, "awaiting_topup")
		s.Must("starter", "cancel", r)
	},
	"topup-active": func(s *stack, r string) { s.topUp(r).until(r, "completed") },
	"topup-replaced": func(s *stack, r string) {
		s.Admin(http.MethodPost, "/admin/knobs", `{"low-balance":"cancel"}`, nil)
		s.topUp(r).until(r, "completed")
	},
	"paused": func(s *stack, r string) {
		s.Must("starter", "pause")
		s.place(r, giftCard).until(r, "paused")
		s.Must("starter", "resume")
		s.until(r, "completed")
	},
	"blocked": func(s *stack, r string) {
		s.Env["FOXFLOW_STALL_POLL"] = "500ms"
		s.Admin(http.MethodPost, "/admin/knobs", `{"access":"401"}`, nil)
		s.place(r, giftCard).until(r, "blocked")
		s.Admin(http.MethodPost, "/admin/knobs", `{"access":"open"}`, nil)
		s.until(r, "completed")
	},
	"resolved": func(s *stack, r string) {
		s.hide().place(r, giftCard).until(r, "blocked")
		s.Must("starter", "resolve", r, "--retry")
		s.until(r, "completed")
	},
	"open-asking": func(s *stack, r string) { s.hide().place(r, giftCard).until(r, "blocked") },
	"stalled": func(s *stack, r string) {
		s.stall(r)
		s.Admin(http.MethodPost, "/admin/orders/"+*s.status(r).OrderID+"/move", `{"status":"completed"}`, nil)
		s.until(r, "completed")
	},
	"unresolved": func(s *stack, r string) {
		s.Env["FOXFLOW_GIVE_UP_AFTER"] = "1s"
		s.stall(r)
		s.until(r, "unresolved")
	},
	"open-awaiting-topup": func(s *stack, r string) {
		s.setBalance("1")
		s.place(r, giftCard).until(r, "awaiting_topup")
	},
	"open-processing": func(s *stack, r string) { s.place(r, gameTopUp, "--note", "player_id=stuck").until(r, "processing") },
	"open-stalled":    func(s *stack, r string) { s.stall(r) },
	"open-paused": func(s *stack, r string) {
		s.Must("starter", "pause")
		s.place(r, giftCard).until(r, "paused")
	},
}

func (s *stack) place(reference, item string, flags ...string) *stack {
	s.Helper()
	s.Must("starter", append([]string{"place", "--reference", reference, "--item", item}, flags...)...)
	return s
}

// hide has the next creates answered that their order exists, and shows none: as often as it
// takes, since a replica may be behind.
func (s *stack) hide() *stack {
	s.Helper()
	s.Admin(http.MethodPost, "/admin/faults/next", `{"kind":"exists-hidden","route":"create","times":3}`, nil)
	return s
}

func (s *stack) topUp(reference string) *stack {
	s.Helper()
	s.setBalance("1")
	s.place(reference, giftCard).until(reference, "awaiting_topup")
	s.setBalance("50")
	s.Must("starter", "top-up", reference)
	return s
}

func (s *stack) stall(reference string) {
	s.Helper()
	s.Env["FOXFLOW_STALL_AFTER"], s.Env["FOXFLOW_STALL_POLL"] = "2s", "500ms"
	s.place(reference, gameTopUp, "--note", "player_id=stuck").until(reference, "stalled")
}

// save writes the history of a workflow once nothing moves in it any more.
func (s *stack) save(folder, path, workflowID string) {
	s.Helper()
	file := filepath.Join(folder, path+"."+time.Now().UTC().Format(time.DateOnly)+".json")
	if _, err := os.Stat(file); err == nil {
		s.Logf("%s is there already", file)
		return
	}
	length := 0
	s.Eventually("the history to come to rest", func() bool {
		before := length
		length = len(s.historyOf(workflowID).Events)
		time.Sleep(500 * time.Millisecond)
		return length == before
	})
	text, err := temporalproto.CustomJSONMarshalOptions{Indent: "  "}.Marshal(s.opened(s.historyOf(workflowID)))
	require.NoError(s, err)
	require.NoError(s, os.MkdirAll(folder, 0o755))                    //nolint:gosec // source, not a secret
	require.NoError(s, os.WriteFile(file, append(text, '\n'), 0o644)) //nolint:gosec // source, not a secret
}
