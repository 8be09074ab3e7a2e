package checks

import (
	"context"
	"time"
)

// owaformKind logs on to Outlook on the web by its form.
var owaformKind = Kind{
	Name: "owaform",
	Doc: "Logs on once by the form of Outlook on the web and tells where the logon lands, including the redirect to the legacy name. " +
		"The page behind the logon is never stored. One try per account: a refused logon stops that account.",
	Source: FromProbe,
	Budget: 60 * time.Second,
	Limit:  1,
	Params: []Param{
		hostParam,
		{Name: "mailbox", Type: TextParam, Required: true, Doc: "mail address of the test mailbox; it is also the account"},
		addressParam,
		{Name: "allowed_hosts", Type: ListParam, Doc: "further hosts a redirect may lead to (the legacy name)"},
	},
	Rows: []Field{
		{"login", "ok, refused or unknown"},
		{"landing_host", "host on which the logon ended"},
		{"legacy_host", "host of the redirect to the legacy name, if there was one"},
		{"version", "2007, 2010 or 2013 as far as the logon page shows it"},
	},
	Validate: func(p Params) error {
		errs := []error{
			validTarget("host", p.String("host")),
			validMailbox("mailbox", p.String("mailbox")),
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

func observeOWAForm(ctx context.Context, env *Env, c Check) Finding { return notBuilt(c) }

// owaformReasons are the reasons of this kind alone.
var owaformReasons = []Reason{
	{"owaform.bad_form", Fail, "the logon page is not the one of Exchange", []string{"a proxy's own logon page", "another server answers"}, "Test against the server's own address."},
	{"owaform.loop", Warn, "the logon leads back to the logon page", []string{"cookies are dropped on the way", "the certificate's key is kept in a CNG provider"}, "Look at the certificate's provider (certutil -store my) and at the proxy."},
	{"owaform.wrong_host", Fail, "the logon leads to a host that is not expected", []string{"the external address of the old directory still has the primary name"}, "Set the old directory's ExternalUrl to the legacy name."},
	{"owaform.password_expired", Fail, "the test account's password has expired", nil, "Set a new password for the test account."},
	{"owaform.error_page", Fail, "the logon ends on the error page", []string{"the mailbox server behind does not answer"}, "Look at the Mailbox server's health."},
}
