package settings

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
)

// Tracing is where traces go: OpenTelemetry's own variables. Without an endpoint
// nothing is traced. Its library reads further ones by itself (OTEL_TRACES_SAMPLER,
// OTEL_RESOURCE_ATTRIBUTES, OTEL_EXPORTER_OTLP_CERTIFICATE, …).
type Tracing struct {
	Endpoint       string `env:"OTEL_EXPORTER_OTLP_ENDPOINT" example:"http://127.0.0.1:4318" about:"traces go to this OTLP/HTTP collector, at /v1/traces; unset: nothing is traced"`
	TracesEndpoint string `env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" example:"http://127.0.0.1:4318/v1/traces" about:"the whole address for traces, instead"`
	Headers        Secret `env:"OTEL_EXPORTER_OTLP_HEADERS" example:"authorization=Bearer%20token" about:"headers for the collector, NAME=VALUE,…; values URL-encoded"`
	Protocol       string `env:"OTEL_EXPORTER_OTLP_PROTOCOL" envDefault:"http/protobuf" example:"http/protobuf" about:"http/protobuf is the one that is spoken"`
	ServiceName    string `env:"OTEL_SERVICE_NAME" example:"foxflow-worker" about:"the name in traces; unset: foxflow-worker, foxflow-starter"`
	Disabled       bool   `env:"OTEL_SDK_DISABLED" envDefault:"false" example:"true" about:"true: nothing is traced"`
}

// TracesURL is where traces are sent; "": nowhere.
func (t Tracing) TracesURL() string {
	switch {
	case t.Disabled:
		return ""
	case t.TracesEndpoint != "":
		return t.TracesEndpoint
	case t.Endpoint != "":
		return strings.TrimRight(t.Endpoint, "/") + "/v1/traces"
	}
	return ""
}

// Service is the program's name in traces: OTEL_SERVICE_NAME, or else its own.
func (t Tracing) Service(own string) string { return cmp.Or(t.ServiceName, own) }

// TracesHeaders are sent along: secrets.
func (t Tracing) TracesHeaders() map[string]string {
	headers, _ := readHeaders(t.Headers.Reveal())
	return headers
}

func (t Tracing) check(wrong wrong) {
	for _, endpoint := range []struct{ variable, value string }{
		{"OTEL_EXPORTER_OTLP_ENDPOINT", t.Endpoint}, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", t.TracesEndpoint},
	} {
		u, err := url.Parse(endpoint.value)
		switch {
		case endpoint.value == "":
		case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https": // the value is not repeated: it may hold a password
			wrong(endpoint.variable, "is not a web address")
		case u.User != nil:
			wrong(endpoint.variable, "holds a user name: put what the collector wants to see into OTEL_EXPORTER_OTLP_HEADERS")
		}
	}
	if t.Protocol != "http/protobuf" && t.TracesURL() != "" {
		wrong("OTEL_EXPORTER_OTLP_PROTOCOL", fmt.Sprintf("is %q: http/protobuf is the one that is spoken (a collector's port 4318)", t.Protocol))
	}
	if _, ok := readHeaders(t.Headers.Reveal()); !ok {
		wrong("OTEL_EXPORTER_OTLP_HEADERS", "is not NAME=VALUE,…")
	}
}

func readHeaders(text string) (map[string]string, bool) {
	headers := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, value, found := strings.Cut(part, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if name = strings.TrimSpace(name); !found || name == "" || err != nil || strings.ContainsAny(name+value, "\r\n") {
			return nil, false
		}
		headers[name] = value
	}
	return headers, true
}
