package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuantilesLieBetweenSamples(t *testing.T) {
	require.Zero(t, Median(nil))
	require.InDelta(t, 7, Median([]float64{7}), 0)
	require.InDelta(t, 2, Median([]float64{3, 1, 2}), 0)
	require.InDelta(t, 2.5, Median([]float64{4, 1, 3, 2}), 0)
	require.InDelta(t, 4, Quantile([]float64{4, 1, 3, 2}, 1), 0)
	require.InDelta(t, 1, Quantile([]float64{4, 1, 3, 2}, 0), 0)
}

func TestATableHasARowForEachFigureAndSaysWhatIsMissing(t *testing.T) {
	var s Sheet
	s.Add("saturated", "foxflow", "orders/s", 20)
	s.Add("saturated", "foxflow", "orders/s", 30)
	s.Add("saturated", "foxflow", "orders/s", 26)
	s.Add("saturated", "naive", "orders/s", 8)
	s.Add("saturated", "foxflow", "events", 23)
	s.Wrong("naive: %d orders lost", 2)
	var out strings.Builder
	require.NoError(t, s.Tables(&out))
	var rows [][]string
	for line := range strings.Lines(out.String()) {
		rows = append(rows, strings.Fields(line))
	}
	require.Equal(t, [][]string{
		{"saturated", "foxflow", "naive"}, {"orders/s", "26.0", "8.00"}, {"events", "23.0", "–"}, {},
		{"WRONG:", "naive:", "2", "orders", "lost"}}, [][]string{rows[0], rows[1], rows[2], {}, rows[4]})
	require.Equal(t, []string{"naive: 2 orders lost"}, s.Breaches())
}

func TestJSONHoldsEverySample(t *testing.T) {
	var s Sheet
	s.Add("crowd", "script", "orders/min", 34)
	s.Add("crowd", "script", "orders/min", 33)
	var out strings.Builder
	require.NoError(t, s.JSON(&out, map[string]string{"cpus": "2"}))
	var read struct {
		About   map[string]string
		Figures []Figure
	}
	require.NoError(t, json.Unmarshal([]byte(out.String()), &read))
	require.Equal(t, []float64{34, 33}, read.Figures[0].Samples)
	require.InDelta(t, 33.5, read.Figures[0].Median, 0)
}
