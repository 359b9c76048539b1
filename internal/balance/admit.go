package balance

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"foxflow/internal/store"
)

const (
	// mostRefused is how many payments may be refused for too low a balance in a
	// probeEvery before the rest wait; of those that the balance seemed to cover, until
	// it rises, a hint comes or one is accepted.
	mostRefused = 2
	probeEvery  = time.Minute
	// reservationLasts is how long money is kept for an order that does not ask for it. Its
	// attempts to pay, throttled by the request budget say, renew that; a worker that died
	// before it told what became of one costs no more than this.
	reservationLasts = 90 * time.Second
	// refusedLasts is how long an order that was refused in spite of a reservation is not
	// woken, unless the balance rises or a hint comes.
	refusedLasts = 10 * time.Minute
)

// Admit says whether FoxReload may be asked for the payment now. While no order
// waits, none was refused just now and the balance was not read lately, every one may.
// Else only
//   - one that money is reserved for (Reserve), as long as reservations are good;
//   - one that fits into what the balance, read within the last minute or so, leaves
//     beside all that is reserved: that is reserved for it;
//   - where that isn't known, two in a minute, to find out. A balance that does not list
//     the claim's currency says nothing of it.
//
// Ask again for the same order at will. Tell Accepted or Refused then.
func (a *Account) Admit(ctx context.Context, c Claim) (ok bool, err error) {
	defer a.store.Timed("admit_payment")()
	if ok, err = a.simplySent(ctx, c); ok && err == nil {
		return true, nil
	}
	err = a.remember(ctx, c.At, fmt.Sprintf("admit payment of %s", c.Reference), func(tx *sql.Tx, m *memory, now time.Time) error {
		c.At = now
		ok, err = m.admits(ctx, tx, c)
		return err
	})
	return ok && err == nil, err
}

// admits says whether a payment may be asked for while others wait, or one was refused.
func (m *memory) admits(ctx context.Context, tx *sql.Tx, c Claim) (ok bool, err error) {
	p, err := readReservation(ctx, tx, c.Reference)
	if err != nil {
		return false, err
	}
	if m.trusts(p, c.At) {
		return true, keep(ctx, tx, c, p.kind)
	}
	var left Rest
	knows := m.knows(c.At)
	if knows {
		if left, err = rest(ctx, tx, c.Reference, c.At); err != nil {
			return false, err
		}
		knows = !left.Unlisted(c)
	}
	switch {
	case knows && !p.stands(c.At) && left.Covers(c):
		// For an order of unknown price it is the rest, one at a time.
		return true, keep(ctx, tx, c, reservedMoney)
	case knows:
		// The first that is not covered has the desk look again: money may have come since.
		others, err := othersWait(ctx, tx, c.Reference)
		if c.Waits || !others {
			m.ask(c.At)
		}
		return false, err
	case m.probe(c.At):
		return true, keep(ctx, tx, c, reservedProbe)
	case !m.knows(c.At):
		m.ask(c.At)
	}
	return false, nil
}

// trusts says whether a reservation stands and is good.
func (m *memory) trusts(p reservation, at time.Time) bool {
	return p.stands(at) && p.kind != reservedRefused && (p.kind == reservedProbe || m.refused < mostRefused)
}

// simplySent says that there is no reason to think that the balance is low, and no fresh
// look to count against.
func (a *Account) simplySent(ctx context.Context, c Claim) (bool, error) {
	now, err := a.store.Now(ctx, c.At)
	if err != nil || c.Waits {
		return false, err
	}
	reads := a.store.Reads()
	m, err := readMemory(ctx, reads)
	if err != nil || m.probesAt(now) > 0 {
		return false, err
	}
	if m.knows(now) {
		if unlisted, err := unlisted(ctx, reads, c); err != nil || !unlisted {
			return false, err
		}
	}
	others, err := othersWait(ctx, reads, c.Reference)
	return !others, err
}

// Accepted says that FoxReload accepted a payment: reservations can be trusted. Its
// money stays kept until a look that began after it, which shows it gone.
func (a *Account) Accepted(ctx context.Context, reference string, at time.Time) error {
	return a.remember(ctx, at, fmt.Sprintf("keep payment of %s", reference), func(tx *sql.Tx, m *memory, at time.Time) error {
		m.refused = 0
		p, err := readReservation(ctx, tx, reference)
		if err != nil || !p.stands(at) {
			return err
		}
		if p.kind == reservedProbe {
			// There is money: let the desk find out how much.
			m.probes = max(0, m.probes-1)
			m.ask(at)
		}
		_, err = tx.ExecContext(ctx, `UPDATE promises SET settled_at = $1 WHERE reference = $2`, store.Stamp(at), reference)
		return err
	})
}

// Refused says that FoxReload refused a payment because the balance is too low.
func (a *Account) Refused(ctx context.Context, reference string, at time.Time) error {
	return a.remember(ctx, at, fmt.Sprintf("keep refusal of %s", reference), func(tx *sql.Tx, m *memory, at time.Time) error {
		m.ask(at)
		p, err := readReservation(ctx, tx, reference)
		if err != nil {
			return err
		}
		if !p.stands(at) || p.kind != reservedProbe { // a probe was counted when it was let go
			m.openProbes(at)
			m.probes++
		}
		if !p.stands(at) {
			return nil
		}
		if p.kind == reservedMoney {
			m.refused++
			m.stale = true
		}
		_, err = tx.ExecContext(ctx, `UPDATE promises SET kind = $1, until = $2 WHERE reference = $3`,
			reservedRefused, store.Stamp(at.Add(refusedLasts)), reference)
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
