package ledger

import (
	"foxflow/internal/keyset"
	"foxflow/internal/store"
)

// Ledger is an open ledger. Use it from any number of goroutines. What it keeps is told
// apart by its parts, which share one store and one set of keys.
type Ledger struct {
	Orders     Orders
	Queue      Queue
	Log        Log
	Pins       Pins
	Creates    Creates
	Payments   Payments
	Streaks    Streaks
	Vault      Vault
	TopUps     TopUps
	Products   Products
	Watches    Watches
	Deliveries Deliveries
	Switches   Switches

	// Store is the database under it: its clock, its leases, what is wrong with it. What
	// is in the ledger's tables goes through the ledger.
	Store *store.Store

	*book
}

// Orders are the orders' rows: what was asked for, and how each stands. To put a state on
// record is one transaction over the row and the log.
type Orders struct{ *book }

// Queue is the orders that are on record and whose workflow is not known to have started:
// those that wait for their turn, and those that somebody is starting. So an order that is
// on record is never forgotten, whoever dies before it is started.
type Queue struct{ *book }

// Log is the audit log of all orders, one keyed chain of entries for each.
type Log struct{ *book }

// Pins tie FoxReload's orders to references: only a pinned order is paid.
type Pins struct{ *book }

// Creates are the requests to create an order that left and may have made one.
type Creates struct{ *book }

// Payments are the attempts to pay, and what is known of each: at most one order of a
// reference is ever paid.
type Payments struct{ *book }

// Streaks are answers of FoxReload that came again and again.
type Streaks struct{ *book }

// Vault holds the delivered codes, sealed.
type Vault struct{ *book }

// TopUps are the requests to raise the balance, and what became of each.
type TopUps struct{ *book }

// Products is what the catalogue said of products, and whose it is to ask it.
type Products struct{ *book }

// Watches are the orders that are looked at until there is news.
type Watches struct{ *book }

// Deliveries are how long orders of each product took, lately.
type Deliveries struct{ *book }

// Switches are the pause of all payments, and other values that the workers share.
type Switches struct{ *book }

// book is what the parts share.
type book struct {
	store *store.Store
	id    string
	keys  *keyset.Keyset // nil: opened without
	chain chainKey       // nil: opened without a keyset

	observer Observer // nil: nobody is told

	// What was read of products lately, by their ids.
	products   recent[product]
	deliveries recent[[]int64]
}

func assemble(s *store.Store, keys *keyset.Keyset) *Ledger {
	b := &book{store: s, keys: keys}
	return &Ledger{Orders: Orders{b}, Queue: Queue{b}, Log: Log{b}, Pins: Pins{b}, Creates: Creates{b}, Payments: Payments{b}, Streaks: Streaks{b},
		Vault: Vault{b}, TopUps: TopUps{b}, Products: Products{b}, Watches: Watches{b}, Deliveries: Deliveries{b}, Switches: Switches{b}, Store: s, book: b}
}
