package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/internal/balance"
	"foxflow/order"
	"foxflow/starter/internal/show"
)

// showNeeds lists orders that wait for a top-up with what each needs, and says how
// much is missing for all that wait, listed or not.
func (in *session) showNeeds(ctx context.Context, orders []order.Status) error {
	waiting, err := balance.New(in.book.Store).Waiting(ctx)
	if err != nil {
		return err
	}
	available, seenAt, err := balance.New(in.book.Store).Balances(ctx)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, s := range orders {
		rows = append(rows, []string{s.Reference, in.needs(s), in.before(s.PaymentExpiresAt), in.short(s.OrderID), s.StartedAt.UTC().Format("01-02 15:04")})
	}
	if err := in.Table([]string{"REFERENCE", "NEEDS", "PAY BEFORE", "ORDER", "PLACED"}, rows, 0, 3); err != nil {
		return err
	}
	in.Printf("\n%s\n", in.Wrap(show.Clean(in.shortage(waiting, available, seenAt)), ""))
	return nil
}

func (in *session) needs(s order.Status) string {
	switch {
	case s.Mock:
		return "nothing (mock)"
	case s.Price == nil:
		return "not known"
	}
	return money(s)
}

// before is a payment window's end. One that is over means a new FoxReload order, not
// that it is too late.
func (in *session) before(window *time.Time) string {
	switch {
	case window == nil:
		return ""
	case !window.After(in.now()):
		return "over"
	}
	return window.UTC().Format("01-02 15:04")
}

// shortage says how many wait, how much is missing per currency, and whose payment
// window ends next.
func (in *session) shortage(waiting []balance.Need, available map[string]decimal.Decimal, seenAt time.Time) string {
	needed, unknown := map[string]decimal.Decimal{}, 0
	var next *balance.Need
	for i, n := range waiting {
		if n.Currency == "" {
			n.Currency = in.settings.Currency
		}
		if n.Amount == nil || n.Currency == "" {
			unknown++
		} else {
			needed[n.Currency] = needed[n.Currency].Add(*n.Amount)
		}
		if next == nil && n.Window != nil && n.Window.After(in.now()) {
			next = &waiting[i]
		}
	}
	parts := []string{fmt.Sprintf("waiting for a top-up: %d", len(waiting))}
	for _, currency := range slices.Sorted(maps.Keys(needed)) {
		missing := decimal.Max(decimal.Zero, needed[currency].Sub(available[currency]))
		parts = append(parts, fmt.Sprintf("%s %s missing (%s needed, %s)", missing, currency, needed[currency], seen(available, currency, seenAt)))
	}
	if unknown > 0 {
		parts = append(parts, fmt.Sprintf("%d of unknown price", unknown))
	}
	if next != nil {
		parts = append(parts, fmt.Sprintf("%s has the next payment window to end: %s", next.Reference, clock(*next.Window)))
	}
	return strings.Join(parts, "; ")
}

func seen(available map[string]decimal.Decimal, currency string, at time.Time) string {
	if available == nil {
		return "the balance was not read yet"
	}
	return fmt.Sprintf("%s there at %s", available[currency], clock(at))
}
