package keyset

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// maxText is far more than a keyset of any sensible number of keys needs; a
// longer text is a slip (the wrong file), refused before it is parsed.
const maxText = 1 << 20

var (
	errNone    = errors.New("there is no keyset: set FOXFLOW_KEYSET or FOXFLOW_KEYSET_FILE")
	errEmpty   = errors.New("keyset is empty: make one with: starter keyset new")
	errInvalid = errors.New("keyset is not a Tink AEAD keyset in JSON: make one with: starter keyset new")
)

// Keyset seals with its primary key and opens with any of its keys. Use it from
// any number of goroutines.
type Keyset struct {
	handle *keyset.Handle
	aead   tink.AEAD
	// mark begins whatever the primary key sealed: Tink puts the key's id there.
	mark []byte
}

// Parse reads the JSON text of a keyset. Its errors never repeat any of the text,
// nor what Tink says of it, which might.
func Parse(text string) (*Keyset, error) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	switch {
	case text == "":
		return nil, errEmpty
	case len(text) > maxText:
		return nil, errInvalid
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(strings.NewReader(text)))
	if err != nil {
		return nil, errInvalid
	}
	return fromHandle(handle)
}

func fromHandle(handle *keyset.Handle) (*Keyset, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, errInvalid
	}
	primary, err := handle.Primary()
	if err != nil {
		return nil, errInvalid
	}
	return &Keyset{handle: handle, aead: primitive, mark: tinkMark(primary.KeyID())}, nil
}

// tinkMark is how Tink begins a ciphertext: a version byte, 1, and the id of the
// key.
func tinkMark(keyID uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{1}, keyID)
}

// Seal encrypts plain and binds it to ad, the associated data that says what it
// is and where it belongs: whoever opens it must name the same.
func (k *Keyset) Seal(plain, ad []byte) ([]byte, error) {
	if k == nil {
		return nil, errNone
	}
	sealed, err := k.aead.Encrypt(plain, ad)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal made of the same associated data. Another keyset,
// other associated data and a changed byte all give the same error: there is no
// telling them apart, and never any garbage.
func (k *Keyset) Open(sealed, ad []byte) ([]byte, error) {
	if k == nil {
		return nil, errNone
	}
	plain, err := k.aead.Decrypt(sealed, ad)
	if err != nil {
		return nil, errors.New("open sealed text: another keyset sealed it, or it was changed or moved")
	}
	return plain, nil
}

// Current says whether the primary key made sealed: what an older key made is
// worth sealing again after a rotation.
func (k *Keyset) Current(sealed []byte) bool {
	return k != nil && bytes.HasPrefix(sealed, k.mark)
}

// text is the keyset as JSON in one line, so that it fits an environment variable.
func text(handle *keyset.Handle) (string, error) {
	var written, line bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&written)); err != nil {
		return "", errors.New("write keyset: it can't be turned into JSON")
	}
	if err := json.Compact(&line, written.Bytes()); err != nil {
		return "", errors.New("write keyset: its JSON is not whole")
	}
	return line.String(), nil
}
