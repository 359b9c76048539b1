package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
)

const temporalKey = "temporal-key-that-nobody-may-see"

// Temporal behind TLS, as it stands on a network: each way in, with the real
// worker and starter.
func TestAnOrderCompletesOver(t *testing.T) {
	t.Parallel()
	for name, secured := range map[string]func(s *stack, ca *authority) *front{
		"TLS": func(s *stack, ca *authority) *front {
			s.Env["TEMPORAL_TLS_SERVER_CA_CERT_PATH"] = ca.file
			return startFront(s, &front{tls: ca.server("127.0.0.1")})
		},
		"TLS under another name": func(s *stack, ca *authority) *front {
			s.Env["TEMPORAL_TLS_SERVER_CA_CERT_PATH"], s.Env["TEMPORAL_TLS_SERVER_NAME"] = ca.file, "temporal.example"
			return startFront(s, &front{tls: ca.server("temporal.example")})
		},
		"mTLS": func(s *stack, ca *authority) *front {
			s.Env["TEMPORAL_TLS_SERVER_CA_CERT_PATH"] = ca.file
			_, s.Env["TEMPORAL_TLS_CLIENT_CERT_PATH"], s.Env["TEMPORAL_TLS_CLIENT_KEY_PATH"] = ca.issue("shop", x509.ExtKeyUsageClientAuth)
			return startFront(s, &front{tls: ca.mutual("127.0.0.1")})
		},
		"an API key": func(s *stack, ca *authority) *front {
			s.Env["TEMPORAL_TLS_SERVER_CA_CERT_PATH"], s.Env["TEMPORAL_API_KEY"] = ca.file, temporalKey
			return startFront(s, &front{tls: ca.server("127.0.0.1"), apiKey: temporalKey})
		},
		"a profile": func(s *stack, ca *authority) *front {
			f := startFront(s, &front{tls: ca.mutual("127.0.0.1"), apiKey: temporalKey})
			_, cert, key := ca.issue("shop", x509.ExtKeyUsageClientAuth)
			s.Env["TEMPORAL_PROFILE"] = "shop"
			s.Env["TEMPORAL_CONFIG_FILE"] = s.Write("temporal.toml", fmt.Sprintf(
				"[profile.shop]\napi_key = %q\n[profile.shop.tls]\nserver_ca_cert_path = %q\nclient_cert_path = %q\nclient_key_path = %q\n",
				temporalKey, ca.file, cert, key))
			return f
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f *front
			s := newStack(t, nil, with("FOXFLOW_LOG_LEVEL", "debug"), func(s *stack) {
				f = secured(s, newAuthority(s, "ca"))
				s.Env["TEMPORAL_ADDRESS"] = f.address
			})
			r := s.Starter("place", "--reference", s.ref("r"), "--item", giftCard+":1", "--wait")
			require.Zero(t, r.Code, r.Stderr)
			for _, call := range []string{"StartWorkflowExecution", "PollWorkflowTaskQueue", "RespondActivityTaskCompleted"} {
				assert.Contains(t, f.passed(), "/temporal.api.workflowservice.v1.WorkflowService/"+call, "starter and worker both came this way")
			}
			log, err := os.ReadFile(filepath.Join(s.Dir, "worker.log"))
			require.NoError(t, err)
			assert.NotContains(t, r.Stdout+r.Stderr+string(log), temporalKey)
		})
	}
}

