package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"foxflow/internal/blank"
	"foxflow/internal/keyset"
	"foxflow/internal/settings"
	"foxflow/order"
)

// TestWorkerDoesNotRunWithoutTheLedgersKeyset: it ends before it talks to anybody,
// so nothing that it could not open is ever fetched, and nothing is paid.
func TestWorkerDoesNotRunWithoutTheLedgersKeyset(t *testing.T) {
	file := blank.New(t)
	book := file.Open(t)
	_, _, err := book.Orders.Begin(t.Context(), order.Request{Reference: "shop-1", Items: []order.Item{{ItemID: "product_a", Quantity: 1}}}, time.Now())
	require.NoError(t, err)
	require.NoError(t, book.Close())

	open := filepath.Join(t.TempDir(), "keyset.json")
	require.NoError(t, os.WriteFile(open, []byte(file.Keyset), 0o600))
	require.NoError(t, os.Chmod(open, 0o644))
	other, err := keyset.New()
	require.NoError(t, err)

	rest := []string{"FOXRELOAD_API_KEY=key", "FOXFLOW_LEDGER=" + file.Path, "FOXFLOW_HTTP=127.0.0.1:0"}
	require.Equal(t, 2, run(nil, rest), "no keyset at all is wrong usage")

	for name, c := range map[string]struct{ set, says string }{
		"readable by others": {"FOXFLOW_KEYSET_FILE=" + open, "chmod 600 " + open},
		"no keyset":          {"FOXFLOW_KEYSET=nonsense-991", "FOXFLOW_KEYSET holds no usable keyset"},
		"no such file":       {"FOXFLOW_KEYSET_FILE=" + filepath.Join(t.TempDir(), "missing"), "no such file"},
		"another keyset":     {"FOXFLOW_KEYSET=" + other, "the keyset does not open this ledger"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := settings.LoadWorker(append([]string{c.set}, rest...))
			require.NoError(t, err)
			// Whoever dialled this address would be told something else.
			err = serve(t.Context(), s, client.Options{HostPort: "nowhere.invalid:1"}, zap.NewNop())
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "991")
			require.NotContains(t, err.Error(), other)
		})
	}
}
