package checks

// Kinds returns every kind of check, in the order they are documented.
func Kinds() []*Kind {
	return []*Kind{
		&dnsKind, &tcpKind, &tlsKind, &httpKind, &versionKind, &autodiscoverKind, &owaformKind,
		&rpchKind, &smtpKind, &mailboxKind, &ldapKind, &cmdletKind, &attestKind,
	}
}

// KindNamed returns the kind with that name, or nil.
func KindNamed(name string) *Kind {
	for _, k := range Kinds() {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// hostAndAddress are the identities of kinds that talk to one host.
func hostAndAddress(p Params) []string {
	if a := p.String("address"); a != "" {
		return []string{a}
	}
	return []string{p.String("host")}
}

var (
	hostParam    = Param{Name: "host", Type: TextParam, Required: true, Doc: "host name or IP address to test"}
	addressParam = Param{Name: "address", Type: TextParam, Doc: "connect here instead of where host's name points; the name stays what is asked for"}
)

// portParam describes a port with its default.
func portParam(def string) Param {
	return Param{Name: "port", Type: IntParam, Doc: "TCP port; default " + def}
}

// onePort is the validation of kinds with host, port and address.
func onePort(p Params) error {
	return allErrors(
		validTarget("host", p.String("host")),
		validOptional("address", p.String("address"), validTarget),
		validPort("port", p, 443),
	)
}
