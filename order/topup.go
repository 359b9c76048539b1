package order

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// TopUpState is where a request for a crypto top-up stands.
type TopUpState string

const (
	TopUpRequested TopUpState = "requested" // FoxReload is asked for it, or about to be
	TopUpWaiting   TopUpState = "waiting"   // it said where to send the money; the balance is watched
	TopUpArrived   TopUpState = "arrived"   // the balance has risen
	TopUpExpired   TopUpState = "expired"   // the time limit passed and no rise was seen
	TopUpLost      TopUpState = "lost"      // FoxReload's answer never came: it can't be asked for again
	TopUpFailed    TopUpState = "failed"    // FoxReload refused it
	TopUpCancelled TopUpState = "cancelled" // its workflow was cancelled; the balance is not watched for it any more
)

// Ended says whether s is an end: nothing follows it.
func (s TopUpState) Ended() bool { return s != TopUpRequested && s != TopUpWaiting }

// TopUpRequest asks for a way to raise the balance with crypto. One id is asked for
// once, ever.
type TopUpRequest struct {
	ID       string          `json:"id"` // as a reference: 1–64 characters of A-Za-z0-9._-
	Amount   decimal.Decimal `json:"amount"`
	Currency string          `json:"currency"` // lower case: usdt
}

// TopUp is how a top-up stands: the JSON of "starter top-up --request". Amount and
// Currency are what to send: FoxReload's where it says so, else what was asked for.
type TopUp struct {
	ID        string     `json:"topUpId"`
	Amount    string     `json:"amount"`
	Currency  string     `json:"currency"`
	Address   *string    `json:"address"`
	Link      *string    `json:"link"`
	ExpiresAt *time.Time `json:"expiresAt"` // nil: FoxReload named no limit
	State     TopUpState `json:"state"`
	Reason    *string    `json:"reason"` // why it stands so, in words
	// Raw is FoxReload's whole answer. The workflow and its query leave it out; the
	// ledger keeps it, sealed.
	Raw json.RawMessage `json:"raw"`
}

// String names a top-up without its answer. It and LogValue are what loggers take.
func (t TopUp) String() string {
	return fmt.Sprintf("top-up %s: %s %s, %s", t.ID, t.Amount, t.Currency, t.State)
}

// LogValue is String, for slog.
func (t TopUp) LogValue() slog.Value { return slog.StringValue(t.String()) }

// TopUpWorkflowID is the id of the workflow that carries a top-up.
func TopUpWorkflowID(id string) string { return "top-up/" + id }

// NewTopUp is how a top-up stands before anything has happened to it.
func NewTopUp(r TopUpRequest) TopUp {
	return TopUp{ID: r.ID, Amount: r.Amount.String(), Currency: r.Currency, State: TopUpRequested}
}

var coinRE = regexp.MustCompile(`^[a-z0-9._-]{2,20}$`)

// Validate finds every mistake of the request; Field is the flag's name.
func (r TopUpRequest) Validate() []*FieldError {
	var errs []*FieldError
	wrong := func(field, problem, fix string) {
		errs = append(errs, &FieldError{Field: field, Problem: problem, Fix: fix})
	}
	switch {
	case !r.Amount.IsPositive():
		wrong("request", r.Amount.String()+" is not an amount to send", "give an amount above 0, e.g. 50")
	case r.Amount.Exponent() < -18 || r.Amount.GreaterThanOrEqual(decimal.New(1, 12)):
		wrong("request", "is no amount that anybody sends", "give an amount in plain digits, e.g. 50 or 49.99")
	}
	switch {
	case r.Currency == "":
		wrong("currency", "is missing", "name the coin to send: --currency usdt")
	case !coinRE.MatchString(r.Currency):
		wrong("currency", fmt.Sprintf("%q is not a coin", Clip(r.Currency)), "name it as FoxReload does, e.g. usdt")
	}
	if !topUpIDRE.MatchString(r.ID) {
		wrong("id", fmt.Sprintf("%q is not a top-up's id", Clip(r.ID)), "use the id that the first run showed: 1 to 64 characters of A-Z a-z 0-9 . _ -")
	}
	return errs
}

// Same says whether two requests under one id ask for the same.
func (r TopUpRequest) Same(other TopUpRequest) bool {
	return r.ID == other.ID && r.Amount.Equal(other.Amount) && strings.EqualFold(r.Currency, other.Currency)
}
