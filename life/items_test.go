package life

import (
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foxflow/foxreload"
	"foxflow/order"
)

func init() {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
}

const steam, amazon, uc = "product_steam10", "product_amazon25", "product_uc60"

func askedFor(itemID string, quantity int64, player ...string) order.Item {
	item := order.Item{ItemID: itemID, Quantity: quantity}
	for _, id := range player {
		item.Note = order.Note{"player_id": id, "server": "eu"}
	}
	return item
}

// echo is an item of an answer that shows all of what was asked for.
func echo(item order.Item) foxreload.Item {
	return foxreload.Item{ItemID: item.ItemID, Quantity: item.Quantity, Note: item.Note}
}

func echoes(items ...order.Item) (all []foxreload.Item) {
	for _, item := range items {
		all = append(all, echo(item))
	}
	return all
}

func hide(items []foxreload.Item, fields ...string) []foxreload.Item {
	items = slices.Clone(items)
	for i := range items {
		for _, field := range fields {
			switch field {
			case "itemId":
				items[i].ItemID = ""
			case "quantity":
				items[i].Quantity = 0
			case "note":
				items[i].Note = nil
			}
		}
	}
	return items
}

func TestWhichItemAnAnswerShows(t *testing.T) {
	a, b := askedFor(steam, 1), askedFor(amazon, 2)
	one, two := askedFor(uc, 1, "11"), askedFor(uc, 1, "22")
	few, many := askedFor(steam, 1), askedFor(steam, 5)
	wrong := func(item order.Item) foxreload.Item {
		theirs := echo(item)
		theirs.Note = map[string]string{"player_id": "another"}
		return theirs
	}
	player := func(id string, quantity int64) foxreload.Item {
		return foxreload.Item{ItemID: uc, Quantity: quantity, Note: map[string]string{"player_id": id}}
	}
	for name, c := range map[string]struct {
		asked    []order.Item
		answered []foxreload.Item
		want     []int
	}{
		"as asked":                        {[]order.Item{a, b}, echoes(a, b), []int{0, 1}},
		"turned round":                    {[]order.Item{a, b}, echoes(b, a), []int{1, 0}},
		"turned round, itemIds alone":     {[]order.Item{a, b}, hide(echoes(b, a), "quantity", "note"), []int{1, 0}},
		"one is missing":                  {[]order.Item{a, b}, echoes(b), []int{1}},
		"nothing is shown":                {[]order.Item{a, b}, make([]foxreload.Item, 2), []int{0, 1}},
		"no items":                        {[]order.Item{a, b}, nil, []int{}},
		"another product beside":          {[]order.Item{a, b}, echoes(one, b, a), []int{2, 1, 0}},
		"others, in whatever order":       {[]order.Item{a}, echoes(two, many, one, a), []int{3, 1, 2, 0}},
		"one product twice, by quantity":  {[]order.Item{few, many}, echoes(many, few), []int{1, 0}},
		"one product twice, by note":      {[]order.Item{one, two}, echoes(two, one), []int{1, 0}},
		"by position, if nothing else":    {[]order.Item{one, two}, hide(echoes(two, one), "note"), []int{0, 1}},
		"one note shown of two":           {[]order.Item{one, two}, []foxreload.Item{hide(echoes(two), "note")[0], echo(one)}, []int{1, 0}},
		"a part of one note is shown":     {[]order.Item{one, two}, []foxreload.Item{{ItemID: uc, Note: map[string]string{"server": "eu"}}, echo(one)}, []int{1, 0}},
		"whole notes first":               {[]order.Item{one, two}, []foxreload.Item{{ItemID: uc, Note: map[string]string{"server": "eu"}}, hide(echoes(one), "quantity")[0]}, []int{1, 0}},
		"parts of both notes":             {[]order.Item{one, two}, []foxreload.Item{player("22", 0), player("11", 0)}, []int{1, 0}},
		"parts of notes, by quantity":     {[]order.Item{askedFor(uc, 1, "11"), askedFor(uc, 5, "11")}, []foxreload.Item{player("11", 5), player("11", 1)}, []int{1, 0}},
		"the note goes before quantity":   {[]order.Item{askedFor(uc, 1, "11"), askedFor(uc, 5, "22")}, echoes(askedFor(uc, 5, "11"), askedFor(uc, 1, "22")), []int{0, 1}},
		"a note that nobody asked for":    {[]order.Item{askedFor(uc, 1, "11"), askedFor(uc, 5, "22")}, []foxreload.Item{wrong(askedFor(uc, 5)), wrong(askedFor(uc, 1))}, []int{1, 0}},
		"more of a product than asked":    {[]order.Item{a, b}, echoes(a, a, b), []int{0, 2, 1}},
		"one without a name":              {[]order.Item{a, b}, []foxreload.Item{echo(a), {}}, []int{0, 1}},
		"one without a name, place taken": {[]order.Item{a, b}, []foxreload.Item{echo(b), {}}, []int{1, 0}},
		"each its own place first":        {[]order.Item{a, b, one}, []foxreload.Item{{}, {}, echo(a)}, []int{2, 1, 0}},
		"too many without a name":         {[]order.Item{a}, make([]foxreload.Item, 3), []int{0, 1, 2}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, Assign(c.asked, c.answered)) })
	}
}

