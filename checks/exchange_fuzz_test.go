package checks

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func FuzzAutodiscoverXML(f *testing.F) {
	for _, s := range []string{
		`<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response><Account><Action>settings</Action><Protocol><Type>EXCH</Type><ServerVersion>73C085D9</ServerVersion></Protocol></Account></Response></Autodiscover>`,
		`<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response><Error><ErrorCode>600</ErrorCode></Error></Response></Autodiscover>`,
		`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><ServerVersionInfo MajorVersion="14"/></s:Header><s:Body><GetUserSettingsResponseMessage xmlns="http://schemas.microsoft.com/exchange/2010/Autodiscover"><Response><ErrorCode>NoError</ErrorCode></Response></GetUserSettingsResponseMessage></s:Body></s:Envelope>`,
		`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetFolderResponseMessage ResponseClass="Success"/></s:Body></s:Envelope>`,
		`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`, "\xff\xfe<\x00",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, read := range []func([]byte) (discovered, error){readPOX, readSOAP} {
			got, err := read(body)
			switch filled := len(got.sections) > 0 || got.redirectAddr != "" || got.redirectURL != "" || got.errorCode != ""; {
			case err != nil && filled:
				t.Fatalf("an error and an answer at once: %v %+v", err, got)
			case err == nil && strings.Contains(string(body), "<!DOCTYPE"):
				t.Skip() // within a comment or CDATA
			}
			if len(got.sections) > maxSections {
				t.Fatalf("%d sections", len(got.sections))
			}
			for _, s := range got.sections {
				s.row("x", "y")
			}
			judgeSections("x", got.sections, true)
		}
		readEWS(body)
	})
}

func FuzzNTLMChallenge(f *testing.F) {
	m := append([]byte("NTLMSSP\x00\x02\x00\x00\x00"), make([]byte, 60)...)
	m[20] = 5
	f.Add(m)
	f.Add(m[:32])
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := readNTLMChallenge(raw)
		if err == nil {
			if string(raw[:8]) != "NTLMSSP\x00" || raw[8] != 2 || len(raw) > maxNTLM {
				t.Fatal("accepted what is no second message")
			}
			for k, v := range c.evidence() {
				if len(v) > 270 {
					t.Fatalf("%s has %d bytes", k, len(v))
				}
			}
		}
		if _, err2 := parseNTLMChallenge(base64.StdEncoding.EncodeToString(raw)); (err == nil) != (err2 == nil) && len(raw) < maxNTLM-8 {
			t.Fatalf("%v against %v", err, err2)
		}
	})
}

func FuzzHTTPEvidence(f *testing.F) {
	f.Add("Set-Cookie", "cadata=secretvalue; path=/", `<form name="logonForm" method="post" action="/owa/auth.owa"><input name="username"><input name="password">`)
	f.Add("Location", "//evil/%zz", "<form><form>")
	f.Add("X-Owa-Version", "15.0.1497.2", `/owa/auth/15.0.1497/themes/`)
	f.Add("Www-Authenticate", `Basic realm="x`, "200 OK<br/>ex13")
	f.Fuzz(func(t *testing.T, name, value, body string) {
		u := &url.URL{Scheme: "https", Host: "mail.contoso.com", Path: "/owa/"}
		a := webAnswer{url: u, status: 302, proto: "HTTP/1.1", body: []byte(body), location: value,
			header: http.Header{http.CanonicalHeaderKey(name): {value}}, challenges: parseChallenges([]string{value})}
		for _, line := range answerTranscript(a) {
			if Escape(line) != line || len(line) > 4<<10 {
				t.Fatalf("transcript line %q", line)
			}
		}
		if http.CanonicalHeaderKey(name) == "Set-Cookie" {
			if _, secret, ok := strings.Cut(value, "="); ok && len(secret) > 12 && strings.Contains(strings.Join(a.headerLines(), "\n"), secret) {
				t.Fatalf("a cookie's value is kept: %q", a.headerLines())
			}
		}
		if to, problem := redirectTarget(u, a); problem == nil && (to.User != nil || to.Scheme != "https" && to.Scheme != "http" || validTarget("host", to.Hostname()) != nil) {
			t.Fatalf("a redirect to %s is let through", to)
		}
		a.status = 200
		if form, problem := readLogonForm(a); problem == "" && (form.target.Hostname() != u.Host || form.target.Scheme != "https") {
			t.Fatalf("a form to %s is let through", form.target)
		}
		for _, visit := range []string{"owa", "autodiscover", "healthcheck", "ecp"} {
			var s versionSigns
			s.read(visit, a)
			s.decide(endpoint{host: "mail.contoso.com"})
		}
	})
}

func TestServerVersionWord(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"738180DA": "14.1.218", "720280B0": "8.2.176", "73c085d9": "15.0.1497", "0x738180DA": "14.1.218",
		"": "", "738180D": "", "zzzzzzzz": "", "138180DA": "", "-38180DA": "", "738180DAA": "",
	} {
		if got, ok := decodeServerVersion(word); got != want || ok != (want != "") {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	for build, want := range map[string]string{
		"8.3.485.1": "2007", "14.00.0536.000": "2010", "15.0.1497.48": "2013", "15.1.2507": "2016", "15.2.1": "2019", "6.5.7638": "2003",
		"15.20.7": "", "9.0.1": "", "": "", "15.0": "2013", "15": "", "14.1": "2010", "15.0.x": "", "80.1.1": "",
	} {
		if got := generationOf(build); got != want {
			t.Errorf("%q is Exchange %q, want %q", build, got, want)
		}
	}
	if got := plainBuild(" 14.00.0536.000 "); got != "14.0.536.0" {
		t.Error(got)
	}
}

func TestNTLMChallengeTellsNamesAndSkew(t *testing.T) {
	t.Parallel()
	if at := fileTime(116444736000000000 + 10_000_000); !at.Equal(time.Unix(1, 0)) {
		t.Errorf("%s", at)
	}
	if !fileTime(0).IsZero() || !fileTime(1<<63).IsZero() {
		t.Error("an impossible time was read")
	}
	now := time.Date(2014, 5, 1, 12, 0, 0, 0, time.UTC)
	env := &Env{Now: func() time.Time { return now }}
	for off, want := range map[time.Duration]Verdict{4 * time.Minute: Pass, -4 * time.Minute: Pass, 6 * time.Minute: Warn, -6 * time.Minute: Warn} {
		if f := judgeSkew(env, ntlmChallenge{at: now.Add(off)}); f.Verdict != want || f.Verdict == Warn && f.Reason != "clock.skew" {
			t.Errorf("%s: %s %s", off, f.Verdict, f.Reason)
		}
	}
	if f := judgeSkew(env, ntlmChallenge{}); f.Verdict != Pass {
		t.Error("no clock, no verdict")
	}
}
