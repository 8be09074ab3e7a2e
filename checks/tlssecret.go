package checks

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

var (
	errPinChanged = errors.New("the certificate is not the one that was inspected")
	errOldTLS     = errors.New("the connection would be of an old protocol or key exchange")
	errWeakCipher = errors.New("the connection would be encrypted with RC4 or 3DES only")
)

// securedConfig is for connections that carry a secret: it verifies the chain
// and the name, refuses a certificate other than the inspected one, and wants
// TLS 1.2 with a key exchange that a stolen server key does not undo. Where
// the run allows logons over old TLS, TLS 1.0 and the key exchange by RSA do
// as well; RC4 and 3DES never do.
//
// Old protocols are offered even where they are refused afterwards, so that
// the refusal is ours and can be named.
func securedConfig(env *Env, host string, leaf *x509.Certificate) *tls.Config {
	cfg := legacyConfig(host)
	cfg.InsecureSkipVerify = false
	cfg.RootCAs = env.Roots
	cfg.Time = env.now
	cfg.ServerName = strings.TrimSuffix(host, ".")
	cfg.CipherSuites = forwardSuites()
	if env.OldTLS {
		cfg.CipherSuites = moderateSuites()
	}
	cfg.VerifyConnection = func(s tls.ConnectionState) error {
		switch old := oldConnection(s.Version, s.CipherSuite); {
		case leaf != nil && (len(s.PeerCertificates) == 0 || !s.PeerCertificates[0].Equal(leaf)):
			return errPinChanged
		case weakSuite(s.CipherSuite):
			return errWeakCipher
		case old && !env.OldTLS:
			return errOldTLS
		case old:
			env.oldTLSUsed.mark(s.Version)
		}
		return nil
	}
	return cfg
}

// oldConnection tells connections that need the run's consent to carry a
// secret.
func oldConnection(version, suite uint16) bool {
	return version < tls.VersionTLS12 || rsaExchange(suite)
}

// tooOld is why no secret can go to a server that showed itself to be old,
// before anything is tried or anybody is asked; nil when it may.
func tooOld(env *Env, seen webAnswer) *trouble {
	if seen.version == 0 || seen.version >= tls.VersionTLS12 || env.OldTLS {
		return nil
	}
	return &trouble{Unknown, "credentials.old_tls", "the password was not sent: the server speaks nothing newer than " + protocolName(seen.version)}
}

// wrongClock tells when a certificate is out of date by the clock here and
// valid by that of the server: then the clock keeps the password back, not the
// certificate.
func wrongClock(env *Env, seen webAnswer) *trouble {
	date, err := http.ParseTime(seen.header.Get("Date"))
	if err != nil || !outOfDate(env.now(), seen.chain) || outOfDate(date, seen.chain) || date.Sub(env.now()).Abs() < 24*time.Hour {
		return nil
	}
	return &trouble{Unknown, "clock.skew", fmt.Sprintf("the password was not sent: by the clock of this computer (%s) the certificate is out of date, by the server's (%s) it is valid",
		env.now().UTC().Format(time.RFC3339), date.UTC().Format(time.RFC3339))}
}

// secretHandshake classifies a failed handshake for a connection that should
// have carried a secret, with what the handshake before it had agreed to.
func secretHandshake(err error, seen webAnswer) *trouble {
	t := tlsTrouble(err)
	if t.reason != "tls.alert" && t.reason != "tls.closed" && t.reason != "tls.reset" {
		return &t
	}
	switch name := tls.CipherSuiteName(seen.suite); {
	case weakSuite(seen.suite):
		return &trouble{Unknown, "credentials.weak_cipher", "the password was not sent: the server agrees to nothing better than " + name}
	case rsaExchange(seen.suite):
		return &trouble{Unknown, "credentials.old_tls", "the password was not sent: the server agrees to no key exchange but the one by RSA"}
	}
	return &t
}

// tlsUse notes that a check's secret went over old TLS.
type tlsUse struct{ version atomic.Uint32 }

func (u *tlsUse) mark(version uint16) {
	if u != nil {
		u.version.Store(uint32(version))
	}
}

// temper keeps a result whose secret went over old TLS from being a pass.
func (u *tlsUse) temper(f Finding) Finding {
	if u == nil || u.version.Load() == 0 {
		return f
	}
	used := protocolName(uint16(u.version.Load()))
	if u.version.Load() >= tls.VersionTLS12 {
		used += " with the key exchange by RSA"
	}
	f.Evidence = with(f.Evidence, "logon_connection", used)
	if f.Verdict != Pass {
		return f
	}
	f.Verdict, f.Reason = Warn, "credentials.over_old_tls"
	f.Expected, f.Found = "a logon over TLS 1.2 with ECDHE", used+", as allowed for this run"
	text := "the password went over an old protocol or key exchange, as allowed for this run"
	if f.Summary != "" {
		text = f.Summary + "; " + text
	}
	f.Summary = text
	return f
}

// weakSuite tells ciphers that are broken.
func weakSuite(id uint16) bool {
	name := tls.CipherSuiteName(id)
	return strings.Contains(name, "RC4") || strings.Contains(name, "3DES")
}

// rsaExchange tells the key exchange by the server's RSA key itself.
func rsaExchange(id uint16) bool {
	return strings.HasPrefix(tls.CipherSuiteName(id), "TLS_RSA_")
}

// moderateSuites are all that do not use RC4 or 3DES.
func moderateSuites() []uint16 { return suitesWithout(weakSuite) }

// forwardSuites are moderateSuites without the key exchange by RSA.
func forwardSuites() []uint16 {
	return suitesWithout(func(id uint16) bool { return weakSuite(id) || rsaExchange(id) })
}

func suitesWithout(refused func(uint16) bool) []uint16 {
	var out []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if !refused(s.ID) {
			out = append(out, s.ID)
		}
	}
	return out
}
