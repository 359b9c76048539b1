package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/internal/envtags"
	"foxflow/internal/outlet"
	"foxflow/internal/pages"
)

func TestWrongUsageStartsNothing(t *testing.T) {
	for _, c := range []struct {
		name    string
		args    []string
		environ []string
		says    string
	}{
		{"an argument", []string{"now"}, nil, `"now" is too much`},
		{"an unknown flag", []string{"--fast"}, nil, "--fast"},
		{"once without a story", []string{"--once"}, nil, "--once needs --story"},
		{"a port that is no number", nil, []string{"UI_PORT=eight"}, "UIPort"},
		{"a port that is none", nil, []string{"UI_PORT=0", "TEMPORAL_PORT=" + freePort(t)}, "UI_PORT"},
		{"one port for two", nil, []string{"UI_PORT=7000", "TEMPORAL_PORT=7000"}, "UI_PORT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			environ := append([]string{"FOXFLOW_STATE_DIR=" + t.TempDir(), "FOXFLOW_BIN=" + t.TempDir()}, c.environ...)
			assert.Equal(t, exitUsage, run(c.args, environ, &out, &errs))
			assert.Contains(t, errs.String(), c.says)
		})
	}
}

// freePort is a port that nobody listens on: another stack may run beside the tests.
func freePort(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port
}

func TestHelpNamesEveryVariable(t *testing.T) {
	var out, errs bytes.Buffer
	require.Zero(t, run([]string{"--help"}, nil, &out, &errs))
	for _, name := range []string{"TEMPORAL_PORT", "UI_PORT", "SIMULATOR_PORT", "CODEC_PORT", "FOXFLOW_STATE_DIR", "FOXFLOW_HTTP", "TEMPORAL_ADDRESS"} {
		assert.Contains(t, out.String(), name)
	}
}

func TestThePageHasEveryVariable(t *testing.T) {
	var rows [][]string
	for _, v := range envtags.Of(reflect.TypeFor[environment]()) {
		rows = append(rows, []string{pages.Code(v.Name), pages.Code(v.Default), v.About, pages.Code(v.Example)})
	}
	pages.Holds(t, "docs/configuration.md", "stack", pages.Table([]string{"Variable", "Default", "Meaning", "Example"}, rows))
}

func TestStageIsPlainOutsideATerminal(t *testing.T) {
	var out bytes.Buffer
	s := newStage(outlet.New(&out), []string{"TERM=xterm"})
	s.heading("An order")
	s.command([]string{"list"})
	assert.NotContains(t, out.String(), "\x1b")
	assert.Contains(t, out.String(), "$ bin/starter list")
}

func TestExitStatus(t *testing.T) {
	status, err := exitStatus(exec.Command("sh", "-c", "exit 4").Run())
	require.NoError(t, err)
	assert.Equal(t, 4, status)
	_, err = exitStatus(exec.Command("sh", "-c", "kill -9 $$").Run())
	require.Error(t, err, "a kill is no exit status")
	_, err = exitStatus(exec.Command("/no/such/program").Run())
	require.Error(t, err)
}

func TestSimulatorThatRefusesMoneyIsHeard(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no such currency", http.StatusBadRequest)
	}))
	defer server.Close()
	err := (&admin{url: server.URL}).addBalance(t.Context(), "gold", "1")
	require.ErrorContains(t, err, "no such currency")
}

func TestWhyTheDemoStopped(t *testing.T) {
	for _, c := range []struct{ cause, want error }{
		{errStopped, nil},
		{errors.ErrUnsupported, errors.ErrUnsupported},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(c.cause)
		assert.Equal(t, c.want, stopped(ctx))
	}
}
