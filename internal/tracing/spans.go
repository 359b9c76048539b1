package tracing

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"foxflow/foxreload"
)

// wordless keeps the texts of errors out of a span: of an activity's they are
// sealed in Temporal, and are to be nowhere else in clear.
type wordless struct{ trace.Span }

func (s wordless) RecordError(err error, _ ...trace.EventOption) {
	if err != nil {
		s.SetAttributes(attribute.String("error.type", kind(err)))
	}
}

func (s wordless) SetStatus(code codes.Code, _ string) { s.Span.SetStatus(code, "") }

// kind is an error's type: of an activity's the API's code.
func kind(err error) string {
	var application *temporal.ApplicationError
	if errors.As(err, &application) && application.Type() != "" {
		return application.Type()
	}
	return fmt.Sprintf("%T", err)
}

// Tracing is a foxreload.Observer.
var _ foxreload.Observer = (*Tracing)(nil)

// Unreadable adds nothing: the call's activity has the error.
func (*Tracing) Unreadable(foxreload.Sent) {}

// WorkflowID names the attribute of a span that says whose workflow it is about. A request
// that no activity makes has it in its context's baggage.
const WorkflowID = "temporalWorkflowID"

// Call is a span for each HTTP request.
func (t *Tracing) Call(ctx context.Context, sent foxreload.Sent) func(foxreload.Ended) {
	if t == nil {
		return func(foxreload.Ended) {}
	}
	about := []attribute.KeyValue{attribute.String("http.request.method", sent.Method), attribute.String("url.template", sent.Path)}
	if activity.IsActivity(ctx) {
		info := activity.GetInfo(ctx)
		about = append(about, attribute.String(WorkflowID, info.WorkflowExecution.ID), attribute.Int("foxflow.attempt", int(info.Attempt)))
	} else if watched := baggage.FromContext(ctx).Member(WorkflowID).Value(); watched != "" {
		about = append(about, attribute.String(WorkflowID, watched))
	}
	_, span := t.tracer.Start(ctx, sent.String(), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(about...))
	return func(e foxreload.Ended) {
		if e.Status != 0 {
			span.SetAttributes(attribute.Int("http.response.status_code", e.Status))
		}
		if e.Class != "" {
			span.SetAttributes(attribute.String("error.type", string(e.Class)))
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}
