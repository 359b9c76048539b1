package codec

import (
	"context"
	"errors"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"foxflow/internal/keyset"
)

// Seal has a client, and the workers made from it, seal all that they hand to
// Temporal.
func Seal(o client.Options, keys *keyset.Keyset) client.Options {
	o.DataConverter = DataConverter(keys)
	o.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: o.DataConverter,
		// Messages and stack traces are sealed too.
		EncodeCommonAttributes: true,
	})
	// What is sealed can't be made smaller: to compress it costs time, at both ends.
	o.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	return o
}

// DataConverter is Temporal's default one behind New. In workflow code a payload
// that can't be opened panics: the workflow task fails and is tried again, until a
// worker with the right keyset takes it, where an error would end the order.
func DataConverter(keys *keyset.Keyset) converter.DataConverter {
	return aware{converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), New(keys))}
}

// aware learns when it is used in workflow code.
type aware struct{ converter.DataConverter }

var _ workflow.ContextAware = aware{}

func (c aware) WithWorkflowContext(workflow.Context) converter.DataConverter {
	return insistent(c)
}

func (c aware) WithContext(context.Context) converter.DataConverter { return c }

// insistent panics instead of answering that a payload is sealed.
type insistent struct{ converter.DataConverter }

func (c insistent) FromPayload(p *commonpb.Payload, value any) error {
	return insist(c.DataConverter.FromPayload(p, value))
}

func (c insistent) FromPayloads(ps *commonpb.Payloads, values ...any) error {
	return insist(c.DataConverter.FromPayloads(ps, values...))
}

func insist(err error) error {
	if sealed := new(SealedError); errors.As(err, &sealed) {
		panic(sealed)
	}
	return err
}
