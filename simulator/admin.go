package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// adminRoute is one call of the admin API: what a person or a test does to the
// simulator from outside. What it answers is the owner's truth.
type adminRoute struct {
	method, path string
	help         string
	do           func(*Simulator, *http.Request, []byte) (any, error)
}

// adminTable is a function because its first line answers with the table itself.
func adminTable() []adminRoute {
	return []adminRoute{
		{"GET", "/admin/", "this list", func(*Simulator, *http.Request, []byte) (any, error) { return AdminCalls(), nil }},
		{"GET", "/admin/balances", "balance per currency", (*Simulator).adminBalances},
		{"POST", "/admin/balances", "money comes in: `{\"currency\":\"usd\",\"add\":\"50\"}`, or `\"set\"` to make it an amount", (*Simulator).adminSetBalance},
		{"GET", "/admin/debits", "what orders took from the balance, with totals, and orders and idempotency keys debited more than once; `?orderId=` or `?idempotencyKey=` picks", (*Simulator).adminDebits},
		{"GET", "/admin/ledger", "every movement of money", func(s *Simulator, _ *http.Request, _ []byte) (any, error) {
			return map[string]any{"entries": s.Money.Entries()}, nil
		}},
		{"GET", "/admin/orders", "every order as it really is", func(s *Simulator, _ *http.Request, _ []byte) (any, error) {
			return map[string]any{"orders": s.Orders()}, nil
		}},
		{"POST", "/admin/orders/{id}/move", "an order takes a status now and stays there: `{\"status\":\"cancelled\",\"reason\":\"user_request\"}`", (*Simulator).adminMove},
		{"POST", "/admin/orders/{id}/hold", "an order shows a status that nobody knows, for a while or for good, and then goes on as it would have: `{\"status\":\"on_hold\",\"for\":\"30s\"}`", (*Simulator).adminHold},
		{"POST", "/admin/orders/{id}/forget", "an order answers `NOT_FOUND`, for a while or for good: `{\"for\":\"30s\"}`; what is paid goes on unseen", (*Simulator).adminForget},
		{"GET", "/admin/topups", "crypto top-ups", func(s *Simulator, _ *http.Request, _ []byte) (any, error) {
			return map[string]any{"topUps": s.TopUps()}, nil
		}},
		{"POST", "/admin/topups/{id}/confirm", "a crypto top-up arrives", func(s *Simulator, r *http.Request, _ []byte) (any, error) { return s.ConfirmTopUp(r.PathValue("id")) }},
		{"POST", "/admin/products/{id}", "price and stock of today: `{\"price\":\"1.20\",\"quantity\":5}`; null: not for sale, unknown", (*Simulator).adminProduct},
		{"GET", "/admin/knobs", "the knobs as they stand", func(s *Simulator, _ *http.Request, _ []byte) (any, error) { return s.Knobs().Map(), nil }},
		{"POST", "/admin/knobs", "turn knobs: `{\"idempotency\":\"ignored\"}`", (*Simulator).adminSetKnobs},
		{"GET", "/admin/faults", "the plan of faults with its seed, what has been injected by kind and route, what was asked for and is still to come", func(s *Simulator, _ *http.Request, _ []byte) (any, error) { return s.Faults.Report(), nil }},
		{"POST", "/admin/faults", "set the plan: `{\"plan\":\"storm\",\"seed\":7}`; an empty one ends all faults, also those still to come; the counts go on", (*Simulator).adminSetFaults},
		{"POST", "/admin/faults/next", "a fault at the next request of a route, before any of the plan: `{\"kind\":\"lost-answer\",\"route\":\"pay\",\"times\":1,\"skip\":0}`", (*Simulator).adminNextFault},
		{"GET", "/admin/requests", "the latest requests: when, which endpoint, which status, which fault", func(s *Simulator, _ *http.Request, _ []byte) (any, error) {
			return map[string]any{"requests": s.Requests()}, nil
		}},
	}
}

// AdminCall is one call of the admin API, for documentation.
type AdminCall struct {
	Call string `json:"call"`
	Does string `json:"does"`
}

// AdminCalls lists the admin API.
func AdminCalls() []AdminCall {
	list := []AdminCall{}
	for _, rt := range adminTable() {
		list = append(list, AdminCall{rt.method + " " + rt.path, rt.help})
	}
	return list
}

func (s *Simulator) adminRoutes(mux *http.ServeMux) {
	for _, rt := range adminTable() {
		pattern := rt.path
		if strings.HasSuffix(pattern, "/") {
			pattern += "{$}"
		}
		mux.Handle(rt.method+" "+pattern, s.observe(routeAdmin, rt.path, s.onlyOwner(s.serveAdmin(rt))))
	}
}

func (s *Simulator) serveAdmin(rt adminRoute) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err == nil {
			err = s.settle()
		}
		var shown any
		if err == nil {
			shown, err = rt.do(s, r, body)
		}
		if err != nil {
			writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		writeJSON(w, http.StatusOK, shown)
	})
}

