package checks

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// webConn is a connection over which HTTP/1.1 is spoken, one request after the
// other. The client of net/http is not used: it asks again and connects again
// by itself, where a logon by NTLM belongs to one connection and a probe tells
// what the first answer was.
type webConn struct {
	net.Conn
	reader *bufio.Reader
	left   int64 // bytes that may still be read
	tls    *tls.ConnectionState
	proxy  bool // requests name the whole URL, for the proxy on the other side
	over   bool // no further request can be sent
}

// mostHeaderBytes bounds the headers of an answer with those of the interim
// answers before it.
const mostHeaderBytes = 64 << 10

var (
	errHugeHeader    = errors.New("the headers of the answer are too large")
	errOneConnection = fmt.Errorf("the connection of this session has ended: %w", io.EOF)
)

func newWebConn(c net.Conn) *webConn {
	w := &webConn{Conn: c}
	w.reader = bufio.NewReader(w)
	return w
}

// Read is for the reader, which fills its buffer with it.
func (c *webConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errHugeHeader
	}
	n, err := c.Conn.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// openWeb connects for a request: to the address, or to the proxy, through
// which https goes in a tunnel.
func openWeb(ctx context.Context, env *Env, req webRequest) (*webConn, *trouble) {
	cfg := req.tls
	if cfg == nil {
		cfg = legacyConfig(req.url.Hostname())
	}
	raw, t := connectWeb(ctx, env, req.at, req.url)
	if t != nil {
		return nil, t
	}
	if req.url.Scheme != "https" {
		c := newWebConn(raw)
		c.proxy = env.Proxy != ""
		return c, nil
	}
	began := time.Now()
	c, err := secureWeb(ctx, raw, cfg, 0.6)
	if err != nil {
		broken := tlsTrouble(err)
		stage(ctx, "tls", began, &broken, "")
		return nil, &broken
	}
	stage(ctx, "tls", began, nil, "%s", handshakeText(c.tls.Version, c.tls.CipherSuite, c.tls.PeerCertificates))
	return c, nil
}

// secureWeb shakes hands within a part of the time that is left.
func secureWeb(ctx context.Context, raw net.Conn, cfg *tls.Config, part float64) (*webConn, error) {
	shake, cancel := context.WithTimeout(ctx, share(ctx, 10*time.Second, part))
	defer cancel()
	secured := tls.Client(raw, cfg)
	if err := secured.HandshakeContext(shake); err != nil {
		raw.Close()
		return nil, err
	}
	c := newWebConn(secured)
	state := secured.ConnectionState()
	c.tls = &state
	return c, nil
}

// connectWeb connects to an address; through the proxy to a name. The proxy
// gives a tunnel for https and takes other requests itself.
func connectWeb(ctx context.Context, env *Env, at endpoint, u *url.URL) (net.Conn, *trouble) {
	at.port = urlPort(u)
	if env.Proxy == "" {
		return connect(ctx, env, at)
	}
	proxy, err := url.Parse(env.Proxy)
	if err != nil {
		return nil, &trouble{Unknown, "http.proxy", "the proxy's address cannot be read"}
	}
	c, t := connectProxy(ctx, env, proxy)
	if t != nil || u.Scheme != "https" {
		return c, t
	}
	host := u.Hostname()
	if at.addr.IsValid() {
		host = at.addr.String()
	}
	if t := openTunnel(ctx, c, net.JoinHostPort(host, fmt.Sprint(at.port))); t != nil {
		c.Close()
		return nil, t
	}
	return c, nil
}

func connectProxy(ctx context.Context, env *Env, proxy *url.URL) (net.Conn, *trouble) {
	at := endpoint{host: proxy.Hostname(), port: urlPort(proxy)}
	var err error
	if at.addr, err = netip.ParseAddr(at.host); err != nil {
		list, f := addressesOf(ctx, env, at.host, "")
		if f != nil {
			return nil, &trouble{Unknown, "http.proxy", "the proxy cannot be reached: " + f.Summary}
		}
		at.addr = list[0]
	}
	return connect(ctx, env, at)
}

// openTunnel asks a proxy for a connection. What the proxy sends behind its
// headers would be lost, but a proxy has nothing to say there: the client
// speaks first in TLS.
func openTunnel(ctx context.Context, c net.Conn, target string) *trouble {
	refused := &trouble{Unknown, "http.proxy", "the proxy did not let the request through"}
	c.SetDeadline(time.Now().Add(share(ctx, 20*time.Second, 0.5)))
	defer c.SetDeadline(time.Time{})
	if _, err := fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %[1]s\r\n\r\n", target); err != nil {
		return refused
	}
	r := bufio.NewReader(io.LimitReader(c, 16<<10))
	res, err := http.ReadResponse(r, &http.Request{Method: "CONNECT"}) //nolint:bodyclose // what follows belongs to the tunnel
	if err != nil || r.Buffered() > 0 {
		return refused
	}
	if res.StatusCode != http.StatusOK {
		refused.text += fmt.Sprintf(": it answers %d", res.StatusCode)
		return refused
	}
	return nil
}

// roundTrip sends a request and reads the head of its answer, which must come
// within wait. The answer's body has to be closed; a further request can be
// sent when it was read to its end.
func (c *webConn) roundTrip(r *http.Request, wait time.Duration) (*http.Response, error) {
	if c.over || c.reader.Buffered() > 0 {
		return nil, errOneConnection
	}
	c.over = true
	ctx := r.Context()
	release := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	res, err := c.ask(r, wait)
	if err != nil {
		release()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	res.TLS = c.tls
	res.Body = &webBody{conn: c, body: res.Body, release: release, closing: res.Close}
	return res, nil
}

func (c *webConn) ask(r *http.Request, wait time.Duration) (*http.Response, error) {
	write := r.Write
	if c.proxy {
		write = r.WriteProxy
	}
	unsent := write(c.Conn)
	c.until(r.Context(), time.Now().Add(wait))
	c.left = mostHeaderBytes
	for {
		res, err := http.ReadResponse(c.reader, r)
		switch {
		case err != nil && c.left <= 0:
			return nil, errHugeHeader
		case err != nil && unsent != nil:
			return nil, unsent // a server may answer what it does not read to the end
		case err != nil:
			return nil, err
		case res.StatusCode < 200 && res.StatusCode != http.StatusSwitchingProtocols:
			continue
		}
		c.left = math.MaxInt64
		c.until(r.Context(), time.Time{})
		return res, nil
	}
}

// until sets when reading ends, which a run that is over has done before.
func (c *webConn) until(ctx context.Context, when time.Time) {
	c.SetReadDeadline(when)
	if ctx.Err() != nil {
		c.SetDeadline(time.Unix(1, 0))
	}
}

// webBody is the body of an answer. What was not read of it stays on the
// connection, which then ends with it.
type webBody struct {
	conn    *webConn
	body    io.Reader
	release func() bool
	closing bool
}

func (b *webBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err == io.EOF {
		b.conn.over = b.closing
	}
	return n, err
}

func (b *webBody) Close() error {
	b.release()
	return nil
}
