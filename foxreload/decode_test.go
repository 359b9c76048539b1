package foxreload

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMoneyIsReadFromStringsAndNumbersToTheLastPlace(t *testing.T) {
	for text, want := range map[string]string{
		`"0.9549"`: "0.9549", `0.9549`: "0.9549", `"12.50"`: "12.5", `12.50`: "12.5", `7`: "7", `" 7 "`: "7", `0`: "0",
		`-1.5`: "-1.5", `1e2`: "100", `0.1234567890123456789`: "0.1234567890123456789",
	} {
		got, ok := readMoney(json.RawMessage(text))
		require.True(t, ok, text)
		assert.Equal(t, want, got.String(), text)
	}
	for _, text := range []string{``, `null`, `""`, `"free"`, `"12,50"`, `true`, `{}`, `[]`, `"1e999999999"`, `1e-999999999`, `1e16`, `1e-31`,
		`"NaN"`, `"Infinity"`, `"0x10"`, `"123456789012345678901234567890123456789012345678901"`} {
		_, ok := readMoney(json.RawMessage(text))
		assert.False(t, ok, text)
	}
}

func TestMoneyIsWrittenWithThePlacesItCameWith(t *testing.T) {
	for _, text := range []string{"12.50", "0", "0.9549", "100", "-3.00"} {
		assert.Equal(t, text, moneyText(money(t, text)))
	}
}

func TestIntegersAreReadWholeOrNotAtAll(t *testing.T) {
	for text, want := range map[string]int64{`3`: 3, `"3"`: 3, `3.0`: 3, `"3.00"`: 3, `1e2`: 100, `-1`: -1, `9223372036854775807`: 9223372036854775807} {
		got, ok := readInteger(json.RawMessage(text))
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{`3.5`, `"three"`, `9223372036854775808`, `null`, `""`, `true`} {
		_, ok := readInteger(json.RawMessage(text))
		assert.False(t, ok, text)
	}
}

func TestTimesAreReadInOddFormatsAsUTC(t *testing.T) {
	want := time.Date(2026, 11, 24, 10, 15, 0, 0, time.UTC)
	for _, text := range []string{
		`"2026-11-24T10:15:00Z"`, `"2026-11-24T10:15:00.000Z"`, `"2026-11-24T12:15:00+02:00"`, `"2026-11-24T12:15:00+0200"`,
		`"2026-11-24T10:15:00"`, `"2026-11-24T10:15:00.000000"`, `"2026-11-24 10:15:00"`, `"2026-11-24 12:15:00+02:00"`,
		`"2026-11-24 10:15:00 UTC"`, `"2026-11-24T10:15Z"`, `" 2026-11-24T10:15:00Z "`,
		`1795515300`, `"1795515300"`, `1795515300.0`, `1795515300000`,
	} {
		got, ok := readTime(json.RawMessage(text))
		require.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{``, `null`, `""`, `"tomorrow"`, `0`, `-5`, `"0001-01-01T00:00:00Z"`, `"9999-12-31T23:59:59Z"`,
		`1e14`, `1e15`, `{}`, `true`, `"24.11.2026"`} {
		_, ok := readTime(json.RawMessage(text))
		assert.False(t, ok, text)
	}
}

func TestTruthIsReadFromItsUsualForms(t *testing.T) {
	for text, want := range map[string]bool{`true`: true, `"true"`: true, `1`: true, `false`: false, `"False"`: false, `0`: false} {
		got, ok := readTruth(json.RawMessage(text))
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{`null`, `""`, `"yes"`, `2`, `{}`} {
		_, ok := readTruth(json.RawMessage(text))
		assert.False(t, ok, text)
	}
}

func TestNotesKeepEveryValueAsItsText(t *testing.T) {
	for _, row := range []struct {
		note string
		want map[string]string
	}{
		{`null`, nil},
		{`{}`, nil},
		{`"hello"`, nil},
		{`[1]`, nil},
		{`{"player_id":"00123"}`, map[string]string{"player_id": "00123"}},
		{`{"player_id":12345678901234567890,"zone":4.0}`, map[string]string{"player_id": "12345678901234567890", "zone": "4.0"}},
		{`{"vip":true,"gone":null,"name":" a "}`, map[string]string{"vip": "true", "name": " a "}},
		{`{"deep":{"a": [1, 2]}}`, map[string]string{"deep": `{"a":[1,2]}`}},
		{`"{\"player_id\":\"00123\"}"`, map[string]string{"player_id": "00123"}},
	} {
		o, ok := readObject(json.RawMessage(`{"note":` + row.note + `}`))
		require.True(t, ok, row.note)
		assert.Equal(t, row.want, o.note("note"), row.note)
	}
}

func TestNamesMatchInAnySpellingAndNullsGiveWay(t *testing.T) {
	o, ok := readObject(json.RawMessage(`{"payment_expires_at":"a","Currency":"USD","createdAt":null,"created_at":"b","price":{}, "total":"5"}`))
	require.True(t, ok)
	assert.Equal(t, "a", o.text("paymentExpiresAt"))
	assert.Equal(t, "USD", o.text("currency"))
	assert.Equal(t, "b", o.text("createdAt"))
	assert.Equal(t, "5", o.money("price", "total").String(), "what makes no sense gives way to the next name")
	assert.Nil(t, o.money("absent"))
	for _, text := range []string{``, `null`, `[]`, `"x"`, `1`, `{`, `{} {}`} {
		_, ok := readObject(json.RawMessage(text))
		assert.False(t, ok, text)
	}
}
