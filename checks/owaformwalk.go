package checks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxLanding bounds the pages that are asked for behind the logon.
const maxLanding = 4

// formWalk is one logon by form and the way behind it. Of the answers only
// status, target, the names of cookies and, on a page that sends the browser
// elsewhere by itself, the target of its form are read: such a page holds the
// password again.
type formWalk struct {
	env     *Env
	at      endpoint
	form    logonForm
	row     Row
	lines   []string
	allowed []string
	start   webAnswer
	cookies map[string]string // held for this walk alone
	session bool              // a cookie of a session was set after the form was sent
}

// logOn sends the form once.
func (w *formWalk) logOn(ctx context.Context, account string) Finding {
	if t := wrongClock(w.env, w.start); t != nil {
		return t.finding(w.at.where())
	}
	if t := tooOld(w.env, w.start); t != nil && w.start.trusted {
		return t.finding(w.at.where())
	}
	var out Finding
	err := w.env.SignIn(ctx, account, w.at.host, w.start.trusted, func(cred Credential) (bool, error) {
		s, t := openSession(ctx, w.env, w.at, w.start.url, w.start)
		if t != nil {
			out = t.finding(w.at.where())
			return false, errNotProven
		}
		defer s.close()
		a, t := s.do(ctx, w.post(cred))
		if t != nil {
			out = t.finding(w.at.where())
			return false, errNotProven
		}
		w.note("POST", w.form.target, a)
		if why := refusedByForm(a); why != nil {
			w.row["login"] = []string{"refused"}
			return true, why
		}
		out = w.walk(ctx, s, a)
		w.cookies = nil
		if login, _ := w.row.Get("login"); login != "ok" {
			return false, errNotProven
		}
		return false, nil
	})
	if err != nil && !errors.Is(err, errNotProven) {
		return *asFinding(w.at.where(), err)
	}
	return out
}

// post is the filled-in form.
func (w *formWalk) post(cred Credential) webRequest {
	fields := url.Values{}
	for k, v := range w.form.fields {
		fields[k] = v
	}
	for k, v := range map[string]string{
		"destination": hostURL(w.at, "/owa/").String(), "flags": "4", "forcedownlevel": "0", "isUtf8": "1",
		"username": cred.Username, "password": cred.Password.Reveal(),
	} {
		fields.Set(k, v)
	}
	w.cookies = map[string]string{"PBack": "0"}
	w.keepCookies(w.start)
	return webRequest{method: "POST", url: w.form.target, agent: w.start.agent, body: []byte(fields.Encode()), headers: map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "Cookie": w.cookieHeader(),
	}}
}

// refusedByForm tells a refused logon by the reason in its target.
func refusedByForm(a webAnswer) error {
	to, err := url.Parse(a.location)
	if err != nil {
		return nil
	}
	switch reason := to.Query().Get("reason"); {
	case strings.Contains(strings.ToLower(to.Path), "expiredpassword.aspx"):
		return &LogonError{Fail, "owaform.password_expired", "the password has expired"}
	case isRedirect(a.status) && (reason == "2" || reason == "4"):
		return fmt.Errorf("the logon page comes back with reason %s", reason)
	case a.status == 401:
		return errors.New("the form is answered with 401")
	}
	return nil
}

// walk judges the answer to the form and what comes behind it on this host.
func (w *formWalk) walk(ctx context.Context, s *webSession, a webAnswer) Finding {
	seen := map[string]bool{}
	at := w.form.target
	for n := 0; ; n++ {
		a.body = firstOf(a.body, 256<<10)
		w.keepSession(a)
		next, f := w.step(at, a, n)
		if f != nil {
			return *f
		}
		key := next.Path + "?" + next.RawQuery
		if seen[key] || n == maxLanding {
			f := failed("owaform.wrong_host", "%s: the redirects behind the logon turn in a circle on %s", w.at.where(), next.Hostname())
			f.Expected, f.Found = "a page of the mailbox, or the legacy name", "the primary name again and again"
			return f
		}
		seen[key] = true
		var t *trouble
		a, t = s.do(ctx, webRequest{method: "GET", url: next, agent: w.start.agent, headers: map[string]string{"Cookie": w.cookieHeader()}})
		if t != nil {
			// The server may end the connection; the cookies are good on a new
			// one with the same certificate.
			s2, t2 := openSession(ctx, w.env, w.at, w.start.url, w.start)
			if t2 != nil {
				f := t.finding(w.at.where())
				return f
			}
			defer s2.close()
			if a, t = s2.do(ctx, webRequest{method: "GET", url: next, agent: w.start.agent, headers: map[string]string{"Cookie": w.cookieHeader()}}); t != nil {
				f := t.finding(w.at.where())
				return f
			}
		}
		w.note("GET", next, a)
		at = next
	}
}

