package ledger

import (
	"encoding/json"
	"errors"

	"foxflow/order"
)

func (b *book) seal(plain, ad []byte) ([]byte, error) {
	if b.keys == nil {
		return nil, ErrNoKeyset
	}
	return b.keys.Seal(plain, ad)
}

func (b *book) unseal(sealed, ad []byte) ([]byte, error) {
	if b.keys == nil {
		return nil, ErrNoKeyset
	}
	return b.keys.Open(sealed, ad)
}

// topUpAD binds what is sealed to its top-up and to what it is there.
func topUpAD(what, id string) []byte { return encode("foxflow top-up "+what+" v1", id) }

// sealTopUp seals how a top-up stands: address and link are for its owner alone.
func (l TopUps) sealStatus(t order.TopUp) ([]byte, error) {
	t.Raw = nil // kept apart, as it came
	text, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	return l.seal(text, topUpAD("status", t.ID))
}

func (l TopUps) unsealStatus(id string, sealed []byte) (order.TopUp, error) {
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

func (l TopUps) unsealRefusal(id string, sealed []byte) (*order.Error, error) {
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
