package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// front is a Temporal that asks for more than foxflow-dev does, which speaks
// plain gRPC: it ends TLS, asks for a certificate or a key, and hands calls on.
type front struct {
	address string
	tls     *tls.Config
	apiKey  string // "": none is asked for

	mu    sync.Mutex
	calls []string // methods that were let through
}

// startFront opens a front before s's Temporal, which may start later.
func startFront(s *stack, f *front) *front {
	s.Helper()
	listener, err := net.Listen("tcp", freePort(s))
	require.NoError(s, err)
	f.address = listener.Addr().String()
	behind := sync.OnceValues(func() (*grpc.ClientConn, error) {
		return grpc.NewClient(s.temporal, grpc.WithTransportCredentials(insecure.NewCredentials()))
	})
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(f.tls)), grpc.ForceServerCodecV2(verbatim{}),
		grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error { return f.handOn(stream, behind) }))
	go func() { _ = server.Serve(listener) }()
	s.Cleanup(server.Stop)
	return f
}

// handOn makes the same call behind the front. Temporal's calls are all one
// question and one answer.
func (f *front) handOn(stream grpc.ServerStream, behind func() (*grpc.ClientConn, error)) error {
	headers, _ := metadata.FromIncomingContext(stream.Context())
	if said := headers.Get("authorization"); f.apiKey != "" && (len(said) != 1 || said[0] != "Bearer "+f.apiKey) {
		return status.Error(codes.Unauthenticated, "request unauthorized")
	}
	method, _ := grpc.MethodFromServerStream(stream)
	f.mu.Lock()
	f.calls = append(f.calls, method)
	f.mu.Unlock()
	connection, err := behind()
	if err != nil {
		return err
	}
	var question, answer []byte
	if err := stream.RecvMsg(&question); err != nil {
		return err
	}
	ctx := metadata.NewOutgoingContext(stream.Context(), headers)
	if err := connection.Invoke(ctx, method, &question, &answer, grpc.ForceCodecV2(verbatim{})); err != nil {
		return err
	}
	return stream.SendMsg(&answer)
}

// passed counts the calls that were let through.
func (f *front) passed() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

// verbatim is a gRPC codec that leaves messages as they are.
type verbatim struct{}

func (verbatim) Name() string { return "proto" }

func (verbatim) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (verbatim) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

// authority is a CA made for one test.
type authority struct {
	stack *stack
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	file  string // its certificate, PEM
}

func newAuthority(s *stack, name string) *authority {
	s.Helper()
	a := &authority{stack: s}
	template := &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	a.cert, a.key = a.sign(template, template, nil)
	a.file = s.write(name+".pem", string(pemOf("CERTIFICATE", a.cert.Raw)))
	return a
}

// issue makes a certificate for a server or a client; its files are NAME.pem and
// NAME.key.
func (a *authority) issue(name string, use x509.ExtKeyUsage, hosts ...string) (pair tls.Certificate, certFile, keyFile string) {
	a.stack.Helper()
	template := &x509.Certificate{Subject: pkix.Name{CommonName: name}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{use}}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	cert, key := a.sign(template, a.cert, a.key)
	der, err := x509.MarshalECPrivateKey(key)
	require.NoError(a.stack, err)
	certPEM, keyPEM := pemOf("CERTIFICATE", cert.Raw), pemOf("EC PRIVATE KEY", der)
	pair, err = tls.X509KeyPair(certPEM, keyPEM)
	require.NoError(a.stack, err)
	return pair, a.stack.write(name+".pem", string(certPEM)), a.stack.write(name+".key", string(keyPEM))
}

// sign makes a key of its own for template; without a parent's key it signs itself.
func (a *authority) sign(template, parent *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.stack.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(a.stack, err)
	if by == nil {
		by = key
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	require.NoError(a.stack, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(a.stack, err)
	return cert, key
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// pool is a as the only authority that is trusted.
func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

var _ = context.Background
