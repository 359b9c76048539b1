package foxreload

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestRetryAfterIsReadAsSecondsOrDateAndKeptSane(t *testing.T) {
	for _, row := range []struct {
		text string
		want time.Duration
	}{
		{"", 0},
		{"7", 7 * time.Second},
		{" 7 ", 7 * time.Second},
		{"1.5", 1500 * time.Millisecond},
		{"0", 0},
		{"-3", 0},
		{"NaN", 0},
		{"soon", 0},
		{"300", 5 * time.Minute},
		{"86400", 5 * time.Minute},
		{"99999999999999999999999", 5 * time.Minute},
		{"1e999", 5 * time.Minute},
		{"Tue, 24 Nov 2026 12:00:20 GMT", 20 * time.Second},
		{"Tuesday, 24-Nov-26 12:00:20 GMT", 20 * time.Second},
		{"Tue Nov 24 12:00:20 2026", 20 * time.Second},
		{"Tue, 24 Nov 2026 11:00:00 GMT", 0},
		{"Wed, 25 Nov 2026 12:00:00 GMT", 5 * time.Minute},
		{"2026-11-24T12:00:20Z", 0},
	} {
		assert.Equal(t, row.want, readRetryAfter(http.Header{"Retry-After": {row.text}}, noon), "%q", row.text)
	}
}

func TestARetryDateIsMeasuredByTheServersClock(t *testing.T) {
	header := http.Header{
		"Date":        {"Tue, 24 Nov 2026 11:59:50 GMT"}, // ten seconds behind ours
		"Retry-After": {"Tue, 24 Nov 2026 12:00:00 GMT"},
	}
	assert.Equal(t, 10*time.Second, readRetryAfter(header, noon))
}
