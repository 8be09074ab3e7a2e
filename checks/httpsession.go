package checks

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// webSession is one connection with a verified certificate, over which a
// password may go. NTLM authenticates a connection, so there is never a second
// one: when the server ends it, the session is over.
type webSession struct {
	env       *Env
	at        endpoint
	conn      net.Conn
	transport *http.Transport
	leaf      *x509.Certificate // of this connection
	given     atomic.Bool
	lost      atomic.Bool // a second connection was asked for
}

var errOneConnection = errors.New("the connection of this session has ended")

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
	shake, cancel := context.WithTimeout(ctx, share(ctx, 10*time.Second, 0.5))
	defer cancel()
	began := time.Now()
	secured := tls.Client(raw, securedConfig(env, u.Hostname(), inspected.leaf))
	if err := secured.HandshakeContext(shake); err != nil {
		raw.Close()
		t := secretHandshake(err, inspected)
		stage(ctx, "tls", began, t, "")
		return nil, t
	}
	state := secured.ConnectionState()
	stage(ctx, "tls", began, nil, "for the password: verified, the inspected certificate, %s", protocolName(state.Version))
	s := &webSession{env: env, at: at, conn: secured, leaf: state.PeerCertificates[0]}
	s.transport = &http.Transport{
		MaxConnsPerHost: 1, MaxIdleConnsPerHost: 1, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
		ResponseHeaderTimeout: share(ctx, 20*time.Second, 0.7), Protocols: new(http.Protocols),
		DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
			if s.given.Swap(true) {
				s.lost.Store(true)
				return nil, errOneConnection
			}
			return secured, nil
		},
	}
	s.transport.Protocols.SetHTTP1(true)
	return s, nil
}

func (s *webSession) close() {
	s.transport.CloseIdleConnections()
	s.conn.Close()
}

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
	began := time.Now()
	res, err := s.transport.RoundTrip(r)
	if err != nil {
		t := roundTripTrouble(err)
		if s.lost.Load() {
			t = &trouble{Fail, "http.closed", "the connection was closed instead of an answer"}
		}
		noteExchange(ctx, began, req, webAnswer{}, t, as)
		return webAnswer{}, t
	}
	a, t := readWebAnswer(s.env, req, res, began)
	noteExchange(ctx, began, req, a, t, as)
	return a, t
}

// connectWeb connects to an address, or through the proxy to a name.
func connectWeb(ctx context.Context, env *Env, at endpoint, u *url.URL) (net.Conn, *trouble) {
	if env.Proxy == "" {
		return connect(ctx, env, at)
	}
	proxy, err := url.Parse(env.Proxy)
	if err != nil {
		return nil, &trouble{Unknown, "http.proxy", "the proxy's address cannot be read"}
	}
	c, t := dialWeb(ctx, env, net.JoinHostPort(proxy.Hostname(), fmt.Sprint(urlPort(proxy))))
	if t != nil {
		return nil, t
	}
	host := u.Hostname()
	if at.addr.IsValid() {
		host = at.addr.String()
	}
	if err := openTunnel(ctx, c, net.JoinHostPort(host, fmt.Sprint(urlPort(u)))); err != nil {
		c.Close()
		return nil, &trouble{Unknown, "http.proxy", "the proxy did not let the request through"}
	}
	return c, nil
}

// openTunnel asks a proxy for a connection. What the proxy sends behind its
// headers would be lost, but a proxy has nothing to say there: the client
// speaks first in TLS.
func openTunnel(ctx context.Context, c net.Conn, target string) error {
	c.SetDeadline(time.Now().Add(share(ctx, 20*time.Second, 0.5)))
	defer c.SetDeadline(time.Time{})
	if _, err := fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %[1]s\r\n\r\n", target); err != nil {
		return err
	}
	r := bufio.NewReader(io.LimitReader(c, 16<<10))
	res, err := http.ReadResponse(r, &http.Request{Method: "CONNECT"}) //nolint:bodyclose // what follows belongs to the tunnel
	if err != nil {
		return err
	}
	if res.StatusCode != 200 || r.Buffered() > 0 {
		return fmt.Errorf("the proxy answers %d", res.StatusCode)
	}
	return nil
}
