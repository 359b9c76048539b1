package storm

import (
	"encoding/json"
	"time"
)

// evidence is all that the judge is given: what was ordered, what foxflow says
// of it, and the simulator's truth.
type evidence struct {
	plan      []planned
	reset     map[string]int
	takenBack map[string]bool

	orders []listed                       // starter list
	audit  []entry                        // starter audit --export
	chains struct{ Broken []brokenChain } // starter audit --verify-all
	codes  map[string][]json.RawMessage   // starter codes, by reference
	mute   map[string]string              // references whose codes could not be read, and why

	fox      []foxOrder        // GET /admin/orders
	money    []movement        // GET /admin/ledger
	balances map[string]string // GET /admin/balances
}

// listed is an order in "starter list".
type listed struct {
	Reference    string                          `json:"reference"`
	OrderID      *string                         `json:"orderId"`
	State        string                          `json:"state"`
	CancelReason *string                         `json:"cancelReason"`
	WaitingFor   *string                         `json:"waitingFor"`
	Mock         bool                            `json:"mock"`
	Price        *string                         `json:"price"`
	Replacements int                             `json:"replacements"`
	Items        []listedItem                    `json:"items"`
	Error        *struct{ Code, Message string } `json:"error"`
}

type listedItem struct {
	ItemID string `json:"itemId"`
	Codes  int    `json:"codes"`
}

// entry is a line of "starter audit --export".
type entry struct {
	Reference string    `json:"reference"`
	Seq       int       `json:"seq"`
	Kind      string    `json:"kind"`
	State     string    `json:"state"`
	Reason    string    `json:"reason"`
	OrderID   *string   `json:"orderId"`
	At        time.Time `json:"at"`
}

type brokenChain struct{ Reference, Problem string }

// foxOrder is an order as the simulator's owner sees it.
type foxOrder struct {
	ID             string    `json:"id"`
	Status         string    `json:"status"`
	CancelReason   string    `json:"cancelReason"`
	IdempotencyKey string    `json:"idempotencyKey"`
	Mock           bool      `json:"isMock"`
	Price          string    `json:"price"`
	Behaviour      string    `json:"behaviour"`
	CreatedAt      time.Time `json:"createdAt"`
	Items          []foxItem `json:"items"`
}

type foxItem struct {
	ItemID       string          `json:"itemId"`
	ExternalData json.RawMessage `json:"externalData"`
}

// movement is a line of the simulator's money ledger.
type movement struct {
	At             time.Time `json:"at"`
	Kind           string    `json:"kind"`
	Currency       string    `json:"currency"`
	Amount         string    `json:"amount"`
	OrderID        string    `json:"orderId"`
	IdempotencyKey string    `json:"idempotencyKey"`
}

// owners maps order ids to the reference on whose log they are, where it is one
// alone.
func (e *evidence) owners() map[string]string {
	owner := map[string]string{}
	for _, a := range e.audit {
		if a.OrderID != nil && (a.Kind == "state" || a.Kind == "intent") {
			owner[*a.OrderID] = a.Reference
		}
	}
	return owner
}

// logs are the audit entries by reference.
func (e *evidence) logs() map[string][]entry {
	logs := map[string][]entry{}
	for _, a := range e.audit {
		logs[a.Reference] = append(logs[a.Reference], a)
	}
	return logs
}

// referenceOf finds the reference of an order id or an idempotency key.
func (e *evidence) referenceOf(name string) string {
	owner := e.owners()
	for _, o := range e.fox {
		if (o.ID == name || o.IdempotencyKey == name) && owner[o.ID] != "" {
			return owner[o.ID]
		}
	}
	return ""
}

// debitsBy counts what orders took from the balance, by a name of theirs.
func (e *evidence) debitsBy(name func(movement) string) map[string]int {
	times := map[string]int{}
	for _, m := range e.money {
		if m.Kind == "debit" {
			times[name(m)]++
		}
	}
	return times
}
