package checks

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// maxDiscoverHops bounds redirects between addresses and mailboxes, as clients
// do.
const maxDiscoverHops = 10

// settings reads what Exchange hands out, following its redirects within the
// rules for passwords.
func (d *discovery) settings(ctx context.Context, from reached) Finding {
	mailbox, at, u := d.mailbox, from.at, from.url
	if d.mode == "soap" {
		u = soapURL(u)
	}
	seen := map[string]bool{}
	for range maxDiscoverHops {
		key := strings.ToLower(mailbox) + " " + strings.ToLower(u.String())
		if seen[key] {
			return d.loop(u)
		}
		seen[key] = true
		got, rows, trouble := d.ask(ctx, mailbox, u, at, from.step)
		if trouble != nil {
			return *trouble
		}
		switch {
		case got.redirectAddr != "":
			if f := d.otherMailbox(got.redirectAddr); f != nil {
				return *f
			}
			mailbox = got.redirectAddr
		case got.redirectURL != "":
			to, why := redirectedTo(got.redirectURL)
			if d.mode == "soap" && why != "" {
				to, why = redirectedTo(strings.TrimSuffix(got.redirectURL, ".svc") + ".xml")
			}
			if why != "" {
				f := failed("autodiscover.redirect_refused", "%s: a redirect to an address that %s", at.where(), why)
				f.Found = clip(Escape(got.redirectURL), 300)
				return f
			}
			if d.mode == "soap" {
				to = soapURL(to)
			}
			if !d.known(to.Hostname()) {
				f := undecidable("autodiscover.redirect_unconfirmed", "Autodiscover redirects to %s, which is no host of this organisation", to.Hostname())
				f.Found = to.Hostname()
				return f
			}
			next, trouble := d.endpointFor(ctx, to)
			if trouble != nil {
				return *trouble
			}
			u, at = to, next
		default:
			return d.conclude(ctx, got, rows, at)
		}
	}
	return d.loop(u)
}

// known tells whether a redirect leads to a host of the organisation.
func (d *discovery) known(host string) bool {
	return d.env.Logons != nil && d.env.allowed(host)
}

func soapURL(u *url.URL) *url.URL {
	out := *u
	out.Path = "/autodiscover/autodiscover.svc"
	return &out
}

func (d *discovery) loop(u *url.URL) Finding {
	f := failed("autodiscover.redirect_loop", "the redirects of Autodiscover turn in a circle or do not end")
	f.Found = clip(u.String(), 300)
	return f
}

// otherMailbox judges a redirect to another mail address: within the mail
// domain it is followed, elsewhere somebody has to agree first.
func (d *discovery) otherMailbox(address string) *Finding {
	if err := validMailbox("redirect", address); err != nil {
		f := failed("autodiscover.redirect_refused", "a redirect to something that is no mail address")
		f.Found = clip(Escape(address), 300)
		return &f
	}
	if mailDomain(address) != mailDomain(d.mailbox) {
		f := undecidable("autodiscover.redirect_unconfirmed", "Autodiscover redirects to the mail domain %s", mailDomain(address))
		f.Found = mailDomain(address)
		return &f
	}
	return nil
}

// ask sends one request for settings as the user.
func (d *discovery) ask(ctx context.Context, mailbox string, u *url.URL, at endpoint, step string) (discovered, []Row, *Finding) {
	l := webLogon{account: d.mailbox, url: u, at: at}
	l.real = webRequest{method: "POST", body: poxBody(mailbox), most: maxXMLBytes, headers: map[string]string{
		"Content-Type": "text/xml; charset=utf-8", "X-AnchorMailbox": mailbox,
	}}
	read := readPOX
	if d.mode == "soap" {
		read = readSOAP
		l.real.body = soapBody(mailbox, u.String())
		l.real.headers["SOAPAction"] = `"` + soapDiscoverAction + `"`
	} else {
		// Newer clients name what they can, and are told more.
		newer := l.real
		newer.headers = map[string]string{"X-MapiHttpCapability": "1", "X-ClientCanHandle": "Negotiate, ExHttpInfo"}
		for k, v := range l.real.headers {
			newer.headers[k] = v
		}
		l.more = []webRequest{newer}
	}
	l.first = l.real
	got, trouble := logonOver(ctx, d.env, l)
	d.lines = append(d.lines, got.lines...)
	if trouble != nil {
		trouble.Transcript = nil
		return discovered{}, nil, trouble
	}
	d.notes = append(d.notes, got.notes...)
	a := got.answer
	if !got.asked && a.status == 200 && !looksLikeHTML(a) {
		d.notes = append(d.notes, warned("http.anonymous", "%s answers Autodiscover without asking for a logon", l.where()))
	}
	if isRedirect(a.status) {
		if to, problem := redirectTarget(u, a); problem == nil {
			return discovered{redirectURL: to.String()}, nil, nil
		}
	}
	if f := d.badAnswer(l, got); f != nil {
		return discovered{}, nil, f
	}
	out, err := read(a.body)
	if err != nil {
		f := xmlFinding(l.where(), a, err)
		return discovered{}, nil, &f
	}
	rows := sectionRows(out.sections, step, u.Hostname())
	for _, more := range got.more {
		if also, err := read(more.body); err == nil && more.status == 200 {
			out.sections, rows = addNew(out, also, rows, step, u.Hostname())
		}
	}
	return out, rows, nil
}

