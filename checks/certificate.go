package checks

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// certificateRules are what a certificate must fulfil.
type certificateRules struct {
	host           string
	names          []string
	minDays        int
	allowUntrusted bool
	outside        bool // looked at from outside: what is only a warning inside fails there
}

// maxSANs bounds how many names of a certificate are kept.
const maxSANs = 200

// judgeCertificate judges everything that an inspection showed of one address.
func judgeCertificate(ctx context.Context, env *Env, at endpoint, seen inspection, want certificateRules) Finding {
	if len(seen.chain) == 0 {
		return failed("tls.bad_certificate", "%s: the server showed no certificate", at.where())
	}
	leaf := seen.chain[0]
	now := env.now()
	row := certificateRow(at, seen)
	missing := uncovered(leaf, want.names)
	trust := trustOf(env, seen.chain)
	row["missing"] = missing
	row["trusted"] = []string{fmt.Sprint(trust == nil)}
	base := observed([]Row{row})
	base.Summary = fmt.Sprintf("%s: %s, valid until %s", at.where(), clip(leaf.Subject.String(), 120), leaf.NotAfter.UTC().Format(time.DateOnly))
	base.Evidence = certificateEvidence(seen)
	base.Transcript = certificateTranscript(at, seen)
	parts := []Finding{
		base,
		clockFinding(now, seen),
		datesFinding(leaf, now, want.minDays),
		namesFinding(leaf, missing),
		keyFinding(leaf),
		trustFinding(seen.chain, trust, want),
		usageFinding(leaf),
		sizeFinding(seen.chain),
	}
	parts = append(parts, seen.matrix.findings(seen)...)
	if clock := parts[1]; clock.Verdict == Warn && parts[2].Verdict == Fail {
		parts[2] = Finding{Verdict: Pass} // the certificate is valid by the server's clock
	}
	good := true
	for i := range parts[1:] {
		if p := &parts[1+i]; p.Verdict != Pass {
			good = false
			stage(ctx, "cert", time.Now(), &trouble{p.Verdict, p.Reason, p.Summary}, "")
			p.Summary = at.where() + ": " + p.Summary
		}
	}
	if good {
		stage(ctx, "cert", time.Now(), nil, "covers %s; %d days left; %s; %s", orNothing(joinClipped(want.names, 6)), int(leaf.NotAfter.Sub(now).Hours()/24), keyName(leaf), issuerText(trust))
	}
	return merge(parts)
}

func issuerText(trust error) string {
	if trust != nil {
		return "its issuer is not trusted, which is allowed here"
	}
	return "trusted"
}

func certificateRow(at endpoint, seen inspection) Row {
	leaf := seen.chain[0]
	two := sha256.Sum256(leaf.Raw)
	return Row{
		"address":     {at.addr.String()},
		"subject":     {leaf.Subject.String()},
		"issuer":      {leaf.Issuer.String()},
		"names":       namesOf(leaf),
		"not_before":  {leaf.NotBefore.UTC().Format(time.RFC3339)},
		"not_after":   {leaf.NotAfter.UTC().Format(time.RFC3339)},
		"thumbprint":  {thumbprint(leaf)},
		"sha256":      {hex.EncodeToString(two[:])},
		"protocol":    {protocolName(seen.version)},
		"protocols":   seen.matrix.names(),
		"key":         {keyName(leaf)},
		"signature":   {leaf.SignatureAlgorithm.String()},
		"self_signed": {fmt.Sprint(selfSigned(leaf))},
	}
}

