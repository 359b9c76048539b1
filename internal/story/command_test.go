package story

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

// What is shown to be pasted into a shell is one word there, and does nothing.
func TestACommandCanBePasted(t *testing.T) {
	shell, err := exec.LookPath("sh")
	require.NoError(t, err)
	for _, reference := range []string{"shop-1001", "#1001", "заказ 7", "it's", "$(touch x)", "`id`", "a;b&c|d", "!1", "*", "a\\b", "\"q\""} {
		require.Nil(t, order.CheckReference(reference))
		said, err := exec.Command(shell, "-c", "starter() { printf '%s.' \"$@\"; }; "+Command("status", reference)).CombinedOutput() //nolint:gosec,noctx // that is the question
		require.NoError(t, err, string(said))
		assert.Equal(t, "status."+reference+".", string(said))
	}
	assert.Equal(t, "starter status shop-1001", Command("status", "shop-1001"))

	next := Next(order.Status{Reference: "#1 x", State: order.Blocked})
	require.NotEmpty(t, next)
	for _, step := range next {
		assert.NotContains(t, step.Command, " #1 x")
	}
	assert.Contains(t, Details(order.Request{Reference: "a`b`"}), "Reference: `` a`b` ``")
}
