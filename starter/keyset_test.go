package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/internal/keyset"
)

// inFile has the shop keep its keyset in a file.
func (s *shop) inFile() (path string) {
	s.t.Helper()
	path = filepath.Join(s.t.TempDir(), "keyset.json")
	require.NoError(s.t, os.WriteFile(path, []byte(s.keys+"\n"), 0o600))
	require.Equal(s.t, "FOXFLOW_KEYSET="+s.keys, s.env[0])
	s.env[0] = "FOXFLOW_KEYSET_FILE=" + path
	return path
}

// secretsOf are the key values in a keyset's text.
func secretsOf(t *testing.T, text string) []string {
	t.Helper()
	var set struct {
		Key []struct {
			KeyData struct{ Value string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &set))
	var secrets []string
	for _, key := range set.Key {
		require.NotEmpty(t, key.KeyData.Value)
		secrets = append(secrets, key.KeyData.Value)
	}
	return secrets
}

func TestRotatePrintsThePresentKeysetWithANewKey(t *testing.T) {
	t.Parallel()
	for name, inFile := range map[string]bool{"FOXFLOW_KEYSET": false, "FOXFLOW_KEYSET_FILE": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.begins("shop-1", false)
			s.completes("shop-1", `"AAAA-BBBB"`)
			path := ""
			if inFile {
				path = s.inFile()
			}
			got := s.run("keyset", "rotate")
			require.Equal(t, exitDone, got.status, got.err)
			secrets := secretsOf(t, got.out)
			require.Len(t, secrets, 2)
			require.Equal(t, secretsOf(t, s.keys), secrets[:1], "the present key is kept")
			assert.Contains(t, got.err, "restart every worker")
			assert.NotContains(t, got.err, secrets[1])
			if inFile {
				text, err := os.ReadFile(path)
				require.NoError(t, err)
				assert.Equal(t, s.keys+"\n", string(text), "printing changes nothing")
			}

			// In the place of the present one it opens the ledger and its codes.
			s.env[0] = "FOXFLOW_KEYSET=" + strings.TrimSpace(got.out)
			codes := s.run("codes", "shop-1")
			require.Equal(t, exitDone, codes.status, codes.err)
			assert.Contains(t, codes.out, "AAAA-BBBB")
			s.env[0] = "FOXFLOW_KEYSET=" + s.keys
			assert.Contains(t, s.run("status", "shop-1").err, "keyset does not open this ledger", "as the help says")
		})
	}
}

func TestRotateWritesTheFileAndPrintsNoneOfIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.completes("shop-1", `"AAAA-BBBB"`)
	path := s.inFile()

	got := s.run("keyset", "rotate", "--write")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Equal(t, path+" has a new primary key, and 2 in all\n", got.out)
	assert.Contains(t, got.err, "restart every worker now")

	asJSON := s.run("keyset", "rotate", "--write", "-o", "json")
	require.Equal(t, exitDone, asJSON.status, asJSON.err)
	assert.JSONEq(t, `{"keysetFile":"`+path+`","keys":3}`, asJSON.out)
	var note map[string]string
	require.NoError(t, json.Unmarshal([]byte(asJSON.err), &note))
	assert.Contains(t, note["note"], "restart every worker now")

	text, err := os.ReadFile(path)
	require.NoError(t, err)
	secrets := secretsOf(t, string(text))
	require.Len(t, secrets, 3)
	for _, secret := range secrets {
		assert.NotContains(t, got.out+got.err+asJSON.out+asJSON.err, secret)
	}
	codes := s.run("codes", "shop-1")
	require.Equal(t, exitDone, codes.status, codes.err)
	assert.Contains(t, codes.out, "AAAA-BBBB")
}

func TestRotateRefusesWhatItCannotRotate(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	got := s.run("keyset", "rotate", "--write", "-o", "json")
	assert.Equal(t, exitUsage, got.status)
	message, hint := problem(t, got)
	assert.Contains(t, message, "--write: the keyset comes from FOXFLOW_KEYSET")
	assert.Contains(t, hint, "FOXFLOW_KEYSET_FILE")
	assert.Empty(t, got.out)

	path := s.inFile()
	require.NoError(t, os.Chmod(path, 0o640))
	for _, args := range [][]string{{"keyset", "rotate"}, {"keyset", "rotate", "--write"}} {
		got := s.run(args...)
		assert.Equal(t, exitUsage, got.status, args)
		assert.Contains(t, got.err, "FOXFLOW_KEYSET_FILE holds no usable keyset")
		assert.Contains(t, got.err, "chmod 600")
		assert.Empty(t, got.out)
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, s.keys+"\n", string(text))

	s.env = s.env[1:]
	got = s.run("keyset", "rotate")
	assert.Equal(t, exitUsage, got.status)
	assert.Contains(t, got.err, "FOXFLOW_KEYSET is not set")
}

// But for ledger migrate too, which reads nothing: whoever owns the tables need not have it.
func TestNoCommandButKeysetNewRunsWithoutAKeyset(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	other, err := keyset.New()
	require.NoError(t, err)
	s.setenv("FOXRELOAD_API_KEY=key-1")
	s.temporal.Starting = func(string) error { t.Error("something was started"); return nil }
	orders := filepath.Join(t.TempDir(), "orders.csv")
	require.NoError(t, os.WriteFile(orders, []byte("reference,item,quantity,note,mock,max_price\nshop-2,product_a,1,,,\n"), 0o600))
	export := filepath.Join(t.TempDir(), "audit.jsonl")
	commands := [][]string{{"place", "--reference", "shop-1", "--item", "product_a"}, {"place", "--file", orders, "--no-check"},
		{"status", "shop-1"}, {"watch", "shop-1"}, {"list"}, {"codes", "shop-1"}, {"top-up", "--all"}, {"cancel", "shop-1"},
		{"resolve", "shop-1", "--retry"}, {"recheck", "shop-1"}, {"audit", "shop-1"}, {"audit", "--verify-all"}, {"audit", "--export", export},
		{"explain", "shop-1"}, {"stats"}, {"pause"}, {"resume"}, {"products", "search", "steam"}, {"products", "show", "product_a"}, {"balance"}}
	covered := map[string]bool{"keyset": true, "ledger": true, "completion": true} // ledger copy: ledger_test.go
	for _, args := range commands {
		covered[args[0]] = true
	}
	for _, c := range newApp(nil, nil, nil).root().Commands() {
		assert.True(t, covered[c.Name()] || c.Hidden, "starter %s is not tried", c.Name())
	}
	for _, args := range commands {
		t.Run(strings.Join(args[:1], " "), func(t *testing.T) {
			env := s.env
			defer func() { s.env = env }()
			s.env = env[1:]
			got := s.run(args...)
			assert.Equal(t, exitUsage, got.status, got.err)
			assert.Contains(t, got.err, "FOXFLOW_KEYSET is not set")

			s.env = append([]string{"FOXFLOW_KEYSET=" + other}, env[1:]...)
			got = s.run(args...)
			assert.Equal(t, exitError, got.status, got.err)
			assert.Contains(t, got.err, "keyset does not open this ledger")
			assert.Contains(t, got.err, "the keyset that this ledger was made with")
			assert.Empty(t, got.out)
		})
	}
}
