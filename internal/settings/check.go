package settings

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

var (
	taskQueueRE = regexp.MustCompile(`^[A-Za-z0-9._/-]{1,200}$`)
	languageRE  = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z]{2,4})?$`)
)

func (c *Common) check(wrong wrong) {
	c.Sealing.check(wrong)
	if !taskQueueRE.MatchString(c.TaskQueue) {
		wrong("FOXFLOW_TASK_QUEUE", fmt.Sprintf("is %q: use 1 to 200 characters of A-Z a-z 0-9 . _ / -", c.TaskQueue))
	}
	if problem := LedgerProblem(c.Ledger.Reveal()); problem != "" {
		wrong("FOXFLOW_LEDGER", problem)
	}
}

// keyValueRE finds how the other programs of PostgreSQL write an address: host=… password=….
var keyValueRE = regexp.MustCompile(`(^|\s)[A-Za-z_]+\s*=`)

// LedgerProblem is what is wrong with the form of a ledger's address; "": nothing. What
// only looks like an address would become a file of that name. It is never repeated: it may
// hold a password.
func LedgerProblem(address string) string {
	switch {
	case strings.ContainsFunc(address, unicode.IsControl):
		return "holds control characters"
	case strings.TrimSpace(address) != address:
		return "has blanks at its edges: leave them out"
	case strings.Trim(address, quotes) != address:
		return "is quoted: leave the quotes out"
	case !strings.Contains(address, "://") && keyValueRE.MatchString(address):
		return "is a list of key=value: write a file's path, or postgres://ROLE@HOST:5432/DATABASE"
	}
	return ""
}

const quotes = "\"'`“”„‘’‚«»"

func (f *FoxReload) check(wrong wrong) {
	readSecretFile(wrong, "FOXRELOAD_API_KEY", &f.APIKey, f.APIKeyFile)
	f.Currency, f.Language = strings.ToLower(f.Currency), strings.ToLower(f.Language)
	if f.Currency != "" && !currencyRE.MatchString(f.Currency) {
		wrong("FOXRELOAD_CURRENCY", fmt.Sprintf("is %q, which is not a currency", f.Currency))
	}
	if f.Language != "" && !languageRE.MatchString(f.Language) {
		wrong("FOXRELOAD_LANGUAGE", fmt.Sprintf("is %q, which is not a language", f.Language))
	}
	between(wrong, "FOXRELOAD_TIMEOUT", f.Timeout, time.Millisecond, 5*time.Minute)
	if f.PerMinute < 1 || f.PerMinute > 100_000 {
		wrong("FOXRELOAD_REQUESTS_PER_MINUTE", fmt.Sprintf("is %d: use 1 to 100000", f.PerMinute))
	}
	oneOf(wrong, "FOXRELOAD_IDEMPOTENCY_KEY", f.IdempotencyKey, "body", "off")
	f.checkClient(wrong)
}

func (i Intervals) check(wrong wrong) {
	for _, knob := range []struct {
		variable string
		value    time.Duration
	}{
		{"FOXFLOW_POLL_INITIAL", i.PollInitial},
		{"FOXFLOW_POLL_MAX", i.PollMax},
		{"FOXFLOW_STALL_AFTER", i.StallAfter},
		{"FOXFLOW_STALL_POLL", i.StallPoll},
		{"FOXFLOW_GIVE_UP_AFTER", i.GiveUpAfter},
	} {
		between(wrong, knob.variable, knob.value, time.Millisecond, 365*24*time.Hour)
	}
	if i.PollMax < i.PollInitial {
		wrong("FOXFLOW_POLL_MAX", fmt.Sprintf("is %s, shorter than FOXFLOW_POLL_INITIAL (%s)", i.PollMax, i.PollInitial))
	}
}

func (h HTTP) check(wrong wrong) {
	address(wrong, "FOXFLOW_HTTP", h.Addr)
}

func (l Log) check(wrong wrong) {
	oneOf(wrong, "FOXFLOW_LOG_LEVEL", l.Level, "debug", "info", "warn", "error")
	oneOf(wrong, "FOXFLOW_LOG_FORMAT", l.Format, "json", "console")
}

func address(wrong wrong, variable, value string) {
	_, port, err := net.SplitHostPort(value)
	if number, bad := strconv.Atoi(port); err != nil || bad != nil || number < 0 || number > 65535 {
		wrong(variable, fmt.Sprintf("is %q, which is not HOST:PORT", value))
	}
}

func between(wrong wrong, variable string, value, least, most time.Duration) {
	if value < least || value > most {
		wrong(variable, fmt.Sprintf("is %s: use %s to %s", value, least, most))
	}
}

func oneOf(wrong wrong, variable, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		wrong(variable, fmt.Sprintf("is %q: use one of %s", value, strings.Join(allowed, ", ")))
	}
}
