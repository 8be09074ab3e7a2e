package checks

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// role is what one of Exchange's web directories answers to a stranger.
type role struct {
	name string
	// right are the status codes of a healthy directory asked anonymously.
	right []int
	// closed marks directories that must not answer 200 to strangers.
	closed bool
	// usual are the logon schemes of which clients of this directory need one;
	// empty: any will do, or there is no such logon.
	usual []string
	// change is the cmdlet that sets them.
	change string
}

// roles are the directories and their healthy anonymous answers. 404 is never
// among them: it tells that the directory is not there.
var roles = []role{
	{name: "owa", right: []int{200, 301, 302, 401}},
	{name: "ecp", right: []int{200, 301, 302, 401}},
	{"ews", []int{401}, true, []string{"Negotiate", "NTLM"}, "Set-WebServicesVirtualDirectory"},
	{"eas", []int{200, 401, 501}, false, []string{"Basic"}, "Set-ActiveSyncVirtualDirectory"},
	{"oab", []int{401, 403}, true, []string{"Negotiate", "NTLM"}, "Set-OabVirtualDirectory"},
	{"mapi", []int{401}, true, []string{"Negotiate", "NTLM"}, "Set-MapiVirtualDirectory"},
	{"rpc", []int{401}, true, []string{"Basic", "NTLM", "Negotiate"}, "Set-OutlookAnywhere"},
	{name: "powershell", right: []int{200, 400, 401, 403, 405, 411}},
	{name: "healthcheck", right: []int{200}},
	{"autodiscover", []int{401}, true, []string{"Basic", "NTLM", "Negotiate"}, "Set-AutodiscoverVirtualDirectory"},
}

var httpRoles = func() []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = r.name
	}
	return out
}()

func roleNamed(name string) *role {
	for i := range roles {
		if roles[i].name == name {
			return &roles[i]
		}
	}
	return nil
}

// judgeAnswer judges what the protocol itself tells of an answer.
func judgeAnswer(c Check, asked *url.URL, a webAnswer) Finding {
	r := roleNamed(c.Params.String("role"))
	parts := []Finding{{Verdict: Pass, Summary: fmt.Sprintf("%s answers %d", asked.Host, a.status)}}
	if !judgedByStatus(c) {
		parts = append(parts, judgeStatus(c, r, a))
	}
	parts = append(parts, judgeRedirect(c, r, asked, a), judgeChallenge(c, r, a))
	if r != nil && r.name == "healthcheck" && a.status == 200 && !bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("200 OK")) {
		f := failed("http.body_lacks", "the answer is not a health page of Exchange 2013")
		f.Expected, f.Found = "200 OK and the server's name", fmt.Sprintf("%d bytes that do not begin with 200 OK", len(a.body))
		parts = append(parts, f)
	}
	if has := c.Params.String("body_has"); has != "" && !bytes.Contains(bytes.ToLower(a.body), []byte(strings.ToLower(has))) {
		f := failed("http.body_lacks", "the page does not hold the expected text")
		f.Expected, f.Found = "the text "+has, fmt.Sprintf("status %d, %d bytes without it", a.status, len(a.body))
		parts = append(parts, f)
	}
	return merge(parts)
}

// judgedByStatus tells whether the check's own expectations judge the status.
func judgedByStatus(c Check) bool {
	return slices.ContainsFunc(c.Expect, func(e Expectation) bool { return e.Property == "status" })
}

func judgeStatus(c Check, r *role, a webAnswer) Finding {
	want := c.Params.Strings("status")
	got := fmt.Sprint(a.status)
	switch {
	case len(want) > 0:
		if slices.Contains(want, got) {
			return Finding{Verdict: Pass}
		}
	case r != nil:
		for _, s := range r.right {
			want = append(want, fmt.Sprint(s))
		}
		if slices.Contains(r.right, a.status) {
			return Finding{Verdict: Pass}
		}
		if r.closed && a.status == 200 {
			f := warned("http.anonymous", "strangers get an answer without logging on")
			f.Expected, f.Found = "a request to log on (401)", "200"
			return f
		}
	default:
		if a.status >= 200 && a.status < 400 || a.status == 401 {
			return Finding{Verdict: Pass}
		}
		want = []string{"an answer below 400", "401"}
	}
	f := wrongStatus(a, "the answer is %d", a.status)
	f.Expected, f.Found = "status "+strings.Join(want, " or "), "status "+got
	return f
}

// wrongStatus is the finding of a status that is not right. What a proxy
// answers says nothing about the server, which was not reached.
func wrongStatus(a webAnswer, format string, args ...any) Finding {
	f := failed(statusReason(a), format, args...)
	if f.Reason == "http.proxy" {
		f.Verdict = Unknown
	}
	return f
}

