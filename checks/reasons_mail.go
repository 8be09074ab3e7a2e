package checks

// smtpReasons are the reasons of talking to a mail server.
var smtpReasons = []Reason{
	{"smtp.unavailable", Fail, "the server does not take mail now", []string{"the transport component is not active", "the service is stopping"}, "Look at Get-ServerComponentState and the transport services."},
	{"smtp.closed", Fail, "the server ended the connection", []string{"this computer's address is not allowed", "the service behind is not active"}, "Look at the receive connector's addresses and at the transport services."},
	{"smtp.refused", Fail, "the server refuses the greeting", nil, "Look at the receive connector's settings and its log."},
	{"smtp.slow", Unknown, "the server answers too slowly", []string{"tarpitting", "reverse look-ups of this computer's address"}, "Check again with more time."},
	{"smtp.malformed", Fail, "the answer is no SMTP", []string{"another service on this port"}, "Correct the port."},
	{"smtp.fixup", Warn, "a firewall rewrites the conversation", []string{"SMTP inspection on the firewall"}, "Switch the inspection off for this server."},
	{"smtp.no_ehlo", Warn, "the server does not know EHLO", nil, "Look what is in front of the server."},
	{"smtp.clear_logon", Warn, "passwords are taken without TLS", []string{"Basic authentication on the receive connector is not bound to TLS"}, "Set-ReceiveConnector: AuthMechanism with BasicAuthRequireTLS."},
	{"smtp.relay_open", Fail, "the server takes mail of strangers for strangers", []string{"anonymous senders may relay", "a relay connector whose addresses are too wide", "a gateway that takes everything first and sends it back later"}, "Close the relay: take the right from anonymous or narrow the connector's addresses."},
	{"smtp.relay_unproven", Warn, "what answers takes every recipient at first, so that nothing is proven about relaying", []string{"a gateway that takes everything and sends it back later", "an open relay that is not Exchange"}, "Look at the gateway's settings, or send one message from outside through it to a mailbox of yours elsewhere: it must not arrive."},
	{"smtp.relay_local", Warn, "this computer may relay", []string{"a relay connector lists its address", "a gateway that takes everything first"}, "Check that this is meant."},
	{"smtp.relay_undecided", Unknown, "whether the server relays could not be decided", nil, "Try with another foreign address."},
}

// mailboxReasons are the reasons of talking to IMAP and POP services.
var mailboxReasons = []Reason{
	{"mailbox.closed", Fail, "the service greets and closes", []string{"the service behind the proxy is down"}, "Look at the back-end POP or IMAP service."},
	{"mailbox.malformed", Fail, "the answer is not of the protocol expected", []string{"another service on this port"}, "Correct the port."},
	{"mailbox.slow", Unknown, "the service stopped answering", []string{"the service behind the proxy hangs"}, "Check again; look at the back-end POP or IMAP service."},
	{"mailbox.plain_login", Warn, "passwords are taken without TLS", nil, "Require TLS: Set-ImapSettings or Set-PopSettings -LoginType SecureLogin."},
	{"mailbox.login_disabled", Fail, "the service takes no password here", []string{"the logon type allows no password on this connection"}, "Look at LoginType in Get-ImapSettings or Get-PopSettings."},
	{"mailbox.backend", Fail, "the service cannot reach the mailbox", []string{"the back-end POP or IMAP service is not running", "the old server does not take the proxied logon"}, "Start the back-end service on the server of the mailbox and look at its log."},
}
