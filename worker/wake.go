package main

import (
	"context"
	"time"

	"foxflow/ledger"
)

// waker has the balance desk look at once: it wakes the orders that wait for money, as
// many as there is money for.
type waker struct{ book *ledger.Ledger }

func (w waker) Wake(ctx context.Context) error { return w.book.HintTopUp(ctx, time.Now()) }
