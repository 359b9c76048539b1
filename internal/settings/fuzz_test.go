package settings

import (
	"errors"
	"strings"
	"testing"
)

// FuzzEnvironment gives every variable of every program any text at all, but for
// those that name a file of this machine. What is wrong is named with its variable
// and an example; what is taken lies within its bounds.
func FuzzEnvironment(f *testing.F) {
	for _, seed := range [][2]string{
		{"FOXRELOAD_TIMEOUT", "30s"}, {"FOXRELOAD_TIMEOUT", "9999999999h"}, {"FOXFLOW_POLL_INITIAL", "-1ns"}, {"FOXFLOW_GIVE_UP_AFTER", "1e3s"},
		{"FOXRELOAD_REQUESTS_PER_MINUTE", "99999999999999999999"}, {"FOXRELOAD_REQUESTS_PER_MINUTE", "0x10"}, {"FOXRELOAD_ALLOW_HTTP", "T"},
		{"FOXRELOAD_BASE_URL", "https://[::1%25eth0]:8443/api"}, {"FOXRELOAD_BASE_URL", "http://user:pass@127.0.0.1"}, {"FOXRELOAD_BASE_URL", "\x00"},
		{"FOXRELOAD_CURRENCY", "usd"}, {"FOXRELOAD_LANGUAGE", "en-GB"}, {"FOXRELOAD_API_KEY", "a\nb"}, {"FOXFLOW_KEYSET", "{"},
		{"FOXFLOW_DAILY_LIMIT", "usd=500,rub=20000"}, {"FOXFLOW_DAILY_LIMIT", "usd=1e9999"}, {"FOXFLOW_DAILY_LIMIT", "usd=-1e9999"}, {"FOXFLOW_DAILY_LIMIT", "usd=1e-9999"}, {"FOXFLOW_DAILY_LIMIT", ",=,"},
		{"FOXFLOW_HTTP", "[::1]:0"}, {"FOXFLOW_HTTP", ":99999"}, {"FOXFLOW_TASK_QUEUE", "a b"}, {"FOXFLOW_LEDGER", "\x01"},
		{"FOXFLOW_LOG_LEVEL", "INFO"}, {"FOXFLOW_LOG_FORMAT", ""},
		{"FOXFLOW_CODEC_LISTEN", "[::1]:0"}, {"FOXFLOW_CODEC_TOKEN", "short"}, {"FOXFLOW_CODEC_TOKEN", "sixteen letters\x7f"}, {"FOXFLOW_CODEC_ORIGIN", "*"},
		{"FOXFLOW_CODEC_ORIGIN", "http://[::ffff:1.2.3.4]:080"}, {"FOXFLOW_CODEC_ORIGIN", "HTTPS://u:p@A.b:443/?#"}, {"FOXFLOW_CODEC_ORIGIN", "https://\u212a.example"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		if strings.HasSuffix(name, "_FILE") {
			return
		}
		environ := []string{"FOXRELOAD_API_KEY=key-7731", "FOXFLOW_KEYSET=any", name + "=" + value}
		w, err := LoadWorker(environ)
		refusedWell(t, err)
		if err == nil {
			withinBounds(t, w)
		}
		s, err := LoadStarter(environ)
		refusedWell(t, err)
		if err == nil && (s.PollInitial <= 0 || s.PollMax < s.PollInitial || s.GiveUpAfter <= 0) {
			t.Errorf("%s=%q: intervals %+v", name, value, s.Intervals)
		}
		c, err := LoadCodec(codecEnv(name + "=" + value))
		refusedWell(t, err)
		if err == nil {
			codecWithinBounds(t, c)
		}
	})
}

func refusedWell(t *testing.T, err error) {
	t.Helper()
	var errs Errors
	if err == nil {
		return
	}
	if !errors.As(err, &errs) || len(errs) == 0 {
		t.Fatalf("not settings.Errors: %v", err)
	}
	for _, e := range errs {
		if e.Variable == "" || e.Problem == "" || !strings.HasPrefix(e.Example, e.Variable+"=") {
			t.Errorf("refused without its name, problem or example: %+v", *e)
		}
		if strings.Contains(e.Error(), "key-7731") || strings.Contains(e.Error(), codecToken) {
			t.Errorf("shows the partner key or the codec server's token: %v", e)
		}
	}
}

// codecWithinBounds wants a token worth the name, and an origin that browsers may
// send: reading it again changes nothing.
func codecWithinBounds(t *testing.T, c CodecServer) {
	t.Helper()
	if n := len(c.Token.Reveal()); n < leastToken || n > mostToken {
		t.Errorf("token of %d characters", n)
	}
	for _, char := range c.Origin {
		if char > '~' || strings.ContainsRune(" *@?#\\", char) {
			t.Errorf("origin %q", c.Origin)
		}
	}
	if strings.Count(c.Origin, "/") != 2 {
		t.Errorf("origin %q has a path", c.Origin)
	}
	again, err := LoadCodec(codecEnv("FOXFLOW_CODEC_ORIGIN=" + c.Origin))
	if err != nil || again.Origin != c.Origin {
		t.Errorf("origin %q reads again as %q: %v", c.Origin, again.Origin, err)
	}
}

func withinBounds(t *testing.T, w Worker) {
	t.Helper()
	if w.Timeout <= 0 || w.PerMinute < 1 || w.PerMinute > 100_000 {
		t.Errorf("time-out %s, %d requests a minute", w.Timeout, w.PerMinute)
	}
	var written []string
	for currency, most := range w.DailyLimit {
		text := most.String()
		if !most.IsPositive() || len(text) > 100 {
			t.Fatalf("limit of %d digits in %s", len(text), currency)
		}
		written = append(written, currency+"="+text)
	}
	var again DailyLimit
	if len(written) == 0 {
		return
	}
	if err := again.UnmarshalText([]byte(strings.Join(written, ","))); err != nil {
		t.Fatal(err)
	}
	for currency, most := range w.DailyLimit {
		if !again[currency].Equal(most) {
			t.Errorf("%s limited to %s reads again as %s", currency, most, again[currency])
		}
	}
}
