package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foxflow/activities"
	"foxflow/client"
	"foxflow/client/clienttest"
	"foxflow/foxreload/foxtest"
	"foxflow/internal/blank"
	"foxflow/internal/phrase"
	"foxflow/ledger"
	"foxflow/order"
)

// shop is a partner at a keyboard: a ledger of their own, a Temporal and a
// FoxReload that behave as the test says.
type shop struct {
	t        *testing.T
	keys     string
	env      []string
	book     *ledger.Ledger
	temporal *clienttest.Temporal
	now      time.Time
	stdin    string
	// onTerminal: a person looks at what is printed.
	onTerminal bool
	// rechecks is how FoxReload's order is found when it is looked at again; nil: as it is.
	rechecks func(context.Context, *activities.Activities, string) (order.Status, error)
}

type answer struct {
	status   int
	out, err string
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func newShop(t *testing.T) *shop {
	t.Helper()
	file := blank.New(t)
	s := &shop{t: t, keys: file.Keyset, now: noon, env: []string{"FOXFLOW_KEYSET=" + file.Keyset, "FOXFLOW_LEDGER=" + file.Path, "HOME=" + t.TempDir(),
		"FOXRELOAD_REQUESTS_PER_MINUTE=6000"}} // no test waits for the request budget
	s.book = file.Open(t)
	s.temporal = clienttest.New()
	return s
}

// run types a command.
func (s *shop) run(args ...string) answer { return s.runFor(s.t.Context(), args...) }

func (s *shop) runFor(ctx context.Context, args ...string) answer {
	s.t.Helper()
	var out, errs bytes.Buffer
	status := s.runTo(ctx, &out, &errs, args...)
	return answer{status, out.String(), errs.String()}
}

// runUntil types a command, and acts once when its output has the text.
func (s *shop) runUntil(ctx context.Context, text string, act func(), args ...string) answer {
	s.t.Helper()
	heard := &listener{text: text, act: act}
	var errs bytes.Buffer
	status := s.runTo(ctx, heard, &errs, args...)
	return answer{status, heard.String(), errs.String()}
}

type listener struct {
	bytes.Buffer
	text string
	act  func()
}

func (l *listener) Write(b []byte) (int, error) {
	n, err := l.Buffer.Write(b)
	if act := l.act; act != nil && strings.Contains(l.String(), l.text) {
		l.act = nil
		act()
	}
	return n, err
}

// runTo types a command whose output goes elsewhere.
func (s *shop) runTo(ctx context.Context, out, errs io.Writer, args ...string) int {
	a := newApp(s.env, out, errs)
	a.now = func() time.Time { return s.now }
	a.lookEvery = 5 * time.Millisecond
	a.dial = s.temporal.Dial
	a.OutTerminal = s.onTerminal
	a.stdin = strings.NewReader(s.stdin)
	if s.rechecks != nil {
		a.rechecker = func(acts *activities.Activities) client.Rechecker { return looksAs{s.rechecks, acts} }
	}
	return a.run(ctx, args)
}

// looksAs looks at an order that has ended as the test says.
type looksAs struct {
	rechecks func(context.Context, *activities.Activities, string) (order.Status, error)
	acts     *activities.Activities
}

func (l looksAs) Recheck(ctx context.Context, reference string) (order.Status, error) {
	return l.rechecks(ctx, l.acts, reference)
}

func (s *shop) setenv(lines ...string) { s.env = append(s.env, lines...) }

// enters puts a state on record, as a worker would.
func (s *shop) enters(reference string, state order.State, changes ...func(*order.Status)) order.Status {
	s.t.Helper()
	status, err := s.book.Orders.Status(context.Background(), reference)
	require.NoError(s.t, err)
	entries, err := s.book.Log.Entries(context.Background(), reference)
	require.NoError(s.t, err)
	status.State = state
	status.WaitingFor, status.WaitingForCode = nil, nil
	status.UpdatedAt = s.now.Add(time.Duration(len(entries)) * time.Second)
	for _, change := range changes {
		change(&status)
	}
	require.NoError(s.t, s.book.Orders.Record(context.Background(), ledger.Entry{Reference: reference, Key: fmt.Sprintf("state/%d", len(entries)),
		Kind: ledger.KindState, State: state, Reason: phrase.Of(status.CancelReason), OrderID: phrase.Of(status.OrderID), At: status.UpdatedAt}, status))
	return status
}

// begins puts an order on record without any workflow.
func (s *shop) begins(reference string, mock bool) {
	s.t.Helper()
	_, _, err := s.book.Orders.Begin(s.t.Context(), order.Request{Reference: reference, Mock: mock, Items: []order.Item{{ItemID: "product_a", Quantity: 1}}}, s.now)
	require.NoError(s.t, err)
}

// completes takes an order to its codes.
func (s *shop) completes(reference string, codes ...string) {
	s.t.Helper()
	s.enters(reference, order.Creating)
	s.enters(reference, order.Active, withOrder("1f0c-"+reference), priced("9.55", "usd"))
	s.enters(reference, order.Paid)
	var delivered []ledger.Code
	for _, code := range codes {
		delivered = append(delivered, ledger.Code{ItemID: "product_a", Raw: json.RawMessage(code)})
	}
	require.NoError(s.t, s.book.Vault.Store(context.Background(), reference, "1f0c-"+reference, delivered))
	s.enters(reference, order.Completed, func(o *order.Status) { o.Items[0].Codes = len(codes) })
}

// completesWithout takes an order of one item to its end without all of its codes.
func (s *shop) completesWithout(reference string, missing int, codes ...string) {
	s.t.Helper()
	s.enters(reference, order.Creating)
	s.enters(reference, order.Active, withOrder("1f0c-"+reference))
	s.enters(reference, order.Paid)
	var delivered []ledger.Code
	for _, code := range codes {
		delivered = append(delivered, ledger.Code{ItemID: "product_a", Raw: json.RawMessage(code)})
	}
	require.NoError(s.t, s.book.Vault.Store(context.Background(), reference, "1f0c-"+reference, delivered))
	s.enters(reference, order.Completed, func(o *order.Status) { o.Items[0].Codes, o.Items[0].Missing = len(codes), missing })
}

func withOrder(id string) func(*order.Status) { return func(o *order.Status) { o.OrderID = &id } }

func priced(price, currency string) func(*order.Status) {
	return func(o *order.Status) { o.Price, o.Currency = &price, &currency }
}

func because(reason string) func(*order.Status) {
	return func(o *order.Status) { o.CancelReason = &reason }
}

func waitsFor(what order.Wait) func(*order.Status) {
	return func(o *order.Status) { o.WaitingForCode = &what }
}

// state is how an order stands on record, "" when there is none.
func (s *shop) state(reference string) order.State {
	s.t.Helper()
	status, err := s.book.Orders.Status(s.t.Context(), reference)
	if errors.Is(err, ledger.ErrNotFound) {
		return ""
	}
	require.NoError(s.t, err)
	return status.State
}

func (s *shop) file(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), name)
	require.NoError(s.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// foxreload gives the account's balance and a price to each product. It is not the simulator:
// prices of any shape, and a name that would move a terminal's cursor, are none of its own.
func (s *shop) foxreload(available string, prices map[string]string) {
	server := foxtest.New(s.t)
	server.Behave(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		id := strings.TrimPrefix(r.URL.Path, "/api/products/")
		price, known := prices[id]
		switch {
		case r.Header.Get("X-API-Key") != "partner-key":
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"code":"UNAUTHORIZED","detail":"bad key"}`))
		case strings.HasPrefix(r.URL.Path, "/api/access/me/balances"):
			_, _ = fmt.Fprintf(w, `[{"currency":"usd","available":%q,"reserved":"0","pending":"0"}]`, available)
		case r.URL.Path == "/api/orders/":
			_, _ = fmt.Fprint(w, `{"items":[],"total":0}`)
		case id == "search":
			_, _ = fmt.Fprint(w, `[{"id":"product_a","name":"Gift card\u001b[31m","price":"5.50","currency":"usd","quantity":3,"orderMinQuantity":1,"orderMaxQuantity":10,"requiredNoteFields":["player_id"]},{"id":"product_b","name":"Sold out","price":null}]`)
		case known:
			_, _ = fmt.Fprintf(w, `{"id":%q,"name":"Product","price":%s,"currency":"usd"}`, id, price)
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"code":"NOT_FOUND","detail":"no such product"}`))
		}
	})
	s.setenv("FOXRELOAD_API_KEY=partner-key", "FOXRELOAD_BASE_URL="+server.URL)
}

// problem is the error of JSON mode: the last line on stderr.
func problem(t *testing.T, a answer) (message, hint string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(a.err), "\n")
	var doc map[string]map[string]string
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &doc), a.err)
	require.Len(t, doc, 1)
	require.Len(t, doc["error"], 2)
	return doc["error"]["message"], doc["error"]["hint"]
}
