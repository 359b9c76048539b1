package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"foxflow/internal/store"
)

const shownCode = "[code]"

// A code is cash: whatever turns a Code into text gets "[code]". Who may see it
// reads Raw.

func (Code) String() string               { return shownCode }
func (Code) GoString() string             { return shownCode }
func (Code) Format(s fmt.State, _ rune)   { _, _ = io.WriteString(s, shownCode) }
func (Code) MarshalJSON() ([]byte, error) { return []byte(`"` + shownCode + `"`), nil }

// Store puts delivered codes into the vault, sealed. Call it with the whole
// list as often as it is seen: the vault then holds every code of the order as often
// as the list that had it most often, each under the item that showed it first. A
// list seen before, in another order or under other items, adds nothing and moves
// nothing; the same code twice in one list is two codes. Empty and null codes are none.
func (l Vault) Store(ctx context.Context, reference, orderID string, codes []Code) error {
	defer l.store.Timed("store_codes")()
	key, err := l.key()
	if err == nil {
		err = l.storeCodes(ctx, key, reference, orderID, codes)
	}
	if err != nil {
		return fmt.Errorf("store codes of order %s (%s): %w", orderID, reference, err)
	}
	return nil
}

func (l Vault) storeCodes(ctx context.Context, key chainKey, reference, orderID string, codes []Code) error {
	delivered := make([]deliveredCode, 0, len(codes))
	for n, code := range codes {
		meaning, err := canonical(code.Raw)
		if err != nil {
			return fmt.Errorf("code %d of item %d is not JSON", n+1, code.ItemIndex) // never the cause: it quotes the code
		}
		if meaning != "" {
			delivered = append(delivered, deliveredCode{code, func(itemIndex int) string {
				return key.digest("foxflow code v1", reference, orderID, strconv.Itoa(itemIndex), meaning)
			}})
		}
	}
	return l.store.Write(ctx, func(tx *sql.Tx) error {
		if _, err := stateOf(ctx, tx, reference); err != nil {
			return err
		}
		v, err := readShelf(ctx, tx, reference, orderID)
		if err != nil {
			return err
		}
		for _, code := range v.without(delivered) {
			position := v.next[code.ItemIndex]
			v.next[code.ItemIndex]++
			sealed, err := l.keys.Seal(code.Raw, codeAD(reference, orderID, code.ItemIndex, position))
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO codes (reference, order_id, item_index, position, item_id, sealed, digest)
				VALUES ($1, $2, $3, $4, $5, $6, $7)`,
				reference, orderID, code.ItemIndex, position, store.Storable(code.ItemID), sealed, code.digest(code.ItemIndex)); err != nil {
				return err
			}
		}
		return nil
	})
}

// deliveredCode is a code of the list, and the digest that it has in the vault when it
// is stored under an item.
type deliveredCode struct {
	Code
	digest func(itemIndex int) string
}

func codeAD(reference, orderID string, itemIndex, position int) []byte {
	return encode("foxflow code v1", reference, orderID, strconv.Itoa(itemIndex), strconv.Itoa(position))
}

// canonical is what a code says, whatever its spaces, escapes and order of
// fields; "" when it says nothing.
func canonical(raw json.RawMessage) (string, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return "", nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // a PIN of 30 digits is not a float
	var value any
	if err := decoder.Decode(&value); err != nil {
		return "", err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return "", errors.New("more than one value")
	}
	if value == nil || value == "" {
		return "", nil
	}
	text, err := json.Marshal(value)
	return string(text), err
}

// shelf is what the vault holds of one order.
type shelf struct {
	next map[int]int         // item index → next free position
	left map[shelfDigest]int // codes not yet matched by the list
}

type shelfDigest struct {
	itemIndex int
	digest    string
}

func readShelf(ctx context.Context, tx *sql.Tx, reference, orderID string) (shelf, error) {
	s := shelf{next: map[int]int{}, left: map[shelfDigest]int{}}
	rows, err := tx.QueryContext(ctx, `SELECT reference, item_index, position, digest FROM codes WHERE order_id = $1`, orderID)
	if err != nil {
		return s, err
	}
	defer rows.Close()
	for rows.Next() {
		var owner string
		var d shelfDigest
		var position int
		if err := rows.Scan(&owner, &d.itemIndex, &position, &d.digest); err != nil {
			return s, err
		}
		if owner != reference {
			return s, fmt.Errorf("the order's codes belong to %s", owner)
		}
		s.next[d.itemIndex] = max(s.next[d.itemIndex], position+1)
		s.left[d]++
	}
	return s, rows.Err()
}

// without is what of the list is not on the shelf. A code under its own item is matched
// first: the same code on two items, each stored, must find each its own. What is left
// is looked for under the other items: it is the same code, shown elsewhere this time.
func (s shelf) without(list []deliveredCode) (missing []deliveredCode) {
	elsewhere := slices.DeleteFunc(slices.Clone(list), func(code deliveredCode) bool { return s.has(code, code.ItemIndex) })
	items := slices.Sorted(maps.Keys(s.next))
	return slices.DeleteFunc(elsewhere, func(code deliveredCode) bool {
		return slices.ContainsFunc(items, func(itemIndex int) bool { return s.has(code, itemIndex) })
	})
}

// has matches a code with one that is on the shelf under an item and that no other matched.
func (s shelf) has(code deliveredCode, itemIndex int) bool {
	d := shelfDigest{itemIndex, code.digest(itemIndex)}
	if s.left[d] == 0 {
		return false
	}
	s.left[d]--
	return true
}

// Codes opens the codes of a reference: by order, item and position. One that
// doesn't open (sealed with another keyset, changed, moved) is an error for all.
// Write the look into the audit log first.
func (l Vault) Codes(ctx context.Context, reference string) ([]Code, error) {
	defer l.store.Timed("read_codes")()
	codes, err := l.openCodes(ctx, reference)
	if err != nil {
		return nil, fmt.Errorf("read codes %s: %w", reference, err)
	}
	return codes, nil
}

func (l Vault) openCodes(ctx context.Context, reference string) (codes []Code, err error) {
	if l.keys == nil {
		return nil, ErrNoKeyset
	}
	err = l.store.View(ctx, func(tx *sql.Tx) error {
		codes = []Code{}
		if _, err := stateOf(ctx, tx, reference); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT order_id, item_index, position, item_id, sealed FROM codes
			WHERE reference = $1 ORDER BY order_id, item_index, position`, reference)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var code Code
			var position int
			var sealed []byte
			if err := rows.Scan(&code.OrderID, &code.ItemIndex, &position, &code.ItemID, &sealed); err != nil {
				return err
			}
			if code.Raw, err = l.keys.Open(sealed, codeAD(reference, code.OrderID, code.ItemIndex, position)); err != nil {
				return fmt.Errorf("code %d of item %d, order %s: %w", position+1, code.ItemIndex, code.OrderID, err)
			}
			codes = append(codes, code)
		}
		return rows.Err()
	})
	return codes, err
}

// Count says how many codes of an order are in the vault, by the index of the
// item that was asked for. It needs no keyset.
func (l Vault) Count(ctx context.Context, orderID string) (map[int]int, error) {
	counts := map[int]int{}
	rows, err := l.store.Reads().QueryContext(ctx, `SELECT item_index, COUNT(*) FROM codes WHERE order_id = $1 GROUP BY item_index`, orderID)
	if err != nil {
		return nil, fmt.Errorf("count codes of order %s: %w", orderID, err)
	}
	defer rows.Close()
	for rows.Next() {
		var itemIndex, count int
		if err := rows.Scan(&itemIndex, &count); err != nil {
			return nil, fmt.Errorf("count codes of order %s: %w", orderID, err)
		}
		counts[itemIndex] = count
	}
	return counts, rows.Err()
}
