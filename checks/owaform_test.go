package checks_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"coexist/checks"
	"coexist/checks/lab"
)

func formCheck(mailbox string, allowed ...any) checks.Params {
	return checks.Params{"host": "mail.contoso.com", "mailbox": mailbox + "@contoso.com", "allowed_hosts": allowed}
}

func TestFormLogonInCoexistence(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		mailbox, version, landing, legacy string
		allowed                           []any
		verdict                           checks.Verdict
		reason                            string
	}{
		{"probe13", "2013", "mail.contoso.com", "", nil, checks.Pass, ""},
		{"probe10", "2010", "mail.contoso.com", "", nil, checks.Pass, ""},
		{"probe07", "2013", "legacy.contoso.com", "legacy.contoso.com", []any{"legacy.contoso.com"}, checks.Pass, ""},
		{"probe07", "2013", "legacy.contoso.com", "legacy.contoso.com", nil, checks.Fail, "owaform.wrong_host"},
	} {
		r := s.run("owaform", formCheck(c.mailbox, c.allowed...))
		expectVerdict(t, c.mailbox, r, c.verdict, c.reason)
		expectValues(t, c.mailbox, r, "version", c.version)
		expectValues(t, c.mailbox, r, "landing_host", c.landing)
		if c.legacy != "" {
			expectValues(t, c.mailbox, r, "legacy_host", c.legacy)
		}
		if c.verdict == checks.Pass {
			expectValues(t, c.mailbox, r, "login", "ok")
		}
	}
	// 2007 was not given the legacy name: its address is still the primary one
	s.Publish(lab.Published{Primary: "mail.contoso.com"})
	r := s.run("owaform", formCheck("probe07", "legacy.contoso.com"))
	expectVerdict(t, "loop", r, checks.Fail, "owaform.wrong_host")
	expectValues(t, "loop", r, "login", "unknown")
	// directly on the old servers
	for host, v := range map[string]string{"ex07.contoso.com": "07", "ex10.contoso.com": "10"} {
		r := s.run("owaform", checks.Params{"host": host, "mailbox": "probe" + v + "@contoso.com"})
		expectVerdict(t, host, r, checks.Pass, "")
		expectValues(t, host, r, "version", "20"+v)
	}
	s.SetMailbox(lab.Mailbox{Address: "probe13@contoso.com", User: probeUser + "13", Password: "x", Version: "2013"})
	r = s.run("owaform", formCheck("probe13"))
	expectVerdict(t, "refused", r, checks.Fail, "credentials.refused")
	expectValues(t, "refused", r, "login", "refused")
	expectVerdict(t, "again", s.run("owaform", formCheck("probe13")), checks.Unknown, "credentials.stopped")
	if n := s.Refused(probeUser + "13"); n != 1 {
		t.Errorf("%d wrong tries", n)
	}
}

const goodForm = `<form name="logonForm" method="post" action="/owa/auth.owa"><input name="username"><input name="password"></form>`

// page serves a logon page and, behind it, whatever is given.
func page(html string, post http.HandlerFunc, posts *int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			*posts++
			post(w, r)
			return
		}
		if r.URL.Path != "/owa/" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, html)
	})
}

func TestFormsThatGetNoPassword(t *testing.T) {
	t.Parallel()
	with := func(old, new string) string { return strings.Replace(goodForm, old, new, 1) }
	for name, html := range map[string]string{
		"no form": "<html>welcome</html>", "three forms": strings.Repeat(with(`name="logonForm" `, ""), 3),
		"other host": with(`"/owa/auth.owa"`, `"https://evil.net/owa/auth.owa"`), "scheme relative": with(`"/owa/auth.owa"`, `"//evil.net/"`),
		"plain http": with(`"/owa/auth.owa"`, `"http://mail.contoso.com/owa/auth.owa"`), "other port": with(`"/owa/auth.owa"`, `"https://mail.contoso.com:8443/"`),
		"plain http on the same port": with(`"/owa/auth.owa"`, `"http://mail.contoso.com:443/owa/auth.owa"`),
		"userinfo":                    with(`"/owa/auth.owa"`, `"https://a:b@mail.contoso.com/"`), "script": with(`"/owa/auth.owa"`, `"javascript:alert(1)"`),
		"GET": with(`"post"`, `"get"`), "no method": with(`method="post" `, ""), "nested": with("<input", `<form action="/x"><input`),
		"base": `<base href="https://evil.net/">` + goodForm, "many fields": with("</form>", strings.Repeat(`<input name="x">`, 10000)+"</form>"),
		"no password field": with(`<input name="password">`, ""), "backslash": with(`"/owa/auth.owa"`, `"\\evil.net\x"`),
		"empty": "", "binary": "\x00\x01\xff<form", "cut": `<form name="logonForm" method="post" action="/owa/auth.owa"><input name="username`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, posts := newSite(t), 0
			s.dress(page(html, func(http.ResponseWriter, *http.Request) {}, &posts))
			expectVerdict(t, name, s.run("owaform", formCheck("probe13")), checks.Fail, "owaform.bad_form")
			if posts != 0 {
				t.Errorf("%s: the password was sent", name)
			}
		})
	}
}

