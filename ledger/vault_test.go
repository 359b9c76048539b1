package ledger

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// codes are those of an order's first item, as strings.
func codes(texts ...string) []Code {
	list := make([]Code, len(texts))
	for i, text := range texts {
		list[i] = Code{ItemID: "product_steam10", Raw: json.RawMessage(fmt.Sprintf("%q", text))}
	}
	return list
}

func opened(t *testing.T, l *Ledger, reference string) []string {
	t.Helper()
	list, err := l.Codes(t.Context(), reference)
	require.NoError(t, err)
	texts := make([]string, len(list))
	for i, code := range list {
		texts[i] = fmt.Sprintf("%s/%d/%s", code.OrderID, code.ItemIndex, code.Raw)
	}
	return texts
}

func TestCodesAreStoredOnceHoweverOftenTheyAreSeen(t *testing.T) {
	l := newLedger(t)
	begin(t, l, "shop-1")
	for _, seen := range []struct {
		name string
		list []Code
		want int
	}{
		{"nothing yet", nil, 0},
		{"the first half", codes("AAAA"), 1},
		{"the whole", codes("AAAA", "BBBB"), 2},
		{"seen again", codes("AAAA", "BBBB"), 2},
		{"in another order", codes("BBBB", "AAAA"), 2},
		{"only a part", codes("BBBB"), 2},
		{"the same code twice is two codes", codes("AAAA", "BBBB", "AAAA"), 3},
		{"and both are there when seen again", codes("AAAA", "AAAA", "BBBB"), 3},
		{"a new one in front", codes("CCCC", "AAAA"), 4},
		{"spelt otherwise", []Code{{Raw: json.RawMessage(` "\u0041AAA" `)}}, 4},
		{"empty ones are none", []Code{{Raw: json.RawMessage(`null`)}, {Raw: json.RawMessage(`""`)}, {}}, 4},
		{"an object", []Code{{Raw: json.RawMessage(`{"pin":12345678901234567890,"code":"D"}`)}}, 5},
		{"the object, fields turned round", []Code{{Raw: json.RawMessage(`{"code":"D", "pin":12345678901234567890}`)}}, 5},
		{"an object that differs in the last digit", []Code{{Raw: json.RawMessage(`{"pin":12345678901234567891,"code":"D"}`)}}, 6},
		{"the same code for the second item is another", []Code{{ItemIndex: 1, Raw: json.RawMessage(`"AAAA"`)}}, 6},
	} {
		require.NoError(t, l.StoreCodes(t.Context(), "shop-1", "ord-1", seen.list), seen.name)
		counts, err := l.CountCodes(t.Context(), "ord-1")
		require.NoError(t, err)
		require.Equal(t, seen.want, counts[0], seen.name)
	}
	require.NoError(t, l.StoreCodes(t.Context(), "shop-1", "ord-2", codes("AAAA")))
	require.Equal(t, []string{`ord-1/0/"AAAA"`, `ord-1/0/"BBBB"`, `ord-1/0/"AAAA"`, `ord-1/0/"CCCC"`,
		`ord-1/0/{"pin":12345678901234567890,"code":"D"}`, `ord-1/0/{"pin":12345678901234567891,"code":"D"}`,
		`ord-1/1/"AAAA"`, `ord-2/0/"AAAA"`}, opened(t, l, "shop-1"))
}

func TestCodesSeenByManyAtOnceAreStoredOnce(t *testing.T) {
	s := newShop(t)
	ledgers := []*Ledger{s.open(t), s.open(t)}
	begin(t, ledgers[0], "shop-1")
	noErrors(t, atOnce(20, func(i int) error {
		return ledgers[i%2].StoreCodes(t.Context(), "shop-1", "ord-1", codes("AAAA", "BBBB", "AAAA"))
	}))
	require.Len(t, opened(t, ledgers[0], "shop-1"), 3)
}

func TestCodesNeedTheirReference(t *testing.T) {
	l := newLedger(t)
	require.ErrorIs(t, l.StoreCodes(t.Context(), "shop-1", "ord-1", codes("AAAA")), ErrNotFound)
	_, err := l.Codes(t.Context(), "shop-1")
	require.ErrorIs(t, err, ErrNotFound)
	begin(t, l, "shop-1")
	begin(t, l, "shop-2")
	require.Empty(t, opened(t, l, "shop-1"))
	require.NoError(t, l.StoreCodes(t.Context(), "shop-1", "ord-1", codes("AAAA")))
	require.ErrorContains(t, l.StoreCodes(t.Context(), "shop-2", "ord-1", codes("AAAA")), "belong to shop-1")
}

func TestMovedOrChangedCodesDoNotOpen(t *testing.T) {
	for name, tamper := range map[string]string{
		"moved to another reference": `UPDATE codes SET reference = 'shop-2' WHERE position = 0`,
		"moved to another order":     `UPDATE codes SET order_id = 'ord-9' WHERE position = 0`,
		"moved to another item":      `UPDATE codes SET item_index = 7 WHERE position = 0`,
		"moved to another place":     `UPDATE codes SET position = 7 WHERE position = 0`,
		"put in another's place":     `UPDATE codes SET sealed = (SELECT sealed FROM codes WHERE position = 1)`,
		"cut short":                  `UPDATE codes SET sealed = substr(sealed, 1, 40)`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			l := s.open(t)
			begin(t, l, "shop-1")
			begin(t, l, "shop-2")
			require.NoError(t, l.StoreCodes(t.Context(), "shop-1", "ord-1", codes("AAAA", "BBBB")))
			s.raw(t, tamper)
			_, first := l.Codes(t.Context(), "shop-1")
			_, second := l.Codes(t.Context(), "shop-2")
			require.True(t, first != nil || second != nil, "it opened")
		})
	}
}

func TestSecretsAreNotInTheFile(t *testing.T) {
	aboutSQLite(t)
	s := newShop(t)
	l := s.open(t)
	r := request("shop-1")
	r.Items[0].Note["player_id"] = "marker-player"
	_, _, err := l.Begin(t.Context(), r, noon)
	require.NoError(t, err)
	require.NoError(t, l.StoreCodes(t.Context(), "shop-1", "ord-1", codes("marker-code")))
	require.NoError(t, l.Budget("marker-api-key", 100).Hold(t.Context(), 1))

	files, err := filepath.Glob(s.path + "*")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 2, "the file and its WAL")
	found := false
	for _, file := range files {
		bytes, err := os.ReadFile(file)
		require.NoError(t, err)
		found = found || strings.Contains(string(bytes), "product_steam10")
		require.NotContains(t, string(bytes), "marker", file)
	}
	require.True(t, found, "the hunt finds what is in clear")
}

func TestCodeIsNeverSeen(t *testing.T) {
	code := codes("marker")[0]
	held := struct{ Codes []Code }{[]Code{code}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		require.NotContains(t, fmt.Sprintf(verb, held), "marker", verb)
		require.Equal(t, "[code]", fmt.Sprintf(verb, &code), verb)
	}
	require.Equal(t, `{"Codes":["[code]"]}`, asJSON(t, held))

	l := newLedger(t)
	begin(t, l, "shop-1")
	err := l.StoreCodes(t.Context(), "shop-1", "ord-1", []Code{{Raw: json.RawMessage(`marker`)}})
	require.ErrorContains(t, err, "not JSON")
	require.NotContains(t, err.Error(), "marker")
	require.Error(t, l.StoreCodes(t.Context(), "shop-1", "ord-1", []Code{{Raw: json.RawMessage(`"a" "b"`)}}))
}
