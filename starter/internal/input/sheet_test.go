package input

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

const header = "reference,item,quantity,note,mock,max_price\n"

func read(t *testing.T, text string) Sheet {
	t.Helper()
	sheet, err := ReadSheet(strings.NewReader(text))
	require.NoError(t, err)
	return sheet
}

// utf16le is text as Windows writes it.
func utf16le(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		b.WriteByte(byte(unit))
		b.WriteByte(byte(unit >> 8))
	}
	return b.String()
}

func inFile(s Sheet) []string {
	var lines []string
	for _, p := range s.Problems {
		lines = append(lines, p.In("f.csv"))
	}
	return lines
}

func TestLinesOfOneReferenceAreItemsOfOneOrder(t *testing.T) {
	sheet := read(t, header+
		"shop-1,product_a,2,player_id=007;server=eu,true,10.50\n"+
		"shop-2,product_b,,,,\n"+
		"shop-1,product_c,1,,,\n"+
		"shop-1,product_d,1,,TRUE,10.5\n")
	require.Empty(t, sheet.Problems)
	price := decimal.RequireFromString("10.50")
	require.Equal(t, []order.Request{
		{Reference: "shop-1", Mock: true, MaxPrice: &price, Items: []order.Item{
			{ItemID: "product_a", Quantity: 2, Note: map[string]string{"player_id": "007", "server": "eu"}},
			{ItemID: "product_c", Quantity: 1},
			{ItemID: "product_d", Quantity: 1},
		}},
		{Reference: "shop-2", Items: []order.Item{{ItemID: "product_b", Quantity: 1}}},
	}, sheet.Orders)
	assert.Equal(t, map[string]int{"shop-1": 2, "shop-2": 3}, sheet.Lines)
}

func TestAPriceInAFileMayNameItsCurrency(t *testing.T) {
	sheet := read(t, header+"shop-1,product_a,1,,,10.50 USD\nshop-1,product_b,1,,,10.5usd\nshop-1,product_c,1,,,\nshop-2,product_a,1,,,7\n")
	require.Empty(t, sheet.Problems)
	require.Len(t, sheet.Orders, 2)
	assert.Equal(t, "10.5 usd", sheet.Orders[0].MaxPrice.String()+" "+sheet.Orders[0].MaxPriceCurrency)
	assert.Len(t, sheet.Orders[0].Items, 3)
	assert.Empty(t, sheet.Orders[1].MaxPriceCurrency)

	bad := read(t, header+"shop-1,product_a,1,,,10.50 dollars\n")
	require.Len(t, bad.Problems, 1)
	assert.Equal(t, "f.csv:2: max_price: \"dollars\" is not a currency (name the currency by 3 to 5 letters, e.g. 12.34usd)", inFile(bad)[0])
}

