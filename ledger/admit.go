package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

const (
	// mostRefused is how many payments may be refused for too low a balance in a
	// probeEvery before the rest wait; of those that the balance seemed to cover, until
	// it rises, a hint comes or one is accepted.
	mostRefused = 2
	probeEvery  = time.Minute
	// promiseLasts is how long money is kept for an order that does not ask for it. Its
	// attempts to pay, held back by the request budget say, renew that; a worker that died
	// before it told what became of one costs no more than this.
	promiseLasts = 90 * time.Second
	// refusedLasts is how long an order that was refused in spite of a promise is not
	// woken, unless the balance rises or a hint comes.
	refusedLasts = 10 * time.Minute
)

// Claim is the wish to pay an order from the balance.
type Claim struct {
	Reference string
	Currency  string           // lower case; empty: not known
	Amount    *decimal.Decimal // nil: not known
	At        time.Time
	// Waits says that the order waits for a top-up and was told to look again: where
	// it may not pay, the desk is asked to look at the balance.
	Waits bool
}

// AdmitPayment says whether FoxReload may be asked for the payment now. While no order
// waits and none was refused just now, every one may. Else only
//   - one that money was promised to (Promise), as long as promises are kept;
//   - one that fits into what the balance, read within the last minute or so, leaves
//     beside all that is promised: it is promised that;
//   - where that isn't known, two in a minute, to find out. A balance that does not list
//     the claim's currency says nothing of it.
//
// Ask again for the same order at will. Tell PaymentKept or PaymentRefused then.
func (l *Ledger) AdmitPayment(ctx context.Context, c Claim) (ok bool, err error) {
	defer l.timed("admit_payment")()
	err = l.view(ctx, func(tx *sql.Tx) error {
		now, err := l.clock(ctx, tx, c.At)
		if err != nil {
			return err
		}
		ok, err = nobodyWaits(ctx, tx, c, now)
		return err
	})
	if ok && err == nil {
		return true, nil
	}
	err = l.remember(ctx, c.At, fmt.Sprintf("admit payment of %s", c.Reference), func(tx *sql.Tx, m *memory, now time.Time) error {
		ok, c.At = false, now
		p, err := readPromise(ctx, tx, c.Reference)
		if err != nil {
			return err
		}
		unlisted, err := unlisted(ctx, tx, c)
		switch {
		case err != nil:
			return err
		case p.stands(c.At) && p.kind != promiseRefused && (p.kind == promiseProbe || m.refused < mostRefused):
			ok = true
			return promise(ctx, tx, c, p.kind)
		case m.knows(c.At) && !unlisted:
			if ok, err = reserve(ctx, tx, c); !ok && c.Waits {
				m.ask(c.At)
			}
			return err
		case m.probe(c.At):
			ok = true
			return promise(ctx, tx, c, promiseProbe)
		}
		if !m.knows(c.At) {
			m.ask(c.At)
		}
		return nil
	})
	return ok && err == nil, err
}

// nobodyWaits says that there is no reason to think that the balance is low.
func nobodyWaits(ctx context.Context, tx *sql.Tx, c Claim, now time.Time) (bool, error) {
	m, err := readMemory(ctx, tx)
	if err != nil || c.Waits || m.probesAt(now) > 0 {
		return false, err
	}
	others, err := othersWait(ctx, tx, c.Reference)
	return !others, err
}

// PaymentKept says that FoxReload accepted a payment: promises can be trusted. Its
// money stays kept until a look that began after it, which shows it gone.
func (l *Ledger) PaymentKept(ctx context.Context, reference string, at time.Time) error {
	return l.remember(ctx, at, fmt.Sprintf("keep payment of %s", reference), func(tx *sql.Tx, m *memory, at time.Time) error {
		m.refused = 0
		p, err := readPromise(ctx, tx, reference)
		if err != nil || !p.stands(at) {
			return err
		}
		if p.kind == promiseProbe {
			// There is money: let the desk find out how much.
			m.probes = max(0, m.probes-1)
			m.ask(at)
		}
		_, err = tx.ExecContext(ctx, `UPDATE promises SET settled_at = $1 WHERE reference = $2`, stamp(at), reference)
		return err
	})
}

// PaymentRefused says that FoxReload refused a payment because the balance is too low.
func (l *Ledger) PaymentRefused(ctx context.Context, reference string, at time.Time) error {
	return l.remember(ctx, at, fmt.Sprintf("keep refusal of %s", reference), func(tx *sql.Tx, m *memory, at time.Time) error {
		m.ask(at)
		p, err := readPromise(ctx, tx, reference)
		if err != nil {
			return err
		}
		if !p.stands(at) || p.kind != promiseProbe { // a probe was counted when it was let go
			m.openProbes(at)
			m.probes++
		}
		if !p.stands(at) {
			return nil
		}
		if p.kind == promiseMoney {
			m.refused++
			m.stale = true
		}
		_, err = tx.ExecContext(ctx, `UPDATE promises SET kind = $1, until = $2 WHERE reference = $3`,
			promiseRefused, stamp(at.Add(refusedLasts)), reference)
		return err
	})
}

// openProbes begins a new minute of probes where the last one is over.
func (m *memory) openProbes(at time.Time) {
	if m.probesAt(at) == 0 {
		m.probes, m.probingSince = 0, at
	}
}

func (m *memory) probesAt(at time.Time) int {
	// A clock that was set back must not close the gate for longer.
	if age := at.Sub(m.probingSince); age >= probeEvery || age < 0 {
		return 0
	}
	return m.probes
}

// probe takes one of the minute's probes, if there is one left.
func (m *memory) probe(at time.Time) bool {
	if m.probesAt(at) >= mostRefused {
		return false
	}
	m.openProbes(at)
	m.probes++
	return true
}