var someItems = rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) order.Item {
	var player []string
	if rapid.Bool().Draw(t, "with note") {
		player = []string{rapid.SampledFrom([]string{"11", "22", "0011"}).Draw(t, "player")}
	}
	return askedFor(rapid.SampledFrom([]string{steam, amazon, uc}).Draw(t, "product"), rapid.Int64Range(1, 3).Draw(t, "quantity"), player...)
}), 1, order.MaxItems, func(item order.Item) string { return fmt.Sprint(item, map[string]string(item.Note)) })

// However an answer turns the items round and whatever it hides of them: each is one of
// its own product, and none is there twice. Where it hides the same of all, an item that
// is told apart from all others is the one that was asked for.
func TestPropertyItemsOfAnAnswer(t *testing.T) {
	hidden := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"quantity", "note"}), rapid.ID[string])
	rapid.Check(t, func(rt *rapid.T) {
		asked := someItems.Draw(rt, "asked")
		places := make([]int, len(asked))
		for i := range places {
			places[i] = i
		}
		places = rapid.Permutation(places).Draw(rt, "places")
		even, fields := rapid.Bool().Draw(rt, "even"), hidden.Draw(rt, "hidden")
		var answered []foxreload.Item
		alike := map[string]int{}
		line := func(item foxreload.Item) string { return fmt.Sprint(item.ItemID, item.Quantity, item.Note) }
		for _, i := range places {
			if !even {
				fields = hidden.Draw(rt, "hidden")
			}
			item := hide(echoes(asked[i]), fields...)[0]
			alike[line(item)]++
			answered = append(answered, item)
		}
		got := Assign(asked, answered)
		sorted := slices.Sorted(slices.Values(got))
		for n, i := range got {
			require.Equal(rt, n, sorted[n], "each once: %v", got)
			require.Equal(rt, answered[n].ItemID, asked[i].ItemID)
			if even && alike[line(answered[n])] == 1 {
				require.Equal(rt, places[n], i)
			}
		}
		require.Empty(rt, SameAsAsked(order.Request{Items: asked}, foxreload.Order{Items: answered}))
	})
}

