package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/internal/keyset"
	"foxflow/life"
)

func workerEnv(more ...string) []string {
	return append([]string{"FOXRELOAD_API_KEY=key-1", "FOXFLOW_KEYSET=any"}, more...)
}

const codecToken = "token-of-the-test"

func codecEnv(more ...string) []string {
	return append([]string{"FOXFLOW_CODEC_TOKEN=" + codecToken, "FOXFLOW_KEYSET=any"}, more...)
}

func TestDefaultsAreThoseOfTheInterface(t *testing.T) {
	s, err := LoadStarter(nil)
	require.NoError(t, err)
	assert.Equal(t, "foxflow.db", s.Ledger.Reveal())
	assert.Equal(t, "foxflow", s.TaskQueue)
	assert.Equal(t, "https://public-api.foxreload.com", s.BaseURL)
	assert.Equal(t, 30*time.Second, s.Timeout)
	assert.Equal(t, 100, s.PerMinute)
	assert.Equal(t, "body", s.IdempotencyKey)
	assert.Equal(t, life.DefaultIntervals, life.Intervals(s.Intervals))

	w, err := LoadWorker(workerEnv())
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:9464", w.Addr)
	assert.Equal(t, "info", w.Level)
	assert.Equal(t, "json", w.Format)
	assert.Empty(t, w.DailyLimit)

	c, err := LoadCodec(codecEnv())
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:8234", c.Listen)
	assert.Equal(t, "http://127.0.0.1:8233", c.Origin)
	assert.Equal(t, "info", c.Level)
}

func TestEveryVariableIsRefusedWhenEmpty(t *testing.T) {
	all := slices.Concat(variablesOf(reflect.TypeFor[Starter]()), variablesOf(reflect.TypeFor[Worker]()), variablesOf(reflect.TypeFor[CodecServer]()))
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			_, starterErr := LoadStarter(workerEnv(v.Name + "="))
			_, workerErr := LoadWorker(workerEnv(v.Name + "="))
			_, codecErr := LoadCodec(codecEnv(v.Name + "="))
			if strings.HasPrefix(v.Name, "OTEL_") { // whose standard says that empty is unset
				require.NoError(t, errors.Join(starterErr, workerErr, codecErr))
				return
			}
			var errs Errors
			require.True(t, errors.As(errors.Join(starterErr, workerErr, codecErr), &errs))
			assert.Equal(t, v.Name, errs[0].Variable)
			assert.Contains(t, errs[0].Error(), "is set but empty")
			assert.Contains(t, errs[0].Error(), v.Name+"="+v.Example)
			assert.NotEmpty(t, v.About)
			assert.NotEmpty(t, v.Example)
		})
	}
}

func TestExamplesAreGoodValues(t *testing.T) {
	for _, v := range variablesOf(reflect.TypeFor[Worker]()) {
		if strings.HasSuffix(v.Name, "_FILE") {
			continue
		}
		_, err := LoadWorker(append(workerEnv(), v.Name+"="+v.Example))
		assert.NoError(t, err, v.Name)
	}
	for _, v := range variablesOf(reflect.TypeFor[CodecServer]()) {
		if strings.HasSuffix(v.Name, "_FILE") || strings.HasPrefix(v.Example, "$(") {
			continue // what another program prints is its own affair
		}
		_, err := LoadCodec(append(codecEnv(), v.Name+"="+v.Example))
		assert.NoError(t, err, v.Name)
	}
}

