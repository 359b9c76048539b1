package ledger

import "context"

// Migrated is what Migrate came to.
type Migrated struct {
	Ledger  string `json:"ledger"` // its name, without a password
	Version int64  `json:"version"`
	// GrantedTo is the role that may use the tables now; empty: nobody was let in.
	GrantedTo string `json:"grantedTo,omitempty"`
}

// Migrate brings the tables of the ledger at an address up to date, and lets a role of
// PostgreSQL's use them with no right that it does not need ("": none). It needs no
// keyset. Only the owner of the tables can do it.
func Migrate(ctx context.Context, address, role string) (Migrated, error) {
	l, err := Open(ctx, address, nil)
	if err != nil {
		return Migrated{}, err
	}
	defer func() { _ = l.Close() }()
	done := Migrated{Ledger: l.store.Name()}
	if done.Version, err = l.store.Upkeep.Version(); err != nil || role == "" {
		return done, err
	}
	if err := l.store.Upkeep.Grant(ctx, role); err != nil {
		return Migrated{}, err
	}
	done.GrantedTo = role
	return done, nil
}
