package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"

	"github.com/stretchr/testify/require"
)

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
	a.file = s.Write(name+".pem", string(pemOf("CERTIFICATE", a.cert.Raw)))
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
	return pair, a.stack.Write(name+".pem", string(certPEM)), a.stack.Write(name+".key", string(keyPEM))
}

// server is the TLS of a server under this name.
func (a *authority) server(host string) *tls.Config {
	a.stack.Helper()
	pair, _, _ := a.issue("server", x509.ExtKeyUsageServerAuth, host)
	return &tls.Config{Certificates: []tls.Certificate{pair}}
}

// mutual is the TLS of a server that takes clients of this authority alone.
func (a *authority) mutual(host string) *tls.Config {
	a.stack.Helper()
	c := a.server(host)
	c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
	c.ClientCAs.AddCert(a.cert)
	return c
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
