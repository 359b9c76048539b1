package e2e

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var theRest = flag.Bool("rest", false, "run the stories alone that -short leaves out")

// proof are the stories of "make test": one at least for each promise, each with real
// processes, and some minutes together. All others are left to "make verify".
var proof = []string{
	// An order's ways, on the command line and in the browser.
	"TestDemoTellsItsStory",
	"TestFourStories",
	"TestManyOrdersFromAFile",
	"TestSameReference",
	"TestTopUpBringsAReplacement",
	"TestWebUITellsTheStory",
	"TestEveryProgramTellsItsVersion",
	// Nothing is paid twice, lost, guessed or taken back, whatever is killed.
	"TestWorkerKilledAtAnyState",
	"TestTemporalKilled",
	"TestSimulatorKilledWhileDelivering",
	"TestServerTakesUpWhereItWasAfterAKill",
	"TestResetPaysNothingTwice",
	"TestLedgerAnswersAlone",
	"TestNothingIsGuessed",
	"TestARefusedPayIsTriedOn",
	"TestFrozenWorkerTakesNothingBack",
	// Guards: secrets, money, the request budget.
	"TestNothingSecretIsLeftInClear",
	"TestDailyLimitHoldsOverWorkersAndRestarts",
	"TestBalanceDeskWakesAsManyAsTheBalanceCovers",
	"TestBudgetHoldsOverTwoWorkers",
	// This list.
	"TestEachStoryOfTheProofIsThere",
	"TestMakeTakesTheTemporalCommandWhereItIsInstalled",
}

// With -short the proof runs alone, and that is said; with -rest all else does. Without
// either, all run.
func TestMain(m *testing.M) {
	flag.Parse()
	names := "^(" + strings.Join(proof, "|") + ")$"
	switch {
	case *theRest:
		set("test.skip", names)
	case testing.Short():
		set("test.run", names)
		fmt.Printf("%d stories; all others are left to make verify\n", len(proof))
	}
	os.Exit(m.Run())
}

// set gives a test flag its value, unless the command line did.
func set(name, value string) {
	if f := flag.Lookup(name); f.Value.String() == "" {
		if err := f.Value.Set(value); err != nil {
			panic(err)
		}
	}
}

// A story whose name changed would be left out in silence.
func TestEachStoryOfTheProofIsThere(t *testing.T) {
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	var there []string
	for _, file := range files {
		if strings.HasSuffix(file.Name(), "_test.go") {
			text, err := os.ReadFile(file.Name())
			require.NoError(t, err)
			for _, match := range regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`).FindAllStringSubmatch(string(text), -1) {
				there = append(there, match[1])
			}
		}
	}
	for _, name := range proof {
		require.True(t, slices.Contains(there, name), "%s is not there", name)
	}
}
