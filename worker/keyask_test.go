package main

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"foxflow/foxreload"
)

// asking runs a key's questions, each answered by what answer says; it gives the times at
// which they were asked.
func asking(t *testing.T, k *keyState, answer func() error, others func() bool) *[]time.Time {
	t.Helper()
	asked := &[]time.Time{}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		k.ask(ctx, func(context.Context) (foxreload.Account, error) {
			*asked = append(*asked, time.Now())
			return foxreload.Account{}, answer()
		}, others)
	}()
	t.Cleanup(func() { stop(); <-done })
	return asked
}

func nobody() bool { return false }

func TestFoxReloadIsAskedAboutTheKeyAtMostOnceAMinute(t *testing.T) {
	refused := &foxreload.Error{Status: 401, Class: foxreload.ClassUnauthorised}
	for name, c := range map[string]struct {
		answer error
		others func() bool
		least  time.Duration // between two questions
		asked  int           // in an hour
	}{
		"accepted":                       {nil, nobody, keyGoodFor, 6},
		"accepted, and the clock is off": {nil, func() bool { return true }, time.Minute, 60},
		"refused":                        {refused, nobody, time.Minute, 60},
		"no answer":                      {&foxreload.Error{Code: foxreload.CodeNoAnswer}, nobody, time.Minute, 60},
		"somebody else":                  {&foxreload.Error{Status: 404, Class: foxreload.ClassForeign}, nobody, time.Minute, 60},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := &keyState{now: time.Now}
				asked := asking(t, k, func() error { return c.answer }, c.others)
				see := k.Call(t.Context(), foxreload.Sent{})
				for range 3600 { // and doubt whenever one can
					time.Sleep(time.Second)
					if c.answer != nil {
						see(foxreload.Ended{})
					}
				}
				synctest.Wait()
				for i := 1; i < len(*asked); i++ {
					assert.GreaterOrEqual(t, (*asked)[i].Sub((*asked)[i-1]), c.least)
				}
				assert.InDelta(t, c.asked, len(*asked), 2)
			})
		})
	}
}

func TestSilenceOfFoxReloadIsToldAfterTwoMinutes(t *testing.T) {
	for name, nothing := range map[string]error{
		"no answer":   &foxreload.Error{Code: foxreload.CodeNoAnswer},
		"in trouble":  &foxreload.Error{Status: 503, Class: foxreload.ClassPassing},
		"no such key": nil, // FoxReload's word: ready all the time
		"no room":     &foxreload.ThrottledError{For: time.Second},
		"not sent":    &foxreload.Error{Code: foxreload.CodeNotSent},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := &keyState{now: time.Now}
				var silent atomic.Bool
				asking(t, k, func() error {
					if silent.Load() {
						return nothing
					}
					return nil
				}, nobody)
				synctest.Wait()
				_, err := k.check()
				require.NoError(t, err)
				silent.Store(true)
				k.Call(t.Context(), foxreload.Sent{Method: "POST", Path: "/api/orders/"})(foxreload.Ended{Status: 502})
				time.Sleep(time.Minute + 30*time.Second)
				_, err = k.check()
				require.NoError(t, err, "a while is no reason")
				time.Sleep(3 * time.Minute)
				_, err = k.check()
				var api *foxreload.Error
				if !errors.As(nothing, &api) || api.Code == foxreload.CodeNotSent {
					require.NoError(t, err)
					return
				}
				require.ErrorContains(t, err, "nothing that could be used has come from FoxReload since")
				assert.ErrorContains(t, err, "FOXRELOAD_BASE_URL")
				silent.Store(false)
				time.Sleep(time.Minute + time.Second)
				_, err = k.check()
				require.NoError(t, err, "it is back")
			})
		})
	}
}

// A long poll that nobody answers fails no call: only the time that passes tells.
func TestPollsThatAreNotAnsweredMakeAWorkerUnready(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	p := newPollState(func() time.Time { return now })
	require.NoError(t, p.check(), "it begins")
	for range 10 {
		now = now.Add(time.Minute)
		for _, kind := range polls {
			poll(t, p, kind, nil)
		}
		require.NoError(t, p.check())
	}
	for _, kind := range polls {
		for _, other := range polls {
			if other != kind {
				now = now.Add(pollSilence)
				poll(t, p, other, nil)
				poll(t, p, kind, status.FromContextError(context.DeadlineExceeded).Err())
			}
		}
		require.ErrorContains(t, p.check(), kind+" is not answered since 2026-11-24T12:")
		poll(t, p, kind, nil)
		require.NoError(t, p.check())
	}
}

// After a failure a poll that Temporal holds is a good one, though it has no answer yet.
func TestAPollThatIsHeldIsAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPollState(time.Now)
		poll(t, p, polls[0], status.Error(codes.Unavailable, "restarting"))
		require.Error(t, p.check())
		work := make(chan struct{})
		go func() {
			_ = p.intercept(t.Context(), "/temporal.api.workflowservice.v1.WorkflowService/"+polls[0], nil, nil, nil,
				func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error {
					<-work
					return nil
				})
		}()
		time.Sleep(pollHeld - time.Second)
		synctest.Wait()
		require.Error(t, p.check())
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.NoError(t, p.check())
		close(work)
		synctest.Wait()
	})
}
