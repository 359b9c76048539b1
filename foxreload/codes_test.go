package foxreload

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCodesAreFoundInEveryShapeOfExternalData(t *testing.T) {
	for _, row := range []struct {
		name, data string
		want       []string
	}{
		{"absent", ``, nil},
		{"null", `null`, nil},
		{"empty array", `[]`, nil},
		{"empty string", `""`, nil},
		{"blank string", `"  "`, nil},
		{"empty object", `{}`, nil},
		{"array of strings", `["AAAA-1","BBBB-2"]`, []string{`"AAAA-1"`, `"BBBB-2"`}},
		{"array with gaps", `["A",null,"",{},[],"B"]`, []string{`"A"`, `"B"`}},
		{"the same code twice", `["A","A"]`, []string{`"A"`, `"A"`}},
		{"array of objects", `[{"pin":"1","code":"A"}, {"code":"B"}]`, []string{`{"code":"A","pin":"1"}`, `{"code":"B"}`}},
		{"object still without a value", `[{"code":null,"pin":""}]`, nil},
		{"bare string", `"AAAA-1"`, []string{`"AAAA-1"`}},
		{"bare object", `{"code":"A"}`, []string{`{"code":"A"}`}},
		{"numbers by their digits", `[0, 12345678901234567890, 1.50]`, []string{`"0"`, `"12345678901234567890"`, `"1.50"`}},
		{"number in an object", `[{"pin":12345678901234567890}]`, []string{`{"pin":12345678901234567890}`}},
		{"truth", `[true]`, []string{`"true"`}},
		{"nested arrays", `[["A"],["B",["C"]]]`, []string{`"A"`, `"B"`, `"C"`}},
		{"encoded array", `"[\"A\",\"B\"]"`, []string{`"A"`, `"B"`}},
		{"encoded object", `"{\"code\":\"A\"}"`, []string{`{"code":"A"}`}},
		{"encoded array of objects", `"[{\"code\":\"A\"}]"`, []string{`{"code":"A"}`}},
		{"encoded array in an array", `"[[\"A\"],[]]"`, []string{`"A"`}},
		{"encoded array of codes, one a number", `"[\"A\",1234]"`, []string{`"A"`, `"1234"`}},
		{"encoded array of nothing", `"[]"`, nil},
		{"encoded object of nothing", `"{}"`, nil},
		{"encoded elements stay", `"[\"[1]\",\"null\",\"{}\"]"`, []string{`"[1]"`, `"null"`, `"{}"`}},
		{"null as a string", `"null"`, []string{`"null"`}},
		{"nulls as strings", `["null"," null"]`, []string{`"null"`, `" null"`}},
		{"digits in brackets", `"[1234]"`, []string{`"[1234]"`}},
		{"digits in brackets, more", `"[12, 34]"`, []string{`"[12, 34]"`}},
		{"null in brackets", `"[null]"`, []string{`"[null]"`}},
		{"truth in brackets", `"[true]"`, []string{`"[true]"`}},
		{"brackets in an array", `["[1234]","[]","[\"A\"]"]`, []string{`"[1234]"`, `"[]"`, `"[\"A\"]"`}},
		{"digits as a string", `"1234"`, []string{`"1234"`}},
		{"bare number", `1234`, []string{`"1234"`}},
		{"encoded twice", `"\"[\\\"A\\\"]\""`, []string{`"\"[\\\"A\\\"]\""`}}, // a string in a string is kept: it could be a code with quotes
		{"braces in an array", `["{\"code\":\"A\"}","{}"]`, []string{`"{\"code\":\"A\"}"`, `"{}"`}},
		{"looks encoded and is not", `["{A-1}","[B"]`, []string{`"{A-1}"`, `"[B"`}},
		{"spaces inside stay", `[" A B "]`, []string{`" A B "`}},
		{"markup stays as it is", `["<A>&B"]`, []string{`"<A>&B"`}},
		{"escapes are one form", `["\u0041", "A"]`, []string{`"A"`, `"A"`}},
		{"eSIM", `[{"qr":"LPA:1$smdp$X","iccid":"8944"}]`, []string{`{"iccid":"8944","qr":"LPA:1$smdp$X"}`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			for _, code := range readCodes(json.RawMessage(row.data)) {
				got = append(got, string(code))
			}
			assert.Equal(t, row.want, got)
		})
	}
}

func TestACodeReadTwiceIsTheSameBytes(t *testing.T) {
	once := readCodes(json.RawMessage(`[{"pin": "1",  "code":"A"}]`))
	again := readCodes(json.RawMessage(`[{"code":"A","pin":"1"}]`))
	assert.Equal(t, once, again)
}
