package keyset

import (
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// template is the kind of key that New and Rotate make. XChaCha20-Poly1305 draws
// nonces long enough that no number of payloads brings two alike.
var template = aead.XChaCha20Poly1305KeyTemplate

// New makes a keyset of one fresh key and gives its JSON text, one line, for
// FOXFLOW_KEYSET. The text is the secret itself.
func New() (string, error) {
	handle, err := keyset.NewHandle(template())
	if err != nil {
		return "", fmt.Errorf("make keyset: %w", err)
	}
	return text(handle)
}

// Rotate gives the text of the same keyset with a fresh primary key added. The
// older keys stay, so all that they sealed still opens.
func Rotate(old string) (string, error) {
	present, err := Parse(old)
	if err != nil {
		return "", err
	}
	return present.Rotated()
}

// Rotated is what Rotate gives for k. The text is the secret itself.
func (k *Keyset) Rotated() (string, error) {
	if k == nil {
		return "", errNone
	}
	manager := keyset.NewManagerFromHandle(k.handle)
	id, err := manager.Add(template())
	if err != nil {
		return "", fmt.Errorf("rotate keyset: add a key: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return "", fmt.Errorf("rotate keyset: make the new key primary: %w", err)
	}
	handle, err := manager.Handle()
	if err != nil {
		return "", fmt.Errorf("rotate keyset: %w", err)
	}
	return text(handle)
}

// Len is the number of keys, the primary one among them.
func (k *Keyset) Len() int {
	if k == nil {
		return 0
	}
	return k.handle.Len()
}
