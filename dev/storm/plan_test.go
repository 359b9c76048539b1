package storm

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func drawn(seed uint64, orders int) []planned { return plan(rand.New(rand.NewPCG(seed, 1)), orders) } //nolint:gosec // reproducible on purpose

// Every kind is ordered, however short the storm is; each reference once.
func TestStormPlanHasEveryKind(t *testing.T) {
	kinds, references := map[string]bool{}, map[string]bool{}
	for _, p := range drawn(7, len(mix)) {
		kinds[p.kind], references[p.reference] = true, true
		assert.NotEmpty(t, p.lines, p.kind)
		assert.NotEmpty(t, p.ends, p.kind)
	}
	for _, k := range mix {
		assert.True(t, kinds[k.name], k.name)
	}
	assert.Len(t, references, len(mix))
}

func TestStormPlanIsDrawnBySeed(t *testing.T) {
	assert.Equal(t, drawn(1, 100), drawn(1, 100))
	assert.NotEqual(t, sheet(drawn(1, 100)), sheet(drawn(2, 100)))
}

// Who cancels an order must be able to tell its end from those that it comes to by itself.
func TestStormTellsAnOrderTakenBackFromOthers(t *testing.T) {
	for _, p := range drawn(1, len(mix)) {
		if p.mayTakeBack() {
			assert.NotContains(t, p.ends, takenBack, p.kind)
			assert.NotContains(t, p.ends, ending{"cancelled", "", 0}, p.kind)
		}
	}
}

func TestStormSheetHasALineForEachItem(t *testing.T) {
	p := planned{reference: "r", lines: []line{{"card", 2, ""}, {"top-up", 1, "player_id=1"}}, mock: true, maxPrice: "9.5"}
	rows := strings.Split(strings.TrimSpace(sheet([]planned{p})), "\n")
	require.Len(t, rows, 3)
	assert.Equal(t, "r,card,2,,true,9.5", rows[1])
	assert.Equal(t, "r,top-up,1,player_id=1,true,9.5", rows[2])
}
