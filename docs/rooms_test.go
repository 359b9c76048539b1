package docs_test

import (
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// floors are the rooms of the root module from below to above, as architecture.md tells
// them. A room may import what is on its own floor or below it, and never what is above.
// A folder inside a room belongs to it. Rooms that are not built yet have their place.
var floors = [][]string{
	{"order", "foxreload", "internal/keyset", "internal/version", "internal/outlet", "internal/logging", "internal/healthcheck", "internal/envtags", "internal/phrase", "internal/program", "internal/ledgertest", "internal/pages"},
	{"internal/story", "internal/rules", "internal/store", "internal/codec", "internal/settings", "internal/tracing"},
	{"life"},
	{"ledger", "internal/balance", "internal/budget", "internal/blank"},
	{"activities"},
	{"workflows"},
	{"internal/desk", "internal/watch", "internal/door", "internal/reconcile", "internal/metrics"},
	{"client"},
	programs,
}

// programs put rooms together. What is in their folders is nobody else's.
var programs = []string{"worker", "starter", "gateway", "codec", "simulator", "demo", "internal/testpostgres", "docs"}

// never is what a room must not reach, by whatever way, and what breaks otherwise.
var never = []struct{ room, reaches, because string }{
	{"life", "go.temporal.io/", "a test walks all of it without a server"},
	{"life", "foxflow/ledger", "a test walks all of it without a ledger"},
	{"life", "foxflow/internal/store", "a test walks all of it without a ledger"},
	{"internal/rules", "foxflow/internal/store", "a test walks all of it without a ledger"},
	{"ledger", "go.temporal.io/", "it promises things whoever calls"},
	{"ledger", "net/http", "it promises things whoever calls"},
	{"internal/store", "foxflow/order", "it keeps rows, whatever they are of"},
	{"internal/balance", "go.temporal.io/", "who gets the money is decided in the ledger's transactions"},
	{"internal/budget", "go.temporal.io/", "requests are let through whoever asks"},
	{"simulator", "foxflow/foxreload", "a mistake that both share would hide"},
	{"", "go.temporal.io/server", "it takes minutes to build: only dev/ links it"},
}

// Imports run one way, from the programs down to the words. There are no exceptions.
func TestImportsRunDownwards(t *testing.T) {
	floor := map[string]int{}
	for n, rooms := range floors {
		for _, room := range rooms {
			floor[room] = n
		}
	}
	for of, imports := range listed(t, "{{.ImportPath}} {{join .Imports \" \"}}") {
		from := roomOf(floor, of)
		if from == "" {
			t.Errorf("%s is in no room: give it its floor in docs/rooms_test.go and its row in architecture.md", of)
			continue
		}
		for _, imported := range imports {
			to := roomOf(floor, imported)
			if to == "" || to == from {
				continue
			}
			assert.LessOrEqual(t, floor[to], floor[from], "%s imports %s: imports run downwards, and %s is above %s", of, imported, to, from)
			assert.NotContains(t, programs, to, "%s imports %s: what is in a program's folder is nobody else's", of, imported)
		}
	}
}

func TestRoomsReachNothingTheyMustNotKnow(t *testing.T) {
	for of, reached := range listed(t, "{{.ImportPath}} {{join .Deps \" \"}}") {
		for _, rule := range never {
			if rule.room != "" && !within(of, "foxflow/"+rule.room) {
				continue
			}
			for _, dep := range reached {
				if within(dep, strings.TrimSuffix(rule.reaches, "/")) {
					t.Errorf("%s reaches %s, and must not: %s", of, dep, rule.because)
					break
				}
			}
		}
	}
}

var (
	tableRow = regexp.MustCompile("(?m)^\\| (`.+/`) \\|.*\\| ([^|]+) \\|$") // the rooms of a row, and what they import
	tableOf  = regexp.MustCompile("`([\\w/]+?)/?`")
	beside   = strings.NewReplacer("internal/version", "program", "internal/outlet", "program") // the row of program tells of them
)

// The table of architecture.md tells what each room imports, to the letter.
func TestTheTableOfRoomsIsTrue(t *testing.T) {
	floor := map[string]int{}
	for _, rooms := range floors {
		for _, room := range rooms {
			floor[room] = 0
		}
	}
	imports := map[string]map[string]bool{} // what a room imports, without internal/
	for of, imported := range listed(t, "{{.ImportPath}} {{join .Imports \" \"}}") {
		from := roomOf(floor, of)
		if imports[from] == nil {
			imports[from] = map[string]bool{}
		}
		for _, one := range imported {
			if to := roomOf(floor, one); to != "" && to != from {
				imports[from][strings.TrimPrefix(beside.Replace(to), "internal/")] = true
			}
		}
	}
	told := 0
	for _, line := range tableRow.FindAllStringSubmatch(read(t, "architecture.md"), -1) {
		want := []string{}
		for _, name := range tableOf.FindAllStringSubmatch(line[2], -1) {
			want = append(want, name[1])
		}
		if len(want) == 0 && line[2] != "none" {
			continue // in words
		}
		for _, room := range tableOf.FindAllStringSubmatch(line[1], -1) {
			if found, ours := imports[room[1]]; ours {
				delete(found, strings.TrimPrefix(room[1], "internal/"))
				assert.ElementsMatch(t, want, slices.Collect(maps.Keys(found)), "architecture.md, what %s imports", room[1])
				told++
			}
		}
	}
	assert.Greater(t, told, 20)
}

// roomOf is the room that a package is in; empty: it is not ours, or in none.
func roomOf(floor map[string]int, of string) string {
	for room := range floor {
		if within(of, "foxflow/"+room) {
			return room
		}
	}
	return ""
}

// within says whether a package is a folder's own, or below it.
func within(of, folder string) bool { return of == folder || strings.HasPrefix(of, folder+"/") }

// listed asks go for all packages of the root module: the first word of a line is the
// package, the others are what is asked for.
func listed(t *testing.T, format string) map[string][]string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-e", "-f", format, "./...")
	list.Dir = ".." // -e: what does not compile is the compiler's to say
	out, err := list.Output()
	require.NoError(t, err)
	packages := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		packages[words[0]] = words[1:]
	}
	require.Contains(t, packages, "foxflow/order")
	return packages
}
