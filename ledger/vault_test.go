package ledger

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foxflow/internal/budget"
	"foxflow/internal/ledgertest/twice"
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
	list, err := l.Vault.Codes(t.Context(), reference)
	require.NoError(t, err)
	texts := make([]string, len(list))
	for i, code := range list {
		texts[i] = fmt.Sprintf("%s/%d/%s", code.OrderID, code.ItemIndex, code.Raw)
	}
	return texts
}

func TestCodesAreStoredOnceHoweverOftenTheyAreSeen(t *testing.T) {
	t.Parallel()
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
		{"under another item it is the same code", []Code{{ItemIndex: 1, Raw: json.RawMessage(`"AAAA"`)}}, 6},
	} {
		require.NoError(t, l.Vault.Store(t.Context(), "shop-1", "ord-1", seen.list), seen.name)
		counts, err := l.Vault.Count(t.Context(), "ord-1")
		require.NoError(t, err)
		require.Equal(t, seen.want, counts[0], seen.name)
	}
	require.NoError(t, l.Vault.Store(t.Context(), "shop-1", "ord-2", codes("AAAA")))
	require.Equal(t, []string{`ord-1/0/"AAAA"`, `ord-1/0/"BBBB"`, `ord-1/0/"AAAA"`, `ord-1/0/"CCCC"`,
		`ord-1/0/{"pin":12345678901234567890,"code":"D"}`, `ord-1/0/{"pin":12345678901234567891,"code":"D"}`,
		`ord-2/0/"AAAA"`}, opened(t, l, "shop-1"))
}

func under(itemIndex int, codes []Code) []Code {
	for i := range codes {
		codes[i].ItemIndex = itemIndex
	}
	return codes
}

// The fault: an answer that listed the items otherwise moved no code and added them all.
func TestCodesStayUnderTheItemThatShowedThemFirst(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	for _, seen := range []struct {
		name  string
		items [2][]Code
		want  []string
	}{
		{"as asked", [2][]Code{codes("AAAA"), codes("BBBB")}, []string{`ord-1/0/"AAAA"`, `ord-1/1/"BBBB"`}},
		{"turned round", [2][]Code{codes("BBBB"), codes("AAAA")}, []string{`ord-1/0/"AAAA"`, `ord-1/1/"BBBB"`}},
		{"all under one", [2][]Code{nil, codes("BBBB", "AAAA")}, []string{`ord-1/0/"AAAA"`, `ord-1/1/"BBBB"`}},
		{"and another one, turned round", [2][]Code{codes("BBBB"), codes("AAAA", "CCCC")},
			[]string{`ord-1/0/"AAAA"`, `ord-1/1/"BBBB"`, `ord-1/1/"CCCC"`}},
		{"the same for both is two, each its own", [2][]Code{codes("BBBB"), codes("BBBB")},
			[]string{`ord-1/0/"AAAA"`, `ord-1/0/"BBBB"`, `ord-1/1/"BBBB"`, `ord-1/1/"CCCC"`}},
		{"nor is that a third", [2][]Code{nil, codes("BBBB", "BBBB")},
			[]string{`ord-1/0/"AAAA"`, `ord-1/0/"BBBB"`, `ord-1/1/"BBBB"`, `ord-1/1/"CCCC"`}},
	} {
		list := append(under(0, seen.items[0]), under(1, seen.items[1])...)
		require.NoError(t, l.Vault.Store(t.Context(), "shop-1", "ord-1", list), seen.name)
		require.Equal(t, seen.want, opened(t, l, "shop-1"), seen.name)
	}
}

// The vault of an earlier version knows its codes again: a digest is what it was.
func TestDigestsOfCodesAreThoseOfTheFirstVersion(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	require.NoError(t, l.Vault.Store(t.Context(), "shop-1", "ord-1", under(1, codes("AAAA"))))
	key, err := l.key()
	require.NoError(t, err)
	var digest string
	require.NoError(t, l.store.Reads().QueryRowContext(t.Context(), `SELECT digest FROM codes`).Scan(&digest))
	require.Equal(t, key.digest("foxflow code v1", "shop-1", "ord-1", "1", `"AAAA"`), digest)
}

// A code is the text that came: what a string looks like is nothing to the vault.
func TestStringsThatLookLikeJSONStayStrings(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	begin(t, l, "shop-1")
	texts := []string{`"[1234]"`, `"null"`, `"{}"`, `"[]"`, `"\"\""`, `"1234"`, `1234`, `"true"`}
	var list []Code
	var want []string
	for _, text := range texts {
		list = append(list, Code{Raw: json.RawMessage(text)})
		want = append(want, "ord-1/0/"+text)
	}
	for range 2 {
		require.NoError(t, l.Vault.Store(t.Context(), "shop-1", "ord-1", list))
	}
	require.Equal(t, want, opened(t, l, "shop-1"))
}