func TestAnswersToTheForm(t *testing.T) {
	t.Parallel()
	redirect := func(to string, cookies ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for _, c := range cookies {
				w.Header().Add("Set-Cookie", c+"=secret; path=/")
			}
			w.Header().Set("Location", to)
			w.WriteHeader(302)
		}
	}
	mirror := func(host string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `<body onload="document.forms[0].submit()"><form method="POST" action="https://%s/owa/auth/owaauth.dll"><input type="hidden" name="username" value="%s"><input type="hidden" name="password" value='%s'></form>`,
				host, r.PostFormValue("username"), r.PostFormValue("password"))
		}
	}
	for _, c := range []struct {
		name    string
		post    http.HandlerFunc
		verdict checks.Verdict
		reason  string
	}{
		{"silent redirect", mirror("legacy.contoso.com"), checks.Pass, ""},
		{"silent redirect to a stranger", mirror("legacy.contoso.com.evil.net"), checks.Fail, "owaform.wrong_host"},
		{"redirect to a look-alike", redirect("https://mail.contoso.com.evil.net/owa/", "cadata"), checks.Fail, "owaform.wrong_host"},
		{"plain http", redirect("http://mail.contoso.com/owa/", "cadata"), checks.Fail, "http.redirect_downgrade"},
		{"userinfo", redirect("https://x:y@legacy.contoso.com/owa/"), checks.Fail, "http.redirect_refused"},
		{"no cookie", redirect("https://mail.contoso.com/owa/"), checks.Warn, "owaform.loop"},
		{"back to the page", redirect("https://mail.contoso.com/owa/auth/logon.aspx?url=x", "cadata"), checks.Warn, "owaform.loop"},
		{"reason 2", redirect("https://mail.contoso.com/owa/auth/logon.aspx?reason=2"), checks.Fail, "credentials.refused"},
		{"expired", redirect("/owa/auth/expiredpassword.aspx?url=/owa", "cadata"), checks.Fail, "owaform.password_expired"},
		{"error page", redirect("/owa/auth/errorFE.aspx?httpCode=500", "cadata"), checks.Fail, "owaform.error_page"},
		{"language", redirect("/owa/languageselection.aspx", "cadata"), checks.Pass, ""},
		{"javascript", redirect("javascript:x", "cadata"), checks.Fail, "http.redirect_refused"},
		{"500", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }, checks.Fail, "owaform.error_page"},
		{"a page without cookies", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.PostFormValue("password")) }, checks.Unknown, "owaform.unclear"},
		{"a cookie taken back", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "cadata=; expires=Thu, 01 Jan 1970 00:00:00 GMT")
			fmt.Fprint(w, "<html>welcome</html>")
		}, checks.Unknown, "owaform.unclear"},
		{"the page again", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "cadata=1")
			fmt.Fprint(w, goodForm)
		}, checks.Warn, "owaform.loop"},
		{"5000 cookies", func(w http.ResponseWriter, r *http.Request) {
			for i := range 5000 {
				w.Header().Add("Set-Cookie", fmt.Sprintf("c%d=1", i))
			}
		}, checks.Fail, "http.huge_header"},
		{"connection ends", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, checks.Fail, "http.closed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, posts := newSite(t), 0
			s.dress(page(goodForm, c.post, &posts))
			r := s.run("owaform", formCheck("probe13", "legacy.contoso.com"))
			expectVerdict(t, c.name, r, c.verdict, c.reason)
			if posts != 1 {
				t.Errorf("the form was sent %d times", posts)
			}
		})
	}
}

// TestPasswordIsSentExactly sends awkward passwords by each way of logging on.
func TestPasswordIsSentExactly(t *testing.T) {
	t.Parallel()
	for _, password := range []string{canaryInLab, ` lead"ing'`, "ends with blank ", strings.Repeat("x", 127), `a:b\c%41+&=;`, "größe", "p😀w✓"} {
		t.Run(fmt.Sprintf("%.12q", password), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.SetMailbox(lab.Mailbox{Address: "probe13@contoso.com", User: probeUser + "13", Password: password, Version: "2013"})
			s.credential(probeUser+"13", password)
			url := "https://mail.contoso.com/Autodiscover/Autodiscover.xml"
			basic := s.run("http", checks.Params{"url": url, "role": "autodiscover", "auth": "basic", "account": "probe13@contoso.com"})
			if ascii := !strings.ContainsFunc(password, func(r rune) bool { return r > 126 }); ascii {
				expectVerdict(t, "basic", basic, checks.Pass, "")
			} else {
				expectVerdict(t, "basic", basic, checks.Warn, "auth.basic_charset")
			}
			expectVerdict(t, "ntlm", s.run("http", checks.Params{"url": url, "role": "autodiscover", "auth": "ntlm", "account": "probe13@contoso.com"}), checks.Pass, "")
			expectVerdict(t, "form", s.run("owaform", formCheck("probe13")), checks.Pass, "")
			if n := s.Refused(probeUser + "13"); n != 0 {
				t.Errorf("%d tries were refused", n)
			}
		})
	}
}

// TestCookiesBeforeTheLogonAreNoSession is given a cookie of a session with the
// logon page, as some devices in front do: it does not tell that the logon was
// accepted.
func TestCookiesBeforeTheLogonAreNoSession(t *testing.T) {
	t.Parallel()
	s, posts := newSite(t), 0
	behind := page(goodForm, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>come back later</html>") }, &posts)
	s.dress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.Header().Set("Set-Cookie", "sessionid=of-the-device")
		}
		behind.ServeHTTP(w, r)
	}))
	r := s.run("owaform", formCheck("probe13"))
	expectVerdict(t, "a page", r, checks.Unknown, "owaform.unclear")
	expectValues(t, "a page", r, "login", "unknown")
}
