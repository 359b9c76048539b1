package show

import (
	"strings"

	"github.com/mdp/qrterminal/v3"
)

// longestQR is far less than a QR code can hold, and about what fits a terminal.
const longestQR = 400

// QR is a text as a QR code in half blocks, for terminals with a dark background; "" for
// a text that has no place in one.
func QR(text string) string {
	if text == "" || len(text) > longestQR {
		return ""
	}
	var b strings.Builder
	qrterminal.GenerateHalfBlock(text, qrterminal.L, &b)
	return b.String()
}
