package stage

import (
	"os"
	"path/filepath"
	"strings"
)

// CodecToken is what a person or program must know to have payloads opened.
const CodecToken = "e2e-codec-token-77310042"

// startCodec starts the codec server. It reads the same keyset as the worker.
func (s *Stack) startCodec() {
	s.Helper()
	s.Env["FOXFLOW_CODEC_LISTEN"], s.Env["FOXFLOW_CODEC_ORIGIN"] = s.Codec, s.UI
	s.Env["FOXFLOW_CODEC_TOKEN_FILE"] = s.Write("codec-token", CodecToken+"\n")
	s.Run("codec")
	s.Eventually("the codec server to be ready", func() bool {
		text, err := os.ReadFile(filepath.Join(s.Dir, "codec.log"))
		return err == nil && strings.Contains(string(text), "codec ready on http://"+s.Codec)
	})
}
