package checks

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// discovery is one walk along the steps of Autodiscover.
type discovery struct {
	env     *Env
	mailbox string
	address string
	mode    string
	outside bool
	lines   []string
	notes   []Finding // about the logon, beside the settings
	reached *reached  // the first step that leads to Exchange and proves it, else the first that leads there
}

// reached is where Exchange answers Autodiscover.
type reached struct {
	step   string
	url    *url.URL
	at     endpoint
	proven bool // by a certificate: passwords may go there
}

// reach keeps where Exchange answers. A step whose certificate proves the host
// counts before one that does not, as passwords go to it alone.
func (d *discovery) reach(s discoveryStep, at endpoint, a webAnswer) {
	if d.reached == nil || a.trusted && !d.reached.proven {
		d.reached = &reached{s.name, s.url, at, a.trusted}
	}
}

const discoverPath = "/autodiscover/autodiscover.xml"

// discoveryStep is one way by which clients look.
type discoveryStep struct {
	name string
	url  *url.URL
	// lenient steps may lead nowhere: clients simply go on.
	lenient bool
	plain   bool   // the unencrypted redirect
	scope   int    // of a connection point
	of      string // server whose connection point it is
}

// title names a step for people.
func (s discoveryStep) title() string {
	if s.of == "" {
		return s.name
	}
	return s.name + " of " + s.of
}

// run walks and, where the mode asks for it, reads the settings.
func (d *discovery) run(ctx context.Context, given string) Finding {
	var points []discoveryStep
	var notes []Finding
	if given == "" {
		points, notes = d.connectionSteps(ctx)
	}
	ways, unsure := d.steps(ctx, given)
	parts, rows := d.walk(ctx, append(points, ways...))
	if unsure != nil {
		if d.reached != nil {
			unsure.Verdict = Warn // clients come to Exchange before they look for it
		}
		notes = append(notes, *unsure)
	}
	var steps []Result
	for i := range parts {
		steps = append(steps, parts[i].Sub...)
		parts[i].Sub = nil
	}
	f := d.judgeWalk(ctx, append(parts, notes...), rows)
	f.Sub = steps
	return f
}

func (d *discovery) judgeWalk(ctx context.Context, parts []Finding, rows []Row) Finding {
	walked := merge(parts)
	walked.Rows = rows
	if d.reached == nil {
		return d.nothing(parts, walked)
	}
	if d.mode == "anonymous" {
		return walked
	}
	if d.mode == "walk" && d.env.Logon == nil {
		return d.withoutSettings(walked)
	}
	got := d.settings(ctx, *d.reached)
	if d.mode != "walk" {
		for i, p := range parts {
			if p.Verdict != Pass && p.Summary != "" {
				got.Evidence = with(got.Evidence, fmt.Sprintf("step %d", i+1), p.Summary)
			}
		}
		return got
	}
	if got.Verdict == Skip {
		return d.withoutSettings(walked)
	}
	if walked.Verdict == Pass {
		walked.Summary = fmt.Sprintf("%d steps lead where they should", len(parts))
	}
	f := merge([]Finding{got, walked})
	return f
}

// withoutSettings is what a walk comes to for which no password was given. It
// counts where a step is bad. A warning alone must not take the place of what
// nobody looked at, as one that was read lets a gate pass.
func (d *discovery) withoutSettings(walked Finding) Finding {
	steps := "the steps are as they should be"
	switch walked.Verdict {
	case Pass:
	case Warn:
		steps = walked.Summary
	default:
		return walked
	}
	walked.Verdict, walked.Reason = Skip, "credentials.none"
	walked.Summary = steps + "; no password was given for " + mask(d.mailbox)
	return walked
}

// nothing is the verdict when no step led to Exchange.
func (d *discovery) nothing(parts []Finding, walked Finding) Finding {
	for _, p := range parts {
		if p.Verdict == Unknown {
			walked.Verdict, walked.Reason = Unknown, p.Reason
			walked.Summary = "no step led to Exchange, and not all could be looked at: " + p.Summary
			return walked
		}
	}
	if walked.Verdict == Fail && len(parts) == 1 {
		return walked
	}
	var seen []string
	for _, r := range walked.Rows {
		step, _ := r.Get("step")
		outcome, _ := r.Get("outcome")
		seen = append(seen, step+" "+outcome)
	}
	f := failed("autodiscover.not_found", "no step of discovery leads to Exchange for %s", mailDomain(d.mailbox))
	f.Expected, f.Found = "a step that leads to Exchange", joinClipped(seen, 8)
	f.Rows, f.Evidence = walked.Rows, walked.Evidence
	for _, p := range parts {
		if p.Verdict == Fail {
			f.Evidence = with(f.Evidence, p.Reason, p.Summary)
		}
	}
	return f
}

