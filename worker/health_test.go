package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"foxflow/foxreload"
	"foxflow/foxreload/foxtest"
	"foxflow/internal/budget"
	"foxflow/internal/settings"
)

type readiness struct {
	Ready  bool
	Checks map[string]verdict
}

func probe(t *testing.T, h *health, path string) (int, readiness) {
	t.Helper()
	w := httptest.NewRecorder()
	h.routes(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	var r readiness
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &r))
	return w.Code, r
}

func TestReadyzSaysWhyOfEachCheckAndNoSecret(t *testing.T) {
	s, err := settings.LoadWorker([]string{"FOXRELOAD_API_KEY=" + marker, "FOXFLOW_KEYSET=any", "FOXFLOW_LEDGER=postgres://shop:p%40ss-8841@db/foxflow"})
	require.NoError(t, err)
	failing := error(nil)
	h := &health{redact: redactor(s), checks: map[string]check{
		"ledger": func(context.Context) (string, error) { return "", failing },
		"key":    func(context.Context) (string, error) { return "not known yet", nil },
	}}
	code, r := probe(t, h, "/readyz")
	assert.Equal(t, http.StatusOK, code)
	assert.Equal(t, readiness{true, map[string]verdict{"ledger": {OK: true}, "key": {OK: true, Reason: "not known yet"}}}, r)

	failing = fmt.Errorf("connect as shop:p@ss-8841 or p%%40ss-8841 with %s: disk is full", marker)
	code, r = probe(t, h, "/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Equal(t, readiness{false, map[string]verdict{"ledger": {Reason: "connect as shop:[secret] or [secret] with [secret]: disk is full"}, "key": {OK: true, Reason: "not known yet"}}}, r)
	assert.Equal(t, map[string]bool{"ledger": false, "key": true}, h.passing(t.Context()))
	code, _ = probe(t, h, "/healthz")
	assert.Equal(t, http.StatusOK, code, "the process itself lives")
}

func TestTheKeyIsJudgedByWhatCallsShow(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	var told []int
	k := &keyState{now: func() time.Time { return now }, changed: func(_ keyStanding, status int) { told = append(told, status) }}
	refusal := func(status int) foxreload.Ended {
		return foxreload.Ended{Status: status, Class: foxreload.ClassUnauthorised, FromAPI: true}
	}
	see := func(e foxreload.Ended) { k.Call(t.Context(), foxreload.Sent{})(e) }
	refused := func() bool { _, err := k.check(); return err != nil }

	remark, err := k.check()
	require.NoError(t, err, "nobody knows yet, and that holds nobody up")
	assert.Contains(t, remark, "not known yet")
	see(foxreload.Ended{})                                           // no answer
	see(foxreload.Ended{Status: 500})                                // a server in trouble
	see(foxreload.Ended{Status: 429, FromAPI: true})                 // said to anybody
	see(foxreload.Ended{Status: 200})                                // a page
	see(foxreload.Ended{Status: 401, Class: foxreload.ClassForeign}) // a proxy's
	assert.False(t, k.settled())
	_, err = k.check()
	require.NoError(t, err, "nobody knows yet")
	see(refusal(401))
	_, err = k.check()
	require.ErrorContains(t, err, "HTTP 401) since 2026-11-24T12:00:00Z")
	assert.ErrorContains(t, err, "FOXRELOAD_API_KEY")
	now = now.Add(time.Hour)
	see(refusal(401))
	see(foxreload.Ended{Status: 502})
	_, err = k.check()
	require.ErrorContains(t, err, "since 2026-11-24T12:00:00Z", "the same refusal is no news")
	see(refusal(403))
	assert.True(t, refused())
	see(foxreload.Ended{Status: 404, Class: foxreload.ClassNotFound, FromAPI: true}) // said to somebody it knows
	assert.False(t, refused())
	assert.True(t, k.settled())
	assert.Equal(t, []int{401, 403, 404}, told)
}

// account is a client's answer to a question about the key, as keyState is told of it.
func account(t *testing.T, k *keyState, status int, body string) {
	t.Helper()
	server := foxtest.New(t)
	server.Say(foxtest.Any, foxtest.Answer(status, body))
	api := server.Client(t, foxreload.Config{})
	api.Observe(k)
	_, err := api.Account(t.Context())
	k.judge(err)
}

func TestAWorkerWhoseAccountSomebodyElseAnswersIsNotReady(t *testing.T) {
	const page = "<html><title>Welcome</title></html>"
	for name, answer := range map[string]struct {
		status int
		body   string
	}{
		"no such page":          {404, "404 page not found"},
		"a proxy's refusal":     {403, page},
		"a refusal of nobody's": {401, ""},
		"JSON of nobody's":      {404, `{"status":"nothing here"}`},
		"a welcome page":        {200, page},
		"a list":                {200, `[]`},
		"nothing":               {200, ""},
		"the way to a login":    {302, page},
	} {
		t.Run(name, func(t *testing.T) {
			var told []keyStanding
			k := &keyState{now: time.Now, changed: func(to keyStanding, _ int) { told = append(told, to) }}
			account(t, k, answer.status, answer.body)
			account(t, k, answer.status, answer.body) // the same answer is no news
			_, err := k.check()
			require.ErrorContains(t, err, "mend FOXRELOAD_BASE_URL")
			assert.ErrorContains(t, err, fmt.Sprintf("HTTP %d", answer.status))
			assert.False(t, k.settled(), "it is asked about again")
			account(t, k, 200, `{"email":"shop@example.com"}`)
			_, err = k.check()
			require.NoError(t, err)
			assert.Equal(t, []keyStanding{keyForeign, keyAccepted}, told)
		})
	}
}

func TestAnAccountThatTheAPIAnswersIsReadAsItSays(t *testing.T) {
	for name, answer := range map[string]struct {
		status int
		body   string
		want   keyStanding
	}{
		"refused":      {401, `{"detail":"bad key"}`, keyRefused},
		"not allowed":  {403, `{"code":"FORBIDDEN"}`, keyRefused},
		"no such call": {404, `{"detail":"Not Found"}`, keyAccepted},
		"in trouble":   {503, page503, keyUnknown},
		"slow down":    {429, ``, keyUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			k := &keyState{now: time.Now}
			account(t, k, answer.status, answer.body)
			assert.Equal(t, answer.want, k.standing)
		})
	}
}

