package checks

import (
	"context"
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
			validOptional("relay_to", p.String("relay_to"), validMailbox), both,
		)
	},
	Identities: hostAndAddress,
	Observe:    observeSMTP,
}

func observeSMTP(ctx context.Context, env *Env, c Check) Finding { return notBuilt(c) }

// smtpReasons are the reasons of this kind alone.
var smtpReasons = []Reason{
	{"smtp.unavailable", Fail, "the server does not take mail now", []string{"the transport component is not active", "the service is stopping"}, "Look at Get-ServerComponentState and the transport services."},
	{"smtp.slow", Unknown, "the server answers too slowly", []string{"tarpitting", "reverse look-ups of this computer's address"}, "Check again with more time."},
	{"smtp.malformed", Fail, "the answer is no SMTP", []string{"another service on this port"}, "Correct the port."},
	{"smtp.fixup", Warn, "a firewall rewrites the conversation", []string{"SMTP inspection on the firewall"}, "Switch the inspection off for this server."},
	{"smtp.no_ehlo", Warn, "the server does not know EHLO", nil, "Look what is in front of the server."},
	{"smtp.relay_open", Fail, "the server takes mail of strangers for strangers", []string{"anonymous senders may relay", "a relay connector whose addresses are too wide"}, "Close the relay: take the right from anonymous or narrow the connector's addresses."},
	{"smtp.relay_local", Warn, "this computer may relay", []string{"a relay connector lists its address"}, "Check that this is meant."},
	{"smtp.relay_undecided", Unknown, "whether the server relays could not be decided", nil, "Try with another foreign address."},
}
