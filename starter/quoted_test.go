package main

import (
	"io"
	"testing"

	"foxflow/foxreload/foxtest"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
)

// A server that answers with all that it was sent, and at length: a person is
// told its words, short and without the key.
func TestWordsOfFoxReloadAreShownShortAndWithoutTheKey(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 401, 422} {
		server := foxtest.New(t)
		server.Quote(status)
		s := newShop(t)
		s.setenv("FOXRELOAD_API_KEY="+foxtest.Key, "FOXRELOAD_BASE_URL="+server.URL)
		for _, args := range [][]string{{"balance"}, {"products", "search", "card"}, {"products", "show", "product_a"},
			{"place", "--reference", "shop-1", "--item", "product_a:1", "--note", "player_id=hunt-me-too", "--check-balance"}} {
			for _, form := range []string{"table", "json"} {
				got := s.run(append(args, "-o", form)...)
				assert.NotContains(t, got.out+got.err, "hunt-me", "%v, HTTP %d", args, status)
				assert.Less(t, len([]rune(got.err)), 700, "%v, HTTP %d: %s", args, status, got.err)
				if status != 200 {
					assert.Equal(t, exitError, got.status, "%v, HTTP %d", args, status)
				}
			}
		}
	}
}

// Whoever answers and is not FoxReload is not told by a status or its own words.
func TestAnAnswerThatIsNotFoxReloadsPointsAtTheAddress(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 401, 403, 404} {
		server := foxtest.New(t)
		server.Say(foxtest.Any, foxtest.Answer(status, "<html><title>a page of its own</title></html>"))
		s := newShop(t)
		s.setenv("FOXRELOAD_API_KEY=partner-key", "FOXRELOAD_BASE_URL="+server.URL)
		for _, args := range [][]string{{"balance"}, {"products", "search", "card"}, {"products", "show", "product_a"}} {
			got := s.run(args...)
			assert.Equal(t, exitError, got.status, "%v, HTTP %d", args, status)
			assert.Contains(t, got.err, "the answer is not FoxReload's: a proxy, or a wrong FOXRELOAD_BASE_URL", "%v, HTTP %d", args, status)
			assert.Contains(t, got.err, "→ check FOXRELOAD_BASE_URL", "%v, HTTP %d", args, status)
			assert.NotContains(t, got.err, "page of its own", "%v, HTTP %d", args, status)
		}
	}
}

// The command line is public on its machine (ps): no flag takes a secret. The
// values of --note do stand there; a file keeps them off it.
func TestNoFlagTakesASecret(t *testing.T) {
	t.Parallel()
	flags := 0
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, set := range []*pflag.FlagSet{c.Flags(), c.PersistentFlags()} {
			set.VisitAll(func(f *pflag.Flag) {
				flags++
				for _, word := range []string{"key", "secret", "token", "password", "code"} {
					assert.NotContains(t, f.Name, word, c.CommandPath())
				}
			})
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newApp(nil, io.Discard, io.Discard).root())
	assert.Greater(t, flags, 20, "it saw the flags")
}