func TestHowAnOrderDiffersFromWhatWasAsked(t *testing.T) {
	yes, no := true, false
	a, b := askedFor(steam, 1), askedFor(amazon, 2)
	one, two := askedFor(uc, 60, "0011223344"), askedFor(uc, 60, "5566778899")
	const note = "is for another player or account: its note is not the one that this reference asks for"
	part := func(fields map[string]string) []foxreload.Item {
		return []foxreload.Item{{ItemID: uc, Note: fields}}
	}
	for name, c := range map[string]struct {
		asked    []order.Item
		answered []foxreload.Item
		mock     *bool
		want     string
	}{
		"the same":                        {[]order.Item{a, b}, echoes(a, b), nil, ""},
		"in another order":                {[]order.Item{a, b}, echoes(b, a), nil, ""},
		"nothing is shown":                {[]order.Item{a, b}, make([]foxreload.Item, 2), nil, ""},
		"no item is shown":                {[]order.Item{a, b}, nil, nil, ""},
		"mock as asked":                   {[]order.Item{a}, echoes(a), &no, ""},
		"mock":                            {[]order.Item{a}, nil, &yes, "has isMock=true, this reference asks for false"},
		"another quantity":                {[]order.Item{a}, echoes(askedFor(steam, 2)), nil, "is for 2 × " + steam + ", this reference asks for 1 × " + steam},
		"another product":                 {[]order.Item{a, b}, echoes(a, one), nil, "is for 1 × " + steam + ", 60 × " + uc + ", this reference asks for 1 × " + steam + ", 2 × " + amazon},
		"another product, no quantity":    {[]order.Item{a}, hide(echoes(b), "quantity"), nil, "is for " + amazon + ", this reference asks for 1 × " + steam},
		"the same product, no quantity":   {[]order.Item{a, b}, hide(echoes(b, a), "quantity"), nil, ""},
		"another quantity, no product":    {[]order.Item{a}, hide(echoes(b), "itemId"), nil, "is for 2 × a product that it does not name, this reference asks for 1 × " + steam},
		"one shows itemId, one quantity":  {[]order.Item{a, b}, []foxreload.Item{{Quantity: 2}, {ItemID: steam}}, nil, ""},
		"the quantity of the other":       {[]order.Item{a, b}, []foxreload.Item{{ItemID: amazon, Quantity: 1}, {ItemID: steam, Quantity: 2}}, nil, "is for 1 × " + amazon + ", 2 × " + steam + ", this reference asks for 1 × " + steam + ", 2 × " + amazon},
		"one item more":                   {[]order.Item{a}, echoes(a, b), nil, "is for 1 × " + steam + ", 2 × " + amazon + ", this reference asks for 1 × " + steam},
		"one item less":                   {[]order.Item{a, b}, echoes(a), nil, "is for 1 × " + steam + ", this reference asks for 1 × " + steam + ", 2 × " + amazon},
		"the same notes, in other order":  {[]order.Item{one, two}, echoes(two, one), nil, ""},
		"no note is shown":                {[]order.Item{one}, hide(echoes(one), "note"), nil, ""},
		"another player":                  {[]order.Item{one}, echoes(two), nil, note},
		"a leading zero less":             {[]order.Item{one}, echoes(askedFor(uc, 60, "11223344")), nil, note},
		"another player, the other right": {[]order.Item{one, two}, echoes(one, one), nil, note},
		"another player, no quantity":     {[]order.Item{one}, part(map[string]string{"player_id": "5566778899"}), nil, note},
		"a part of the note":              {[]order.Item{one}, part(map[string]string{"server": "eu"}), nil, ""},
		"a part of the note, another":     {[]order.Item{one}, part(map[string]string{"server": "us"}), nil, note},
		"a field that was not asked for":  {[]order.Item{a}, []foxreload.Item{{ItemID: steam, Note: map[string]string{"login": "somebody"}}}, nil, note},
		"one note shown, the other right": {[]order.Item{one, two}, []foxreload.Item{{ItemID: uc}, echo(one)}, nil, ""},
		"one hides which it is":           {[]order.Item{one, two}, []foxreload.Item{{ItemID: uc, Note: map[string]string{"server": "eu"}}, echo(one)}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := SameAsAsked(order.Request{Items: c.asked}, foxreload.Order{Items: c.answered, IsMock: c.mock})
			assert.Equal(t, c.want, got)
			for _, secret := range []string{"0011223344", "5566778899", "eu", "somebody"} {
				assert.NotContains(t, got, secret, "notes are personal data")
			}
		})
	}
}
