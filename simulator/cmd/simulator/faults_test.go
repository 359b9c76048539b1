package main

import (
	"bytes"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"foxflow/simulator"
)

// lose sends a request whose answer is not to come.
func (p *process) lose(path, body string) error {
	request, err := http.NewRequest(http.MethodPost, p.url+path, strings.NewReader(body))
	require.NoError(p.t, err)
	request.Header.Set("X-API-Key", secretKey)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	return err
}

const pay = `{"paymentProvider":null}`

// A SIGKILL in the middle of a fault leaves all of the request or nothing.
func TestKilledInTheMiddleOfAFault(t *testing.T) {
	args := []string{"--state", filepath.Join(t.TempDir(), "state"), "--balance", "usd=10", "--slow-commit-for", "1h"}
	p := start(t, args...)
	id := p.call("POST", "/api/orders/", order)["id"].(string)
	p.call("POST", "/admin/faults/next", `{"kind":"slow-commit","route":"pay"}`)
	ended := make(chan error, 1)
	go func() { ended <- p.lose("/api/orders/"+id+"/pay", pay) }()
	require.Eventually(t, func() bool { return len(p.call("GET", "/admin/faults", "")["pending"].([]any)) == 0 }, time.Minute, time.Millisecond, "it is held")
	kill(p)
	require.Error(t, <-ended)

	p = start(t, args...)
	require.Equal(t, "active", p.call("GET", "/api/orders/"+id, "")["status"], "nothing has happened")
	require.EqualValues(t, 0, p.call("GET", "/admin/debits", "")["count"])
	p.call("POST", "/admin/faults/next", `{"kind":"lost-answer","route":"pay"}`)
	require.Error(t, p.lose("/api/orders/"+id+"/pay", pay))
	kill(p)

	p = start(t, args...)
	require.NotEqual(t, "active", p.call("GET", "/api/orders/"+id, "")["status"], "all has happened")
	require.EqualValues(t, 1, p.call("GET", "/admin/debits", "")["count"])
	status, stdout, stderr := called(nil, "faults", "--at", p.url)
	require.Zero(t, status, stderr)
	require.Equal(t, "plan -, seed 1\nFAULT        ROUTE  INJECTED\nlost-answer  pay    1\ntotal 1\n", stdout)
}

func kill(p *process) {
	require.NoError(p.t, p.cmd.Process.Kill())
	_ = p.cmd.Wait() // killed: that is the point
}

func TestFaultsByFlag(t *testing.T) {
	p := start(t, "--faults", "error-500@me=1", "--fault-seed", "7")
	require.Equal(t, "INTERNAL_ERROR", p.call("GET", "/api/access/me", "")["code"])
	require.Eventually(t, func() bool { return strings.Contains(p.logged(), `"fault":"error-500"`) }, time.Minute, time.Millisecond)
	status, stdout, _ := called(nil, "faults", "--at", p.url)
	require.Zero(t, status)
	require.Contains(t, stdout, "plan error-500@me=1, seed 7\n")
}

func TestDebitsByOrderAndByKey(t *testing.T) {
	entry := func(order, key, amount, currency string) simulator.Entry {
		return simulator.Entry{OrderID: order, IdempotencyKey: key, Amount: decimal.RequireFromString(amount), Currency: currency}
	}
	d := debits{
		Debits: []simulator.Entry{entry("o-1", "k-1", "9.55", "usd"), entry("o-2", "k-1", "9.55", "usd"), entry("o-3", "", "92.5", "rub")},
		Totals: map[string]string{"usd": "19.1", "rub": "92.5"}, RepeatedKeys: []string{"k-1"},
	}
	printed := func(by string) string {
		var out bytes.Buffer
		debitViews[by](&out, d)
		require.NoError(t, summary(&out, d))
		return out.String()
	}
	end := `total 19.1 usd
total 92.5 rub
3 debits; debited more than once: 0 orders, 1 idempotency keys
  idempotency key k-1
`
	require.Equal(t, `ORDER  DEBITS  AMOUNT    IDEMPOTENCY KEY
o-1    1       9.55 usd  k-1
o-2    1       9.55 usd  k-1
o-3    1       92.5 rub  -
`+end, printed("order"))
	require.Equal(t, `IDEMPOTENCY KEY  DEBITS  AMOUNT    ORDERS
k-1              2       19.1 usd  o-1, o-2
-                1       92.5 rub  o-3
`+end, printed("key"))
	require.Contains(t, printed("debit"), "o-2    9.55 usd  k-1\n")
}
