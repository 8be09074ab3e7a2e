package checks

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// httpKind asks a web server.
var httpKind = Kind{
	Name: "http",
	Doc: "Sends one request to every address of a host and reads the answer: status, logon schemes, redirect, headers. Without an account " +
		"nothing secret is sent, and the certificate is not judged (kind tls does that). An answer of 403 or 406 is asked for once more under Outlook's " +
		"name, as some filters want; a page that is not Exchange's is compared with that of a path that no server has. With an account the request is sent once more, logged on " +
		"by one scheme over a verified certificate; role ews then asks for the inbox. NTLM is bound to the certificate, as Extended Protection wants. " +
		"A refusal by NTLM does not tell a wrong password from a device that ends TLS in front of such a directory. The body is read within bounds and not kept.",
	Source: FromProbe,
	Budget: 60 * time.Second,
	Yields: []string{"status", "location", "location_host", "auth"},
	Params: []Param{
		{Name: "url", Type: TextParam, Required: true, Doc: "address to ask, http or https"},
		addressParam,
		{Name: "method", Type: TextParam, Choices: []string{"GET", "HEAD", "OPTIONS", "POST", "RPC_IN_DATA", "RPC_OUT_DATA"}, Doc: "default GET, for role eas OPTIONS"},
		{Name: "role", Type: TextParam, Choices: httpRoles, Doc: "which directory of Exchange this is: what it answers to strangers is then expected"},
		{Name: "headers", Type: TableParam, Doc: `further request headers: ["Name: value", ...], or a table where one can be written`},
		{Name: "status", Type: ListParam, Doc: "status codes that are right; default: those of the role"},
		{Name: "account", Type: TextParam, Doc: "test mailbox to log on with, once"},
		{Name: "auth", Type: TextParam, Choices: []string{"none", "basic", "ntlm"}, Doc: "how to log on; default with an account: NTLM where it is offered, else Basic"},
		{Name: "follow", Type: TextParam, Choices: []string{"none", "same_host"}, Doc: "same_host follows redirects within the host; default none"},
		{Name: "body_has", Type: TextParam, Doc: "text that the body must hold"},
	},
	Rows: []Field{
		{"address", "IP address, or proxy"},
		{"status", "HTTP status code"},
		{"location", "where a redirect leads"},
		{"location_host", "host of location"},
		{"auth", "logon schemes offered, such as Basic, NTLM, Negotiate"},
		{"server", "Server header"},
		{"fe_server", "X-FEServer header: the Exchange 2013 front end that answered"},
		{"owa_version", "X-OWA-Version header"},
		{"headers", "headers as Name: value, secrets left out"},
		{"major", "2007, 2010 or 2013, where a logon made the server tell"},
		{"build", "build of the server, where a logon made it tell"},
		{"eas_versions", "versions of ActiveSync that a logged-on device is offered"},
		{"trusted", "whether the certificate was trusted and for this host; absent over http"},
	},
	Validate: validHTTP,
	Identities: func(p Params) []string {
		if a := p.String("address"); a != "" {
			return []string{a}
		}
		return []string{urlHost(p.String("url"))}
	},
	Observe: observeHTTP,
}

func validHTTP(p Params) error {
	errs := []error{validURL("url", p.String("url")), validOptional("address", p.String("address"), validTarget)}
	for _, s := range p.Strings("status") {
		if n, err := strconv.Atoi(s); err != nil || n < 100 || n > 599 {
			errs = append(errs, fmt.Errorf("status holds %q; it must hold codes such as 200 or 401", clip(s, 20)))
		}
	}
	headers := p.Table("headers")
	for _, k := range sortedKeys(headers) {
		v := headers[k]
		switch lower := strings.ToLower(k); {
		case k == "" || strings.ContainsFunc(k, func(r rune) bool { return r > 127 || !isTokenByte(byte(r)) }):
			errs = append(errs, fmt.Errorf("headers: %q is no name of a header", clip(Escape(k), 60)))
		case strings.ContainsAny(v, "\r\n\x00"):
			errs = append(errs, fmt.Errorf("headers: %s holds a line break", k))
		case slices.Contains([]string{"authorization", "proxy-authorization", "cookie", "host", "content-length", "transfer-encoding"}, lower):
			errs = append(errs, fmt.Errorf("headers: %s must not be set here", k))
		}
	}
	if a := p.String("auth"); a != "" && a != "none" && p.String("account") == "" {
		errs = append(errs, fmt.Errorf("auth %s needs an account", a))
	}
	return allErrors(errs...)
}

