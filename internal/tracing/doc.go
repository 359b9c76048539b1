// Package tracing sends traces to an OpenTelemetry collector, over OTLP/HTTP, when
// one is configured: an order's way from starter place through its workflow and
// activities to each HTTP request. Where none is, nothing here opens a connection
// or does any work.
//
// A span says what happened and to which reference and order id; never in whose
// words. Texts of errors, which in Temporal are sealed, stay out of it: an error is
// its type alone. Trace ids travel in Temporal's headers in clear, and are not sent
// to FoxReload.
package tracing