// steps are the ways in the order of clients, after the connection points of
// the directory. The finding tells when it is not known whether there is a
// further one.
func (d *discovery) steps(ctx context.Context, given string) ([]discoveryStep, *Finding) {
	if given != "" {
		u, err := parseURL(given)
		if err == nil {
			return []discoveryStep{{name: "url", url: u}}, nil
		}
	}
	domain := mailDomain(d.mailbox)
	at := func(scheme, host string) *url.URL { return &url.URL{Scheme: scheme, Host: host, Path: discoverPath} }
	if d.address != "" {
		return []discoveryStep{{name: "autodiscover", url: at("https", "autodiscover."+domain)}}, nil
	}
	steps := []discoveryStep{
		{name: "domain", url: at("https", domain), lenient: true},
		{name: "autodiscover", url: at("https", "autodiscover."+domain)},
		{name: "redirect", url: at("http", "autodiscover."+domain), lenient: true, plain: true},
	}
	target, unsure := d.service(ctx, domain)
	if target != "" {
		d.env.allowHost(target)
		steps = append(steps, discoveryStep{name: "srv", url: at("https", target)})
	}
	return steps, unsure
}

// service looks up the service record. Clients take the one of the lowest
// priority with the usual port. The finding tells why it is not known whether
// there is one.
func (d *discovery) service(ctx context.Context, domain string) (string, *Finding) {
	if d.env.Records == nil {
		return "", nil
	}
	name := "_autodiscover._tcp." + domain
	list, err := d.env.Records(ctx, "SRV", name)
	if err != nil {
		if f := lookupTrouble(name, err); f.Verdict == Unknown {
			f.Summary = "srv: " + f.Summary
			return "", &f
		}
		return "", nil
	}
	best, target := 1<<17, ""
	for _, r := range list {
		host := strings.ToLower(strings.TrimSuffix(r.Value, "."))
		d.lines = append(d.lines, Escape(fmt.Sprintf("SRV %s port %d priority %d", clip(host, 260), r.Port, r.Preference)))
		if r.Port == 443 && validName("host", host) == nil && int(r.Preference) < best {
			best, target = int(r.Preference), host
		}
	}
	return target, nil
}

// walk takes the steps one by one. Every step is looked at, because a wrong
// early one breaks clients though a later one works; when only the settings
// are wanted, the walk ends where Exchange is reached.
func (d *discovery) walk(ctx context.Context, steps []discoveryStep) ([]Finding, []Row) {
	var parts []Finding
	var rows []Row
	var taken []time.Duration
	for _, s := range steps {
		began := time.Now()
		f, seen := d.step(ctx, s)
		parts, rows, taken = append(parts, f), append(rows, seen...), append(taken, time.Since(began))
		if d.reached != nil && d.reached.proven && (d.mode == "pox" || d.mode == "soap") {
			break
		}
	}
	for i := range parts {
		if d.reached != nil && parts[i].Verdict == Fail && slices.Contains(silentReasons, parts[i].Reason) {
			parts[i].Verdict = Warn // clients lose time there and come to Exchange by another step
		}
		parts[i].Sub = []Result{part(steps[i].title(), steps[i].url.String(), parts[i], taken[i])}
	}
	return parts, rows
}

// step asks every address of one way as a stranger: clients come to any of
// them.
func (d *discovery) step(ctx context.Context, s discoveryStep) (Finding, []Row) {
	row := Row{"step": {s.name}, "host": {strings.ToLower(s.url.Hostname())}, "outcome": {"absent"}}
	addrs, lost := addressesOf(ctx, d.env, s.url.Hostname(), d.address)
	if lost != nil {
		f := d.absent(s, *lost)
		row["outcome"] = []string{outcomeWithout(f)}
		return f, []Row{row}
	}
	untested := max(0, len(addrs)-maxAddresses)
	addrs = addrs[:len(addrs)-untested]
	req := webRequest{method: "POST", url: s.url, body: poxBody(d.mailbox), headers: map[string]string{"Content-Type": "text/xml; charset=utf-8"}}
	if s.plain {
		req.method, req.body, req.headers = "GET", nil, nil
	}
	answers := d.everyAnswer(ctx, req, addrs)
	var parts []Finding
	var rows []Row
	var subs []Result
	silent := 0
	for _, a := range answers {
		own := maps.Clone(row)
		own["address"] = []string{a.at.addr.String()}
		var f Finding
		if a.problem != nil {
			f = d.absent(s, a.problem.finding(a.at.where()))
			own["outcome"] = []string{outcomeWithout(f)}
			silent++
		} else {
			own["status"] = []string{strconv.Itoa(a.answer.status)}
			var outcome string
			f, outcome = d.judgeStep(ctx, s, a.at, a.answer)
			own["outcome"] = []string{outcome}
		}
		parts, rows = append(parts, f), append(rows, own)
		subs = append(subs, part("address", a.at.addr.String(), f, a.took))
	}
	out := merge(parts)
	if !s.lenient && silent < len(answers) {
		out = softenPartial(parts, addrs)
	}
	if untested > 0 {
		out = merge([]Finding{out, tooMany(s.url.Hostname(), untested)})
	}
	if len(subs) > 1 {
		out.Sub = subs
	}
	out.Rows = nil // rows are the walk's
	return out, rows
}

