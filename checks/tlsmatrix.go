package checks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"
)

// tlsMatrix is what the handshakes after the first found out.
type tlsMatrix struct {
	offered  []uint16          // protocols the server agrees to, oldest first
	refused  map[uint16]string // why it did not agree to the others
	open     []uint16          // protocols for which no time was left
	forward  bool              // it agrees to a key exchange other than RSA's
	moderate bool              // it agrees to something better than RC4 and 3DES
	bare     *x509.Certificate // shown when no name is given; nil: not tried
	bareWhy  string            // why nothing was shown then
	minted   *x509.Certificate // shown for a name that no server has, and made for it
}

var tlsVersions = []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13}

// look makes the further handshakes. They are bounded together: an address
// that answered once but is slow loses details, not its verdict.
func (m *tlsMatrix) look(ctx context.Context, env *Env, at endpoint, upgrade string, seen inspection) {
	outer := ctx
	began := time.Now()
	ctx, cancel := context.WithTimeout(withoutTrail(ctx), share(ctx, 15*time.Second, 0.5))
	defer cancel()
	defer func() { m.note(outer, began, seen) }()
	try := func(h hello) (inspection, *trouble) {
		one, stop := context.WithTimeout(ctx, share(ctx, 4*time.Second, 0.5))
		defer stop()
		return inspectOnce(one, env, at, upgrade, h)
	}
	m.refused = map[uint16]string{}
	for _, v := range tlsVersions {
		if v == seen.version {
			m.offered = append(m.offered, v)
			continue
		}
		got, t := try(hello{least: v, most: v, noName: seen.nameRefused})
		switch {
		case t == nil && got.version == v:
			m.offered = append(m.offered, v)
		case t != nil && t.verdict == Unknown:
			m.open = append(m.open, v)
		case t != nil:
			m.refused[v] = t.text
		}
	}
	m.moderate, m.forward = !weakSuite(seen.suite), !weakSuite(seen.suite) && !rsaExchange(seen.suite)
	if !m.forward { // Windows may prefer what is worse: ask for the better alone
		_, t := try(hello{most: tls.VersionTLS12, suites: forwardSuites(), noName: seen.nameRefused})
		m.forward = t == nil
		if m.moderate = m.moderate || m.forward; !m.moderate {
			_, t := try(hello{most: tls.VersionTLS12, suites: moderateSuites(), noName: seen.nameRefused})
			m.moderate = t == nil
		}
	}
	if upgrade != "" || seen.nameRefused || isAddress(at.host) {
		return
	}
	m.lookByName(seen, try)
}

// lookByName compares what is shown to clients that give no name, as Outlook
// on Windows XP does, and offers a name that no server can have a certificate
// for: whoever shows one makes certificates up.
func (m *tlsMatrix) lookByName(seen inspection, try func(hello) (inspection, *trouble)) {
	most := seen.version
	if bare, t := try(hello{most: most, noName: true}); t == nil && len(bare.chain) > 0 {
		m.bare = bare.chain[0]
	} else if t != nil && t.verdict != Unknown {
		m.bareWhy = t.text
	}
	name := nobody() + ".invalid"
	if odd, t := try(hello{most: most, name: name}); t == nil && len(odd.chain) > 0 && odd.chain[0].VerifyHostname(name) == nil {
		m.minted = odd.chain[0]
	}
}

// newest is the newest protocol that the server agrees to.
func (m tlsMatrix) newest(negotiated uint16) uint16 {
	if len(m.offered) == 0 {
		return negotiated
	}
	return slices.Max(m.offered)
}

func (m tlsMatrix) names() []string {
	var out []string
	for _, v := range m.offered {
		out = append(out, protocolName(v))
	}
	return out
}

// note makes a stage of what was found.
func (m tlsMatrix) note(ctx context.Context, began time.Time, seen inspection) {
	text := "agrees to " + orNothing(joinClipped(m.names(), 4))
	if len(m.open) > 0 {
		text += "; not every protocol was answered in time"
	}
	switch {
	case m.bare != nil && m.bare.Equal(seen.chain[0]):
		text += "; the same certificate without a name"
	case m.bare != nil:
		text += "; another certificate without a name"
	case m.bareWhy != "":
		text += "; refuses without a name"
	}
	stage(ctx, "tls", began, nil, "%s", text)
}

// evidence tells each handshake's outcome.
func (m tlsMatrix) evidence(seen inspection) map[string]string {
	e := map[string]string{}
	for _, v := range tlsVersions {
		switch {
		case slices.Contains(m.offered, v):
			e[protocolName(v)] = "offered"
		case slices.Contains(m.open, v):
			e[protocolName(v)] = "not decided: no answer in time"
		case m.refused[v] != "":
			e[protocolName(v)] = m.refused[v]
		}
	}
	switch {
	case m.bare != nil && m.bare.Equal(seen.chain[0]):
		e["without_name"] = "the same certificate"
	case m.bare != nil:
		e["without_name"] = thumbprint(m.bare) + " for " + joinClipped(namesOf(m.bare), 6)
	case m.bareWhy != "":
		e["without_name"] = m.bareWhy
	}
	if seen.firstTry != "" {
		e["first_handshake"] = seen.firstTry
	}
	return e
}

