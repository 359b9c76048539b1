package foxreload

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBalancesAreReadAndWrittenToTheLastPlace(t *testing.T) {
	for _, body := range []string{
		`[{"currency":"usd","available":"12.50","reserved":"0","pending":"0"},{"currency":"RUB","available":100.5,"reserved":null}]`,
		`{"items":[{"currency":"usd","available":"12.50","reserved":"0","pending":"0"},{"currency":"rub","available":"100.5","pending":0}]}`,
		`{"balances":[{"currency":"usd","available":"12.50","reserved":0,"pending":0},{"currency":"rub","available":"100.5"}]}`,
	} {
		f := answering(t, 200, body)
		balances, err := client(t, f.URL).Balances(context.Background())
		require.NoError(t, err)
		written, err := json.Marshal(balances)
		require.NoError(t, err)
		assert.Equal(t, `[{"currency":"usd","available":"12.50","reserved":"0","pending":"0"},{"currency":"rub","available":"100.5","reserved":"0","pending":"0"}]`, string(written))
		assert.Equal(t, "GET /api/access/me/balances/", f.asked()[0].method+" "+f.asked()[0].path)

		var back []Balance
		require.NoError(t, json.Unmarshal(written, &back))
		assert.Equal(t, "12.5", back[0].Available.String())
	}
}

func TestABalanceThatCannotBeReadIsAnErrorAndNeverZero(t *testing.T) {
	for _, body := range []string{
		``, `null`, `{}`, `"12.50"`, `[7]`, `[{}]`, `[{"available":"1"}]`, `[{"currency":"usd"}]`, `[{"currency":"usd","available":null}]`,
		`[{"currency":"usd","available":"much"}]`, `[{"currency":"usd","available":"1","reserved":"some"}]`, `{"items":null}`,
	} {
		f := answering(t, 200, body)
		_, err := client(t, f.URL).Balances(context.Background())
		assert.Equal(t, CodeMalformed, failure(t, err).Code, body)
	}
	f := answering(t, 200, `[]`)
	balances, err := client(t, f.URL).Balances(context.Background())
	require.NoError(t, err)
	assert.Empty(t, balances)
}

func TestTheAccountTellsWhetherTheKeyIsGood(t *testing.T) {
	f := answering(t, 200, `{"email":"shop@example.com"}`)
	account, err := client(t, f.URL).Account(context.Background())
	require.NoError(t, err)
	assert.JSONEq(t, `{"email":"shop@example.com"}`, string(account.Raw))

	for _, status := range []int{401, 403} {
		f := answering(t, status, `{"detail":"no"}`)
		_, err := client(t, f.URL).Account(context.Background())
		assert.Equal(t, ClassUnauthorised, ClassOf(err))
	}
	f = answering(t, 200, `hello`)
	_, err = client(t, f.URL).Account(context.Background())
	assert.Equal(t, CodeMalformed, failure(t, err).Code)
}

func TestATopUpIsAskedForAsTheContractSays(t *testing.T) {
	for amount, want := range map[string]string{"50": "50.00", "12.5": "12.50", "0.1234": "0.1234"} {
		f := answering(t, 201, `{"id":"topup_1"}`)
		_, err := client(t, f.URL).CreateTopUp(context.Background(), TopUpRequest{Amount: money(t, amount), Currency: "USDT"})
		require.NoError(t, err)
		assert.Equal(t, `POST /api/topups/crypto/ {"amount":"`+want+`","currency":"usdt"}`, f.asked()[0].method+" "+f.asked()[0].path+" "+f.asked()[0].body)
	}
}

func TestATopUpIsReadInEveryShape(t *testing.T) {
	fifty, until := money(t, "50.00"), time.Date(2026, 11, 24, 10, 15, 0, 0, time.UTC)
	whole := TopUp{ID: "topup_1", Address: "TXyz", Link: "https://pay.example/1", Currency: "usdt", Amount: &fifty, ExpiresAt: &until}
	for name, row := range map[string]struct {
		body string
		want TopUp
	}{
		"flat":      {`{"id":"topup_1","address":"TXyz","url":"https://pay.example/1","currency":"USDT","amount":"50.00","expiresAt":"2026-11-24T10:15:00Z"}`, whole},
		"snake":     {`{"invoice_id":"topup_1","wallet_address":"TXyz","payment_url":"https://pay.example/1","pay_currency":"usdt","pay_amount":50.00,"expires_at":1795515300}`, whole},
		"nested":    {`{"id":"topup_1","currency":"usdt","amount":"50.00","wallet":{"address":"TXyz"},"invoice":{"url":"https://pay.example/1","expiresAt":"2026-11-24T10:15:00Z"}}`, whole},
		"enveloped": {`{"success":true,"data":{"id":"topup_1","payment":{"address":"TXyz","link":"https://pay.example/1","currency":"usdt","amount":"50.00","expiresAt":"2026-11-24T10:15:00Z"}}}`, whole},
		"wallet":    {`{"wallet":"TXyz"}`, TopUp{Address: "TXyz"}},
		"unheard":   {`{"sendTo":"TXyz"}`, TopUp{}},
	} {
		f := answering(t, 201, row.body)
		got, err := client(t, f.URL).CreateTopUp(context.Background(), TopUpRequest{Amount: fifty, Currency: "usdt"})
		require.NoError(t, err, name)
		assert.Equal(t, row.body, string(got.Raw), name)
		got.Raw = nil
		assert.Equal(t, row.want, got, name)
	}
	for _, body := range []string{``, `[]`, `<html>`} {
		f := answering(t, 200, body)
		assert.Equal(t, ClassUnknown, ClassOf(topUpOne(client(t, f.URL))), body)
	}
}