func observeHTTP(ctx context.Context, env *Env, c Check) Finding {
	u, err := parseURL(c.Params.String("url"))
	if err != nil {
		return undecidable("value.invalid", "url %s", err)
	}
	ask := askWeb
	if c.Params.String("account") != "" && c.Params.String("auth") != "none" {
		if env.Logon == nil {
			return decided(Skip, "credentials.none", "no password was given for %s", mask(c.Params.String("account")))
		}
		ask = askAsUser
	}
	if env.Proxy != "" && c.Params.String("address") == "" {
		ctx, steps := withTrail(ctx)
		f := ask(ctx, env, c, u, endpoint{host: u.Hostname(), port: urlPort(u)})
		by := f
		by.Sub = steps.taken()
		f.Sub = []Result{part("proxy", env.Proxy, by, 0)}
		f.Evidence = with(f.Evidence, "proxy", env.Proxy)
		return f
	}
	f := perAddress(ctx, env, u.Hostname(), c.Params.String("address"), urlPort(u), func(ctx context.Context, at endpoint) Finding {
		return ask(ctx, env, c, u, at)
	})
	if env.Proxy != "" {
		f.Evidence = with(f.Evidence, "proxy", env.Proxy)
	}
	return f
}

// askWeb sends the request to one address, follows redirects as far as the
// check allows, and judges the last answer.
func askWeb(ctx context.Context, env *Env, c Check, u *url.URL, at endpoint) Finding {
	req := webRequest{method: httpMethod(c.Params), url: u, at: at, headers: c.Params.Table("headers")}
	a, hops, trouble := follow(ctx, env, req, c.Params.String("follow") == "same_host")
	where := at.where()
	if !at.addr.IsValid() {
		where = u.Host + " (by proxy)"
	}
	if trouble != nil {
		f := *trouble
		f.Summary = where + ": " + f.Summary
		f.Transcript = hops
		return f
	}
	f := judgeAnswer(c, u, a)
	if same, lines := sameForAll(ctx, env, c, u, at, a); same.Verdict != Pass {
		f, hops = same, append(hops, lines...)
	}
	if f.Verdict != Pass {
		f.Summary = where + ": " + f.Summary
	}
	f.Rows = []Row{answerRow(at, a)}
	f.Transcript = append(hops, answerTranscript(a)...)
	f.Attempts = a.attempts
	if a.truncated {
		f.Evidence = with(f.Evidence, "body_truncated", "true")
	}
	f.Evidence = withAgent(f.Evidence, a)
	if m := healthMember(a); m != "" && c.Params.String("role") == "healthcheck" {
		f.Evidence = with(f.Evidence, "member", m)
	}
	return f
}

// withAgent tells when only a client that calls itself Outlook was answered.
func withAgent(e map[string]string, a webAnswer) map[string]string {
	if a.agent == "" {
		return e
	}
	return with(e, "user_agent", "answered only as "+a.agent)
}

func httpMethod(p Params) string {
	switch m := p.String("method"); {
	case m != "":
		return m
	case p.String("role") == "eas":
		return "OPTIONS"
	}
	return "GET"
}

