package simulator

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// DefaultFaultSeed is the seed of the dice where none is given.
const DefaultFaultSeed = 1

// dice say which requests a plan strikes. What becomes of the n-th request of a
// route follows from seed, route and n alone: the same seed and the same sequence
// of requests give the same faults, however other routes are used in between.
type dice struct {
	plan  plan
	seed  uint64
	rolls map[string]uint64 // requests so far, by route
}

func newDice(p plan, seed uint64) dice { return dice{plan: p, seed: seed, rolls: map[string]uint64{}} }

// roll decides on the next request of a route.
func (d *dice) roll(route string) (Fault, bool) {
	d.rolls[route]++
	return d.plan.at(route, chance(d.seed, route, d.rolls[route]))
}

// chance is a number from 0 to below 1, evenly spread. A cryptographic hash,
// because neighbouring n must not give neighbouring numbers.
func chance(seed uint64, route string, n uint64) float64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s/%d", seed, route, n))
	return float64(binary.BigEndian.Uint64(sum[:8])>>11) / (1 << 53) // 53 bits: all that a float64 holds
}
