package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/sdk/converter"
)

// codecToken is what a person or program must know to have payloads opened.
const codecToken = "e2e-codec-token-77310042"

// startCodec starts the codec server. It reads the same keyset as the worker.
func (s *stack) startCodec() {
	s.Helper()
	s.env["FOXFLOW_CODEC_LISTEN"], s.env["FOXFLOW_CODEC_ORIGIN"] = s.codec, s.ui
	s.env["FOXFLOW_CODEC_TOKEN_FILE"] = s.write("codec-token", codecToken+"\n")
	s.run("codec")
	s.eventually("the codec server to be ready", func() bool {
		text, err := os.ReadFile(filepath.Join(s.dir, "codec.log"))
		return err == nil && strings.Contains(string(text), "codec ready on http://"+s.codec)
	})
}

// signIn opens the codec server's page as a person with permission.
func (p *page) signIn(s *stack) {
	p.Helper()
	p.open("http://ann:" + codecToken + "@" + s.codec + "/")
}

// opened is a history as those see it who may: its payloads opened by the codec
// server.
func (s *stack) opened(h *historypb.History) *historypb.History {
	s.Helper()
	codec := converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{
		Endpoint: "http://" + s.codec,
		ModifyRequest: func(r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+codecToken)
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