// outcomeWithout is the outcome of a step that gave no answer: nothing is there,
// or something is and keeps clients from it.
func outcomeWithout(f Finding) string {
	if f.Verdict == Pass {
		return "absent"
	}
	return "trouble"
}

// addressAnswer is what one address said.
type addressAnswer struct {
	at      endpoint
	answer  webAnswer
	problem *trouble
	took    time.Duration
}

// everyAnswer asks all addresses at the same time.
func (d *discovery) everyAnswer(ctx context.Context, req webRequest, addrs []netip.Addr) []addressAnswer {
	out := make([]addressAnswer, len(addrs))
	allAtOnce(len(addrs), func(i int) {
		began, own := time.Now(), req
		own.at = endpoint{req.url.Hostname(), addrs[i], urlPort(req.url)}
		out[i].at = own.at
		out[i].answer, out[i].problem = exchangeHTTP(ctx, d.env, own)
		out[i].took = time.Since(began)
	})
	for _, a := range out {
		if a.problem != nil {
			d.lines = append(d.lines, fmt.Sprintf("%s %s at %s: %s", req.method, req.url, a.at.addr, a.problem.text))
			continue
		}
		d.lines = append(append(d.lines, fmt.Sprintf("%s %s at %s", req.method, req.url, a.at.addr)), answerTranscript(a.answer)...)
	}
	return out
}

// firstAnswer asks the addresses one after the other, as clients do.
func (d *discovery) firstAnswer(ctx context.Context, req webRequest, addrs []netip.Addr) (endpoint, webAnswer, *trouble) {
	var at endpoint
	var a webAnswer
	var t *trouble
	for _, addr := range addrs {
		at = endpoint{req.url.Hostname(), addr, urlPort(req.url)}
		req.at = at
		a, t = exchangeHTTP(ctx, d.env, req)
		if t == nil {
			d.lines = append(append(d.lines, fmt.Sprintf("%s %s", req.method, req.url)), answerTranscript(a)...)
			return at, a, nil
		}
		d.lines = append(d.lines, fmt.Sprintf("%s %s at %s: %s", req.method, req.url, addr, t.text))
	}
	return at, a, t
}

// absent is a step without an answer: clients go on, so only what could not be
// decided, or the step that should lead to Exchange, weighs.
func (d *discovery) absent(s discoveryStep, f Finding) Finding {
	if f.Verdict == Fail && (s.lenient || f.Reason == "dns.not_found") {
		return Finding{Verdict: Pass, Summary: s.name + ": nothing here, clients go on: " + f.Summary}
	}
	if f.Verdict == Unknown && s.lenient && f.Reason == "tcp.filtered" {
		return Finding{Verdict: Pass, Summary: s.name + ": nothing here, clients go on: " + f.Summary}
	}
	f.Summary = s.name + ": " + f.Summary
	return f
}

// judgeStep tells what an answer means to clients that come by this step.
func (d *discovery) judgeStep(ctx context.Context, s discoveryStep, at endpoint, a webAnswer) (Finding, string) {
	here := s.name + ": " + at.where()
	exchange := a.header.Get("X-Soap-Enabled") != "" || a.status == 401 && slices.ContainsFunc(schemesOf(a.challenges), func(n string) bool {
		return n == "Basic" || n == "NTLM" || n == "Negotiate"
	})
	switch {
	case s.plain:
		return d.judgePlain(ctx, s, at, a)
	case isRedirect(a.status):
		return d.hop(ctx, s, at, a)
	case exchange && a.status == 401:
		d.reach(s, at, a)
		return d.judgeName(here, a, "exchange")
	case a.status == 200 && !looksLikeHTML(a):
		if _, err := readPOX(a.body); err == nil {
			d.reach(s, at, a)
			f := warned("http.anonymous", "%s answers Autodiscover without asking for a logon", here)
			f.Expected, f.Found = "a request to log on (401)", "200"
			return f, "exchange"
		}
	}
	if s.lenient && a.status != 200 {
		return Finding{Verdict: Pass, Summary: fmt.Sprintf("%s answers %d: clients go on", here, a.status)}, "other"
	}
	if s.lenient && a.trusted {
		f := warned("autodiscover.other_answers", "%s answers 200 and is not Exchange", here)
		f.Expected, f.Found = "Exchange, or no answer", "status 200"
		return f, "other"
	}
	if s.lenient {
		f := failed("autodiscover.certificate", "%s is another web server, with a certificate that clients warn about", here)
		f.Expected, f.Found = "Exchange, or no answer", "status 200, certificate not trusted or for another name"
		return f, "other"
	}
	f := failed("autodiscover.wrong_server", "%s answers %d and is not Exchange", here, a.status)
	if a.status != 200 {
		f = wrongStatus(a, "%s answers %d to Autodiscover", here, a.status)
	}
	f.Expected, f.Found = "a request to log on (401)", fmt.Sprintf("status %d", a.status)
	return f, "other"
}

