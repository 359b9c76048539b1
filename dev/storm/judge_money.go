package storm

import (
	"math/big"
	"slices"
)

// judgePayments: at most one debit for an order id, a reference and an
// idempotency key, each for an order that is on a reference's log, at its price,
// and only after the intents to create and to pay it were on record.
func judgePayments(e *evidence, v *verdict) {
	owner, logs, price := e.owners(), e.logs(), map[string]string{}
	for _, a := range e.audit {
		if a.OrderID != nil && (a.Kind == "state" || a.Kind == "intent") && owner[*a.OrderID] != a.Reference {
			v.found("an order id belongs to one reference", a.Reference, "order %s is on the log of %s too", *a.OrderID, owner[*a.OrderID])
		}
	}
	judgeOnce(e, v, owner)
	for _, o := range e.fox {
		price[o.ID] = o.Price
	}
	for _, m := range e.money {
		if m.Kind != "debit" {
			continue
		}
		reference := owner[m.OrderID]
		if reference == "" {
			v.doublePayments++
			v.found("only pinned orders are paid", "", "order %s was paid and is on no log", m.OrderID)
			continue
		}
		if amount(m.Amount).Cmp(amount(price[m.OrderID])) != 0 {
			v.found("an order is paid at its price", reference, "order %s: %s taken, price %s", m.OrderID, m.Amount, price[m.OrderID])
		}
		judgeRecorded(v, m, reference, logs[reference])
	}
}

// judgeOnce: nothing is paid twice, by whatever name it goes.
func judgeOnce(e *evidence, v *verdict, owner map[string]string) {
	for by, times := range map[string]map[string]int{
		"order id":        e.debitsBy(func(m movement) string { return m.OrderID }),
		"reference":       e.debitsBy(func(m movement) string { return owner[m.OrderID] }),
		"idempotency key": e.debitsBy(func(m movement) string { return m.IdempotencyKey }),
	} {
		for name, n := range times {
			if n < 2 || name == "" {
				continue
			}
			if by == "reference" {
				v.doublePayments++
				v.found("one reference, one payment", name, "%d debits", n)
			} else {
				v.found("one "+by+", one payment", e.referenceOf(name), "%d debits for %s %s", n, by, name)
			}
		}
	}
}

// judgeRecorded: both intents and the state active were on record before the debit.
func judgeRecorded(v *verdict, m movement, reference string, log []entry) {
	before := slices.DeleteFunc(slices.Clone(log), func(a entry) bool { return a.At.After(m.At) })
	for _, want := range []struct {
		what string
		is   func(entry) bool
	}{
		{"intent to create", func(a entry) bool { return a.Kind == "intent" && a.OrderID == nil }},
		{"state active", func(a entry) bool { return a.Kind == "state" && a.State == "active" }},
		{"intent to pay this order", func(a entry) bool { return a.Kind == "intent" && a.OrderID != nil && *a.OrderID == m.OrderID }},
	} {
		if !slices.ContainsFunc(before, want.is) {
			v.found("no payment before its record", reference, "order %s was paid at %s; there is no %s on record before", m.OrderID, m.At, want.what)
		}
	}
}

// judgeBalance: what came in less what orders took is what is there.
func judgeBalance(e *evidence, v *verdict) {
	left := map[string]*big.Rat{}
	for _, m := range e.money {
		if left[m.Currency] == nil {
			left[m.Currency] = new(big.Rat)
		}
		switch m.Kind {
		case "debit":
			left[m.Currency].Sub(left[m.Currency], amount(m.Amount))
		case "opening", "credit", "top-up":
			left[m.Currency].Add(left[m.Currency], amount(m.Amount))
		}
	}
	for currency, sum := range left {
		if sum.Cmp(amount(e.balances[currency])) != 0 {
			v.found("debits are the fall of the balance", "", "%s: %s by the entries, %s in the account", currency, sum.FloatString(4), e.balances[currency])
		}
	}
	judgePrices(e, v)
}

// judgePrices: an order shows what it cost.
func judgePrices(e *evidence, v *verdict) {
	for _, o := range e.orders {
		for _, m := range e.money {
			if m.Kind == "debit" && o.OrderID != nil && m.OrderID == *o.OrderID && (o.Price == nil || amount(*o.Price).Cmp(amount(m.Amount)) != 0) {
				v.found("an order shows what it cost", o.Reference, "%s was taken, it shows another price", m.Amount)
			}
		}
	}
}

func amount(text string) *big.Rat {
	a, ok := new(big.Rat).SetString(text)
	if !ok {
		return new(big.Rat).SetInt64(-1) // equals no amount
	}
	return a
}
