package foxreload

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOrdersMoveForwardOnly(t *testing.T) {
	forward := []Status{StatusActive, StatusPaid, StatusProcessing}
	ends := []Status{StatusCompleted, StatusCancelled, StatusFailed}
	all := append(slices.Clone(forward), ends...)
	for i, from := range all {
		for j, to := range all {
			legal := i < len(forward) && j > i
			assert.Equal(t, legal, from.CanBecome(to), "%s → %s", from, to)
		}
		assert.True(t, from.Known(), "%s", from)
		assert.Equal(t, slices.Contains(ends, from), from.Terminal(), "%s", from)
	}
}

func TestAnUnknownStatusIsNoEnd(t *testing.T) {
	for _, s := range []Status{"", "on_hold", "COMPLETED"} {
		assert.False(t, s.Known(), "%q", s)
		assert.False(t, s.Terminal(), "%q", s)
		assert.False(t, s.CanBecome(StatusPaid), "%q", s)
		assert.False(t, StatusActive.CanBecome(s), "%q", s)
	}
}

func TestStatusIsReadInAnySpelling(t *testing.T) {
	for text, want := range map[string]Status{
		"active": StatusActive, "ACTIVE": StatusActive, "Canceled": StatusCancelled, "cancelled": StatusCancelled,
		"on_hold": "on_hold", "": "",
	} {
		assert.Equal(t, want, readStatus(text), text)
	}
}