// step judges one answer: either a finding, or the next address on this host.
func (w *formWalk) step(at *url.URL, a webAnswer, n int) (*url.URL, *Finding) {
	done := func(f Finding) (*url.URL, *Finding) { return nil, &f }
	if !isRedirect(a.status) {
		return done(w.landed(a, n))
	}
	to, problem := redirectTarget(at, a)
	if problem != nil {
		problem.Found = ""
		return done(*problem)
	}
	path := strings.ToLower(to.Path)
	switch {
	case strings.Contains(path, "expiredpassword.aspx"):
		return done(failed("owaform.password_expired", "%s: the password of the test account has expired", w.at.where()))
	case strings.Contains(path, "/errorfe.aspx"):
		f := failed("owaform.error_page", "%s: the logon ends on the error page", w.at.where())
		f.Found = "errorFE.aspx, httpCode " + orNothing(clip(to.Query().Get("httpCode"), 20))
		return done(f)
	case to.Scheme != "https":
		return done(failed("http.redirect_downgrade", "%s: the logon leads from https to http", w.at.where()))
	case !sameHost(to, at):
		return done(w.elsewhere(to))
	case strings.HasSuffix(path, "/logon.aspx"), strings.HasSuffix(path, "/logon.asp"):
		f := warned("owaform.loop", "%s: the logon leads back to the logon page", w.at.where())
		f.Expected, f.Found = "a page of the mailbox", "the logon page without a reason"
		return done(f)
	case strings.Contains(path, "languageselection.aspx"), strings.Contains(path, "lang.owa"):
		return done(w.accepted(to.Hostname(), "its first logon, the language is asked for"))
	case n == 0 && !w.session:
		f := warned("owaform.loop", "%s: the logon is answered without a cookie of a session", w.at.where())
		f.Expected, f.Found = "a cookie of a session", "cookies "+orNothing(joinClipped(sortedKeys(w.cookies), 8))
		return done(f)
	}
	return to, nil
}

// landed judges a page behind the logon. Nothing of it is kept.
func (w *formWalk) landed(a webAnswer, n int) Finding {
	switch {
	case a.status == 440, a.status == 401, a.status == 403:
		f := undecidable("owaform.unclear", "%s answers %d behind the logon", w.at.where(), a.status)
		f.Found = fmt.Sprint(a.status)
		return f
	case a.status >= 400:
		f := failed("owaform.error_page", "%s answers %d behind the logon", w.at.where(), a.status)
		f.Found = fmt.Sprint(a.status)
		return f
	}
	if to := selfPosting(a, w.form.target); to != nil && !sameHost(to, w.form.target) {
		return w.elsewhere(to)
	}
	if n == 0 && !w.session {
		f := undecidable("owaform.unclear", "%s answers the logon with a page and without a cookie of a session", w.at.where())
		f.Found = fmt.Sprintf("status %d", a.status)
		return f
	}
	if forms, _ := readForms(a.body); slices.ContainsFunc(forms, func(f logonForm) bool { return strings.EqualFold(f.name, "logonForm") }) {
		return warned("owaform.loop", "%s: the logon page comes back", w.at.where())
	}
	if v := pageVersion(a); v != "" && a.header.Get("X-Owa-Version") != "" {
		w.row["version"] = []string{v}
	}
	return w.accepted(w.form.target.Hostname(), "")
}

