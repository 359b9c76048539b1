package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"foxflow/ledger"
	"foxflow/order"
)

// worker puts on record what a worker would.
type worker struct{ book *ledger.Ledger }

// enters has an order enter a state.
func (w worker) enters(reference string, state order.State, changes ...func(*order.Status)) order.Status {
	ctx := context.Background()
	s, err := w.book.Orders.Status(ctx, reference)
	check(err)
	log, err := w.book.Log.Entries(ctx, reference)
	check(err)
	s.State, s.WaitingForCode = state, nil
	s.UpdatedAt = s.StartedAt.Add(time.Duration(len(log)) * time.Second)
	for _, change := range changes {
		change(&s)
	}
	id := ""
	if s.OrderID != nil {
		id = *s.OrderID
	}
	check(w.book.Orders.Record(ctx, ledger.Entry{Reference: reference, Key: fmt.Sprintf("state/%d", len(log)), Kind: ledger.KindState,
		State: state, OrderID: id, At: s.UpdatedAt}, s))
	return s
}

// completes takes an order that was just begun to its codes, each in JSON.
func (w worker) completes(reference string, codes ...string) {
	id := "1f0c-" + reference
	w.enters(reference, order.Creating)
	w.enters(reference, order.Active, func(s *order.Status) { s.OrderID = &id })
	w.enters(reference, order.Paid)
	var delivered []ledger.Code
	for _, code := range codes {
		delivered = append(delivered, ledger.Code{ItemID: "product_a", Raw: json.RawMessage(code)})
	}
	check(w.book.Vault.Store(context.Background(), reference, id, delivered))
	w.enters(reference, order.Completed, func(s *order.Status) { s.Items[0].Codes = len(codes) })
}
