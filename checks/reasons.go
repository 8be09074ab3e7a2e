package checks

import (
	"slices"
	"sync"
)

// Reason explains one reason code: what it means, what usually lies behind it
// and what to do.
type Reason struct {
	Slug    string
	Verdict Verdict // the verdict it usually comes with
	Meaning string
	Causes  []string // most likely first
	Remedy  string
}

// Cancelled is the reason of a check that was cancelled: it found nothing.
const Cancelled = "run.cancelled"

// Reasons is the table of every reason a result can carry, by slug, made when
// it is first asked for. Each family stands beside the kind that gives it.
var Reasons = sync.OnceValue(func() map[string]Reason {
	out := map[string]Reason{}
	for _, family := range [][]Reason{
		generalReasons, dnsReasons, spfReasons, tcpReasons, tlsReasons, vantageReasons, starttlsReasons, httpReasons, exchangeReasons,
		versionReasons, autodiscoverReasons, owaformReasons, rpchReasons, smtpReasons, mailboxReasons, ldapReasons, logonReasons,
	} {
		for _, r := range family {
			out[r.Slug] = r
		}
	}
	return out
})

// ReasonSlugs lists the slugs of the table in order.
func ReasonSlugs() []string {
	out := sortedKeys(Reasons())
	slices.Sort(out)
	return out
}

// generalReasons are those that any kind may give.
var generalReasons = []Reason{
	{"expect.not_met", Fail, "what was found is not what was expected", nil, ""},
	{"expect.nothing_observed", Unknown, "nothing was observed that could be judged",
		[]string{"the query found no object", "the account may not read it"}, "Look whether the query finds anything at all, then check again."},
	{"expect.missing_property", Unknown, "a property that must be judged was not read",
		[]string{"the server does not show it", "the account may not read it", "another version of Exchange names it differently"}, "Read the property by hand in the Exchange Management Shell."},
	{"expect.unreadable", Unknown, "a value is not of the form that can be judged",
		[]string{"the property is empty", "a number, version or date was expected and something else came"}, "Read the value in the evidence and decide by hand."},
	{"expect.invalid", Unknown, "the check itself is written wrongly", []string{"a value of the migration renders to something that cannot be compared"}, "Run procedure lint and mend the check or the value."},
	{Cancelled, Unknown, "the check was cancelled", nil, "Run it again."},
	{"run.deadline", Unknown, "the check did not finish within its time",
		[]string{"the server is slow", "packets are lost on the way"}, "Run it again; when that fails as well, look at the server's load and the way to it."},
	{"run.suspended", Unknown, "this computer slept or stood still while the check ran",
		[]string{"the lid was closed or the power plan sent it to sleep", "the virtual machine was paused or moved"}, "Keep the computer awake and run the check again."},
	{"probe.panic", Unknown, "the probe itself broke", []string{"a fault in this program"}, "Do the check by hand and report the fault with the transcript."},
	{"proto.silent", Unknown, "the server accepts the connection and then says nothing",
		[]string{"a firewall or load balancer accepts for a dead server", "the service hangs"}, "Test from the server itself; restart the service if it hangs there too."},
	{"kind.unavailable", Unknown, "this program cannot run this check", nil, "Do the check by hand and attest it."},
	{"value.kind", Unknown, "there is no such kind of check", nil, "Run procedure lint."},
	{"value.invalid", Unknown, "a parameter of the check cannot be used",
		[]string{"a name or address in the migration is mistyped", "a value of the run is not filled in rightly"}, "Mend the value that the message names."},
	{"value.missing", Unknown, "a value that the check needs is not known yet", nil, "Fill the value in, then check again."},
	{"value.loopback", Unknown, "the address is this computer itself", []string{"a mistyped address"}, "Give the server's own address."},
	{"vantage.none_outside", Unknown, "this can only be seen from outside the network and nobody has looked from there",
		nil, "Run check --from outside on a computer outside, for example by a telephone's hotspot, and import its results."},
	{"vantage.inside_only", Unknown, "this can only be seen from inside the network", nil, "Run the check on a computer inside."},
	{"vantage.no_network", Unknown, "this computer has no way into that network",
		[]string{"the cable, Wi-Fi or VPN is down", "no route or no free local port"}, "Bring the network up and check again."},
	{"credentials.none", Skip, "no password was given, so nothing was logged on", nil, "Give the password when asked, or with --password-fd."},
	{"credentials.refused", Fail, "the logon was refused; the account is left alone from now on",
		[]string{"wrong password", "the account is locked or disabled"}, "Find out why before trying again: further tries may lock the account."},
	{"credentials.stopped", Unknown, "the account was refused before in this run and is not tried again", nil, "Clear up the refused logon first."},
	{"credentials.unsafe", Unknown, "the password was not sent because the connection is not safe for it",
		[]string{"no TLS", "the certificate is not trusted or not for this name", "the host is not one of the organisation's"}, "Mend the certificate or the name, then check again."},
	{"credentials.old_tls", Unknown, "the password was not sent because the server speaks old TLS only",
		[]string{"Windows Server 2003 to 2008 R2 as installed", "Schannel was hardened down"}, "Enable TLS 1.2 and ECDHE on the server, or allow it for this migration: [network] logon_over_old_tls = true (coexist probe: --old-tls-logon)."},
	{"credentials.weak_cipher", Unknown, "the password was not sent because the server encrypts with RC4 or 3DES only",
		[]string{"usual for Windows Server 2003"}, "Test this logon by hand from inside; nothing lets this program send a password so."},
	{"credentials.over_old_tls", Warn, "the password went over an old protocol or key exchange, as allowed for this run",
		nil, "Use the test account for nothing else, change its password at the end, and enable TLS 1.2 where the server can."},
	{"shell.import_needed", Unknown, "the observation must be made in the Exchange Management Shell and imported", nil, "Make the script of this step, run it on the server and import its results."},
	{"shell.failed", Unknown, "the shell reported an error instead of objects",
		[]string{"the cmdlet does not exist in this version", "missing rights", "a server that the cmdlet asks does not answer"}, "Read the error, mend its cause and run the script again."},
	{"attest.needed", Unknown, "a person must confirm this", nil, "Answer the question with your name."},
	{"attest.no", Fail, "a person answered that it is not so", nil, "Do what the question asks for, then answer again."},
	{"clock.skew", Warn, "two clocks differ by more than is safe",
		[]string{"the clock or time zone of this computer is wrong", "the server has lost its time source"}, "Set the clocks by the domain's time source (w32tm /resync), then check again."},
	{"ntlm.malformed", Fail, "the NTLM answer of the server is broken", []string{"a proxy or load balancer alters it"}, "Test against the server's own address, past the load balancer."},
	{"ntlm.connection_dropped", Fail, "the connection ended between the parts of an NTLM logon",
		[]string{"a load balancer shares connections between clients"}, "Switch off TCP multiplexing (OneConnect) for this service."},
	{"auth.extended_protection", Unknown, "the logon fails here although the password is right",
		[]string{"the directory asks for channel binding (Extended Protection), and a device in front ends TLS with another certificate"},
		"Look at ExtendedProtectionTokenChecking of the directory and at what ends TLS; do not change the password."},
	{"xml.charset", Fail, "the answer is in a character set that is not UTF-8", nil, "Look what answers there: Exchange sends UTF-8."},
	{"xml.malformed", Fail, "the answer is not the XML that was expected", []string{"another web server answers", "a proxy alters the answer"}, "Test against the server's own address."},
}
