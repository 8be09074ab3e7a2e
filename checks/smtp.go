package checks

import (
	"errors"
	"time"
)

// smtpKind looks at a server that takes mail.
var smtpKind = Kind{
	Name: "smtp",
	Doc: "Greets an SMTP server, reads what it offers, upgrades to TLS where offered and, when asked, tries whether it relays to a foreign " +
		"address. It never sends DATA: no mail leaves.",
	Source: FromProbe,
	Budget: 90 * time.Second,
	Limit:  1,
	Params: []Param{
		hostParam, portParam("25"), addressParam,
		{Name: "starttls", Type: BoolParam, Doc: "true: STARTTLS must be offered and work"},
		{Name: "relay_from", Type: TextParam, Doc: "sender of the relay test"},
		{Name: "relay_to", Type: TextParam, Doc: "foreign recipient of the relay test, which must be refused"},
		{Name: "relay_control", Type: TextParam, Doc: "recipient of the organisation that must be taken, as proof that the refusal means something"},
	},
	Rows: []Field{
		{"address", "IP address that was asked"},
		{"banner", "greeting"},
		{"features", "what EHLO offers"},
		{"starttls", "offered, works or none"},
		{"relay", "refused, accepted or untested"},
		{"names", "names of the certificate"},
	},
	Validate: func(p Params) error {
		var both error
		if (p.String("relay_from") == "") != (p.String("relay_to") == "") {
			both = errors.New("relay_from and relay_to belong together: give both or neither")
		}
		return allErrors(
			validTarget("host", p.String("host")), validPort("port", p, 25),
			validOptional("address", p.String("address"), validTarget),
			validOptional("relay_from", p.String("relay_from"), validMailbox),
			validOptional("relay_to", p.String("relay_to"), validMailbox),
			validOptional("relay_control", p.String("relay_control"), validMailbox), both,
		)
	},
	Identities: hostAndAddress,
	Observe:    observeSMTP,
}
