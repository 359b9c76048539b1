package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPictureHasABarForEachContender(t *testing.T) {
	var s Sheet
	s.Add("crowd", "foxflow", "orders/min", 32)
	s.Add("crowd", "a <script>", "orders/min", 16)
	var out strings.Builder
	require.NoError(t, s.Picture(&out, []Chart{{"Orders a minute", "crowd", "orders/min"}, {"Never measured", "crowd", "nothing"}}))
	bars, words := map[string]string{}, ""
	for reader := xml.NewDecoder(strings.NewReader(out.String())); ; {
		token, err := reader.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err, "it is sound XML")
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "rect" && len(token.Attr) > 3 {
				bars[token.Attr[2].Value] = token.Attr[4].Value
			}
		case xml.CharData:
			words += string(token) + " "
		}
	}
	require.Equal(t, map[string]string{"500": "#d9622b", "250": "#8c959f"}, bars)
	require.Contains(t, words, "a <script>")
	require.NotContains(t, words, "Never measured")
}
