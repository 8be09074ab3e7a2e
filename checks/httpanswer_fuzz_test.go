package checks

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

// FuzzHTTPAnswer reads whatever comes as an answer and sees that what is kept
// of it is bounded, shows no control characters and no cookie's value.
func FuzzHTTPAnswer(f *testing.F) {
	for _, s := range []string{
		ok200, status(401, "WWW-Authenticate: Basic realm=\"\u202e\"", "Set-Cookie: a=canaryvalue"), status(302, "Location: //evil/%0d%0a"),
		status(302, "Location: https://mail.example.com.evil.net/", "X-FEServer: EX13\t", "X-OWA-Version: 15.0.1497.48"),
		htmlPage(200, `<form name="logonForm" method="post" action="/owa/auth.owa"><input name="username"><input name="password"></form>`),
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n\x1b]0;x\r\n0\r\n\r\n", "HTTP/1.0 200 \x7f\r\n\r\n",
	} {
		f.Add([]byte(s), "owa")
	}
	f.Fuzz(func(t *testing.T, raw []byte, role string) {
		u := &url.URL{Scheme: "https", Host: "mail.example.com", Path: "/owa/"}
		res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), &http.Request{Method: "GET"})
		if err != nil {
			httpTrouble(err)
			return
		}
		env := &Env{Limits: Limits{BodyBytes: 4 << 10}}
		a, trouble := readWebAnswer(env, webRequest{method: "GET", url: u}, res, time.Now())
		if trouble != nil {
			if _, known := Reasons()[trouble.reason]; !known {
				t.Errorf("reason %q is not in the table", trouble.reason)
			}
			return
		}
		at := endpoint{"mail.example.com", netip.MustParseAddr("10.1.0.1"), 443}
		finding := judgeAnswer(Check{Kind: "http", Params: Params{"role": role}}, u, a)
		finding.Rows = []Row{answerRow(at, a)}
		finding.Transcript = answerTranscript(a)
		r := Conclude(Check{Kind: "http"}, finding, testNow)
		kept := r.Summary + r.Found
		for _, values := range r.Rows[0] {
			kept += strings.Join(values, "\n")
		}
		if len(kept) > 256<<10 || len(strings.Join(finding.Transcript, "\n")) > 256<<10 {
			t.Errorf("%d bytes are kept of %d", len(kept), len(raw))
		}
		for _, line := range finding.Transcript {
			if !clean(line) {
				t.Errorf("the transcript holds %q", line)
			}
		}
		if strings.Contains(a.header.Get("Set-Cookie"), "=canaryvalue") && strings.Contains(kept+strings.Join(finding.Transcript, ""), "canaryvalue") {
			t.Error("a cookie's value is kept")
		}
		if r.Verdict != Pass {
			if _, known := Reasons()[r.Reason]; !known {
				t.Errorf("reason %q is not in the table", r.Reason)
			}
		}
		suspicious("owa", a)
		if !alike(a, a) && !isRedirect(a.status) {
			t.Error("an answer is not like itself")
		}
		if form, problem := readLogonForm(a); problem == "" && (form.target.Scheme != "https" || !sameHost(form.target, u)) {
			t.Errorf("the password would go to %s", form.target)
		}
	})
}

// FuzzNTLMBinding puts a binding into messages of every shape: what could be
// read before can be read after, with the same names.
func FuzzNTLMBinding(f *testing.F) {
	good, _ := base64.StdEncoding.DecodeString("TlRMTVNTUAACAAAADAAMADgAAAAFgoqi")
	m := append(good, make([]byte, 64)...)
	binary.LittleEndian.PutUint32(m[20:], 0xa2898205)
	binary.LittleEndian.PutUint16(m[40:], 8)
	binary.LittleEndian.PutUint32(m[44:], 60)
	copy(m[60:], []byte{2, 0, 0, 0, 0, 0, 0, 0})
	f.Add(m)
	f.Add(m[:48])
	f.Fuzz(func(t *testing.T, raw []byte) {
		before, err := readNTLMChallenge(raw)
		if err != nil {
			return
		}
		given := bytes.Clone(raw)
		out := before.bound(make([]byte, 16), "HTTP/mail.example.com")
		if !bytes.Equal(raw, given) {
			t.Error("the message itself was changed")
		}
		if len(out) > maxNTLM {
			return // longer than what is read back
		}
		after, err := readNTLMChallenge(out)
		if err != nil {
			t.Fatalf("the bound message cannot be read: %v", err)
		}
		if after.dnsComputer != before.dnsComputer || after.nbDomain != before.nbDomain || !after.at.Equal(before.at) {
			t.Errorf("names changed: %+v, %+v", before, after)
		}
	})
}
