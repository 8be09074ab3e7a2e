package checks

import "time"

// mailboxKind looks at IMAP and POP services.
var mailboxKind = Kind{
	Name: "mailbox",
	Doc: "Greets an IMAP or POP server, reads its capabilities before and after TLS and, with an account, logs on once and off again. " +
		"No message is read or changed.",
	Source: FromProbe,
	Budget: 60 * time.Second,
	Params: []Param{
		{Name: "proto", Type: TextParam, Required: true, Choices: []string{"imap", "pop"}, Doc: "imap or pop"},
		hostParam, portParam("that of proto and tls"), addressParam,
		{Name: "tls", Type: TextParam, Choices: []string{"implicit", "starttls", "none"}, Doc: "implicit (default), starttls or none"},
		{Name: "account", Type: TextParam, Doc: "test mailbox, or user as DOMAIN\\user, to log on with; never without TLS"},
	},
	Rows: []Field{
		{"address", "IP address that was asked"},
		{"greeting", "greeting"},
		{"capabilities", "capabilities, after TLS where there is TLS"},
		{"login", "ok, refused, disabled or untested"},
	},
	Validate: func(p Params) error {
		return allErrors(
			validTarget("host", p.String("host")), validPort("port", p, 993),
			validOptional("address", p.String("address"), validTarget),
			validOptional("account", p.String("account"), validAccount),
		)
	},
	Identities: hostAndAddress,
	Observe:    observeMailbox,
}
