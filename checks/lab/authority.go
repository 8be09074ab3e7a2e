package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/netip"
	"sync"
	"time"
)

// Certificate describes a certificate to be issued.
type Certificate struct {
	Names      []string  // the first is also the subject
	SelfSigned bool      // Exchange's own, instead of the lab's authority's
	NotBefore  time.Time // zero: the day before the lab's start
	NotAfter   time.Time // zero: two years after
}

// authority issues the lab's certificates. Keys are elliptic for speed.
type authority struct {
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	pool  *x509.CertPool
	start time.Time

	random io.Reader         // nil: signatures follow from what is signed
	leaf   *ecdsa.PrivateKey // one key for all leaves: the lab's certificates differ in their names

	mu     sync.Mutex
	issued map[string]*tls.Certificate // by what was asked for
}

// newAuthority makes an authority. Equal seeds make equal ones, so that a
// rehearsal which is opened again presents the certificates that were noted
// down; nothing but the rehearsal trusts them.
func newAuthority(now time.Time, seed string) (*authority, error) {
	now = now.UTC().Truncate(time.Second)
	a := &authority{start: now, random: rand.Reader, issued: map[string]*tls.Certificate{}}
	if seed != "" {
		a.random = nil
	}
	var err error
	if a.key, err = keyFrom(seed, "authority"); err != nil {
		return nil, err
	}
	if a.leaf, err = keyFrom(seed, "servers"); err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Lab Root CA"},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(a.random, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	a.pool = x509.NewCertPool()
	a.pool.AddCert(a.cert)
	return a, nil
}

// keyFrom makes a key, from a seed if there is one.
func keyFrom(seed, use string) (*ecdsa.PrivateKey, error) {
	if seed == "" {
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	sum := sha256.Sum256([]byte(seed + "\x00" + use))
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), sum[:])
}

// issue makes a certificate with its key. Whoever asks for the same again gets
// the same one, as with a file that is copied from server to server.
func (a *authority) issue(c Certificate) (*tls.Certificate, error) {
	if len(c.Names) == 0 {
		return nil, fmt.Errorf("lab: a certificate needs a name")
	}
	key := fmt.Sprintf("%q %t %d %d", c.Names, c.SelfSigned, c.NotBefore.Unix(), c.NotAfter.Unix())
	a.mu.Lock()
	defer a.mu.Unlock()
	if known := a.issued[key]; known != nil {
		return known, nil
	}
	cert, err := a.sign(c, sha256.Sum256([]byte(key)))
	if err == nil {
		a.issued[key] = cert
	}
	return cert, err
}

func (a *authority) sign(c Certificate, serial [32]byte) (*tls.Certificate, error) {
	serial[0] &= 0x7f // serial numbers are positive
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial[:16]), Subject: pkix.Name{CommonName: c.Names[0]},
		NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if template.NotBefore.IsZero() {
		template.NotBefore = a.start.AddDate(0, 0, -1)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = a.start.AddDate(2, 0, 0)
	}
	for _, n := range c.Names {
		if ip, err := netip.ParseAddr(n); err == nil {
			template.IPAddresses = append(template.IPAddresses, ip.AsSlice())
			continue
		}
		template.DNSNames = append(template.DNSNames, n)
	}
	parent, signer := a.cert, a.key
	if c.SelfSigned {
		parent, signer = template, a.leaf
	}
	der, err := x509.CreateCertificate(a.random, template, parent, &a.leaf.PublicKey, signer)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.leaf, Leaf: leaf}, nil
}

// Issue makes a certificate of the lab's authority for a service of one's own.
func (l *Lab) Issue(c Certificate) (*tls.Certificate, error) { return l.authority.issue(c) }

// RootPEM is the certificate of the lab's authority, to be trusted like a
// company's own.
func (l *Lab) RootPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.authority.cert.Raw})
}
