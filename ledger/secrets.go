package ledger

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// chainKey keys every digest of the ledger: the audit chain and its heads, the
// hashes of requests, the digests of codes, the names of API keys. It is drawn
// when the ledger is made and stays the same when the keyset is rotated, so that
// digests can be compared for ever.
type chainKey []byte

const chainKeySize = 32

// digest is a keyed hash of fields, in hex. The label tells apart what the digest
// is for, so that one can never stand in for another.
func (k chainKey) digest(label string, fields ...string) string {
	mac := hmac.New(sha256.New, k)
	mac.Write(encode(label, fields...))
	return hex.EncodeToString(mac.Sum(nil))
}

// same compares digests without telling, by the time it takes, how much is alike.
func same(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }

// encode writes fields behind each other, each after its length: no two lists of
// fields give the same bytes. It serves as associated data, too.
func encode(label string, fields ...string) []byte {
	var out []byte
	for _, field := range append([]string{label}, fields...) {
		out = binary.BigEndian.AppendUint64(out, uint64(len(field)))
		out = append(out, field...)
	}
	return out
}

// KeyID names an API key without giving it away: a keyed digest. It is "" when
// the ledger was opened without a keyset.
func (l *Ledger) KeyID(apiKey string) string {
	if l.chain == nil {
		return ""
	}
	return l.chain.digest("foxflow api key v1", apiKey)
}

// key is the chain key, or ErrNoKeyset.
func (b *book) key() (chainKey, error) {
	if b.chain == nil {
		return nil, ErrNoKeyset
	}
	return b.chain, nil
}

// openChainKey unseals the chain key, draws one for a new ledger, and seals it
// again when the keyset was rotated, so that the older keys may go one day.
func (b *book) openChainKey(ctx context.Context) error {
	if b.keys == nil {
		return nil
	}
	var sealed []byte
	err := b.store.View(ctx, func(tx *sql.Tx) (err error) {
		sealed, err = storedChainKey(tx.QueryRowContext(ctx, selectChainKey))
		return err
	})
	if err == nil && (sealed == nil || !b.keys.Current(sealed)) {
		sealed, err = b.sealChainKey(ctx)
	}
	if err == nil {
		b.chain, err = b.unsealChainKey(sealed)
	}
	return err
}

const selectChainKey = `SELECT sealed FROM secrets WHERE name = 'chain-key'`

func storedChainKey(row *sql.Row) (sealed []byte, err error) {
	if err := row.Scan(&sealed); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	return sealed, nil
}

// sealChainKey puts a chain key sealed by the primary key in place and gives what
// then stands there: another process may have been quicker.
func (b *book) sealChainKey(ctx context.Context) (sealed []byte, err error) {
	err = b.store.Write(ctx, func(tx *sql.Tx) error {
		if sealed, err = storedChainKey(tx.QueryRowContext(ctx, selectChainKey)); err != nil {
			return err
		}
		var key chainKey
		switch {
		case sealed == nil:
			if key, err = drawChainKey(ctx, tx); err != nil {
				return err
			}
		case b.keys.Current(sealed):
			return nil
		default:
			if key, err = b.unsealChainKey(sealed); err != nil {
				return err
			}
		}
		if sealed, err = b.keys.Seal(key, b.chainKeyAD()); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO secrets (name, sealed) VALUES ('chain-key', $1)
			ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed`, sealed)
		return err
	})
	return sealed, err
}

// drawChainKey refuses a ledger that holds orders and has lost its key: a new one
// would make every entry look forged, and every request look like another.
func drawChainKey(ctx context.Context, tx *sql.Tx) (chainKey, error) {
	var orders int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM orders`).Scan(&orders); err != nil {
		return nil, err
	}
	if orders > 0 {
		return nil, errors.New("its chain key is gone: restore the ledger from a backup")
	}
	key := make(chainKey, chainKeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return key, nil
}

func (b *book) unsealChainKey(sealed []byte) (chainKey, error) {
	key, err := b.keys.Open(sealed, b.chainKeyAD())
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: it was made with another one", ErrWrongKeyset)
	case len(key) != chainKeySize:
		return nil, errors.New("its chain key has the wrong length")
	}
	return key, nil
}

// chainKeyAD binds the key to this ledger: copied into another, it doesn't open.
func (b *book) chainKeyAD() []byte { return encode("foxflow chain key v1", b.id) }