// judgeName judges the certificate of a step that leads to Exchange.
func (d *discovery) judgeName(here string, a webAnswer, outcome string) (Finding, string) {
	switch {
	case a.leaf == nil || a.trusted:
		return Finding{Verdict: Pass, Summary: here + " is Exchange"}, outcome
	case a.leaf.VerifyHostname(a.url.Hostname()) != nil:
		f := failed("autodiscover.certificate", "%s is Exchange, but its certificate is for other names", here)
		f.Expected, f.Found = a.url.Hostname(), joinClipped(a.leaf.DNSNames, 12)
		return f, outcome
	}
	f := warned("tls.untrusted", "%s is Exchange, but its certificate is not trusted here", here)
	f.Expected, f.Found = "a trusted certificate", "issuer "+clip(a.leaf.Issuer.String(), 200)
	return f, outcome
}

// judgePlain judges the unencrypted step: nothing but a redirect to https
// counts.
func (d *discovery) judgePlain(ctx context.Context, s discoveryStep, at endpoint, a webAnswer) (Finding, string) {
	if !slices.Contains([]int{301, 302, 303, 307}, a.status) {
		return Finding{Verdict: Pass, Summary: fmt.Sprintf("%s: %s answers %d: no redirect", s.name, at.where(), a.status)}, "absent"
	}
	return d.hop(ctx, s, at, a)
}

// hop follows redirects as a stranger, as far as their rules allow.
func (d *discovery) hop(ctx context.Context, s discoveryStep, at endpoint, a webAnswer) (Finding, string) {
	seen := map[string]bool{s.url.String(): true}
	for n := 0; ; n++ {
		abs, problem := redirectTarget(a.url, a)
		if problem != nil {
			problem.Summary = s.name + ": " + problem.Summary
			return d.softHop(s, *problem), "hop"
		}
		to, why := redirectedTo(abs.String())
		if why != "" {
			f := failed("autodiscover.redirect_refused", "%s: a redirect to an address that %s", s.name, why)
			f.Found = clip(abs.String(), 300)
			return d.softHop(s, f), "hop"
		}
		if seen[to.String()] || n >= d.env.limits().Redirects {
			f := failed("autodiscover.redirect_loop", "%s: redirects turn in a circle", s.name)
			f.Found = clip(to.String(), 300)
			return f, "hop"
		}
		seen[to.String()] = true
		addrs, trouble := addressesOf(ctx, d.env, to.Hostname(), "")
		if trouble != nil {
			trouble.Summary = s.name + ": " + trouble.Summary
			return *trouble, "hop"
		}
		req := webRequest{method: "POST", url: to, body: poxBody(d.mailbox), headers: map[string]string{"Content-Type": "text/xml; charset=utf-8"}}
		if !d.known(to.Hostname()) {
			req.method, req.body, req.headers = "GET", nil, nil // a stranger need not learn the mail address
		}
		where, next, t := d.firstAnswer(ctx, req, addrs)
		if t != nil {
			return t.finding(s.name + ": " + where.where()), "hop"
		}
		a = next
		if !isRedirect(a.status) {
			return d.judgeStep(ctx, discoveryStep{name: s.name, url: to}, where, a)
		}
	}
}

// softHop weighs a redirect that clients do not follow either: on the mail
// domain's own web site it is usual.
func (d *discovery) softHop(s discoveryStep, f Finding) Finding {
	if s.lenient && !s.plain {
		return Finding{Verdict: Pass, Summary: f.Summary + ": clients go on"}
	}
	return f
}

// endpointFor finds where to connect for an address of Autodiscover.
func (d *discovery) endpointFor(ctx context.Context, u *url.URL) (endpoint, *Finding) {
	addrs, trouble := addressesOf(ctx, d.env, u.Hostname(), "")
	if trouble != nil {
		return endpoint{}, trouble
	}
	for _, a := range addrs[1:] {
		d.lines = append(d.lines, "also at "+net.JoinHostPort(a.String(), strconv.Itoa(urlPort(u))))
	}
	return endpoint{u.Hostname(), addrs[0], urlPort(u)}, nil
}
