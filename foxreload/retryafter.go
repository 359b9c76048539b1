package foxreload

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter bounds what a server can ask for: one odd header must not stop
// a partner's orders for a day.
const maxRetryAfter = 5 * time.Minute

// readRetryAfter reads Retry-After, in seconds or as an HTTP date, as a time to
// wait between 0 and maxRetryAfter; 0 also when it is absent or unreadable. A
// date is measured by the server's own clock where the answer carries that.
func readRetryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	// A number too large for a float comes as +Inf beside an error.
	if seconds, err := strconv.ParseFloat(text, 64); err == nil || math.IsInf(seconds, 1) {
		switch {
		case !(seconds > 0): // NaN as well
			return 0
		case seconds >= maxRetryAfter.Seconds():
			return maxRetryAfter
		default:
			return time.Duration(seconds * float64(time.Second))
		}
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if server, err := http.ParseTime(header.Get("Date")); err == nil {
		now = server
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
