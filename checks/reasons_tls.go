package checks

var tlsReasons = []Reason{
	{"tls.not_tls", Fail, "what answers does not speak TLS", []string{"plain HTTP on this port", "the wrong port", "the binding has no certificate"}, "Correct the port or the https binding in IIS."},
	{"tls.closed", Fail, "the connection is closed during the TLS handshake", []string{"the binding has no certificate", "an allow-list in front of the server", "a load balancer without a live member"}, "Bind the certificate again (Enable-ExchangeCertificate -Services IIS) and look at the load balancer."},
	{"tls.reset", Fail, "the connection is reset during the TLS handshake", []string{"the certificate's private key cannot be used", "a firewall inspects TLS"}, "Look into the System event log for Schannel and bind the certificate again."},
	{"tls.alert", Fail, "the server refuses the TLS handshake", []string{"no protocol or cipher in common", "no certificate for this name", "the private key cannot be used"}, "Look into the System event log for Schannel on the server."},
	{"tls.timeout", Unknown, "the TLS handshake did not finish", []string{"the server hangs or is overloaded", "large packets are lost on the way (MTU)"}, "Test from the server itself, then check the path's MTU."},
	{"tls.bad_message", Fail, "the TLS handshake is broken", []string{"something between alters it", "what answers is no real TLS server"}, "Test against the server's own address."},
	{"tls.bad_certificate", Fail, "the certificate cannot be read", nil, "Have the certificate issued again."},
	{"tls.no_common_version", Fail, "the server offers nothing newer than SSL 3.0", []string{"an old or hardened-down Schannel"}, "Enable TLS 1.0 or newer on the server."},
	{"tls.pin_changed", Fail, "the certificate changed between two connections", []string{"load balancer members differ", "somebody sits in between"}, "Compare the thumbprints of the members; nothing secret was sent."},
	{"tls.untrusted", Warn, "the issuer is not trusted here", []string{"a private authority whose root is missing here", "an intermediate certificate that the server does not send", "a proxy replaces certificates"}, "Add the authority's root to the migration's trust list, or install a certificate that clients trust."},
	{"tls.self_signed", Fail, "the certificate is self-signed", []string{"Exchange's own certificate is still bound"}, "Bind the certificate of the namespace: Enable-ExchangeCertificate -Services IIS."},
	{"tls.chain_incomplete", Warn, "the server does not send every intermediate certificate", []string{"the intermediate is not in the computer's store"}, "Install the intermediate in LocalMachine\\CA on the server and restart W3SVC."},
	{"tls.chain_expired", Fail, "a certificate above the server's own is out of date", []string{"an old intermediate is still installed"}, "Replace the intermediate on the server."},
	{"tls.long_chain", Warn, "the server sends unusually many certificates", nil, "Remove what does not belong to the chain."},
	{"tls.name_missing", Fail, "the certificate is not for a required name",
		[]string{"the wrong certificate is bound", "the certificate was ordered without this name", "the name points to the wrong server"}, "Bind or order a certificate with this name."},
	{"tls.cn_only", Fail, "the certificate has no alternative names", nil, "Have it issued again with subject alternative names."},
	{"tls.expired", Fail, "the certificate has run out", []string{"the renewed one was not bound"}, "Renew it and bind the new one."},
	{"tls.not_yet_valid", Fail, "the certificate is not valid yet", []string{"the clock of this computer is wrong"}, "Check the clock, then the certificate."},
	{"tls.expiring", Warn, "the certificate runs out soon", nil, "Renew it before the migration goes on."},
	{"tls.weak_key", Fail, "the key of the certificate is too short", nil, "Have it issued again with RSA 2048 or more."},
	{"tls.sha1", Warn, "the certificate is signed with SHA-1 or weaker", nil, "Have it issued again with SHA-256."},
	{"tls.not_for_servers", Fail, "the certificate is not meant for servers", nil, "Have it issued for server authentication."},
	{"tls.no_usage", Warn, "the certificate does not say what it is for", nil, "Have it issued for server authentication."},
	{"tls.old_protocol", Warn, "the server speaks nothing newer than TLS 1.1", []string{"usual for Windows Server 2008 and 2008 R2"}, "Expected on old servers; on Exchange 2013 enable TLS 1.2."},
	{"tls.intolerant", Warn, "the server breaks off the handshake of current clients", []string{"an old load balancer or firewall that chokes on what it does not know", "a server that signs with SHA-1 alone"}, "Test past the load balancer; update its firmware or the server's Schannel before clients with newer TLS use it."},
	{"tls.rsa_exchange", Warn, "the server agrees to no key exchange but the one by RSA", []string{"usual for Windows Server 2003", "the cipher order was changed"}, "Expected on very old servers; elsewhere allow the ECDHE cipher suites again. No password is sent to it unless the migration allows logon_over_old_tls."},
	{"tls.name_refused", Fail, "the server refuses the handshake when it is given the name", []string{"the https binding names another host", "a load balancer without a rule for this name"}, "Give the binding or the load balancer a rule for this name."},
	{"tls.sni_differs", Warn, "clients that give no name get another certificate", []string{"the https binding with the name is not the one on the bare address", "the load balancer has a default certificate"}, "Bind the same certificate to the bare address: Outlook on Windows XP and some devices give no name."},
	{"tls.sni_required", Warn, "clients that give no name are refused", []string{"the binding requires Server Name Indication"}, "Clear Require Server Name Indication on the https binding while Outlook on Windows XP or such devices are in use."},
	{"tls.wildcard_depth", Fail, "the wildcard of the certificate does not reach the name", []string{"a wildcard stands for exactly one label"}, "Have it issued again with the name itself."},
	{"tls.many_names", Warn, "the certificate is for unusually many names", nil, "Have one issued for the organisation's own names: some clients refuse certificates of that size."},
	{"tls.weak_cipher", Warn, "the server agrees to a weak cipher", []string{"usual for Windows Server 2003"}, "Expected on very old servers; elsewhere mend the cipher order."},
	{"tls.members_differ", Warn, "servers behind one name carry different certificates", []string{"one member was forgotten"}, "Bind the same certificate on every member."},
}

var starttlsReasons = []Reason{
	{"starttls.not_offered", Fail, "the server does not offer TLS", []string{"the connector has no certificate for its name", "a firewall strips the offer"}, "Give the connector a certificate for its name, and test past the firewall."},
	{"starttls.refused", Fail, "the server refuses to begin TLS", []string{"the service is not active", "no usable certificate"}, "Look at the service's state and its certificate."},
	{"starttls.injected", Fail, "bytes were sent ahead of TLS", []string{"something on the way adds to the conversation"}, "Test past every middlebox."},
	{"starttls.malformed", Fail, "the answer is not of the protocol expected", []string{"another service on this port", "a firewall rewrites the conversation"}, "Correct the port, or switch the firewall's inspection off."},
	{"starttls.closed", Fail, "the connection ended before TLS began", []string{"the service behind is not active"}, "Look at the service's state."},
}

// vantageReasons tell what stands between this computer and the server.
var vantageReasons = []Reason{
	{"vantage.tls_intercept", Warn, "something between this computer and the server replaces certificates",
		[]string{"a proxy or firewall that inspects TLS", "a virus scanner on this computer", "a load balancer that still shows its factory certificate"}, "Have the organisation's hosts taken out of the inspection, or test from another computer: what was seen is not the server's certificate."},
	{"vantage.captive_portal", Unknown, "something on the way answers every request with its own page",
		[]string{"a guest network that wants a logon", "a filter's block page", "the wrong server answers this name"}, "Log on to the network by a browser, or test from another network."},
}