// answerHealth says, to anybody, whether the simulator can do its work.
func (s *Simulator) answerHealth(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.journal != nil && s.journal.err != nil {
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "the state file can't be written"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// settle books what has arrived by itself, so that the owner sees it too.
func (s *Simulator) settle() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.receive(s.now())
}

// onlyOwner keeps the admin API to this machine: it makes money out of nothing
// and asks for no key. Browsers' pages are kept out too: they name themselves.
func (s *Simulator) onlyOwner(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		local := err == nil && net.ParseIP(host).IsLoopback()
		if !local && !s.config.OpenAdmin || r.Header.Get("Origin") != "" {
			writeJSON(w, http.StatusForbidden, map[string]string{"error": "the admin API answers this machine alone; start with --open-admin to let others in"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// readAdmin parses a body; a misspelt field must not pass as one left out.
func readAdmin(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("read body: %w; GET /admin/ shows what each call takes", err)
	}
	return nil
}

func (s *Simulator) adminBalances(*http.Request, []byte) (any, error) {
	shown := map[string]string{}
	for _, currency := range currencies {
		shown[currency] = moneyText(s.Money.Balance(currency))
	}
	return map[string]any{"balances": shown}, nil
}

func (s *Simulator) adminSetBalance(r *http.Request, body []byte) (any, error) {
	var asked struct {
		Currency string           `json:"currency"`
		Add      *decimal.Decimal `json:"add"`
		Set      *decimal.Decimal `json:"set"`
	}
	err := readAdmin(body, &asked)
	switch {
	case err != nil:
		return nil, err
	case (asked.Add == nil) == (asked.Set == nil):
		return nil, errors.New("change balance: give either add or set, e.g. {\"currency\":\"usd\",\"add\":\"50\"}")
	case asked.Add != nil:
		err = s.Money.Add(asked.Currency, *asked.Add)
	default:
		err = s.Money.Set(asked.Currency, *asked.Set)
	}
	if err != nil {
		return nil, err
	}
	return s.adminBalances(r, nil)
}

// adminDebits also counts, so that a person sees a double payment at a glance.
func (s *Simulator) adminDebits(r *http.Request, _ []byte) (any, error) {
	orderID, key := r.URL.Query().Get("orderId"), r.URL.Query().Get("idempotencyKey")
	shown := []Entry{}
	totals, byOrder, byKey := map[string]decimal.Decimal{}, map[string]int{}, map[string]int{}
	for _, e := range s.Money.Debits() {
		if orderID != "" && e.OrderID != orderID || key != "" && e.IdempotencyKey != key {
			continue
		}
		shown = append(shown, e)
		totals[e.Currency] = totals[e.Currency].Add(e.Amount)
		byOrder[e.OrderID]++
		if e.IdempotencyKey != "" {
			byKey[e.IdempotencyKey]++
		}
	}
	return map[string]any{"debits": shown, "count": len(shown), "totals": totals,
		"repeatedOrders": moreThanOnce(byOrder), "repeatedIdempotencyKeys": moreThanOnce(byKey)}, nil
}

func moreThanOnce(counts map[string]int) []string {
	repeated := []string{}
	for _, key := range sortedKeys(counts) {
		if counts[key] > 1 {
			repeated = append(repeated, key)
		}
	}
	return repeated
}

func (s *Simulator) adminMove(r *http.Request, body []byte) (any, error) {
	var asked struct {
		Status string `json:"status"`
		Reason string `json:"reason"`
	}
	if err := readAdmin(body, &asked); err != nil {
		return nil, err
	}
	if err := s.MoveOrder(r.PathValue("id"), asked.Status, asked.Reason); err != nil {
		return nil, err
	}
	return asked, nil
}

func (s *Simulator) adminHold(r *http.Request, body []byte) (any, error) {
	asked := struct {
		Status string `json:"status"`
		For    string `json:"for"`
	}{For: "0s"}
	if err := readAdmin(body, &asked); err != nil {
		return nil, err
	}
	length, err := readLength(asked.For)
	if err != nil {
		return nil, fmt.Errorf("hold order: %w", err)
	}
	return asked, s.HoldOrder(r.PathValue("id"), asked.Status, length)
}

func (s *Simulator) adminForget(r *http.Request, body []byte) (any, error) {
	asked := struct {
		For string `json:"for"`
	}{For: "0s"}
	if err := readAdmin(body, &asked); err != nil {
		return nil, err
	}
	length, err := readLength(asked.For)
	if err != nil {
		return nil, fmt.Errorf("forget order: %w", err)
	}
	return asked, s.ForgetOrder(r.PathValue("id"), length)
}

func readLength(text string) (length time.Duration, err error) {
	if err := setField(&length, text); err != nil {
		return 0, fmt.Errorf("for: %q %w", text, err)
	}
	return length, nil
}

func (s *Simulator) adminProduct(r *http.Request, body []byte) (any, error) {
	// A field left out stays as it is; null means something.
	s.mu.Lock()
	p, known := s.state.product(r.PathValue("id"))
	s.mu.Unlock()
	if !known {
		return nil, fmt.Errorf("change product: there is no product %q", r.PathValue("id"))
	}
	asked := p.copy()
	if err := readAdmin(body, &asked); err != nil {
		return nil, err
	}
	return asked, s.SetListing(p.id, asked.Price, asked.Stock)
}

func (s *Simulator) adminSetKnobs(_ *http.Request, body []byte) (any, error) {
	var asked map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&asked); err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	values := map[string]string{}
	for name, value := range asked {
		values[name] = fmt.Sprint(value)
	}
	if err := s.SetKnobs(values); err != nil {
		return nil, err
	}
	return s.Knobs().Map(), nil
}
