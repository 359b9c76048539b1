package desk

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"foxflow/internal/balance"
	"foxflow/internal/keyset"
	"foxflow/internal/ledgertest"
	"foxflow/ledger"
)

// Two desks share a PostgreSQL, whose clock is right, and are on clocks an hour apart: one
// looks for both, as often as one alone would, and what it saw counts for the other.
func TestDesksWhereClocksDiffer(t *testing.T) {
	for name, wrong := range map[string]time.Duration{"an hour ahead": time.Hour, "an hour behind": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			text, err := keyset.New()
			require.NoError(t, err)
			keys, err := keyset.Parse(text)
			require.NoError(t, err)
			s.now = time.Now()
			s.book, err = ledger.Open(t.Context(), ledgertest.Address(t), keys)
			require.NoError(t, err)
			t.Cleanup(func() { _ = s.book.Close() })
			for i, desk := range s.desks {
				desk.Store, desk.Now = s.book.Store, func() time.Time { return time.Now().Add(time.Duration(i) * wrong) }
			}
			s.money["usd"] = "10"
			s.waits("first", "10 usd", 0)
			s.waits("second", "10 usd", 0)
			for range 3 {
				for _, desk := range s.desks {
					require.NoError(t, desk.Tend(t.Context()))
				}
			}
			require.Equal(t, 1, s.reads)
			require.Equal(t, []string{"first"}, s.woken)
			price := decimal.NewFromInt(10)
			for i, desk := range s.desks {
				for reference, may := range map[string]bool{"first": true, "second": false} {
					ok, err := balance.New(s.book.Store).Admit(t.Context(), balance.Claim{Reference: reference, Currency: "usd", Amount: &price, At: desk.Now(), Waits: true})
					require.NoError(t, err)
					require.Equal(t, may, ok, "%s, asked by desk %d", reference, i)
				}
			}
		})
	}
}
