package e2e

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Everything that the programs leave on disk is read byte by byte: Temporal's
// database with all histories, the ledger, the logs. Codes and keys must not be
// there in clear.
func TestNothingSecretIsLeftInClear(t *testing.T) {
	const key = "e2e-key-that-nobody-may-see"
	s := newStack(t, []string{"--api-key", key}, with("FOXRELOAD_API_KEY", key), with("FOXFLOW_LOG_LEVEL", "debug"), ownTemporal)
	r := s.starter("place", "--reference", "r", "--item", giftCard+":3", "--wait")
	require.Zero(t, r.code, r.stderr)
	secrets := map[string]string{"the partner key": key}
	for i, code := range s.codes("r") {
		secrets[code] = code
		require.GreaterOrEqual(t, len(code), 8, "code %d is long enough not to turn up by chance", i)
	}
	require.Len(t, secrets, 4)
	keyset, err := os.ReadFile(filepath.Join(s.dir, "keyset.json"))
	require.NoError(t, err)
	secrets["the keyset"] = keyMaterial(t, keyset)
	assert.NotContains(t, r.stdout+r.stderr, secrets["the keyset"])
	for name, secret := range secrets {
		assert.NotContains(t, r.stdout+r.stderr, secret, "place must not print %s", name)
	}
	// Clean stops, so that no write-ahead log holds anything back.
	require.Zero(t, s.stop("worker"))
	require.Zero(t, s.stop("foxflow-dev"))
	var read, known int
	require.NoError(t, filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		// FoxReload's own state, and the keyset's own file, hold them rightly.
		if err != nil || entry.IsDir() || entry.Name() == "keyset.json" || filepath.Base(path) == "simulator.state" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		if bytes.Contains(text, []byte("order/r")) {
			known++
		}
		for name, secret := range secrets {
			assert.False(t, bytes.Contains(text, []byte(secret)), "%s is in %s", name, entry.Name())
		}
		return nil
	}))
	assert.GreaterOrEqual(t, read, 4, "Temporal's database, the ledger and two logs at the least")
	assert.GreaterOrEqual(t, known, 2, "what is no secret is found: in Temporal's database and in the ledger")
}

func (s *stack) codes(reference string) (codes []string) {
	s.Helper()
	var answer struct {
		Items []struct{ Codes []string }
	}
	s.json(&answer, "codes", reference)
	for _, item := range answer.Items {
		codes = append(codes, item.Codes...)
	}
	return codes
}

// keyMaterial is the secret part of a Tink keyset.
func keyMaterial(t *testing.T, keyset []byte) string {
	t.Helper()
	var parsed struct {
		Key []struct{ KeyData struct{ Value string } }
	}
	require.NoError(t, json.Unmarshal(keyset, &parsed))
	require.NotEmpty(t, parsed.Key)
	require.NotEmpty(t, parsed.Key[0].KeyData.Value)
	return parsed.Key[0].KeyData.Value
}
