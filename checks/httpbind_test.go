package checks_test

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf16"

	//lint:ignore SA1019 NTLM is made of MD4
	"golang.org/x/crypto/md4"

	"coexist/checks"
	"coexist/checks/lab"
)

// protected is a directory with Extended Protection: it accepts NTLM only when
// the password is right and the proof names the hash of its certificate.
type protected struct {
	want  []byte // the binding, made by another way than the program's
	spn   string
	tries atomic.Int32
	right atomic.Int32 // passwords that were right, bound or not
	bound atomic.Int32
}

func protectedBy(leaf *x509.Certificate, h hash.Hash, spn string) *protected {
	h.Write(leaf.Raw)
	app := "tls-server-end-point:" + string(h.Sum(nil))
	gss := string(make([]byte, 16)) + string([]byte{byte(len(app)), 0, 0, 0}) + app
	sum := md5.Sum([]byte(gss))
	return &protected{want: sum[:], spn: spn}
}

func (p *protected) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	challenge := type2(func(m []byte) []byte { return m })
	_, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	raw, _ := base64.StdEncoding.DecodeString(given)
	switch {
	case len(raw) > 12 && raw[8] == 1:
		w.Header().Set("WWW-Authenticate", "NTLM "+challenge)
	case len(raw) > 64 && raw[8] == 3:
		p.tries.Add(1)
		if p.accepts(raw) {
			w.WriteHeader(200)
			return
		}
		w.Header().Set("WWW-Authenticate", "NTLM")
	default:
		w.Header().Set("WWW-Authenticate", "NTLM")
	}
	w.WriteHeader(401)
}

// accepts verifies the third message as a server does.
func (p *protected) accepts(m []byte) bool {
	field := func(at int) []byte {
		n, from := int(binary.LittleEndian.Uint16(m[at:])), int(binary.LittleEndian.Uint32(m[at+4:]))
		return m[from : from+n]
	}
	text := func(b []byte) string {
		var u []uint16
		for i := 0; i+1 < len(b); i += 2 {
			u = append(u, binary.LittleEndian.Uint16(b[i:]))
		}
		return string(utf16.Decode(u))
	}
	mac := func(key []byte, data ...[]byte) []byte {
		h := hmac.New(md5.New, key)
		for _, d := range data {
			h.Write(d)
		}
		return h.Sum(nil)
	}
	wide := func(s string) (out []byte) {
		for _, u := range utf16.Encode([]rune(s)) {
			out = binary.LittleEndian.AppendUint16(out, u)
		}
		return out
	}
	response, domain, user := field(20), text(field(28)), text(field(36))
	h := md4.New()
	h.Write(wide(canaryInLab))
	key := mac(h.Sum(nil), wide(strings.ToUpper(user)+domain))
	if len(response) < 44 || !hmac.Equal(response[:16], mac(key, []byte{1, 2, 3, 4, 5, 6, 7, 8}, response[16:])) {
		return false
	}
	p.right.Add(1)
	pairs := map[uint16][]byte{}
	for list := response[44:]; len(list) >= 4; {
		id, n := binary.LittleEndian.Uint16(list), int(binary.LittleEndian.Uint16(list[2:]))
		if id == 0 || len(list) < 4+n {
			break
		}
		pairs[id] = list[4 : 4+n]
		list = list[4+n:]
	}
	if hmac.Equal(pairs[10], p.want) && text(pairs[9]) == p.spn {
		p.bound.Add(1)
		return true
	}
	return false
}

// TestChannelBinding logs on by NTLM where Extended Protection is required: it
// succeeds on the server's own connection and, behind a device that ends TLS
// with another certificate, is tried once and left undecided.
func TestChannelBinding(t *testing.T) {
	t.Parallel()
	names := lab.Certificate{Names: []string{"mail.contoso.com", "ex13.contoso.com"}}
	other := lab.Certificate{Names: []string{"mail.contoso.com", "other.contoso.com"}}
	for _, c := range []struct {
		name    string
		own     lab.Certificate // the certificate that the server thinks it has
		verdict checks.Verdict
		reason  string
	}{
		{"same certificate", names, checks.Pass, ""},
		{"TLS ended in front", other, checks.Unknown, "auth.ntlm_refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			if err := s.Bind("EX13", names); err != nil {
				t.Fatal(err)
			}
			cert, err := s.Issue(c.own)
			if err != nil {
				t.Fatal(err)
			}
			p := protectedBy(cert.Leaf, sha256.New(), "HTTP/mail.contoso.com")
			s.dress(p)
			r := s.run("http", webCheck("/OAB/", "role", "oab", "auth", "ntlm"))
			expectVerdict(t, c.name, r, c.verdict, c.reason)
			if p.tries.Load() != 1 || p.right.Load() != 1 {
				t.Errorf("%d tries, %d right passwords; want one", p.tries.Load(), p.right.Load())
			}
			if ok := p.bound.Load() == 1; ok != (c.verdict == checks.Pass) {
				t.Errorf("bound %v", ok)
			}
		})
	}
}

// TestChannelBindingHashes takes the hash that the certificate's signature
// tells, with SHA-256 for what is weaker.
func TestChannelBindingHashes(t *testing.T) {
	t.Parallel()
	for algorithm, h := range map[x509.SignatureAlgorithm]hash.Hash{
		x509.ECDSAWithSHA256: sha256.New(), x509.SHA1WithRSA: sha256.New(), x509.MD5WithRSA: sha256.New(),
		x509.SHA384WithRSA: sha512.New384(), x509.ECDSAWithSHA512: sha512.New(), x509.SHA512WithRSAPSS: sha512.New(),
	} {
		leaf := &x509.Certificate{Raw: []byte("a certificate"), SignatureAlgorithm: algorithm}
		if got := checks.ChannelBinding(leaf); string(got) != string(protectedBy(leaf, h, "").want) {
			t.Errorf("%s: %x", algorithm, got)
		}
	}
	if checks.ChannelBinding(&x509.Certificate{SignatureAlgorithm: x509.PureEd25519}) != nil || checks.ChannelBinding(nil) != nil {
		t.Error("a binding where none is defined")
	}
}
