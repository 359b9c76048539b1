package activities

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Two creates never share an idempotency key, whatever stands in a reference: FoxReload
// would answer the one with the other's order.
func TestNoTwoOrdersShareAnIdempotencyKey(t *testing.T) {
	seen := map[string]string{}
	for _, reference := range []string{"a", "a/0", "a/1", "a/0/1", "a%2F0", "1", "0/a"} {
		for replacement := range 3 {
			for fresh := range 3 {
				key, is := IdempotencyKey(reference, replacement, fresh), fmt.Sprintf("%q %d %d", reference, replacement, fresh)
				assert.Empty(t, seen[key], is)
				seen[key] = is
			}
		}
	}
	assert.Equal(t, "535c6d82-3a92-5829-a071-701c00026160", IdempotencyKey("shop-1001", 0, 0), "what was sent before must be sent again")
}