func TestSpreadsheetHabitsAreUnderstood(t *testing.T) {
	for name, text := range map[string]string{
		"byte order mark":          "\ufeff" + header + "shop-1,product_a,1,login=a,no,\n",
		"CRLF":                     strings.ReplaceAll(header+"shop-1,product_a,1,login=a,no,\n", "\n", "\r\n"),
		"no newline at the end":    header + "shop-1,product_a,1,login=a,no,",
		"everything quoted":        header + `"shop-1","product_a","1","login=a","no",""`,
		"empty rows":               header + "\n,,,,,\nshop-1,product_a,1,login=a,no,\n,,,,,\n",
		"tabs":                     strings.ReplaceAll(header+"shop-1,product_a,1,login=a,no,\n", ",", "\t"),
		"semicolons":               strings.ReplaceAll(header+"shop-1,product_a,1,login=a,no,\n", ",", ";"),
		"semicolons, quoted":       strings.ReplaceAll(header+"shop-1,product_a,1,\"login=a,\",no,\n", ",", ";"),
		"sep=":                     "sep=;\r\n" + strings.ReplaceAll(header+"shop-1,product_a,1,login=a,no,\n", ",", ";"),
		"UTF-16, Unicode text":     utf16le("\ufeff" + strings.ReplaceAll(header+"shop-1,product_a,1,login=a,no,\n", ",", "\t")),
		"UTF-16 without a mark":    utf16le(header + "shop-1,product_a,1,login=a,no,\n"),
		"lines of an old Mac":      strings.ReplaceAll(header+"shop-1,product_a,1,login=a,no,\n", "\n", "\r"),
		"empty columns behind":     "reference,item,quantity,note,mock,max_price,,\nshop-1,product_a,1,login=a,no,,,\n",
		"kept from being a number": header + `"=""shop-1""",product_a,1,login=a,no,` + "\n",
		"columns in other order":   "item,reference,mock,note,quantity,MAX_PRICE\nproduct_a,shop-1,0,login=a;,1,\n",
		"spaces":                   header + " shop-1 , product_a , 1 , login=a,NO, \n",
	} {
		t.Run(name, func(t *testing.T) {
			sheet := read(t, text)
			require.Empty(t, inFile(sheet))
			require.Equal(t, []order.Request{{Reference: "shop-1",
				Items: []order.Item{{ItemID: "product_a", Quantity: 1, Note: map[string]string{"login": "a"}}}}}, sheet.Orders)
		})
	}
	sheet := read(t, header+`shop-1,product_a,1,"login=a,""b""",no,`)
	require.Empty(t, sheet.Problems)
	assert.Equal(t, `a,"b"`, sheet.Orders[0].Items[0].Note["login"])
}

func TestEveryMistakeIsNamedWithFileAndLine(t *testing.T) {
	sheet := read(t, header+
		"shop\u200b1,product_a,1,,,\n"+
		"shop-2,,1,,,\n"+
		"shop-3,product_a,0,,,\n"+
		"shop-4,product_a,1,007,,\n"+
		"shop-5,product_a,1,,maybe,\n"+
		"shop-6,product_a,1,,,cheap\n"+
		"shop-7,product_a,1\n"+
		"shop-8,product_a,many,login=,yes,1.23456\n"+
		"shop-9,product_a,1,login=a;login=b,,\n"+
		"shop-10,product\"a,1,,,\n")
	got := strings.Join(inFile(sheet), "\n")
	for _, want := range []string{
		`f.csv:2: reference: has an invisible character at position 5 (U+200B) (take it out`,
		`f.csv:3: item: "" is not a product id`,
		`f.csv:4: quantity: "0" is not a quantity (give a whole number, at least 1)`,
		`f.csv:5: note: has no = between field and value (write KEY=VALUE`,
		`f.csv:6: mock: "maybe" is neither true nor false (write true or false)`,
		`f.csv:7: max_price: "cheap" is not a price`,
		`f.csv:8: has 3 fields instead of 6`,
		`f.csv:9: quantity: "many" is not a quantity`,
		`f.csv:9: note: login is empty`,
		`f.csv:9: max_price: 1.23456 has more than 4 decimal places`,
		`f.csv:10: note: login is given twice`,
		`f.csv:11: a quote (") stands inside a field`,
	} {
		assert.Contains(t, got, want)
	}
	assert.NotContains(t, got, "007")
	assert.Empty(t, sheet.Orders)
	assert.False(t, sheet.Broken)
}