// findings judges protocols, ciphers and what names change.
func (m tlsMatrix) findings(seen inspection) []Finding {
	out := []Finding{m.cipherFinding(seen), m.protocolFinding(seen), m.exchangeFinding(seen)}
	if seen.nameRefused {
		f := failed("tls.name_refused", "the server refuses the handshake when it is given this name, and shows a certificate when it is given none")
		f.Expected, f.Found = "a handshake with the name", seen.firstTry
		out = append(out, f)
	}
	switch {
	case m.minted != nil: // every certificate is made up
	case m.bare != nil && !m.bare.Equal(seen.chain[0]):
		f := warned("tls.sni_differs", "clients that give no name get another certificate, for %s", orNothing(joinClipped(namesOf(m.bare), 6)))
		f.Expected, f.Found = thumbprint(seen.chain[0])+" with and without a name", thumbprint(m.bare)+" without a name"
		out = append(out, f)
	case m.bareWhy != "":
		f := warned("tls.sni_required", "clients that give no name are refused")
		f.Expected, f.Found = "the same certificate with and without a name", m.bareWhy
		out = append(out, f)
	}
	return append(out, m.interceptFinding(seen))
}

func (m tlsMatrix) cipherFinding(seen inspection) Finding {
	if !weakSuite(seen.suite) {
		return Finding{Verdict: Pass}
	}
	name := tls.CipherSuiteName(seen.suite)
	f := warned("tls.weak_cipher", "the server agrees to nothing better than %s", name)
	if m.moderate {
		f.Summary = fmt.Sprintf("the server prefers %s, though it agrees to better", name)
	}
	f.Expected, f.Found = "AES", name
	return f
}

func (m tlsMatrix) protocolFinding(seen inspection) Finding {
	newest := m.newest(seen.version)
	switch {
	case newest != 0 && newest < tls.VersionTLS12:
		f := warned("tls.old_protocol", "the server speaks nothing newer than %s", protocolName(newest))
		f.Expected, f.Found = "TLS 1.2", protocolName(newest)
		if why := m.refused[tls.VersionTLS12]; strings.Contains(why, "handshake failure") {
			f.Found += "; TLS 1.2 fails without blaming the protocol: no cipher in common, or signatures by SHA-1 alone"
		}
		return f
	case seen.firstTry != "" && !seen.nameRefused:
		f := warned("tls.intolerant", "the server breaks off the handshake of current clients and answers an older one")
		f.Expected, f.Found = "a handshake at the first try", seen.firstTry
		return f
	}
	return Finding{Verdict: Pass}
}

func (m tlsMatrix) exchangeFinding(seen inspection) Finding {
	if m.forward || !m.moderate { // the cipher is the greater worry
		return Finding{Verdict: Pass}
	}
	f := warned("tls.rsa_exchange", "the server agrees to no key exchange but the one by RSA")
	f.Expected, f.Found = "ECDHE", tls.CipherSuiteName(seen.suite)
	return f
}

// interceptors are words in the issuers of devices and programs that replace
// certificates on the way.
var interceptors = []string{"zscaler", "blue coat", "bluecoat", "proxysg", "fortigate", "fortinet", "sophos", "palo alto", "netskope", "kaspersky", "eset ssl",
	"avast", "avg ", "bitdefender", "mcafee", "trellix", "skyhigh", "websense", "forcepoint", "barracuda", "sonicwall", "watchguard", "check point", "checkpoint",
	"untangle", "squid", "mitmproxy", "fiddler", "do_not_trust", "portswigger", "charles proxy", "adguard", "cato networks", "https inspection",
	"ssl inspection", "tls inspection", "cisco umbrella", "ironport"}

// OpensTLS tells whether an issuer is called like a device or program that
// opens TLS on the way.
func OpensTLS(issuer string) bool {
	issuer = strings.ToLower(issuer) + " "
	return slices.ContainsFunc(interceptors, func(word string) bool { return strings.Contains(issuer, word) })
}

func (m tlsMatrix) interceptFinding(seen inspection) Finding {
	issuer := seen.chain[0].Issuer.String()
	f := warned("vantage.tls_intercept", "something between this computer and the server replaces certificates")
	f.Expected, f.Found = "the server's own certificate", "issued by "+clip(issuer, 200)
	if m.minted != nil {
		f.Summary = "something on the way makes certificates up: it showed one for a name that nobody has"
		return f
	}
	if !selfSigned(seen.chain[0]) && OpensTLS(issuer) {
		f.Summary = "the issuer's name is that of a device or program that replaces certificates"
		return f
	}
	return Finding{Verdict: Pass}
}