// statusReason tells what a wrong status means on Exchange.
func statusReason(a webAnswer) string {
	fromSystem := strings.Contains(a.header.Get("Server"), "Microsoft-HTTPAPI")
	switch {
	case a.status == 101: // nobody asked for another protocol
		return "http.not_http"
	case a.status == 400 && fromSystem:
		return "http.bad_host"
	case a.status == 401:
		return "http.logon_wanted"
	case a.status == 403 && bytes.Contains(a.body, []byte("403.4")):
		return "http.ssl_required"
	case a.status == 403 && (bytes.Contains(a.body, []byte("403.7")) || bytes.Contains(a.body, []byte("403.16"))):
		return "http.client_certificate"
	case a.status == 403:
		return "http.forbidden"
	case a.status == 404:
		return "http.not_found"
	case a.status == 405 || a.status == 501:
		return "http.verb_refused"
	case a.status == 407:
		return "http.proxy"
	case a.status == 440:
		return "http.session_expired"
	case a.status == 502 || a.status == 504:
		return "http.bad_gateway"
	case a.status == 503 && fromSystem:
		return "http.pool_stopped"
	case a.status == 503:
		return "http.unavailable"
	case a.status >= 500:
		return "http.server_error"
	case isRedirect(a.status):
		return "http.redirected"
	}
	return "http.status"
}

// judgeRedirect judges where an answer sends its client.
func judgeRedirect(c Check, r *role, asked *url.URL, a webAnswer) Finding {
	if !isRedirect(a.status) {
		return Finding{Verdict: Pass}
	}
	to, problem := redirectTarget(a.url, a)
	if problem != nil {
		return *problem
	}
	found := func(f Finding) Finding { f.Found = clip(to.String(), 500); return f }
	switch {
	case sameAddress(to, a.url) && len(a.header.Values("Set-Cookie")) == 0: // a client with the same cookies gets the same answer
		return found(failed("http.redirect_loop", "the answer redirects to the address that was asked for"))
	case strings.Contains(strings.ToLower(to.Path), "/errorfe.aspx"):
		return found(failed("http.error_page", "the front end answers, but sends to its error page: the server behind it does not answer"))
	case asked.Scheme == "https" && to.Scheme == "http":
		return found(failed("http.redirect_downgrade", "a redirect leaves https"))
	case isAddress(to.Hostname()) && !isAddress(asked.Hostname()):
		return found(warned("http.redirect_address", "a redirect leads to a bare address"))
	case judgedByLocation(c), strings.EqualFold(to.Hostname(), asked.Hostname()) && urlPort(to) == urlPort(asked):
		return Finding{Verdict: Pass}
	case strings.EqualFold(to.Hostname(), asked.Hostname()) && asked.Scheme == to.Scheme:
		return found(warned("http.redirect_port", "a redirect leads to another port"))
	case !strings.EqualFold(to.Hostname(), asked.Hostname()) && (r == nil || r.name != "autodiscover"):
		return found(warned("http.redirect_other_host", "a redirect leads to the host %s", to.Hostname()))
	}
	return Finding{Verdict: Pass}
}

// sameAddress tells whether two addresses ask the same of the same server.
func sameAddress(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && urlPort(a) == urlPort(b) &&
		a.EscapedPath() == b.EscapedPath() && a.RawQuery == b.RawQuery
}

func judgedByLocation(c Check) bool {
	return slices.ContainsFunc(c.Expect, func(e Expectation) bool {
		return e.Property == "location" || e.Property == "location_host"
	})
}

// judgeChallenge finds a request to log on that does not say how, or only in
// ways that the clients of the directory do not know.
func judgeChallenge(c Check, r *role, a webAnswer) Finding {
	pass := Finding{Verdict: Pass}
	switch {
	case a.status != 401:
		return pass
	case len(a.challenges) == 0:
		f := warned("http.no_challenge", "the answer asks to log on without saying how")
		f.Expected, f.Found = "a WWW-Authenticate header", "401 without one"
		return f
	case r == nil || len(r.usual) == 0 || slices.ContainsFunc(c.Expect, func(e Expectation) bool { return e.Property == "auth" }):
		return pass
	}
	offered := schemesOf(a.challenges)
	if slices.ContainsFunc(r.usual, func(s string) bool { return slices.Contains(offered, s) }) {
		return pass
	}
	f := warned("auth.scheme_unusual", "the directory offers %s, with which its clients do not log on (%s)", joinClipped(offered, 8), r.change)
	f.Expected, f.Found = strings.Join(r.usual, " or "), joinClipped(offered, 8)
	return f
}

// healthMember is the server that a health page names; empty when the page is
// none.
func healthMember(a webAnswer) string {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(a.body), []byte("200 OK"))
	if a.status != 200 || !ok {
		return ""
	}
	member := strings.Trim(strings.NewReplacer("<br/>", "", "<br />", "", "<br>", "").Replace(string(rest)), " \r\n\t")
	if validTarget("host", member) != nil {
		return ""
	}
	return member
}
