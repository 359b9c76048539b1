package order

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAReferenceIsAnyVisibleText(t *testing.T) {
	for _, reference := range []string{"shop-1001", "a", "#1001", "заказ 7", "ऑर्डर-१२", "طلب ١٢", "注文 7", "a/b", "100%", "it's", "=1+1", "🦊 7", "-1",
		strings.Repeat("x", 64), strings.Repeat("ж", 64)} {
		assert.Nil(t, CheckReference(reference), reference)
	}
	for reference, says := range map[string]string{
		"":                        "is missing",
		strings.Repeat("x", 65):   "has 65 characters",
		strings.Repeat("ж", 65):   "has 65 characters",
		"shop\u200b-1":            "invisible character at position 5 (U+200B)",
		"shop\u202a-1":            "invisible character at position 5 (U+202A)",
		"заказ\u00a07":            "invisible character at position 6 (U+00A0)",
		"shop\u3000-1":            "(U+3000)",
		"a\u200db":                "(U+200D)",
		"a\u00adb":                "(U+00AD)",
		"\ufeffa":                 "position 1 (U+FEFF)",
		"a\ufe0f":                 "(U+FE0F)",
		"a\u3164":                 "(U+3164)",
		"a\u2800b":                "(U+2800)",
		"a\u2028b":                "(U+2028)",
		"a\U000e0041b":            "(U+E0041)",
		"a\ue000b":                "(U+E000)",
		"a\tb":                    "(U+0009)",
		"a\nb":                    "(U+000A)",
		"a\x1bb":                  "(U+001B)",
		"a\x7fb":                  "(U+007F)",
		" a":                      "begins with a blank (position 1, U+0020)",
		"заказ ":                  "ends with a blank (position 6, U+0020)",
		" ":                       "begins with a blank",
		"a\xffb":                  "not UTF-8 text at position 2 (byte 0xFF)",
		"a\ufffdb":                "lost character at position 2",
		"Cafe\u0301 7":            "not in Unicode's composed form",
		strings.Repeat("\x1b", 9): "position 1 (U+001B)",
	} {
		wrong := CheckReference(reference)
		if assert.NotNil(t, wrong, "%q", reference) {
			assert.Equal(t, "reference", wrong.Field)
			assert.Contains(t, wrong.Problem, says)
			assert.NotEmpty(t, wrong.Fix)
		}
	}
}

func TestReferencesThatLookTheSameAreTheSame(t *testing.T) {
	composed, apart := "Café 7", "Cafe\u0301 7"
	assert.Equal(t, composed, NormalReference(apart))
	assert.Equal(t, composed, NormalReference(composed))
	assert.Nil(t, CheckReference(NormalReference(apart)))
}

func TestAWorkflowIDHoldsNothingButPlainCharacters(t *testing.T) {
	for reference, id := range map[string]string{
		"shop-1001": "order/shop-1001",
		"A_b.9-":    "order/A_b.9-",
		"#1001":     "order/%231001",
		"a/b":       "order/a%2Fb",
		"a%2Fb":     "order/a%252Fb",
		"~a+b":      "order/%7Ea%2Bb",
		"заказ 7":   "order/%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7%207",
	} {
		assert.Equal(t, id, WorkflowID(reference))
	}
}

func TestWhatNobodySeesIsNoNote(t *testing.T) {
	request := func(value string) Request {
		return Request{Reference: "shop-1", Items: []Item{{ItemID: "product_a", Quantity: 1, Note: Note{"player_id": value}}}}
	}
	for _, value := range []string{"0012", "Анна Б.", "a b", "player ١٢", "ü"} {
		assert.Empty(t, request(value).Validate(), value)
	}
	for value, says := range map[string]string{
		"12\u200b34": "player_id has an invisible character at position 3 (U+200B)",
		"12\u202a34": "player_id has an invisible character at position 3 (U+202A)",
		"12\u00a034": "player_id has an invisible character at position 3 (U+00A0)",
		"12\n34":     "player_id has an invisible character at position 3 (U+000A)",
		" 1234":      "player_id begins with a blank (position 1, U+0020)",
		"1234 ":      "player_id ends with a blank (position 5, U+0020)",
	} {
		wrong := request(value).Validate()
		require.Len(t, wrong, 1, "%q", value)
		assert.Equal(t, "note", wrong[0].Field)
		assert.Equal(t, says, wrong[0].Problem, "the value itself is the player's")
	}
	hidden := Request{Reference: "shop-1", Items: []Item{{ItemID: "product_a", Quantity: 1}}, Provider: "pally", ReturnURL: "https://shop.example/\u202egpj"}
	require.Len(t, hidden.Validate(), 1)
}

func FuzzReference(f *testing.F) {
	for _, seed := range []string{"shop-1", "заказ 7", "a\u200bb", "Cafe\u0301", "\xff", "a/b%2F"} {
		f.Add(seed, "shop-1")
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		one, other = NormalReference(one), NormalReference(other)
		if CheckReference(one) != nil || CheckReference(other) != nil {
			return
		}
		if (WorkflowID(one) == WorkflowID(other)) != (one == other) {
			t.Errorf("%q and %q share a workflow", one, other)
		}
	})
}
