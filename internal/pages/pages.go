package pages

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Variable has Holds write pages instead of comparing them: "make docs" sets it.
const Variable = "FOXFLOW_DOCS"

// Holds fails the test when the part of a page between <!-- part --> and <!-- /part --> is
// not text. Page is a path from the root of the repository.
func Holds(t testing.TB, page, part, text string) {
	t.Helper()
	path := filepath.Join(root(t), filepath.FromSlash(page))
	raw, err := os.ReadFile(path) //nolint:gosec // a page of this repository
	if err != nil {
		t.Fatal(err)
	}
	now := string(raw)
	made, found := replaced(now, part, text)
	switch {
	case !found:
		t.Fatalf("%s has no part <!-- %s --> … <!-- /%s -->", page, part, part)
	case made == now:
	case os.Getenv(Variable) == "": //nolint:forbidigo // make says it, no user
		t.Errorf("%s: the part %q is not what the code says: run make docs", page, part)
	default:
		if err := os.WriteFile(path, []byte(made), 0o644); err != nil { //nolint:gosec // everybody may read it
			t.Fatal(err)
		}
	}
}

// replaced is page with text as its part; found: it has that part.
func replaced(page, part, text string) (made string, found bool) {
	begin, end := "<!-- "+part+" -->\n", "<!-- /"+part+" -->\n"
	before, rest, begins := strings.Cut(page, begin)
	_, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		return page, false
	}
	return before + begin + text + end + after, true
}

// Table is a table in Markdown. A cell's line breaks become blanks, and its bars are
// escaped.
func Table(head []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) {
		b.WriteString("|")
		for _, cell := range cells {
			b.WriteString(" " + strings.ReplaceAll(strings.Join(strings.Fields(cell), " "), "|", `\|`) + " |")
		}
		b.WriteString("\n")
	}
	line(head)
	b.WriteString("|" + strings.Repeat("---|", len(head)) + "\n")
	for _, row := range rows {
		line(row)
	}
	return b.String()
}

// Code is text as code, "" for none: a cell of a table.
func Code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// root is the folder of the repository: the first above with a go.mod that is ours.
func root(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		text, err := os.ReadFile(filepath.Join(folder, "go.mod")) //nolint:gosec // of this repository
		if err == nil && strings.HasPrefix(string(text), "module foxflow\n") {
			return folder
		}
		above := filepath.Dir(folder)
		if above == folder {
			t.Fatal("no go.mod of foxflow above the working directory")
		}
		folder = above
	}
}
