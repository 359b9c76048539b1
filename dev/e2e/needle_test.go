package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// needle is a secret in every writing in which it is still in clear: anybody can
// undo base64, which is how Temporal's Web UI hands out payloads.
type needle struct {
	name     string
	writings [][]byte
}

func newNeedle(name, secret string) needle {
	n := needle{name: name, writings: [][]byte{[]byte(secret), []byte(hex.EncodeToString([]byte(secret))), []byte(strings.ToUpper(hex.EncodeToString([]byte(secret))))}}
	for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for offset := range 3 {
			n.writings = append(n.writings, []byte(inBase64(alphabet, secret, offset)))
		}
	}
	return n
}

// inBase64 is how a text shows within base64 of a longer one, when offset bytes go
// before it modulo three: less the characters at both ends that its neighbours have
// a part in.
func inBase64(alphabet *base64.Encoding, secret string, offset int) string {
	encoded := alphabet.EncodeToString([]byte(strings.Repeat("\x00", offset) + secret))
	first := map[int]int{0: 0, 1: 2, 2: 3}[offset]
	last := len(encoded)
	if (offset+len(secret))%3 != 0 {
		last--
	}
	return encoded[first:last]
}

func (n needle) in(text []byte) bool {
	for _, writing := range n.writings {
		if bytes.Contains(text, writing) {
			return true
		}
	}
	return false
}
