package ledger

import (
	"encoding/json"
	"errors"

	"foxflow/order"
)

func (l *Ledger) seal(plain, ad []byte) ([]byte, error) {
	if l.keys == nil {
		return nil, ErrNoKeyset
	}
	return l.keys.Seal(plain, ad)
}

func (l *Ledger) unseal(sealed, ad []byte) ([]byte, error) {
	if l.keys == nil {
		return nil, ErrNoKeyset
	}
	return l.keys.Open(sealed, ad)
}

// topUpAD binds what is sealed to its top-up and to what it is there.
func topUpAD(what, id string) []byte { return encode("foxflow top-up "+what+" v1", id) }

// sealTopUp seals how a top-up stands: address and link are for its owner alone.
func (l *Ledger) sealTopUp(t order.TopUp) ([]byte, error) {
	t.Raw = nil // kept apart, as it came
	text, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	return l.seal(text, topUpAD("status", t.ID))
}

func (l *Ledger) unsealTopUp(id string, sealed []byte) (order.TopUp, error) {
	text, err := l.unseal(sealed, topUpAD("status", id))
	if err != nil {
		return order.TopUp{}, err
	}
	var t order.TopUp
	if err := json.Unmarshal(text, &t); err != nil {
		return order.TopUp{}, errors.New("the top-up on record is not whole") // never the cause: it may quote the text
	}
	t.Raw = nil
	return t, nil
}

func (l *Ledger) unsealRefusal(id string, sealed []byte) (*order.Error, error) {
	text, err := l.unseal(sealed, topUpAD("refusal", id))
	if err != nil {
		return nil, err
	}
	refusal := new(order.Error)
	if err := json.Unmarshal(text, refusal); err != nil {
		return nil, errors.New("the refusal on record is not whole")
	}
	return refusal, nil
}