const page503 = "<html><title>503 Service Unavailable</title></html>"

// A key that was accepted is asked about again once somebody else answers other calls:
// one page of a proxy is no reason to be unready, a wrong address is.
func TestAForeignAnswerHasTheAccountAskedForAgain(t *testing.T) {
	k := &keyState{now: time.Now}
	account(t, k, 200, `{}`)
	require.True(t, k.settled())
	see := func(e foxreload.Ended) { k.Call(t.Context(), foxreload.Sent{Method: "POST", Path: "/api/orders/"})(e) }
	see(foxreload.Ended{Status: 403, Class: foxreload.ClassForeign})
	assert.False(t, k.settled())
	_, err := k.check()
	require.NoError(t, err, "the last word stands until the account answers")
	see(foxreload.Ended{Status: 201, FromAPI: true})
	assert.True(t, k.settled())
	see(foxreload.Ended{Status: 301, Class: foxreload.ClassMisdirected})
	account(t, k, 404, "404 page not found")
	_, err = k.check()
	require.Error(t, err)
	see(foxreload.Ended{Status: 200})
	_, err = k.check()
	require.Error(t, err, "a page for a success proves nothing")
}

func TestTheKeyIsAskedAboutOnceAtTheStart(t *testing.T) {
	k := &keyState{now: time.Now}
	asked := make(chan struct{}, 10)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		k.ask(ctx, func(ctx context.Context) (foxreload.Account, error) {
			asked <- struct{}{}
			return foxreload.Account{}, nil
		}, func() bool { return false })
		close(done)
	}()
	<-asked
	stop()
	<-done
	assert.Empty(t, asked)
	assert.True(t, k.settled())
}

// poll is a call of Temporal that ends with err.
func poll(t *testing.T, p *pollState, method string, err error) {
	t.Helper()
	got := p.intercept(t.Context(), "/temporal.api.workflowservice.v1.WorkflowService/"+method, nil, nil, nil,
		func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error { return err })
	assert.Equal(t, err, got, "who polls sees what came")
}

func TestPollsThatFailMakeAWorkerUnready(t *testing.T) {
	p := newPollState(func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) })
	see := func(method string, err error) { poll(t, p, method, err) }
	see("StartWorkflowExecution", status.Error(codes.PermissionDenied, marker))
	see("PollWorkflowTaskQueue", status.Error(codes.DeadlineExceeded, "no work"))
	see("PollWorkflowTaskQueue", status.Error(codes.Canceled, "we stop"))
	require.NoError(t, p.check())
	see("PollActivityTaskQueue", status.Error(codes.NotFound, "namespace "+marker))
	err := p.check()
	require.ErrorContains(t, err, "PollActivityTaskQueue fails since 2026-11-24T12:00:00Z: NotFound")
	assert.NotContains(t, err.Error(), marker)
	see("PollWorkflowTaskQueue", nil)
	require.Error(t, p.check(), "the other kind still fails")
	see("PollActivityTaskQueue", nil)
	require.NoError(t, p.check())
}

func TestAnAddressOfTheNetworkIsWarnedOf(t *testing.T) {
	for addr, warned := range map[string]bool{"127.0.0.1:0": false, "[::1]:0": false, ":0": true, "0.0.0.0:0": true} {
		core, logs := observer.New(zap.WarnLevel)
		ctx, stop := context.WithCancel(t.Context())
		stop()
		err := (&health{}).serve(ctx, addr, http.NotFoundHandler(), zap.New(core))
		if errors.Is(err, context.Canceled) {
			t.Fatal("it listens before it looks whether to stop")
		}
		assert.Equal(t, warned, logs.FilterMessageSnippet("open to other machines").Len() == 1, addr)
	}
}

func TestAHeldBudgetMakesAWorkerUnreadyForAsLong(t *testing.T) {
	book, _, _ := auditedLedger(t)
	requests := budget.New(book.Store, book.KeyID("key"), 100)
	require.NoError(t, notSilenced(t.Context(), requests, time.Now))
	require.NoError(t, requests.Throttle(t.Context(), time.Minute))
	err := notSilenced(t.Context(), requests, time.Now)
	require.ErrorContains(t, err, "FoxReload asked for silence (429) until 20")
	require.NoError(t, notSilenced(t.Context(), requests, func() time.Time { return time.Now().Add(2 * time.Minute) }))
	require.NoError(t, book.Close())
	require.Error(t, notSilenced(t.Context(), requests, time.Now), "nobody knows")
}