// What is not what it should be is refused by both programs: exit status 1, with
// a word on what to look at, and nothing started.
func TestATemporalThatCannotBeTrustedIsRefused(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil)
	ca, stranger := newAuthority(s, "ca"), newAuthority(s, "stranger")
	_, strangersCert, strangersKey := stranger.issue("intruder", x509.ExtKeyUsageClientAuth)
	open := startFront(s, &front{tls: ca.server("127.0.0.1")})
	elsewhere := startFront(s, &front{tls: ca.server("temporal.example")})
	mutual := startFront(s, &front{tls: ca.mutual("127.0.0.1")})
	keyed := startFront(s, &front{tls: ca.server("127.0.0.1"), apiKey: temporalKey})
	outdated := ca.server("127.0.0.1")
	outdated.MinVersion, outdated.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	old := startFront(s, &front{tls: outdated})
	trusted := map[string]string{"TEMPORAL_TLS_SERVER_CA_CERT_PATH": ca.file}

	for _, row := range []struct {
		name     string
		address  string
		env      map[string]string
		names    string
		answered bool // it is a trusted Temporal, which refuses us
	}{
		{"no CA", open.address, map[string]string{"TEMPORAL_TLS": "true"}, "TEMPORAL_TLS_SERVER_CA_CERT_PATH", false},
		{"another CA", open.address, map[string]string{"TEMPORAL_TLS_SERVER_CA_CERT_PATH": stranger.file}, "TEMPORAL_TLS_SERVER_CA_CERT_PATH", false},
		{"another's name", elsewhere.address, trusted, "TEMPORAL_TLS_SERVER_NAME", false},
		{"TLS 1.1", old.address, trusted, "it speaks no TLS of 1.2 or later", false},
		{"no certificate of ours", mutual.address, trusted, "TEMPORAL_TLS_CLIENT_CERT_PATH", false},
		{"a certificate of a stranger's", mutual.address, map[string]string{"TEMPORAL_TLS_SERVER_CA_CERT_PATH": ca.file,
			"TEMPORAL_TLS_CLIENT_CERT_PATH": strangersCert, "TEMPORAL_TLS_CLIENT_KEY_PATH": strangersKey}, "TEMPORAL_TLS_CLIENT_CERT_PATH", false},
		{"no API key", keyed.address, trusted, "TEMPORAL_API_KEY", true},
		{"a wrong API key", keyed.address, map[string]string{"TEMPORAL_TLS_SERVER_CA_CERT_PATH": ca.file, "TEMPORAL_API_KEY": "wrong-" + temporalKey}, "TEMPORAL_API_KEY", true},
		{"plain gRPC to TLS", open.address, nil, "TEMPORAL_TLS=true", false},
		{"TLS to plain gRPC", s.Temporal, trusted, "TEMPORAL_TLS=false", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			s.Env = map[string]string{"FOXFLOW_HTTP": freePort(s), "TEMPORAL_ADDRESS": row.address}
			for name, value := range row.env {
				s.Env[name] = value
			}
			r := s.Starter("place", "--reference", s.ref("refused"), "--item", giftCard+":1")
			assert.Equal(t, 1, r.Code, r.Stderr)
			assert.Empty(t, r.Stdout)
			code, log := s.workerThatEnds()
			assert.Equal(t, 1, code, log)
			for _, said := range []string{r.Stderr, log} {
				assert.Contains(t, said, row.address)
				assert.Contains(t, said, row.names)
				assert.NotContains(t, said, temporalKey)
			}
			assert.Contains(t, r.Stderr, "nothing was started")
		})
	}
	for _, f := range []*front{open, elsewhere, mutual, keyed, old} {
		assert.Empty(t, f.passed(), "nothing was let through")
	}
	s.Env = map[string]string{}
	assert.JSONEq(t, `{"orders":[]}`, s.Must("starter", "list", "-o", "json"))
	_, err := s.Client().DescribeWorkflowExecution(t.Context(), "order/"+s.ref("refused"), "")
	var missing *serviceerror.NotFound
	assert.ErrorAs(t, err, &missing)
}

// workerThatEnds starts a second worker, which is to end by itself, and gives its
// exit status and its log.
func (s *stack) workerThatEnds() (code int, log string) {
	s.Helper()
	dir := s.TempDir()
	p := launch(s, "worker", dir, s.Environment())
	defer p.Kill()
	select {
	case <-p.Done:
	case <-time.After(patience):
		s.Error("the worker goes on")
	}
	text, err := os.ReadFile(filepath.Join(dir, "worker.log"))
	require.NoError(s, err)
	p.Kill()
	return p.Cmd.ProcessState.ExitCode(), string(text)
}
