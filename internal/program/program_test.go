package program

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAPersonIsAnsweredAndWrongUsageIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"help":        {[]string{"--help"}, 0, "does things"},
		"version":     {[]string{"--version"}, 0, "thing 0."},
		"an argument": {[]string{"serve"}, 2, `thing: "serve": it takes no arguments but health; see thing --help`},
		"too many":    {[]string{"--help", "me"}, 2, `"--help"`},
	} {
		var out, errs bytes.Buffer
		assert.Equal(t, c.status, Usage("thing", "does things", c.args, &out, &errs), name)
		assert.Contains(t, out.String()+errs.String(), c.says, name)
	}
	var errs bytes.Buffer
	_, full := io.Pipe()
	require.NoError(t, full.Close())
	assert.Equal(t, 1, Usage("thing", "does things", []string{"--help"}, full, &errs))
	assert.Contains(t, errs.String(), "thing: ")
}

func TestWhatIsInFlightFinishes(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	begun, let := make(chan struct{}), make(chan struct{})
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-let
		_, _ = io.WriteString(w, "whole")
	})}
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, listener, server, time.Minute) }()
	answered := make(chan string, 1)
	go func() {
		answer, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			answered <- err.Error()
			return
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		answered <- string(body)
	}()
	<-begun
	stop()
	close(let)
	assert.Equal(t, "whole", <-answered)
	assert.NoError(t, <-served)
}

func TestAListenerThatEndsIsAnError(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	assert.ErrorContains(t, Serve(t.Context(), listener, &http.Server{}, time.Second), "serve 127.0.0.1:")
}

func TestAddressesThatOtherMachinesReachAreKnown(t *testing.T) {
	for address, reached := range map[string]bool{"127.0.0.1": false, "127.0.0.2": false, "::1": false, "0.0.0.0": true, "::": true, "192.0.2.7": true} {
		assert.Equal(t, reached, Open(&net.TCPAddr{IP: net.ParseIP(address), Port: 8234}), address)
	}
}