func TestAnOrderWithOneBadLineIsNotStartedInPart(t *testing.T) {
	for name, text := range map[string]string{
		"bad line last":         "shop-1,product_a,1,,,\nshop-1,product_b,0,,,\n",
		"bad line first":        "shop-1,product_b,0,,,\nshop-1,product_a,1,,,\n",
		"too few fields":        "shop-1,product_a,1,,,\nshop-1,product_b\n",
		"stray quote":           "shop-1,product_a,1,,,\nshop-1,pro\"duct_b,1,,,\n",
		"other mock":            "shop-1,product_a,1,,,\nshop-1,product_b,1,,true,\n",
		"other price":           "shop-1,product_a,1,,,5\nshop-1,product_b,1,,,6\n",
		"other currency":        "shop-1,product_a,1,,,5usd\nshop-1,product_b,1,,,5 rub\n",
		"currency on one alone": "shop-1,product_a,1,,,5usd\nshop-1,product_b,1,,,5\n",
		"price on second alone": "shop-1,product_a,1,,,\nshop-1,product_b,1,,,6\n",
		"eleven items": "shop-1,product_a,1,,,\nshop-1,product_a,2,,,\nshop-1,product_a,3,,,\nshop-1,product_a,4,,,\nshop-1,product_a,5,,,\nshop-1,product_a,6,,,\n" +
			"shop-1,product_b,1,,,\nshop-1,product_b,2,,,\nshop-1,product_b,3,,,\nshop-1,product_b,4,,,\nshop-1,product_b,5,,,\n",
		"the same line twice": "shop-1,product_a,1,player_id=1;server=eu,,5\nshop-1,product_b,1,,,\nshop-1,product_a,1,server=eu;player_id=1,,\n",
	} {
		t.Run(name, func(t *testing.T) {
			sheet := read(t, header+text+"shop-2,product_c,1,,,\n")
			require.Len(t, sheet.Problems, 1, inFile(sheet))
			require.Len(t, sheet.Orders, 1)
			assert.Equal(t, "shop-2", sheet.Orders[0].Reference)
		})
	}
}

func TestALostQuoteBreaksTheWholeFile(t *testing.T) {
	for name, text := range map[string]string{
		"never closed":           "shop-1,product_a,1,\"login=a,,\nshop-2,product_b,1,,,\n",
		"closed on another line": "shop-1,product_a,1,\"login=a,,\nshop-2,product_b,1,login=b\",,\n",
	} {
		t.Run(name, func(t *testing.T) {
			sheet := read(t, header+"shop-0,product_a,1,,,\n"+text)
			assert.True(t, sheet.Broken)
			assert.Empty(t, sheet.Orders)
			require.Len(t, sheet.Problems, 1)
			assert.Contains(t, sheet.Problems[0].In("f.csv"), "f.csv:3: a quoted field")
		})
	}
}

func TestFilesThatAreNoOrdersFile(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"empty":                {"", "f.csv: is empty (begin with the header reference,item"},
		"only a mark":          {"\ufeff\r\n", "f.csv: is empty"},
		"header alone":         {header, "f.csv: holds no order"},
		"no header":            {"shop-1,product_a,1,,,\n", `f.csv:1: header: names the unknown column "shop-1"`},
		"misspelt price guard": {"reference,item,quantity,note,mock,max_prise\n", `unknown column "max_prise"`},
		"column missing":       {"reference,item,quantity,note,mock\n", `lacks the column "max_price"`},
		"column twice":         {"reference,item,quantity,note,mock,item\n", `names the column "item" twice`},
		"other separators":     {"reference|item|quantity|note|mock|max_price\n", "something other than commas"},
		"quote in the header":  {"refe\"rence,item\n", "can't be read"},
		"not UTF-8":            {header + "shop-1,pr\xf6duct,1,,,\n", "f.csv:2: is not UTF-8 text (column 10 of the line)"},
		"UTF-16 cut short":     {"\xff\xfer\x00e\x00f\x00", `names the unknown column "ref"`},
		"too large":            {strings.Repeat("x", MaxFileBytes+1), "is larger than 64 MiB"},
		"too many lines":       {header + strings.Repeat(",,,,,\n", maxLines+1), "has more than 200000 lines"},
	} {
		t.Run(name, func(t *testing.T) {
			sheet := read(t, c.text)
			assert.Contains(t, strings.Join(inFile(sheet), "\n"), c.says)
			assert.Empty(t, sheet.Orders)
		})
	}
}

func TestThousandsOfLinesKeepTheirOrder(t *testing.T) {
	var text strings.Builder
	text.WriteString(header)
	for i := range 5000 {
		fmt.Fprintf(&text, "shop-%04d,product_a,1,,,\n", i)
	}
	sheet := read(t, text.String())
	require.Empty(t, sheet.Problems)
	require.Len(t, sheet.Orders, 5000)
	for i, r := range sheet.Orders {
		require.Equal(t, fmt.Sprintf("shop-%04d", i), r.Reference)
	}
}