// Whatever a supplier's answers look like: items in any order from look to look, codes
// that come one by one, the same code on several items. In the end the vault holds every
// code as often as it was delivered, and none has moved.
func TestPropertyCodesOfAnOrder(t *testing.T) {
	t.Parallel()
	l, games := newLedger(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		games++
		reference := fmt.Sprintf("game-%d", games)
		begin(t, l, reference)
		delivery := rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom([]string{`"A"`, `"B"`, `"null"`, `"[1]"`, `{"pin":1}`, `"C"`}), 0, 4), 1, 4).Draw(rt, "delivery")
		shown := make([]int, len(delivery)) // of each item
		var before []Code
		look := func() {
			places := rapid.Permutation(indexes(len(delivery))).Draw(rt, "places")
			var list []Code
			for item, texts := range delivery {
				for _, text := range rapid.Permutation(texts[:shown[item]]).Draw(rt, "codes") {
					list = append(list, Code{ItemIndex: places[item], Raw: json.RawMessage(text)})
				}
			}
			require.NoError(rt, l.Vault.Store(t.Context(), reference, "ord-"+reference, list))
			after, err := l.Vault.Codes(t.Context(), reference)
			require.NoError(rt, err)
			require.Equal(rt, tally(list), tally(after), "each as often as delivered")
			added := minus(after, before)
			require.Len(rt, added, len(after)-len(before), "none moved, none gone")
			require.Empty(rt, minus(added, list), "under the item that showed it")
			before = after
		}
		for range rapid.IntRange(0, 5).Draw(rt, "looks") {
			for item := range shown {
				shown[item] = rapid.IntRange(shown[item], len(delivery[item])).Draw(rt, "shown")
			}
			look()
		}
		for item := range shown {
			shown[item] = len(delivery[item])
		}
		look()
	})
}

func indexes(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// tally is how often each code is in a list, whatever its item.
func tally(list []Code) map[string]int {
	n := map[string]int{}
	for _, code := range list {
		n[string(code.Raw)]++
	}
	return n
}

// minus is what of a list is not in another: the same code under the same item.
func minus(list, other []Code) (rest []Code) {
	left := map[string]int{}
	for _, code := range other {
		left[fmt.Sprint(code.ItemIndex, string(code.Raw))]++
	}
	for _, code := range list {
		if id := fmt.Sprint(code.ItemIndex, string(code.Raw)); left[id] > 0 {
			left[id]--
		} else {
			rest = append(rest, code)
		}
	}
	return rest
}

func TestCodesSeenByManyAtOnceAreStoredOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ledgers := []*Ledger{s.open(t), s.open(t)}
	begin(t, ledgers[0], "shop-1")
	noErrors(t, atOnce(20, func(i int) error {
		return ledgers[i%2].Vault.Store(t.Context(), "shop-1", "ord-1", codes("AAAA", "BBBB", "AAAA"))
	}))
	require.Len(t, opened(t, ledgers[0], "shop-1"), 3)
}

func TestCodesNeedTheirReference(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	require.ErrorIs(t, l.Vault.Store(t.Context(), "shop-1", "ord-1", codes("AAAA")), ErrNotFound)
	_, err := l.Vault.Codes(t.Context(), "shop-1")
	require.ErrorIs(t, err, ErrNotFound)
	begin(t, l, "shop-1")
	begin(t, l, "shop-2")
	require.Empty(t, opened(t, l, "shop-1"))
	require.NoError(t, l.Vault.Store(t.Context(), "shop-1", "ord-1", codes("AAAA")))
	require.ErrorContains(t, l.Vault.Store(t.Context(), "shop-2", "ord-1", codes("AAAA")), "belong to shop-1")
}

func TestMovedOrChangedCodesDoNotOpen(t *testing.T) {
	t.Parallel()
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
			require.NoError(t, l.Vault.Store(t.Context(), "shop-1", "ord-1", codes("AAAA", "BBBB")))
			s.raw(t, tamper)
			_, first := l.Vault.Codes(t.Context(), "shop-1")
			_, second := l.Vault.Codes(t.Context(), "shop-2")
			require.True(t, first != nil || second != nil, "it opened")
		})
	}
}

// Promise 5: codes, keys and player data are secrets.
func TestSecretsAreNotInTheFile(t *testing.T) {
	t.Parallel()
	twice.AboutSQLite(t)
	s := newShop(t)
	l := s.open(t)
	r := request("shop-1")
	r.Items[0].Note["player_id"] = "marker-player"
	_, _, err := l.Orders.Begin(t.Context(), r, noon)
	require.NoError(t, err)
	require.NoError(t, l.Vault.Store(t.Context(), "shop-1", "ord-1", codes("marker-code")))
	require.NoError(t, budget.New(l.store, l.KeyID("marker-api-key"), 100).Throttle(t.Context(), 1))

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

// Promise 5: codes, keys and player data are secrets.
func TestCodeIsNeverSeen(t *testing.T) {
	t.Parallel()
	code := codes("marker")[0]
	held := struct{ Codes []Code }{[]Code{code}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		require.NotContains(t, fmt.Sprintf(verb, held), "marker", verb)
		require.Equal(t, "[code]", fmt.Sprintf(verb, &code), verb)
	}
	require.Equal(t, `{"Codes":["[code]"]}`, asJSON(t, held))

	l := newLedger(t)
	begin(t, l, "shop-1")
	err := l.Vault.Store(t.Context(), "shop-1", "ord-1", []Code{{Raw: json.RawMessage(`marker`)}})
	require.ErrorContains(t, err, "not JSON")
	require.NotContains(t, err.Error(), "marker")
	require.Error(t, l.Vault.Store(t.Context(), "shop-1", "ord-1", []Code{{Raw: json.RawMessage(`"a" "b"`)}}))
}
