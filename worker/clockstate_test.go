package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/foxreload"
)

// A clock is off only where no moment of the call fits what the answer shows, however long
// the call took.
func TestTheClockIsComparedWithFoxReloads(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 700_000_000, time.UTC)
	fileTells := func(_ context.Context, at time.Time) (time.Time, error) { return at, nil }
	for name, c := range map[string]struct {
		shown, took time.Duration // of an answer that came now
		is          string        // "": fit
	}{
		"the same":                         {shown: 0},
		"a slow answer, made at its start": {shown: -45 * time.Second, took: 45 * time.Second},
		"a slow answer, made at its end":   {shown: 0, took: 45 * time.Second},
		"a little":                         {shown: 25 * time.Second},
		"an hour behind":                   {shown: time.Hour, is: "clock is 59m59s behind that of FoxReload"},
		"an hour ahead":                    {shown: -time.Hour, is: "clock is 1h0m0s ahead of that of FoxReload"},
		"a minute ahead, for all it took":  {shown: -time.Minute, took: 20 * time.Second, is: "40s ahead"},
	} {
		t.Run(name, func(t *testing.T) {
			clock := &clockState{now: func() time.Time { return now }}
			hear := func(e foxreload.Ended) { clock.Call(t.Context(), foxreload.Sent{})(e) }
			date := now.Add(c.shown).Truncate(time.Second)
			hear(foxreload.Ended{Status: 200, Shown: date, Took: c.took}) // a page of nobody's
			hear(foxreload.Ended{Status: 200, FromAPI: true})             // no Date
			_, err := clock.check(t.Context(), fileTells)
			require.NoError(t, err)
			hear(foxreload.Ended{Status: 200, FromAPI: true, Shown: date, Took: c.took})
			_, err = clock.check(t.Context(), fileTells)
			assert.Equal(t, c.is != "", clock.off())
			if c.is == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.is)
			hear(foxreload.Ended{Status: 200, FromAPI: true, Shown: now.Truncate(time.Second)})
			_, err = clock.check(t.Context(), fileTells)
			require.NoError(t, err, "the next answer shows that it was set")
		})
	}
}

func TestTheClockIsComparedWithTheLedgers(t *testing.T) {
	clock := &clockState{now: time.Now}
	for ahead, words := range map[time.Duration]string{0: "", 20 * time.Second: "", time.Hour: "behind that of the ledger's server", -time.Hour: "ahead of that of the ledger's server"} {
		_, err := clock.check(t.Context(), func(_ context.Context, at time.Time) (time.Time, error) { return at.Add(ahead), nil })
		if words == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, words)
		}
	}
	remark, err := clock.check(t.Context(), func(context.Context, time.Time) (time.Time, error) { return time.Time{}, errors.New("gone") })
	require.NoError(t, err, "the ledger's own check says that")
	assert.NotEmpty(t, remark)
}
