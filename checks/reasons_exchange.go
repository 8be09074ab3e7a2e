package checks

// exchangeReasons are those of conversations with Exchange's web services as a
// user.
var exchangeReasons = []Reason{
	{"auth.scheme_missing", Fail, "the directory does not offer the way to log on that is needed",
		[]string{"the directory's authentication was changed", "a proxy logs on in front of it"}, "Compare the directory's authentication with its default (Get-*VirtualDirectory)."},
	{"auth.scheme_unusual", Warn, "the directory offers no way to log on that its clients know",
		[]string{"the directory's authentication was changed", "a proxy logs on in front of it"}, "Compare the directory's authentication with its default (Get-*VirtualDirectory), and publish it without pre-authentication."},
	{"auth.ntlm_refused", Unknown, "an NTLM logon was refused, which does not tell why",
		[]string{"a wrong password or a locked account", "the directory asks for channel binding (Extended Protection), and a device in front ends TLS", "a load balancer spreads one connection over several servers"},
		"Check the account's password against the directory once; the account is left alone until then."},
	{"auth.basic_charset", Warn, "the password has characters that servers read differently by Basic", nil, "Use a test account with an ASCII password."},
	{"auth.forbidden", Fail, "the logon is accepted, but the user may not use this service",
		[]string{"the protocol is switched off for the mailbox", "a device policy blocks it"}, "Look at Get-CASMailbox of the test mailbox."},
	{"ntlm.not_begun", Unknown, "the server does not take up the NTLM logon that it offers", []string{"the application fails for everybody", "a proxy in between"}, "Test against the server's own address."},
	{"eas.no_versions", Fail, "the answer does not list the versions of ActiveSync", []string{"another server answers", "a proxy removes headers"}, "Test against the server's own address."},
	{"eas.redirected", Fail, "ActiveSync sends the device to another address", []string{"the mailbox's site has an external address of its own"}, "Check that the address named is the intended one."},
	{"eas.refused", Fail, "ActiveSync refuses the device or the user", []string{"the password has expired (457)", "the device is blocked (456)"}, "Read the status and look at Get-CASMailbox and the device policy."},
	{"ews.error", Fail, "Exchange Web Services answer with an error",
		[]string{"the account has no mailbox", "the mailbox's server or database does not answer"}, "Look up the response code, then look at the mailbox's server."},
	{"ews.busy", Warn, "Exchange Web Services are busy or the mailbox is on the move", nil, "Check again later."},
	{"ews.forms", Fail, "Exchange Web Services are published behind a logon form", []string{"the publishing rule logs on in front of every path"}, "Publish EWS, ActiveSync, Autodiscover and RPC without a form."},
}
