package codec

import (
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"foxflow/internal/keyset"
)

// Encoding is the encoding, in a payload's metadata, of a sealed one.
const Encoding = "binary/foxflow-sealed"

// associated says what a sealed text is, so that no code or request of the ledger's
// passes for a payload.
var associated = []byte("foxflow payload v1")

// SealedError is a payload that the keyset can't open.
type SealedError struct{ cause error }

func (e *SealedError) Error() string { return fmt.Sprintf("open payload: %v", e.cause) }
func (e *SealedError) Unwrap() error { return e.cause }

// New is the codec that seals every payload whole, metadata included, with the
// keyset's primary key, and opens what any of its keys sealed. What was never
// sealed passes through Decode as it is: histories from before, and programs that
// start orders without a keyset. A payload that can't be opened gives a
// *SealedError, never garbage.
func New(keys *keyset.Keyset) converter.PayloadCodec { return sealer{keys} }

type sealer struct{ keys *keyset.Keyset }

func (s sealer) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return each(payloads, func(p *commonpb.Payload) (*commonpb.Payload, error) {
		text, err := proto.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("seal payload: %w", err)
		}
		sealed, err := s.keys.Seal(text, associated)
		if err != nil {
			return nil, fmt.Errorf("seal payload: %w", err)
		}
		return &commonpb.Payload{Metadata: map[string][]byte{converter.MetadataEncoding: []byte(Encoding)}, Data: sealed}, nil
	})
}

func (s sealer) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return each(payloads, func(p *commonpb.Payload) (*commonpb.Payload, error) {
		if string(p.GetMetadata()[converter.MetadataEncoding]) != Encoding {
			return p, nil
		}
		text, err := s.keys.Open(p.GetData(), associated)
		if err != nil {
			return nil, &SealedError{err}
		}
		opened := &commonpb.Payload{}
		if err := proto.Unmarshal(text, opened); err != nil {
			return nil, &SealedError{errors.New("it is not whole")} // never the cause: it may quote the text
		}
		return opened, nil
	})
}

func each(payloads []*commonpb.Payload, turn func(*commonpb.Payload) (*commonpb.Payload, error)) ([]*commonpb.Payload, error) {
	turned := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		var err error
		if turned[i], err = turn(p); err != nil {
			return nil, err
		}
	}
	return turned, nil
}
