package checks

import (
	"context"
	"time"
)

// autodiscoverKind walks Autodiscover as clients do.
var autodiscoverKind = Kind{
	Name: "autodiscover",
	Doc: "Walks the steps by which clients find their settings, anonymously, at every address, and with an account reads the settings that Exchange " +
		"hands out. Inside, with an account that reads the directory, the walk begins with the connection points: those of this computer's site, those of no site, those of other sites. " +
		"Redirects are followed within the rules for credentials; nothing is changed.",
	Source: FromProbe,
	Budget: 90 * time.Second,
	Params: []Param{
		{Name: "mailbox", Type: TextParam, Required: true, Doc: "mail address of the test mailbox; it is also the account"},
		{Name: "mode", Type: TextParam, Choices: []string{"anonymous", "pox", "soap", "walk"}, Doc: "anonymous: only look who answers; pox, soap: read settings from one address; walk: every step of discovery (default)"},
		{Name: "url", Type: TextParam, Doc: "ask this Autodiscover address instead of discovering it"},
		addressParam,
	},
	Rows: []Field{
		{"step", "step of discovery, in the order of clients: scp, domain, autodiscover, redirect, srv, or the address given"},
		{"type", "protocol section: EXCH, EXPR, WEB, mapiHttp, POP, IMAP …"},
		{"server", "server named in the section"},
		{"server_version", "build that the section's server version stands for"},
		{"major", "2007, 2010 or 2013"},
		{"auth_package", "how Outlook is told to log on"},
		{"ews_url", "Exchange Web Services address"},
		{"oab_url", "offline address book address"},
		{"owa_url", "Outlook on the web address"},
		{"ecp_url", "Exchange control panel address"},
		{"ssl", "on or off"},
		{"host", "host that answered the step"},
		{"address", "for a step: address that was asked"},
		{"outcome", "for a step: exchange, hop, other, absent or trouble"},
		{"status", "for a step: HTTP status"},
	},
	Validate: func(p Params) error {
		return allErrors(
			validMailbox("mailbox", p.String("mailbox")),
			validOptional("url", p.String("url"), validURL),
			validOptional("address", p.String("address"), validTarget),
		)
	},
	Identities: func(p Params) []string {
		if a := p.String("address"); a != "" {
			return []string{a}
		}
		if u := urlHost(p.String("url")); u != "" {
			return []string{u}
		}
		return []string{"autodiscover." + mailDomain(p.String("mailbox"))}
	},
	Observe: observeAutodiscover,
}

func observeAutodiscover(ctx context.Context, env *Env, c Check) Finding {
	mode := c.Params.String("mode")
	if mode == "" {
		mode = "walk"
	}
	if mode != "anonymous" && mode != "walk" && env.Logon == nil {
		return decided(Skip, "credentials.none", "no password was given for %s", mask(c.Params.String("mailbox")))
	}
	d := &discovery{env: env, mailbox: c.Params.String("mailbox"), address: c.Params.String("address"), mode: mode,
		outside: c.Vantage == Outside || env.Vantage == Outside}
	f := d.run(ctx, c.Params.String("url"))
	f.Transcript = d.lines
	return f
}

// autodiscoverReasons are the reasons of this kind alone.
var autodiscoverReasons = []Reason{
	{"autodiscover.not_found", Fail, "no step of discovery leads to Exchange", []string{"the autodiscover record is missing", "the directory does not answer"}, "Create the autodiscover record and test its directory."},
	{"autodiscover.wrong_server", Fail, "another web server answers an Autodiscover address", []string{"the company's web site on the mail domain", "a captive portal"}, "Correct the record or the publishing rule."},
	{"autodiscover.redirect_loop", Fail, "Autodiscover redirects turn in a circle", nil, "Correct the redirect addresses."},
	{"autodiscover.redirect_refused", Fail, "Autodiscover redirects to something that must not be followed", nil, "Correct the redirect."},
	{"autodiscover.redirect_unconfirmed", Unknown, "Autodiscover redirects to a place that was not agreed to", []string{"the mailbox has moved to another mail domain", "a stale or hostile redirect"}, "Look whether the place is meant, and add its name to the migration."},
	{"autodiscover.certificate", Fail, "clients will be shown a certificate warning on the way to Autodiscover", []string{"the certificate lacks the autodiscover name", "the company's web site has a certificate of its own"}, "Put the name on the certificate, or take the record away."},
	{"autodiscover.other_answers", Warn, "another web server answers a step that clients try first", []string{"the company's web site on the mail domain"}, "Clients go on to the next step; see that the site does not answer Autodiscover's path with 200."},
	{"autodiscover.address_unknown", Fail, "the service works but does not know the mail address", []string{"the mailbox has another address", "address policy"}, "Check the test mailbox's address."},
	{"autodiscover.error", Fail, "Autodiscover answers with an error", nil, "Look into the Application event log of the Client Access server."},
	{"autodiscover.scp_unread", Warn, "the connection points of the directory were not all read: what computers of the domain try first is not known", []string{"no domain controller answers", "the account may not read them"}, "Check the domain controllers with kind ldap, query scp."},
	{"autodiscover.scp_address", Fail, "a connection point holds an address that clients cannot use", []string{"a typing error in AutoDiscoverServiceInternalUri"}, "Set it anew: Set-ClientAccessServer SERVER -AutoDiscoverServiceInternalUri https://NAME/Autodiscover/Autodiscover.xml."},
	{"autodiscover.scp_pointer", Warn, "a pointer to another directory is not followed", []string{"another forest was joined once", "pointers that lead back"}, "Look whether the pointer is still meant (Export-AutoDiscoverConfig), and name its host in the migration if it is."},
	{"autodiscover.settings", Warn, "the settings handed out are not consistent", nil, "Read the settings that are listed and correct their addresses."},
}
