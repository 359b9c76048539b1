package door

import (
	"context"
	"time"

	"foxflow/internal/balance"
	"foxflow/ledger"
	"foxflow/order"
)

// mostParked is how many orders may wait for money or for the day: while so many do, no more
// begin that would wait, too.
const mostParked = 10

// way is how orders of one payer may begin.
type way int

const (
	shut way = iota // none may
	ajar            // one, every so often
	open            // as many as there is room for
)

// ways says how orders of each payer may begin. An order that begins is created at FoxReload,
// and its payment window runs out if it can't be paid: so those wait that would be paused, or
// wait for a top-up. While only a few do, one may begin every so often: they may be too dear,
// and those behind them not.
func (d *Door) ways(ctx context.Context, c ledger.Crowd, now time.Time) (map[order.Payer]way, error) {
	_, _, off, err := d.Ledger.Switches.Paused(ctx)
	if err != nil {
		return nil, err
	}
	ways := map[order.Payer]way{order.PaidByNobody: open, order.PaidByProvider: parked(c.Paused), order.PaidByBalance: parked(c.Paused + c.Short)}
	if off {
		ways[order.PaidByProvider], ways[order.PaidByBalance] = shut, shut
		return ways, nil
	}
	if ways[order.PaidByBalance] == shut || !c.Waits[order.PaidByBalance] {
		return ways, nil
	}
	there, err := d.moneyThere(ctx, c, now)
	if !there {
		ways[order.PaidByBalance] = shut
	}
	return ways, err
}

func parked(n int) way {
	switch {
	case n == 0:
		return open
	case n < mostParked:
		return ajar
	}
	return shut
}

// moneyThere says whether orders that are paid from the balance may begin: the desk has read
// it, or tried, since they wait; and while any waits for a top-up some of it is left.
func (d *Door) moneyThere(ctx context.Context, c ledger.Crowd, now time.Time) (bool, error) {
	account := balance.New(d.Ledger.Store)
	desk, err := account.Standing(ctx)
	if err != nil || now.Sub(desk.LookedAt) >= balance.Trust {
		return false, err
	}
	if c.Short == 0 {
		return true, nil
	}
	rest, err := account.Rest(ctx, now)
	return err == nil && rest.Covers(balance.Claim{}), err
}

// Held says what keeps queued orders of a payer back, whoever is before them: WaitTopUp,
// WaitResume, or nothing. While orders wait for a top-up few begin, or none.
func Held(ctx context.Context, book *ledger.Ledger, payer order.Payer, now time.Time) (order.Wait, error) {
	if payer == order.PaidByNobody {
		return "", nil
	}
	_, _, off, err := book.Switches.Paused(ctx)
	if err != nil || off {
		return order.WaitResume, err
	}
	if payer != order.PaidByBalance {
		return "", nil
	}
	c, err := book.Queue.Crowd(ctx, now)
	if err != nil || c.Short == 0 {
		return "", err
	}
	return order.WaitTopUp, nil
}
