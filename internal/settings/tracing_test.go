package settings

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhereTracesGo(t *testing.T) {
	for want, env := range map[string][]string{
		"":                                 nil,
		"http://c.example:4318/v1/traces":  {"OTEL_EXPORTER_OTLP_ENDPOINT=http://c.example:4318/"},
		"https://c.example/otlp/v1/traces": {"OTEL_EXPORTER_OTLP_ENDPOINT=https://c.example/otlp"},
		"https://c.example/t":              {"OTEL_EXPORTER_OTLP_ENDPOINT=http://other.example", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://c.example/t"},
	} {
		w, err := LoadWorker(workerEnv(env...))
		require.NoError(t, err)
		assert.Equal(t, want, w.TracesURL())
		s, err := LoadStarter(workerEnv(env...))
		require.NoError(t, err)
		assert.Equal(t, want, s.TracesURL())
	}
	w, err := LoadWorker(workerEnv("OTEL_EXPORTER_OTLP_ENDPOINT=http://c.example", "OTEL_SDK_DISABLED=true", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"))
	require.NoError(t, err)
	assert.Empty(t, w.TracesURL())
	w, err = LoadWorker(workerEnv("OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20abc, x-team = shop"))
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"authorization": "Bearer abc", "x-team": "shop"}, w.TracesHeaders())
	assert.Equal(t, "foxflow-worker", w.Service("foxflow-worker"))
	w, err = LoadWorker(workerEnv("OTEL_SERVICE_NAME=shop"))
	require.NoError(t, err)
	assert.Equal(t, "shop", w.Service("foxflow-worker"))
}

func TestWrongTracingIsRefusedWithoutItsSecrets(t *testing.T) {
	const secret = "hunt-8841"
	for variable, env := range map[string][]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT":        {"OTEL_EXPORTER_OTLP_ENDPOINT=c.example:4318/" + secret},
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://shop:" + secret + "@c.example"},
		"OTEL_EXPORTER_OTLP_HEADERS":         {"OTEL_EXPORTER_OTLP_HEADERS=" + secret},
		"OTEL_EXPORTER_OTLP_PROTOCOL":        {"OTEL_EXPORTER_OTLP_ENDPOINT=http://c.example", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"},
		"OTEL_SDK_DISABLED":                  {"OTEL_SDK_DISABLED=perhaps"},
	} {
		_, err := LoadWorker(workerEnv(env...))
		require.ErrorContains(t, err, variable)
		assert.NotContains(t, err.Error(), secret)
	}
}
