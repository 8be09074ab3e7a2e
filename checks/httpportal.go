package checks

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"
)

// sameForAll asks for a path that no server has, when an answer to one of
// Exchange's directories does not look like Exchange. Whoever answers both
// alike answers everything: a guest network's logon page, a filter's block
// page, or a web site that has nothing to do with Exchange.
func sameForAll(ctx context.Context, env *Env, c Check, u *url.URL, at endpoint, a webAnswer) (Finding, []string) {
	pass := Finding{Verdict: Pass}
	if c.Params.String("role") == "" || !suspicious(c.Params.String("role"), a) {
		return pass, nil
	}
	nowhere := *u
	nowhere.Path, nowhere.RawPath, nowhere.RawQuery = "/"+nobody(), "", ""
	b, t := exchangeOnce(ctx, env, webRequest{method: "GET", url: &nowhere, at: at, agent: a.agent})
	if t != nil {
		return pass, []string{fmt.Sprintf("GET a path that no server has: %s", t.text)}
	}
	lines := []string{fmt.Sprintf("GET a path that no server has: %d", b.status)}
	if !alike(a, b) {
		if role := c.Params.String("role"); a.status == 200 && (role == "owa" || role == "ecp") {
			f := warned("http.not_exchange", "the page shows no sign of Exchange")
			f.Expected, f.Found = "the logon page of Exchange", fmt.Sprintf("status 200, %d bytes without its form and its pictures", len(a.body))
			return f, lines
		}
		return pass, lines
	}
	f := undecidable("vantage.captive_portal", "something on the way answers every path alike, also one that no server has")
	if a.tls && a.trusted { // nobody on the way has the server's certificate
		f = failed("http.wrong_server", "a server that is not Exchange answers every path alike")
	}
	f.Expected, f.Found = "an answer of Exchange", fmt.Sprintf("status %d with the same page for every path", a.status)
	if to, problem := redirectTarget(a.url, a); problem == nil && isRedirect(a.status) {
		f.Found = fmt.Sprintf("status %d to %s for every path", a.status, clip(to.Hostname(), 253))
	}
	return f, lines
}

// suspicious tells pages, and redirects to another host, that show no sign of
// Exchange. The directories of Outlook on the web answer with pages alone;
// others rightly give strangers something else.
func suspicious(role string, a webAnswer) bool {
	for _, h := range []string{"X-Feserver", "X-Owa-Version", "X-Calculatedbetarget", "X-Diaginfo", "Ms-Server-Activesync", "X-Soap-Enabled"} {
		if a.header.Get(h) != "" {
			return false
		}
	}
	if isRedirect(a.status) {
		to, problem := redirectTarget(a.url, a)
		return problem == nil && !strings.EqualFold(to.Hostname(), a.url.Hostname())
	}
	page := bytes.ToLower(firstOf(a.body, 64<<10))
	html := bytes.Contains(page, []byte("<html")) || role == "owa" || role == "ecp"
	return a.status == 200 && html && !themePath().Match(page) && !bytes.Contains(page, []byte("logonform"))
}

// alike compares two answers, leaving out where they repeat what was asked for.
func alike(a, b webAnswer) bool {
	if a.status != b.status {
		return false
	}
	if isRedirect(a.status) {
		to, problem := redirectTarget(a.url, a)
		too, problem2 := redirectTarget(b.url, b)
		return problem == nil && problem2 == nil && strings.EqualFold(to.Host, too.Host) && to.Path == too.Path
	}
	return bytes.Equal(withoutPath(a), withoutPath(b))
}

func withoutPath(a webAnswer) []byte {
	body := a.body
	for _, s := range []string{url.QueryEscape(a.url.String()), a.url.String(), url.QueryEscape(a.url.Path), a.url.Path} {
		if len(s) > 1 {
			body = bytes.ReplaceAll(body, []byte(s), nil)
		}
	}
	return body
}
