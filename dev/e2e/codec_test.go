package e2e

import (
	"net/http"

	"foxflow/dev/stage"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/sdk/converter"
)

// signIn opens the codec server's page as a person with permission.
func (p *page) signIn(s *stack) {
	p.Helper()
	p.open("http://ann:" + stage.CodecToken + "@" + s.Codec + "/")
}

// opened is a history as those see it who may: its payloads opened by the codec
// server.
func (s *stack) opened(h *historypb.History) *historypb.History {
	s.Helper()
	codec := converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{
		Endpoint: "http://" + s.Codec,
		ModifyRequest: func(r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+stage.CodecToken)
			return nil
		},
	})
	err := proxy.VisitPayloads(s.Context(), h, proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true,
		Visitor: func(_ *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
			return codec.Decode(payloads)
		},
	})
	require.NoError(s, err)
	return h
}
