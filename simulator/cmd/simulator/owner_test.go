package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSimulatorSaysWhetherItAnswers(t *testing.T) {
	p := start(t)
	ask := func() int {
		return run(t.Context(), []string{"health", "--at", p.url}, nil, t.Output(), t.Output())
	}
	require.Zero(t, ask())
	require.NoError(t, p.cmd.Process.Kill())
	_ = p.cmd.Wait()
	assert.Equal(t, exitError, ask())
}
