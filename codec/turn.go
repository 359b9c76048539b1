package main

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
)

// maxBody is several times what Temporal takes in one event, as JSON.
const maxBody = 16 << 20

// turn opens (decode) or seals (encode) the payloads of a request, for those who
// may. Temporal's own handler does the work; around it stands who may, how much, and
// the record of it.
func (s *server) turn(w http.ResponseWriter, r *http.Request, does string) {
	c, refused := s.gate.admit(r)
	if refused != nil {
		s.record(r, entry{outcome: refused.why, status: refused.status()})
		// Not Basic: a browser would ask for a password in the middle of the Web UI,
		// once for each payload.
		turnAway(w, refused, "sign in at / of the codec server, or send its token: Authorization: Bearer TOKEN", `Bearer realm="foxflow codec server"`)
		return
	}
	// A page may send other types without asking the browser's permission first.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		s.record(r, entry{caller: c, outcome: "not JSON", status: http.StatusUnsupportedMediaType})
		http.Error(w, "send payloads as Content-Type: application/json", http.StatusUnsupportedMediaType)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		status, why, text := http.StatusBadRequest, "cut short", "the request's body did not arrive whole"
		if large := new(http.MaxBytesError); errors.As(err, &large) {
			status, why, text = http.StatusRequestEntityTooLarge, "too large", "ask for fewer payloads at once: 16 MiB is the most"
		}
		s.record(r, entry{caller: c, outcome: why, status: status})
		http.Error(w, text, status)
		return
	}
	asked := r.Clone(r.Context()) // r stays as it came, for the record
	asked.URL.Path, asked.Body = "/"+does, io.NopCloser(bytes.NewReader(body))
	turned := &counted{PayloadCodec: s.codec, outcome: "not payloads"}
	answer := &held{ResponseWriter: w, status: http.StatusOK}
	converter.NewPayloadCodecHTTPHandler(turned).ServeHTTP(answer, asked)
	s.record(r, entry{caller: c, payloads: turned.payloads, outcome: turned.outcome, status: answer.status})
	answer.send()
}

// counted is a codec that keeps what was asked of it, for the record. It serves one
// request.
type counted struct {
	converter.PayloadCodec
	payloads int
	outcome  string
}

func (c *counted) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	opened, err := c.PayloadCodec.Decode(payloads)
	c.note(len(payloads), "opened", "can't be opened", err)
	return opened, err
}

func (c *counted) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	sealed, err := c.PayloadCodec.Encode(payloads)
	c.note(len(payloads), "sealed", "can't be sealed", err)
	return sealed, err
}

func (c *counted) note(payloads int, done, failed string, err error) {
	if c.payloads, c.outcome = payloads, done; err != nil {
		c.outcome = failed
	}
}

// held is an answer that waits until it is on record.
type held struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (h *held) WriteHeader(status int)         { h.status = status }
func (h *held) Write(body []byte) (int, error) { return h.body.Write(body) }

func (h *held) send() {
	h.ResponseWriter.WriteHeader(h.status)
	_, _ = h.ResponseWriter.Write(h.body.Bytes())
}