// accepted is a logon that ended well.
func (w *formWalk) accepted(host, note string) Finding {
	w.row["login"], w.row["landing_host"] = []string{"ok"}, []string{strings.ToLower(host)}
	text := "the logon is accepted and ends on " + strings.ToLower(host)
	if note != "" {
		text += " (" + note + ")"
	}
	return Finding{Verdict: Pass, Summary: w.at.where() + ": " + text}
}

// elsewhere judges a logon that is sent to another host. No secret is sent
// there by this program.
func (w *formWalk) elsewhere(to *url.URL) Finding {
	host := strings.ToLower(to.Hostname())
	w.row["legacy_host"], w.row["landing_host"] = []string{clip(host, 253)}, []string{clip(host, 253)}
	known := slices.ContainsFunc(w.allowed, func(h string) bool { return plainHost(h) == plainHost(host) })
	var f Finding
	switch {
	case to.User != nil, validTarget("host", host) != nil, to.Scheme != "https":
		f = failed("http.redirect_refused", "%s: the logon leads to something that must not be followed", w.at.where())
	case !known:
		f = failed("owaform.wrong_host", "%s: the logon leads to %s, which is not expected", w.at.where(), clip(host, 100))
	default:
		w.row["login"] = []string{"ok"}
		return Finding{Verdict: Pass, Summary: fmt.Sprintf("%s: the logon is accepted and leads to %s", w.at.where(), host)}
	}
	f.Expected, f.Found = orNothing(joinClipped(append([]string{w.at.host}, w.allowed...), 6)), to.Scheme+"://"+clip(host, 253)
	return f
}

// selfPosting is the target of the only form on a page that a script sends.
func selfPosting(a webAnswer, base *url.URL) *url.URL {
	forms, problem := readForms(a.body)
	if problem != "" || len(forms) != 1 || !strings.EqualFold(forms[0].method, "POST") {
		return nil
	}
	ref, err := url.Parse(strings.TrimSpace(forms[0].action))
	if err != nil {
		return nil
	}
	return base.ResolveReference(ref)
}

// sessionCookies are those that a logged-on browser has, in lower case.
var sessionCookies = []string{"cadata", "sessionid", "usercontext"}

// keepCookies takes over what an answer sets, within bounds.
func (w *formWalk) keepCookies(a webAnswer) {
	r := http.Response{Header: http.Header{"Set-Cookie": a.header.Values("Set-Cookie")}}
	for _, c := range r.Cookies() {
		switch {
		case c.MaxAge < 0 || !c.Expires.IsZero() && c.Expires.Before(w.env.now()):
			delete(w.cookies, c.Name)
		case len(w.cookies) < 40 && len(c.Value) < 8<<10:
			w.cookies[c.Name] = c.Value
		}
	}
}

// keepSession is keepCookies for an answer behind the form: only what comes
// there tells that somebody is logged on.
func (w *formWalk) keepSession(a webAnswer) {
	before := w.cookies
	w.cookies = map[string]string{}
	w.keepCookies(a)
	for name, value := range w.cookies {
		w.session = w.session || value != "" && slices.Contains(sessionCookies, strings.ToLower(name))
	}
	w.cookies = before
	w.keepCookies(a)
}

func (w *formWalk) cookieHeader() string {
	var out []string
	for _, k := range sortedKeys(w.cookies) {
		out = append(out, k+"="+w.cookies[k])
	}
	return strings.Join(out, "; ")
}

// note writes what may be known of an answer: no query, no cookie's value, no
// body.
func (w *formWalk) note(method string, u *url.URL, a webAnswer) {
	line := fmt.Sprintf("%s %s: %d", method, u.Path, a.status)
	if to, err := url.Parse(a.location); err == nil && a.location != "" {
		line += " to " + to.Scheme + "://" + to.Host + to.Path
		if r := to.Query().Get("reason"); r != "" {
			line += " reason " + clip(r, 10)
		}
	}
	var names []string
	for _, c := range (&http.Response{Header: http.Header{"Set-Cookie": a.header.Values("Set-Cookie")}}).Cookies() {
		names = append(names, c.Name)
	}
	if len(names) > 0 {
		line += ", cookies " + joinClipped(names, 12)
	}
	w.lines = append(w.lines, Escape(clip(line, 600)))
}

func firstOf(b []byte, n int) []byte { return b[:min(len(b), n)] }