// thumbprint is the SHA-1 of a certificate as Exchange and Windows show it.
func thumbprint(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

func namesOf(leaf *x509.Certificate) []string {
	out := slices.Clone(leaf.DNSNames)
	for _, ip := range leaf.IPAddresses {
		out = append(out, ip.String())
	}
	return out[:min(len(out), maxSANs)]
}

// uncovered lists the required names that the certificate is not for.
func uncovered(leaf *x509.Certificate, names []string) []string {
	var out []string
	for _, n := range names {
		if leaf.VerifyHostname(strings.TrimSuffix(n, ".")) != nil {
			out = append(out, n)
		}
	}
	return out
}

// trustOf verifies the chain by itself: names and dates have verdicts of their
// own, so the leaf's dates do not count here.
func trustOf(env *Env, chain []*x509.Certificate) error {
	leaf := chain[0]
	at := env.now()
	if at.After(leaf.NotAfter) {
		at = leaf.NotAfter
	}
	if at.Before(leaf.NotBefore) {
		at = leaf.NotBefore
	}
	pool := x509.NewCertPool()
	for _, c := range chain[1:] {
		pool.AddCert(c)
	}
	options := x509.VerifyOptions{Roots: env.Roots, Intermediates: pool, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	verified, err := leaf.Verify(options)
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == x509.Expired && !at.Equal(env.now()) {
		// An authority that was renewed since is none at that time: what counts is today.
		dated := *leaf
		dated.NotBefore, dated.NotAfter, options.CurrentTime = env.now(), env.now(), env.now()
		verified, err = dated.Verify(options)
	}
	if err != nil {
		return err
	}
	for _, path := range verified {
		if complete(path, chain) {
			return nil
		}
	}
	return errIncomplete
}

var errIncomplete = errors.New("the server does not send every intermediate certificate")

// complete tells whether the server itself sends everything below the root;
// the platform's verifier may have fetched the rest from elsewhere.
func complete(path, served []*x509.Certificate) bool {
	for _, c := range path[:max(len(path)-1, 1)] {
		if !slices.ContainsFunc(served, c.Equal) {
			return false
		}
	}
	return true
}

func trustFinding(chain []*x509.Certificate, trust error, want certificateRules) Finding {
	pass := Finding{Verdict: Pass}
	leaf := chain[0]
	softer := func(reason, format string, args ...any) Finding {
		if want.outside {
			return failed(reason, format, args...)
		}
		return warned(reason, format, args...)
	}
	if errors.Is(trust, errIncomplete) {
		return warned("tls.chain_incomplete", "the server does not send every intermediate certificate: phones cannot verify it")
	}
	if trust == nil {
		if weakSignature(leaf) && !selfSigned(leaf) {
			return softer("tls.sha1", "the certificate is signed with SHA-1 or weaker")
		}
		return pass
	}
	if want.allowUntrusted {
		return pass
	}
	var invalid x509.CertificateInvalidError
	top := chain[len(chain)-1]
	switch {
	case selfSigned(leaf):
		return failed("tls.self_signed", "the certificate is self-signed: no client trusts it")
	case slices.ContainsFunc(chain, func(c *x509.Certificate) bool { return weakSignature(c) && !selfSigned(c) }):
		return softer("tls.sha1", "a certificate of the chain is signed with SHA-1 or weaker")
	case errors.As(trust, &invalid) && invalid.Reason == x509.Expired:
		return failed("tls.chain_expired", "a certificate above the server's own is out of date")
	case errors.As(trust, &invalid):
		return failed("tls.untrusted", "the chain is not valid: %s", untrustedText(trust))
	case !selfSigned(top) && len(top.IssuingCertificateURL) > 0:
		return softer("tls.chain_incomplete", "the chain ends at an issuer that is neither sent nor trusted here (%s)", clip(top.Issuer.String(), 120))
	}
	return softer("tls.untrusted", "the issuer %s is not trusted by this computer", clip(top.Issuer.String(), 120))
}

func datesFinding(leaf *x509.Certificate, now time.Time, minDays int) Finding {
	switch left := leaf.NotAfter.Sub(now); {
	case now.Before(leaf.NotBefore):
		f := failed("tls.not_yet_valid", "the certificate is valid only from %s", leaf.NotBefore.UTC().Format(time.DateOnly))
		f.Expected, f.Found = "a valid certificate", "valid from "+leaf.NotBefore.UTC().Format(time.RFC3339)
		return f
	case left < 0:
		f := failed("tls.expired", "the certificate ran out on %s", leaf.NotAfter.UTC().Format(time.DateOnly))
		f.Expected, f.Found = "a valid certificate", "valid until "+leaf.NotAfter.UTC().Format(time.RFC3339)
		return f
	case left < time.Duration(minDays)*24*time.Hour:
		f := warned("tls.expiring", "the certificate runs out in %d days", int(left.Hours()/24))
		f.Expected, f.Found = fmt.Sprintf("valid for %d days more", minDays), "valid until "+leaf.NotAfter.UTC().Format(time.RFC3339)
		return f
	}
	return Finding{Verdict: Pass}
}

// clockFinding blames the clock here before the certificate: where the server
// tells another time at which its certificate is valid, or where not even the
// authority above it has begun by the clock here.
func clockFinding(now time.Time, seen inspection) Finding {
	here := now.UTC().Format(time.RFC3339)
	switch {
	case !seen.serverDate.IsZero():
		if seen.serverDate.Sub(now).Abs() < 24*time.Hour || outOfDate(seen.serverDate, seen.chain) {
			return Finding{Verdict: Pass}
		}
		f := warned("clock.skew", "the clock of this computer and the server's differ by more than a day, and by the server's the certificate is valid")
		f.Expected, f.Found = "clocks that agree", fmt.Sprintf("here %s, server %s", here, seen.serverDate.UTC().Format(time.RFC3339))
		return f
	case len(seen.chain) > 1 && now.Before(seen.chain[0].NotBefore) && now.Before(seen.chain[1].NotBefore) && !selfSigned(seen.chain[0]):
		f := warned("clock.skew", "by the clock of this computer neither the certificate nor the authority above it is valid yet")
		f.Expected, f.Found = "a clock that is right", fmt.Sprintf("here %s, the authority began %s", here, seen.chain[1].NotBefore.UTC().Format(time.DateOnly))
		return f
	}
	return Finding{Verdict: Pass}
}

func namesFinding(leaf *x509.Certificate, missing []string) Finding {
	if len(missing) == 0 {
		return Finding{Verdict: Pass}
	}
	if len(leaf.DNSNames) == 0 && len(leaf.IPAddresses) == 0 {
		f := failed("tls.cn_only", "the certificate names its host only in the subject, which clients no longer read")
		f.Expected, f.Found = "subject alternative names", clip(leaf.Subject.String(), 200)
		return f
	}
	reason, why := "tls.name_missing", ""
	if slices.ContainsFunc(missing, func(n string) bool { return tooDeep(leaf, n) }) {
		reason, why = "tls.wildcard_depth", ": its wildcard stands for exactly one label"
	}
	f := failed(reason, "the certificate is not for %s%s", joinClipped(missing, 8), why)
	f.Expected, f.Found = "a certificate for "+joinClipped(missing, 8), "a certificate for "+joinClipped(namesOf(leaf), 12)
	return f
}

// tooDeep tells a name that only a wildcard standing for several labels, or
// for none, would cover.
func tooDeep(leaf *x509.Certificate, name string) bool {
	name = plainHost(name)
	return slices.ContainsFunc(leaf.DNSNames, func(s string) bool {
		parent, wild := strings.CutPrefix(strings.ToLower(s), "*.")
		return wild && parent != "" && !strings.Contains(parent, "*") && (name == parent || strings.HasSuffix(name, "."+parent))
	})
}

func keyFinding(leaf *x509.Certificate) Finding {
	weak := false
	switch k := leaf.PublicKey.(type) {
	case *rsa.PublicKey:
		weak = k.N.BitLen() < 2048
	case *ecdsa.PublicKey:
		weak = k.Curve.Params().BitSize < 256
	}
	if !weak {
		return Finding{Verdict: Pass}
	}
	f := failed("tls.weak_key", "the key of the certificate is too short: %s", keyName(leaf))
	f.Expected, f.Found = "RSA 2048 or more", keyName(leaf)
	return f
}

func keyName(leaf *x509.Certificate) string {
	switch k := leaf.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", k.N.BitLen())
	case *ecdsa.PublicKey:
		return fmt.Sprintf("ECDSA %d", k.Curve.Params().BitSize)
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "unknown"
}

func usageFinding(leaf *x509.Certificate) Finding {
	if len(leaf.ExtKeyUsage) == 0 && len(leaf.UnknownExtKeyUsage) == 0 {
		if selfSigned(leaf) {
			return Finding{Verdict: Pass}
		}
		return warned("tls.no_usage", "the certificate does not say what it is for")
	}
	for _, u := range leaf.ExtKeyUsage {
		if u == x509.ExtKeyUsageServerAuth || u == x509.ExtKeyUsageAny {
			return Finding{Verdict: Pass}
		}
	}
	f := failed("tls.not_for_servers", "the certificate is not for servers")
	f.Expected, f.Found = "key usage server authentication", "other key usages"
	return f
}

// usualChain and usualNames are beyond what an authority issues for a web or
// mail server; clients with little memory refuse such certificates.
const (
	usualChain = 10
	usualNames = maxSANs
)

func sizeFinding(chain []*x509.Certificate) Finding {
	switch n := len(chain[0].DNSNames) + len(chain[0].IPAddresses); {
	case len(chain) > usualChain:
		f := warned("tls.long_chain", "the server sends %d certificates", len(chain))
		f.Expected, f.Found = "its own certificate and those between it and the root", fmt.Sprintf("%d certificates", len(chain))
		return f
	case n > usualNames:
		f := warned("tls.many_names", "the certificate is for %d names", n)
		f.Expected, f.Found = fmt.Sprintf("at most %d names", usualNames), fmt.Sprintf("%d names", n)
		return f
	}
	return Finding{Verdict: Pass}
}

func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawSubject, c.RawIssuer)
}

