package checks

import (
	"context"
	"crypto/x509"
	"net/url"
	"strings"
	"time"
)

// webSession is one connection with a verified certificate, over which a
// password may go. NTLM authenticates a connection, so there is never a second
// one: when the server ends it, the session is over.
type webSession struct {
	env  *Env
	at   endpoint
	conn *webConn
	leaf *x509.Certificate // of this connection
}

// openSession connects and shakes hands, accepting nothing but the inspected
// certificate with a trusted chain and the right name.
func openSession(ctx context.Context, env *Env, at endpoint, u *url.URL, inspected webAnswer) (*webSession, *trouble) {
	if t := tooOld(env, inspected); t != nil {
		return nil, t
	}
	raw, t := connectWeb(ctx, env, at, u)
	if t != nil {
		return nil, t
	}
	began := time.Now()
	c, err := secureWeb(ctx, raw, securedConfig(env, u.Hostname(), inspected.leaf), 0.5)
	if err != nil {
		t := secretHandshake(err, inspected)
		stage(ctx, "tls", began, t, "")
		return nil, t
	}
	stage(ctx, "tls", began, nil, "for the password: verified, the inspected certificate, %s", protocolName(c.tls.Version))
	return &webSession{env: env, at: at, conn: c, leaf: c.tls.PeerCertificates[0]}, nil
}

func (s *webSession) close() { s.conn.Close() }

// do sends a request over the session's connection.
func (s *webSession) do(ctx context.Context, req webRequest) (webAnswer, *trouble) {
	ctx, cancel := context.WithTimeout(ctx, share(ctx, 40*time.Second, 0.6))
	defer cancel()
	req.at = s.at
	r, err := buildRequest(ctx, s.env, req)
	if err != nil {
		return webAnswer{}, &trouble{Unknown, "value.invalid", "the request cannot be built"}
	}
	as := " as the user"
	if strings.Contains(req.headers["Authorization"], firstNTLM) {
		as = ", an NTLM logon begins"
	}
	return s.conn.exchange(s.env, req, r, time.Now(), as)
}