func FuzzSheet(f *testing.F) {
	for _, seed := range []string{
		`{"reference":"shop-1","items":[{"itemId":"product_a","quantity":2,"note":{"a":"b"}}],"maxPrice":"1.5"}` + "\n{}", "[1", `{"items":null}`,
		header, header + "shop-1,product_a,1,a=b;c=d,true,1.5\nshop-1,product_b,2,,,\n",
		"\ufeff" + header + "\"shop\"\"1\",\"a\nb\",,,,\n", header + "x,\"", "\xff", header + ",,,,,\n,,,,\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sheet, err := ReadSheet(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if len(sheet.Orders) == 0 && len(sheet.Problems) == 0 {
			t.Error("neither an order nor a problem")
		}
		if sheet.Broken && len(sheet.Orders) > 0 {
			t.Error("a broken file gave orders")
		}
		for _, r := range sheet.Orders {
			if wrong := r.Validate(); len(wrong) > 0 {
				t.Errorf("%q: %v", r.Reference, wrong[0])
			}
			if sheet.Lines[r.Reference] < 1 {
				t.Errorf("%q has no line", r.Reference)
			}
		}
	})
}

func TestWhatASpreadsheetSpoiltIsRefused(t *testing.T) {
	for line, says := range map[string]string{
		"1.23457E+12,product_a,1,,,":                   "f.csv:2: reference: is a number that a spreadsheet has shortened",
		`"1,23457E+12",product_a,1,,,`:                 "f.csv:2: reference: is a number that a spreadsheet has shortened",
		"shop-1,product_a,1,player_id=4.5E+11,,":       "f.csv:2: note: is a number that a spreadsheet has shortened",
		"#NAME?,product_a,1,,,":                        "f.csv:2: reference: is the error of a spreadsheet's formula",
		"shop-1,product_a,1,,,\"12,34\"":               "f.csv:2: max_price: \"12,34\" is not a price (give the highest total you will pay, e.g. 12.34",
		"shop-1,product_a,1,player_id=\u00a012,,":      "f.csv:2: note: player_id has an invisible character at position 1 (U+00A0)",
		"shop-1,product_a,1,player_id=1 ;server=a,,":   "f.csv:2: note: player_id ends with a blank",
		"shop-1,product_a,1,,,\nshop-1,product_a,1,,,": "f.csv:3: item: is the same again as in line 2, and would be bought twice (leave one of the two lines out; if twice is meant, write one line with quantity 2)",
	} {
		sheet := read(t, header+line+"\n")
		require.Len(t, sheet.Problems, 1, "%s: %v", line, inFile(sheet))
		assert.Contains(t, inFile(sheet)[0], says)
		assert.Empty(t, sheet.Orders)
	}
	good := read(t, header+"#1001,product_a,1,,,\n\"заказ 7\",product_a,1,,,\nCafe\u0301,product_a,1,,,\n")
	require.Empty(t, inFile(good))
	assert.Equal(t, "Café", good.Orders[2].Reference)
}

// A file of 100,000 lines, in either form:
//
//	go test ./starter/internal/input -run xxx -bench Sheet -benchtime 1x
func BenchmarkSheet(b *testing.B) {
	const n = 100_000
	csv, lines := strings.Builder{}, strings.Builder{}
	csv.WriteString(header)
	for i := range n {
		fmt.Fprintf(&csv, "shop-%d,product_01kr9ee0zbgj09tqm83xssss6y,2,player_id=%d,,12.34usd\n", i, i)
		fmt.Fprintf(&lines, `{"reference":"shop-%d","items":[{"itemId":"product_01kr9ee0zbgj09tqm83xssss6y","quantity":2,"note":{"player_id":"%d"}}],"maxPrice":"12.34","maxPriceCurrency":"usd"}`+"\n", i, i)
	}
	for name, text := range map[string]string{"CSV": csv.String(), "JSON": lines.String()} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				sheet, err := ReadSheet(strings.NewReader(text))
				require.NoError(b, err)
				require.Len(b, sheet.Orders, n)
			}
		})
	}
}
