package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"foxflow/foxreload"
	"foxflow/foxreload/foxtest"
	"foxflow/life"
	"foxflow/order"
)

func noted(values ...string) order.Request {
	note := order.Note{}
	for i, value := range values {
		note[fmt.Sprint("field", i)] = value
	}
	return order.Request{Items: []order.Item{{Note: note}}}
}

// Promise 5: codes, keys and player data are secrets.
func TestWhatWasSentAndDeliveredIsScrubbedFromWords(t *testing.T) {
	player := noted("00123456", "eu")
	for name, row := range map[string]struct {
		words string
		sent  order.Request
		codes []string
		want  string
	}{
		"both":                   {"player 00123456 on eu\n has no code AAAA-BBBB (1234)", player, []string{`"AAAA-BBBB"`, `{"pin":"1234"}`}, "player ••• on eu has no code ••• (•••)"},
		"a code of digits":       {"code 998877 is spent", player, []string{`{"pin":998877}`}, "code ••• is spent"},
		"a code within":          {"code XY-1-Z is spent", player, []string{`{"cards":[{"code":"XY-1-Z"}]}`}, "code ••• is spent"},
		"a code that is no JSON": {"code XY-1-Z is spent", player, []string{`XY-1-Z`}, "code ••• is spent"},
		"in another case":        {"no login ann@SHOP.example", noted("Ann@shop.example"), nil, "no login •••"},
		"one within another":     {"no player 00123456", noted("123", "00123456", "1234"), nil, "no player •••"},
		"with spaces":            {"no player Big Bad Wolf", noted(" Big  Bad\tWolf "), nil, "no player •••"},
		"with odd characters":    {"no login a.b*c($1)", noted("a.b*c($1)"), nil, "no login •••"},
		"cut in the middle":      {"no login " + strings.Repeat("ab", 100) + "…", noted(strings.Repeat("AB", 150)), nil, "no login •••…"},
		"cut within another":     {"no login 12345…", noted("345678", "123456789"), nil, "no login •••…"},
		"nothing of it":          {"no such player…", player, nil, "no such player…"},
	} {
		t.Run(name, func(t *testing.T) {
			var codes []json.RawMessage
			for _, code := range row.codes {
				codes = append(codes, json.RawMessage(code))
			}
			assert.Equal(t, row.want, scrub(row.words, row.sent, codes))
		})
	}
	assert.Len(t, []rune(scrub(strings.Repeat("x", 5000), player, nil)), maxWords, "cut, with a mark that it was")
}

// A server that answers with all that it was sent: in Temporal's history stands
// nothing of it, however the refusal is taken.
func TestAServerThatQuotesTheRequestIsNotRepeated(t *testing.T) {
	sent := noted("00123456", "login-"+strings.Repeat("of-a-player-", 40))
	for _, status := range []int{400, 401, 404, 422, 429, 500, 503} {
		server := foxtest.New(t)
		server.Quote(status)
		api := server.Client(t, foxreload.Config{})
		_, refused := api.CreateOrder(context.Background(), foxreload.CreateRequest{
			Items: []foxreload.CreateItem{{ItemID: "product_a", Quantity: 1, Note: sent.Items[0].Note}}})
		require.Error(t, refused)
		a := &Activities{Now: func() time.Time { return noon }}
		for _, taken := range []error{refused, refusal(refused, sent)} {
			var app *temporal.ApplicationError
			require.ErrorAs(t, a.convert(t.Context(), Step{Terms: life.Terms{Request: sent}}, taken), &app)
			details := &life.Refusal{}
			if app.HasDetails() {
				require.NoError(t, app.Details(&details))
			}
			for _, text := range []string{app.Error(), app.Message(), app.Type(), details.Message} {
				for _, secret := range []string{foxtest.Key, "hunt-me", "00123456", "of-a-player", "login-of"} {
					assert.NotContains(t, text, secret, "HTTP %d", status)
				}
				assert.LessOrEqual(t, len([]rune(text)), 450)
			}
			assert.Contains(t, app.Message(), "refused: ", "the words themselves are kept")
		}
	}
}