// follow sends a request and, when asked to, goes after redirects that stay on
// the same host. Everything about where a redirect may lead is decided here,
// never by net/http.
func follow(ctx context.Context, env *Env, req webRequest, sameHost bool) (webAnswer, []string, *Finding) {
	var hops []string
	seen := map[string]bool{}
	for n := 0; ; n++ {
		a, trouble := exchangeHTTP(ctx, env, req)
		if trouble != nil {
			hops = append(hops, fmt.Sprintf("%s %s: %s", req.method, req.url, trouble.text))
			f := decided(trouble.verdict, trouble.reason, "%s", trouble.text)
			f.Expected, f.Found = "an HTTP answer", trouble.text
			return a, hops, &f
		}
		req.agent = a.agent
		hops = append(hops, fmt.Sprintf("%s %s: %d", req.method, req.url, a.status))
		if !sameHost || !isRedirect(a.status) {
			return a, hops, nil
		}
		next, problem := redirectTarget(req.url, a)
		if problem != nil || !strings.EqualFold(next.Hostname(), req.url.Hostname()) || urlPort(next) != urlPort(req.url) || next.Scheme != req.url.Scheme {
			return a, hops, nil // judged as the last answer
		}
		seen[req.method+" "+req.url.String()] = true
		switch {
		case seen[req.method+" "+next.String()]:
			f := failed("http.redirect_loop", "redirects turn in a circle at %s", clip(next.Path, 200))
			f.Found = clip(next.String(), 500)
			return a, hops, &f
		case n+1 >= env.limits().Redirects:
			f := failed("http.redirect_limit", "more than %d redirects", env.limits().Redirects)
			f.Found = clip(next.String(), 500)
			return a, hops, &f
		}
		req.url = next
		if req.method != "HEAD" {
			req.method = "GET"
		}
	}
}

func isRedirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// redirectTarget reads where an answer sends its client, strictly.
func redirectTarget(from *url.URL, a webAnswer) (*url.URL, *Finding) {
	bad := func(reason, format string, args ...any) *Finding {
		f := failed(reason, format, args...)
		f.Found = clip(a.location, 500)
		return &f
	}
	if a.location == "" {
		return nil, bad("http.redirect_nowhere", "a redirect without a target")
	}
	if len(a.location) > 2048 || strings.ContainsFunc(a.location, func(r rune) bool { return r < ' ' || r == 127 || r == '\\' }) {
		return nil, bad("http.redirect_refused", "a redirect to something that is no address")
	}
	rel, err := url.Parse(a.location)
	if err != nil {
		return nil, bad("http.redirect_refused", "a redirect to something that is no address")
	}
	to := from.ResolveReference(rel)
	switch {
	case to.User != nil:
		return nil, bad("http.redirect_refused", "a redirect to an address with a user name in it")
	case to.Scheme != "http" && to.Scheme != "https":
		return nil, bad("http.redirect_refused", "a redirect to an address that is neither http nor https")
	case to.Hostname() == "" || validTarget("host", to.Hostname()) != nil:
		return nil, bad("http.redirect_refused", "a redirect to a host that is no host name")
	}
	return to, nil
}

func answerRow(at endpoint, a webAnswer) Row {
	row := Row{
		"address": {at.addr.String()}, "status": {strconv.Itoa(a.status)},
		"auth": schemesOf(a.challenges), "headers": a.headerLines(),
		"server": a.values("Server"), "fe_server": a.values("X-Feserver"), "owa_version": a.values("X-Owa-Version"),
		"location": nil, "location_host": nil,
	}
	if !at.addr.IsValid() {
		row["address"] = []string{"proxy"}
	}
	if a.location != "" {
		row["location"] = []string{clip(a.location, maxText)}
		if to, problem := redirectTarget(a.url, a); problem == nil {
			row["location_host"] = []string{strings.ToLower(to.Hostname())}
		}
	}
	if a.tls {
		row["trusted"] = []string{strconv.FormatBool(a.trusted)}
	}
	return row
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
