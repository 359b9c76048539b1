package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/internal/keyset"
)

func TestCodecServerSaysWhetherItAnswers(t *testing.T) {
	text, err := keyset.New()
	require.NoError(t, err)
	p := start(t, text)
	environ := []string{"FOXFLOW_KEYSET=" + text, "FOXFLOW_CODEC_TOKEN=" + token, "FOXFLOW_CODEC_LISTEN=" + strings.TrimPrefix(p.url, "http://")}
	ask := func(environ []string) (int, string) {
		var out, errs bytes.Buffer
		return run(t.Context(), []string{"health"}, environ, &out, &errs), errs.String()
	}
	status, says := ask(environ)
	require.Zero(t, status, says)

	require.NoError(t, p.cmd.Process.Kill())
	_ = p.cmd.Wait()
	status, says = ask(environ)
	assert.Equal(t, 1, status)
	assert.Contains(t, says, "ask how it is")
	status, _ = ask(environ[:1])
	assert.Equal(t, 2, status, "wrong settings are wrong usage")
}
