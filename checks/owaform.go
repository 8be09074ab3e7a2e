package checks

import (
	"context"
	"fmt"
	"time"
)

// owaformKind logs on to Outlook on the web by its form.
var owaformKind = Kind{
	Name: "owaform",
	Doc: "Logs on once by the form of Outlook on the web and tells where the logon lands, including the redirect to the legacy name. " +
		"The page behind the logon is never stored. One try per account: a refused logon stops that account. The password goes to the form's own host alone, " +
		"over the certificate that the form came with; that host must be the tested one. It proves the logon and where it leads, not that the mailbox works.",
	Source: FromProbe,
	Budget: 60 * time.Second,
	Limit:  1,
	Params: []Param{
		hostParam,
		{Name: "mailbox", Type: TextParam, Required: true, Doc: `account of the test mailbox: its mail address, or DOMAIN\user`},
		addressParam,
		{Name: "allowed_hosts", Type: ListParam, Doc: "further hosts a redirect may lead to (the legacy name)"},
	},
	Rows: []Field{
		{"address", "IP address that was asked"},
		{"login", "ok, refused or unknown"},
		{"landing_host", "host on which the logon ended"},
		{"legacy_host", "host of the redirect to the legacy name, if there was one"},
		{"version", "2007, 2010 or 2013 as far as the page behind the logon shows it, else as the logon page does"},
	},
	Validate: func(p Params) error {
		errs := []error{
			validTarget("host", p.String("host")),
			validAccount("mailbox", p.String("mailbox")),
			validOptional("address", p.String("address"), validTarget),
		}
		for _, h := range p.Strings("allowed_hosts") {
			errs = append(errs, validTarget("allowed_hosts", h))
		}
		return allErrors(errs...)
	},
	Identities: hostAndAddress,
	Observe:    observeOWAForm,
}

func observeOWAForm(ctx context.Context, env *Env, c Check) Finding {
	if env.Logon == nil {
		return decided(Skip, "credentials.none", "no password was given for %s", mask(c.Params.String("mailbox")))
	}
	return perAddress(ctx, env, c.Params.String("host"), c.Params.String("address"), 443, func(ctx context.Context, at endpoint) Finding {
		return logOnByForm(ctx, env, c, at)
	})
}

// logOnByForm finds the form, sends it once and tells where that leads.
func logOnByForm(ctx context.Context, env *Env, c Check, at endpoint) Finding {
	row := Row{"address": {at.addr.String()}, "login": {"unknown"}, "landing_host": nil, "legacy_host": nil, "version": nil}
	page, hops, trouble := follow(ctx, env, webRequest{method: "GET", url: hostURL(at, "/owa/"), at: at}, true)
	if trouble != nil {
		f := *trouble
		f.Summary, f.Rows, f.Transcript = at.where()+": "+f.Summary, []Row{row}, hops
		return f
	}
	form, problem := readLogonForm(page)
	if problem != "" {
		f := failed("owaform.bad_form", "%s: %s", at.where(), problem)
		f.Expected, f.Found = "the logon page of Exchange", fmt.Sprintf("status %d: %s", page.status, problem)
		f.Rows, f.Transcript = []Row{row}, hops
		return f
	}
	if v := pageVersion(page); v != "" {
		row["version"] = []string{v}
	}
	walk := formWalk{env: env, at: at, form: form, row: row, lines: hops, allowed: c.Params.Strings("allowed_hosts"), start: page}
	f := walk.logOn(ctx, c.Params.String("mailbox"))
	f.Rows, f.Transcript = []Row{row}, walk.lines
	return f
}

// pageVersion is the release that a page shows by its header or its pictures.
func pageVersion(a webAnswer) string {
	var s versionSigns
	s.read("owa", a)
	for _, v := range s.list {
		if v.build != "" {
			return v.may[0]
		}
	}
	if s.fe != "" {
		return "2013"
	}
	return ""
}

// owaformReasons are the reasons of this kind alone.
var owaformReasons = []Reason{
	{"owaform.bad_form", Fail, "the logon page is not the one of Exchange", []string{"a proxy's own logon page", "another server answers"}, "Test against the server's own address."},
	{"owaform.loop", Warn, "the logon leads back to the logon page", []string{"cookies are dropped on the way", "the certificate's key is kept in a CNG provider"}, "Look at the certificate's provider (certutil -store my) and at the proxy."},
	{"owaform.wrong_host", Fail, "the logon leads to a host that is not expected", []string{"the external address of the old directory still has the primary name"}, "Set the old directory's ExternalUrl to the legacy name."},
	{"owaform.password_expired", Fail, "the test account's password has expired", nil, "Set a new password for the test account."},
	{"owaform.unclear", Unknown, "the answer to the logon is none that Exchange gives", []string{"a proxy's own page"}, "Log on by hand with the test account and look where it leads."},
	{"owaform.error_page", Fail, "the logon ends on the error page", []string{"the mailbox server behind does not answer"}, "Look at the Mailbox server's health."},
}
