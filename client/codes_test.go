package client

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/ledger"
	"foxflow/order"
)

func TestCodesOfAnEarlierOrderAreNotLeftOut(t *testing.T) {
	id := "second"
	items := shelve(order.Status{OrderID: &id, Items: []order.ItemStatus{{ItemID: "a"}, {ItemID: "b"}}}, []ledger.Code{
		{OrderID: "second", ItemIndex: 1, ItemID: "b", Raw: json.RawMessage(`"B"`)},
		{OrderID: "first", ItemIndex: 0, ItemID: "a", Raw: json.RawMessage(`"A"`)},
	})
	require.Len(t, items, 3)
	assert.Empty(t, items[0].Codes)
	assert.Len(t, items[1].Codes, 1)
	assert.Equal(t, "a", items[2].ItemID)
	assert.Len(t, items[2].Codes, 1)
}