func TestWrongValuesAreNamedWithTheirProblem(t *testing.T) {
	for _, c := range []struct{ set, says string }{
		{"FOXRELOAD_BASE_URL=http://example.com", ""},
		{"FOXRELOAD_BASE_URL=not a url", ""},
		{"FOXRELOAD_BASE_URL=https://public-api.foxreload.com/api", "ends in /api, which every call adds itself; leave /api out"},
		{"FOXRELOAD_BASE_URL=https://public-api.foxreload.com/api/", "ends in /api"},
		{"FOXRELOAD_ALLOW_HTTP=maybe", `"maybe", which is neither true nor false`},
		{"FOXRELOAD_CURRENCY=u$d", "not a currency"},
		{"FOXRELOAD_LANGUAGE=english please", "not a language"},
		{"FOXRELOAD_TIMEOUT=30", `"30", which is not a duration: write a number and a unit`},
		{"FOXRELOAD_TIMEOUT=-1s", "is -1s: use 1ms to 5m0s"},
		{"FOXRELOAD_REQUESTS_PER_MINUTE=many", "not a whole number"},
		{"FOXRELOAD_REQUESTS_PER_MINUTE=0", "is 0: use 1 to 100000"},
		{"FOXRELOAD_IDEMPOTENCY_KEY=header", "use one of body, off"},
		{"FOXRELOAD_API_KEY_FILE=/nowhere/key", "set one of the two"},
		{"FOXFLOW_KEYSET_FILE=/nowhere/key", "set one of the two"},
		{"FOXFLOW_TASK_QUEUE=two words", "use 1 to 200 characters"},
		{"FOXFLOW_DAILY_LIMIT=500", `"500" is not CURRENCY=AMOUNT`},
		{"FOXFLOW_DAILY_LIMIT=usd=lots", "not an amount of money"},
		{"FOXFLOW_DAILY_LIMIT=usd=0", "starter pause"},
		{"FOXFLOW_DAILY_LIMIT=usd=1,usd=2", "names usd twice"},
		{"FOXFLOW_DAILY_LIMIT=usd=1.23456", "more than 4 decimal places"},
		{"FOXFLOW_LOW_BALANCE=20", `"20" is not CURRENCY=AMOUNT`},
		{"FOXFLOW_LOW_BALANCE=usd=0", "an amount is more than 0"},
		{"FOXFLOW_HTTP=9464", "not HOST:PORT"},
		{"FOXFLOW_HTTP=localhost:http", "not HOST:PORT"},
		{"FOXFLOW_LOG_LEVEL=loud", "use one of debug, info, warn, error"},
		{"FOXFLOW_LOG_FORMAT=xml", "use one of json, console"},
	} {
		t.Run(c.set, func(t *testing.T) {
			_, err := LoadWorker(workerEnv(c.set))
			var errs Errors
			require.ErrorAs(t, err, &errs)
			name, _, _ := strings.Cut(c.set, "=")
			require.Len(t, errs, 1)
			assert.Equal(t, name, errs[0].Variable)
			assert.Contains(t, errs[0].Error(), c.says)
			assert.Contains(t, errs[0].Error(), "for example "+name+"=")
		})
	}
}

func TestIntervalsAreCheckedTogether(t *testing.T) {
	_, err := LoadStarter([]string{"FOXFLOW_POLL_INITIAL=1m", "FOXFLOW_STALL_AFTER=0s", "FOXFLOW_STALL_POLL=soon"})
	var errs Errors
	require.ErrorAs(t, err, &errs)
	text := err.Error()
	assert.Contains(t, text, "FOXFLOW_POLL_MAX is 30s, shorter than FOXFLOW_POLL_INITIAL (1m0s)")
	assert.Contains(t, text, "FOXFLOW_STALL_AFTER is 0s")
	assert.Contains(t, text, `FOXFLOW_STALL_POLL is "soon"`)
	assert.Len(t, errs, 3)
}

func TestDailyLimitReadsSeveralCurrencies(t *testing.T) {
	w, err := LoadWorker(workerEnv("FOXFLOW_DAILY_LIMIT=USD=500, rub=20000.50"))
	require.NoError(t, err)
	require.Len(t, w.DailyLimit, 2)
	assert.True(t, w.DailyLimit["usd"].Equal(decimal.RequireFromString("500")))
	assert.True(t, w.DailyLimit["rub"].Equal(decimal.RequireFromString("20000.50")))
}

func TestWorkerNeedsKeyAndKeyset(t *testing.T) {
	_, err := LoadWorker(nil)
	assert.ErrorContains(t, err, "FOXRELOAD_API_KEY is not set")
	assert.ErrorContains(t, err, "FOXFLOW_KEYSET is not set")
}

func TestStarterSaysWhatACommandMisses(t *testing.T) {
	s, err := LoadStarter(nil)
	require.NoError(t, err)
	_, err = s.Keys()
	assert.ErrorContains(t, err, "FOXFLOW_KEYSET is not set (for example FOXFLOW_KEYSET=$(starter keyset new))")
	_, err = s.Client(nil)
	assert.ErrorContains(t, err, "FOXRELOAD_API_KEY is not set")
}

