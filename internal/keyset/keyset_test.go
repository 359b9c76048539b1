package keyset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
)

func newText(t *testing.T) string {
	t.Helper()
	text, err := New()
	require.NoError(t, err)
	return text
}

func parse(t *testing.T, text string) *Keyset {
	t.Helper()
	keys, err := Parse(text)
	require.NoError(t, err)
	return keys
}

func TestWhatIsSealedOpensOnlyWhereItBelongs(t *testing.T) {
	text := newText(t)
	require.NotContains(t, text, "\n", "a keyset fits one environment variable")
	keys, again, other := parse(t, text), parse(t, "\ufeff "+text+"\n"), parse(t, newText(t))

	sealed, err := keys.Seal([]byte("AAAA-BBBB"), []byte("shop-1001"))
	require.NoError(t, err)
	require.NotContains(t, string(sealed), "AAAA-BBBB")
	plain, err := again.Open(sealed, []byte("shop-1001"))
	require.NoError(t, err)
	require.Equal(t, "AAAA-BBBB", string(plain))

	twice, err := keys.Seal([]byte("AAAA-BBBB"), []byte("shop-1001"))
	require.NoError(t, err)
	require.NotEqual(t, sealed, twice, "equal texts must not show as equal")

	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"another keyset":         func() ([]byte, error) { return other.Open(sealed, []byte("shop-1001")) },
		"another place":          func() ([]byte, error) { return keys.Open(sealed, []byte("shop-1002")) },
		"a changed byte":         func() ([]byte, error) { return keys.Open(changed, []byte("shop-1001")) },
		"cut short":              func() ([]byte, error) { return keys.Open(sealed[:7], []byte("shop-1001")) },
		"nothing":                func() ([]byte, error) { return keys.Open(nil, []byte("shop-1001")) },
		"no keyset at all":       func() ([]byte, error) { return (*Keyset)(nil).Open(sealed, []byte("shop-1001")) },
		"sealing with no keyset": func() ([]byte, error) { return (*Keyset)(nil).Seal([]byte("AAAA-BBBB"), nil) },
	} {
		plain, err := open()
		require.Error(t, err, name)
		require.Nil(t, plain, name)
		require.NotContains(t, err.Error(), "AAAA", name)
	}
}

func TestRotationKeepsWhatWasSealedBefore(t *testing.T) {
	text := newText(t)
	before := parse(t, text)
	sealedBefore, err := before.Seal([]byte("old"), nil)
	require.NoError(t, err)
	require.True(t, before.Current(sealedBefore))

	rotatedText, err := Rotate(text)
	require.NoError(t, err)
	rotated := parse(t, rotatedText)
	plain, err := rotated.Open(sealedBefore, nil)
	require.NoError(t, err)
	require.Equal(t, "old", string(plain))
	require.False(t, rotated.Current(sealedBefore), "sealed by a key that is no longer primary")

	sealedAfter, err := rotated.Seal([]byte("new"), nil)
	require.NoError(t, err)
	require.True(t, rotated.Current(sealedAfter))
	_, err = before.Open(sealedAfter, nil)
	require.Error(t, err, "the new key seals, not the old one")

	_, err = Rotate("nonsense-marker")
	require.ErrorIs(t, err, errInvalid)
}

func TestBadKeysetsAreRefusedWithoutAWordOfThem(t *testing.T) {
	handle, err := keyset.NewHandle(mac.HMACSHA256Tag256KeyTemplate())
	require.NoError(t, err)
	var macKeyset bytes.Buffer
	require.NoError(t, insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&macKeyset)))
	good := newText(t)

	for name, text := range map[string]string{
		"empty":          "",
		"blank":          " \n",
		"no JSON":        "marker",
		"other JSON":     `{"marker":"marker"}`,
		"cut short":      good[:len(good)-20],
		"no keys":        `{"primaryKeyId":1,"key":[]}`,
		"no such key":    strings.Replace(good, `"primaryKeyId":`, `"primaryKeyId":9`, 1),
		"not AEAD":       macKeyset.String(),
		"a huge file":    strings.Repeat("marker", maxText),
		"bad key value":  strings.Replace(good, `"value":"`, `"value":"marker`, 1),
		"a wrong number": `{"primaryKeyId":"marker"}`,
	} {
		keys, err := Parse(text)
		require.Error(t, err, name)
		require.Nil(t, keys, name)
		require.Contains(t, err.Error(), "starter keyset new", name)
		require.NotContains(t, err.Error(), "marker", name)
	}
}

func TestKeysetFileMustBePrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyset.json")
	require.NoError(t, os.WriteFile(path, []byte(newText(t)+"\n"), 0o600))
	_, err := ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.Chmod(path, 0o400))
	_, err = ReadFile(path)
	require.NoError(t, err)

	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o644, 0o666} {
		require.NoError(t, os.Chmod(path, mode))
		_, err := ReadFile(path)
		require.ErrorContains(t, err, "chmod 600 "+path, "mode %o", mode)
	}

	_, err = ReadFile(filepath.Join(t.TempDir(), "missing.json"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = ReadFile(t.TempDir())
	require.ErrorContains(t, err, "folder")
	require.NoError(t, os.WriteFile(path, []byte("marker"), 0o600))
	require.NoError(t, os.Chmod(path, 0o600))
	_, err = ReadFile(path)
	require.ErrorIs(t, err, errInvalid)
	require.ErrorContains(t, err, path)
	require.NotContains(t, err.Error(), "marker")
}

func TestKeysetIsNeverSeen(t *testing.T) {
	keys := parse(t, newText(t))
	type config struct {
		Name string
		Keys *Keyset
		Copy Keyset
	}
	held := config{"x", keys, *keys}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("start", "keys", keys, "copy", *keys)
	asJSON, err := json.Marshal(held)
	require.NoError(t, err)
	require.JSONEq(t, `{"Name":"x","Keys":"[keyset]","Copy":"[keyset]"}`, string(asJSON))
	require.Contains(t, logged.String(), `"keys":"[keyset]","copy":"[keyset]"`)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		require.Equal(t, "[keyset]", fmt.Sprintf(verb, keys), verb)
		require.Equal(t, "[keyset]", fmt.Sprintf(verb, *keys), verb)
	}
	require.Contains(t, fmt.Sprintf("%+v", held), "Keys:[keyset] Copy:[keyset]")
	require.Equal(t, "[keyset]", keys.String())
}