func weakSignature(c *x509.Certificate) bool {
	switch c.SignatureAlgorithm {
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1, x509.MD5WithRSA, x509.MD2WithRSA:
		return true
	}
	return false
}

func certificateEvidence(seen inspection) map[string]string {
	e := map[string]string{
		"chain_length": fmt.Sprint(len(seen.chain)),
		"cipher":       tls.CipherSuiteName(seen.suite),
	}
	switch {
	case seen.refusedAfter:
		e["client_certificate"] = "required"
	case seen.clientCert:
		e["client_certificate"] = "asked for"
	}
	for k, v := range seen.matrix.evidence(seen) {
		e[k] = v
	}
	return e
}

// certificateTranscript keeps the public chain beside the result.
func certificateTranscript(at endpoint, seen inspection) []string {
	out := []string{fmt.Sprintf("tls %s: %s, %s, %d certificates", at, protocolName(seen.version), tls.CipherSuiteName(seen.suite), len(seen.chain))}
	out = append(out, seen.starttlsLines...)
	tried := seen.matrix.evidence(seen)
	for _, k := range sortedKeys(tried) {
		out = append(out, Escape(k+": "+tried[k]))
	}
	for i, c := range seen.chain[:min(len(seen.chain), 10)] {
		out = append(out, fmt.Sprintf("%d subject %s", i, Escape(clip(c.Subject.String(), 500))), fmt.Sprintf("%d issuer %s", i, Escape(clip(c.Issuer.String(), 500))))
		if len(c.Raw) > 16<<10 {
			continue // a chain is evidence, a megabyte of names is not
		}
		text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
		out = append(out, strings.Split(strings.TrimSpace(text), "\n")...)
	}
	return out
}