func TestKeysComeFromTextOrFile(t *testing.T) {
	text, err := keyset.New()
	require.NoError(t, err)
	s, err := LoadStarter([]string{"FOXFLOW_KEYSET=" + text})
	require.NoError(t, err)
	_, err = s.Keys()
	require.NoError(t, err)

	path := filepath.Join(t.TempDir(), "keyset.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	s, err = LoadStarter([]string{"FOXFLOW_KEYSET_FILE=" + path})
	require.NoError(t, err)
	_, err = s.Keys()
	require.NoError(t, err)

	require.NoError(t, os.Chmod(path, 0o644))
	_, err = s.Keys()
	assert.ErrorContains(t, err, "FOXFLOW_KEYSET_FILE holds no usable keyset")
	assert.ErrorContains(t, err, "chmod 600")

	s, err = LoadStarter([]string{"FOXFLOW_KEYSET=not-a-keyset-7731"})
	require.NoError(t, err)
	_, err = s.Keys()
	assert.ErrorContains(t, err, "FOXFLOW_KEYSET holds no usable keyset")
	assert.NotContains(t, err.Error(), "7731")
}

func TestPartnerKeyComesFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(path, []byte("key-from-file\n"), 0o600))
	s, err := LoadStarter([]string{"FOXRELOAD_API_KEY_FILE=" + path})
	require.NoError(t, err)
	assert.Equal(t, "key-from-file", s.APIKey.Reveal())

	require.NoError(t, os.WriteFile(path, []byte(" \n"), 0o600))
	_, err = LoadStarter([]string{"FOXRELOAD_API_KEY_FILE=" + path})
	assert.ErrorContains(t, err, "names an empty file")
	_, err = LoadStarter([]string{"FOXRELOAD_API_KEY_FILE=" + path + ".gone"})
	assert.ErrorContains(t, err, "can't be read")
}

func TestSecretsAreNeverShown(t *testing.T) {
	w, err := LoadWorker([]string{"FOXRELOAD_API_KEY=hunt-me", "FOXFLOW_KEYSET=hunt-me"})
	require.NoError(t, err)
	marshalled, err := json.Marshal(w)
	require.NoError(t, err)
	shown := []string{string(marshalled), fmt.Sprint(w), fmt.Sprintf("%v %+v %#v %s %q %x", w, w, w, w.APIKey, w.APIKey, w.Keyset)}
	for _, text := range shown {
		assert.NotContains(t, text, "hunt-me")
		assert.NotContains(t, text, fmt.Sprintf("%x", "hunt-me"))
	}
	assert.Equal(t, "hunt-me", w.APIKey.Reveal())
}

func TestDescribeFitsEightyColumns(t *testing.T) {
	text, own := Describe(Worker{}), DescribeOwn(CodecServer{})
	for _, v := range variablesOf(reflect.TypeFor[Worker]()) {
		assert.Contains(t, text, v.Name)
	}
	for _, v := range variablesOf(reflect.TypeFor[CodecServer]()) {
		assert.Contains(t, own, v.Name)
	}
	assert.Contains(t, text, "TEMPORAL_ADDRESS (default 127.0.0.1:7233)")
	assert.NotContains(t, own, "TEMPORAL_", "the codec server does not talk to Temporal")
	for _, line := range strings.Split(text+own, "\n") {
		assert.LessOrEqual(t, len([]rune(line)), 80, line)
	}
}

// What only looks like an address would become a file of that name, password and all.
func TestALedgerThatOnlyLooksLikeAnAddressIsRefusedUnseen(t *testing.T) {
	for address, want := range map[string]string{
		"host=db password=hunter2":             "is a list of key=value",
		"password = hunter2":                   "is a list of key=value",
		"user=fox dbname=foxflow":              "is a list of key=value",
		"foxflow.db password=hunter2":          "is a list of key=value",
		`"postgres://fox:hunter2@db/foxflow"`:  "is quoted",
		"'foxflow-hunter2.db'":                 "is quoted",
		"“hunter2.db”":                         "is quoted",
		" postgres://fox:hunter2@db/foxflow":   "has blanks at its edges",
		"hunter2.db\u00a0":                     "has blanks at its edges",
		"postgres://fox:hunter2@db/fox\u0085f": "holds control characters",
	} {
		_, err := LoadStarter([]string{"FOXFLOW_LEDGER=" + address})
		require.ErrorContains(t, err, "FOXFLOW_LEDGER "+want, address)
		assert.NotContains(t, err.Error(), "hunter2", address)
	}
	for _, address := range []string{"foxflow.db", "/var/lib/fox flow/2026 ledger.db", "postgres://fox@db/foxflow?sslmode=verify-full&application_name=a"} {
		_, err := LoadStarter([]string{"FOXFLOW_LEDGER=" + address})
		assert.NoError(t, err, address)
	}
}