// badAnswer tells what a status other than 200 means here.
func (d *discovery) badAnswer(l webLogon, got webLoggedOn) *Finding {
	a := got.answer
	var f Finding
	switch {
	case a.status == 200 && !got.asked && looksLikeHTML(a):
		f = failed("autodiscover.wrong_server", "%s: a web page answers instead of Exchange", l.where())
	case a.status == 200:
		return nil
	case a.status == 404 && d.mode == "soap":
		f = failed("http.not_found", "%s has no Autodiscover by SOAP, as Exchange 2007 has none", l.where())
	case a.status == 500 && d.mode == "soap" && !looksLikeHTML(a) && len(a.body) > 0:
		return nil // a fault, to be read
	default:
		f = wrongStatus(a, "%s answers %d to the request for settings", l.where(), a.status)
	}
	f.Expected, f.Found = "settings", fmt.Sprintf("status %d", a.status)
	return &f
}

func sectionRows(list []section, step, host string) []Row {
	var out []Row
	for _, s := range list {
		out = append(out, s.row(step, strings.ToLower(host)))
	}
	return out
}

// addNew adds the sections that only newer clients are told.
func addNew(first, also discovered, rows []Row, step, host string) ([]section, []Row) {
	known := map[string]bool{}
	for _, s := range first.sections {
		known[strings.ToLower(s.kind)] = true
	}
	out := first.sections
	for _, s := range also.sections {
		if !known[strings.ToLower(s.kind)] {
			out, rows = append(out, s), append(rows, s.row(step, strings.ToLower(host)))
		}
	}
	return out, rows
}

// conclude judges an answer that is no redirect.
func (d *discovery) conclude(ctx context.Context, got discovered, rows []Row, at endpoint) Finding {
	if got.errorCode != "" {
		return discoverError(at.where(), got)
	}
	f := merge(append([]Finding{
		{Verdict: Pass, Summary: fmt.Sprintf("%s hands out %d sections of settings", at.where(), len(got.sections))},
		judgeSections(at.where(), got.sections, d.outside),
		d.resolvable(ctx, got.sections),
	}, d.notes...))
	f.Rows = rows
	if got.build != "" {
		f.Evidence = with(f.Evidence, "server_build", got.build)
	}
	return f
}

// discoverError says what an error code means.
func discoverError(where string, got discovered) Finding {
	code := clip(Escape(got.errorCode), 80)
	var f Finding
	switch got.errorCode {
	case "500", "501", "602", "InvalidUser", "InvalidDomain":
		f = failed("autodiscover.address_unknown", "%s does not know the mail address or has no settings for it", where)
	case "ServerBusy":
		f = undecidable("autodiscover.error", "%s is too busy to answer", where)
	default:
		f = failed("autodiscover.error", "%s answers with the error %s", where, code)
	}
	f.Expected, f.Found = "settings", strings.TrimSpace("error "+code+" "+clip(Escape(got.errorText), 200))
	return f
}

// resolvable looks up the hosts of the addresses handed out: clients on this
// side need all of those that are meant for them, and at worst wait for names
// that are not.
func (d *discovery) resolvable(ctx context.Context, sections []section) Finding {
	if d.env.Lookup == nil {
		return Finding{Verdict: Pass}
	}
	asked := map[string]bool{}
	var unknown []string
	for _, s := range sections {
		for _, field := range []string{"ews_url", "oab_url"} {
			for _, v := range s.values[field] {
				host := urlHost(v)
				if host == "" || asked[host] || len(asked) == 8 {
					continue
				}
				asked[host] = true
				if _, f := addressesOf(ctx, d.env, host, ""); f != nil && f.Verdict == Fail {
					unknown = append(unknown, host)
				}
			}
		}
	}
	if len(unknown) == 0 {
		return Finding{Verdict: Pass}
	}
	f := warned("autodiscover.settings", "settings name hosts that cannot be found from here: %s", joinClipped(unknown, 8))
	f.Expected, f.Found = "names that lead to a server", joinClipped(unknown, 8)
	return f
}
