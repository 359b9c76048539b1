package simulator

import (
	"bytes"
	"encoding/json"
	"io"
)

// The fault exists-other: an order under the client's key that is not what the
// client asked for.

func makeOther(st *strike) {
	st.ask(struckBy{other: true})
	other, _ := otherBody(st.body, st.Knobs().OtherOrder)
	st.r.Body = io.NopCloser(bytes.NewReader(other))
}

// otherBody is a create for something else: other items, a unit more, another
// note or the other isMock. False: there is nothing that it could change.
func otherBody(body []byte, how string) ([]byte, bool) {
	var asked struct {
		Items          []wireItem `json:"items"`
		IsMock         bool       `json:"isMock"`
		IdempotencyKey string     `json:"idempotencyKey,omitempty"`
	}
	if json.Unmarshal(body, &asked) != nil || len(asked.Items) == 0 {
		return nil, false
	}
	changed := false
	switch how {
	case otherItems:
		changed = true
		other := VoucherID
		if asked.Items[0].ItemID == VoucherID {
			other = giftCardID
		}
		asked.Items = []wireItem{{ItemID: other, Quantity: 1}}
	case otherQuantity:
		p := orderItem{ItemID: asked.Items[0].ItemID}.product()
		changed = p.max > p.min
		if asked.Items[0].Quantity++; asked.Items[0].Quantity > p.max {
			asked.Items[0].Quantity = p.min
		}
	case otherNote:
		for _, item := range asked.Items {
			for _, n := range (orderItem{ItemID: item.ItemID}).product().notes {
				if n.options == nil && item.Note != nil {
					item.Note[n.key] = "somebody-else"
					changed = true
				}
			}
		}
	case otherMock:
		changed = true
		asked.IsMock = !asked.IsMock
	}
	other, err := json.Marshal(asked)
	return other, err == nil && changed
}

// wireItem is an item of a create; without its price guard, which would not hold.
type wireItem struct {
	ItemID   string            `json:"itemId"`
	Quantity int64             `json:"quantity"`
	Note     map[string]string `json:"note,omitempty"`
}

func keyedForOther(st *strike) bool {
	_, differs := otherBody(st.body, st.knobs.OtherOrder)
	return keyedAnew(st) && differs
}

// otherExists names the order as the knob idempotency has it.
func otherExists(st *strike) {
	st.mu.Lock()
	refusal := refuseExisting()
	if st.knobs.Idempotency == idempotencyHonoured {
		refusal = refusal.with("orderId", st.state.byKey[keyOf(st)])
	}
	st.mu.Unlock()
	st.writeError(st.w, refusal)
}
