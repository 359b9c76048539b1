package story

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"foxflow/order"
)

// What FoxReload says is text, whatever it looks like.
func TestTopUpIsPlainText(t *testing.T) {
	text := func(s string) *string { return &s }
	shown := TopUp(order.TopUp{State: order.TopUpWaiting, Amount: "50", Currency: "[usdt](https://evil.example)", Address: text("T`<b>x"),
		Link: text("javascript:alert(1)"), Reason: text("<img src=x>")})
	assert.NotContains(t, shown, "](")
	assert.Contains(t, shown, `\<img`)
	assert.Contains(t, shown, `javascript\:`)
	assert.Contains(t, shown, "to `` T`<b>x ``")
	assert.Contains(t, TopUp(order.TopUp{Link: text("https://pay.example/1")}), "<https://pay.example/1>")
}
