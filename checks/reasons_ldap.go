package checks

// ldapReasons are the reasons of reading the directory.
var ldapReasons = []Reason{
	{"ldap.not_ldap", Fail, "what answers does not speak LDAP", []string{"the wrong port"}, "Correct the address of the domain controller."},
	{"ldap.malformed", Unknown, "the answer cannot be read", nil, "Ask another domain controller."},
	{"ldap.timeout", Unknown, "the domain controller did not answer in time", nil, "Ask another domain controller."},
	{"ldap.closed", Unknown, "the domain controller ended the connection", []string{"it is restarting", "a firewall ends connections"}, "Ask another domain controller."},
	{"ldap.busy", Unknown, "the domain controller does not answer questions now", []string{"it is overloaded or starting"}, "Check again later or ask another domain controller."},
	{"ldap.error", Unknown, "the domain controller refused the question", nil, "Read the result code and ask another domain controller."},
	{"ldap.no_dc", Unknown, "no domain controller was found", []string{"the SRV records are not visible from here", "no domain is given"}, "Name the domain controllers in the migration's [network]."},
	{"ldap.wrong_dc", Unknown, "the domain controller does not hold this domain", []string{"a controller of another domain was named"}, "Name a controller of that domain."},
	{"ldap.dc_unreachable", Unknown, "a domain controller could not be asked: what it holds is not known",
		[]string{"it is off or being restarted", "a firewall is in the way", "it was removed without cleaning up"}, "Start it or, when it will never come back, clean up its metadata; then check again."},
	{"ldap.not_readable", Unknown, "the directory does not show this to the account: nothing is proven",
		[]string{"the account lacks the right to read", "the logon did not count"}, "Read with an account that may see the Exchange configuration."},
	{"ldap.signing_required", Unknown, "the domain controller wants signed or encrypted connections",
		[]string{"it has no certificate, or one that is not trusted here", "LDAP signing is required"}, "Give the domain controller a trusted certificate, or add its issuer to the migration's trust."},
	{"ldap.referral", Unknown, "the domain controller sends the question elsewhere", []string{"a controller of another domain was asked"}, "Name a controller of that domain."},
	{"ldap.unsigned", Warn, "the directory was read without TLS", []string{"the domain controller has no certificate"}, "Read again over LDAPS where that is possible."},
	{"ldap.bind_refused", Fail, "the directory refuses the logon", []string{"wrong password", "the account is locked or disabled"}, "Find out why before trying again."},
	{"ldap.schema_missing", Fail, "the schema has never been prepared for Exchange", nil, "Prepare the schema."},
	{"ldap.domain_missing", Fail, "the domain has never been prepared for Exchange", nil, "Prepare the domain."},
	{"ldap.bad_value", Unknown, "a value of the directory is not of the expected form", nil, "Read it with ADSI Edit."},
	{"ldap.no_object", Unknown, "the place in the directory that holds this is not there or may not be seen", []string{"the account may not read it", "this forest has not been prepared that far"}, "Look with ADSI Edit whether it exists, and whether the account may read it."},
	{"ldap.no_organization", Fail, "there is no Exchange organisation in this forest", []string{"another forest was asked"}, "Check the forest's name."},
	{"ldap.ambiguous", Unknown, "the directory holds more than one Exchange organisation", nil, "Look with ADSI Edit which one is real."},
	{"ldap.partial", Unknown, "not everything could be read: what is missing proves nothing", nil, "Read the rest by hand."},
	{"ldap.replication", Warn, "domain controllers disagree", []string{"replication is not finished"}, "Wait, or force it with repadmin /syncall /AdeP, then check again."},
}

// logonReasons say why a logon that was tried did not come about.
var logonReasons = []Reason{
	{"auth.locked", Fail, "the account is locked", []string{"somebody or something tries wrong passwords"}, "Find out what locks the account, unlock it, then check again."},
	{"auth.disabled", Fail, "the account is disabled or has expired", nil, "Enable the account or give another one."},
	{"auth.expired", Fail, "the password has expired or must be changed", nil, "Change the password at a workstation, then check again."},
	{"auth.restricted", Fail, "the account may not log on from here or at this hour", []string{"logon hours or workstations are restricted"}, "Give an account without these restrictions."},
}
