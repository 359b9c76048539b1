package simulator

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// coins are what a top-up can be sent in, and the balance that it raises, one to
// one.
var coins = map[string]string{"usdt": "usd", "usdc": "usd"}

// topUp is a request to raise the balance with crypto. It is worth nothing until
// it is confirmed.
type topUp struct {
	ID          string          `json:"id"`
	Amount      decimal.Decimal `json:"amount"`
	Currency    string          `json:"currency"`
	Credits     string          `json:"credits"` // the currency of the balance
	Address     string          `json:"address"`
	CreatedAt   time.Time       `json:"createdAt"`
	ExpiresAt   time.Time       `json:"expiresAt"`
	ArrivesAt   *time.Time      `json:"arrivesAt,omitempty"` // by itself
	ConfirmedAt *time.Time      `json:"confirmedAt,omitempty"`
}

// createTopUp answers POST /api/topups/crypto/.
func (s *Simulator) createTopUp(c *call) (answer, error) {
	body, err := c.readBody()
	if err != nil {
		return answer{}, err
	}
	body.only("amount", "currency")
	amount, coin := body.amount("amount", true), body.text("currency", true)
	credits, known := coins[coin]
	if coin != "" && !known {
		body.wrong("currency", "enum", "Input should be one of %s", strings.Join(sortedKeys(coins), ", "))
	}
	if amount != nil && amount.LessThan(decimal.NewFromInt(1)) {
		body.wrong("amount", "greater_than_equal", "Input should be greater than or equal to 1")
	}
	if err := body.err(); err != nil {
		return answer{}, err
	}
	id := uuid.New()
	t := &topUp{ID: id.String(), Amount: *amount, Currency: coin, Credits: credits, CreatedAt: c.now,
		ExpiresAt: c.now.Add(c.knobs.TopUpWindow).Truncate(time.Millisecond), Address: fmt.Sprintf("TSim%x", id[:15])}
	if c.knobs.TopUpConfirm > 0 {
		arrives := c.now.Add(c.knobs.TopUpConfirm)
		t.ArrivesAt = &arrives
	}
	if err := s.commit(change{TopUps: []*topUp{t}}); err != nil {
		return answer{}, err
	}
	return created(c.topUpJSON(t))
}

// topUpJSON is a top-up in the shape of the knob.
func (c *call) topUpJSON(t *topUp) map[string]any {
	link := c.linkTo("/topup/" + t.ID)
	shown := map[string]any{"id": t.ID, "status": "pending", "amount": c.knobs.money(t.Amount), "currency": t.Currency, "expiresAt": t.ExpiresAt}
	switch c.knobs.TopUpAnswer {
	case topUpBoth:
		shown["address"], shown["link"], shown["network"] = t.Address, link, "TRC20"
	case topUpAddress:
		shown["address"], shown["network"] = t.Address, "TRC20"
	case topUpLink:
		shown["paymentUrl"] = link
	case topUpNested:
		shown["payment"] = map[string]any{"walletAddress": t.Address, "url": link}
	case topUpEnvelope:
		return map[string]any{"success": true, "data": map[string]any{"invoice_id": t.ID, "pay_address": t.Address, "invoice_url": link,
			"pay_amount": c.knobs.money(t.Amount), "pay_currency": strings.ToUpper(t.Currency), "valid_until": t.ExpiresAt.Unix()}}
	case topUpBare:
		return map[string]any{"id": t.ID, "status": "pending"}
	}
	return shown
}

// receive books what has arrived by itself since the last look.
func (s *Simulator) receive(now time.Time) error {
	if err := s.receiveTopUps(now); err != nil {
		return err
	}
	return s.receivePays(now)
}

// receiveTopUps books those that have arrived by themselves since the last look.
func (s *Simulator) receiveTopUps(now time.Time) error {
	for _, id := range sortedKeys(s.state.topUps) {
		t := s.state.topUps[id]
		if t.ConfirmedAt == nil && t.ArrivesAt != nil && !t.ArrivesAt.After(now) {
			if err := s.confirm(t, *t.ArrivesAt); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Simulator) confirm(t *topUp, at time.Time) error {
	confirmed := *t
	confirmed.ConfirmedAt = &at
	return s.commit(change{TopUps: []*topUp{&confirmed},
		Entries: []Entry{{At: at, Kind: EntryTopUp, Currency: t.Credits, Amount: t.Amount, TopUpID: t.ID}}})
}
