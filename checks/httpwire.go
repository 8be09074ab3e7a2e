package checks

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// webRequest is one request to one address.
type webRequest struct {
	method  string
	url     *url.URL
	at      endpoint // an invalid address: by name through the proxy
	headers map[string]string
	body    []byte
	tls     *tls.Config // nil: legacyConfig, for requests without a secret
	most    int64       // bytes of body to read; zero: Limits.BodyBytes
	agent   string      // User-Agent; empty: the run's
}

// webAnswer is what came back. The body is bounded and dropped with the answer.
type webAnswer struct {
	url        *url.URL
	status     int
	phrase     string // the words behind the status code
	proto      string
	header     http.Header
	location   string
	challenges []challenge
	body       []byte
	truncated  bool
	tls        bool
	trusted    bool
	leaf       *x509.Certificate // the server's own; nil over http
	chain      []*x509.Certificate
	version    uint16 // of TLS
	suite      uint16
	closing    bool // the server ends the connection after this answer
	took       time.Duration
	attempts   int
	agent      string // User-Agent that the server wanted to see; empty: the run's own will do
}

// outlookAgent is how Outlook 2013 names itself. Some filters let nothing else
// through.
const outlookAgent = "Microsoft Office/15.0 (Windows NT 6.1; Microsoft Outlook 15.0.4420; Pro)"

// exchangeHTTP sends a request and reads the answer, once more when the server
// was silent after the request: an application pool may take its time to wake.
func exchangeHTTP(ctx context.Context, env *Env, req webRequest) (webAnswer, *trouble) {
	a, t := exchangeOnce(ctx, env, req)
	a.attempts = 1
	if t != nil && t.reason == "http.slow" && ctx.Err() == nil && len(req.body) == 0 {
		a, t = exchangeOnce(ctx, env, req)
		a.attempts = 2
	}
	if t == nil && filtered(req, a) {
		as := req
		as.agent = outlookAgent
		if b, t2 := exchangeOnce(ctx, env, as); t2 == nil && b.status != a.status {
			b.attempts, b.agent = a.attempts+1, outlookAgent
			return b, nil
		}
	}
	return a, t
}

// filtered tells answers that a filter may have given because of who asks.
func filtered(req webRequest, a webAnswer) bool {
	if a.status != 403 && a.status != 406 || len(req.body) > 0 || req.agent != "" || req.headers["User-Agent"] != "" {
		return false
	}
	for _, s := range []string{"403.4", "403.7", "403.14", "403.16"} { // IIS says why
		if bytes.Contains(a.body, []byte(s)) {
			return false
		}
	}
	return true
}

func exchangeOnce(ctx context.Context, env *Env, req webRequest) (webAnswer, *trouble) {
	ctx, cancel := context.WithTimeout(ctx, share(ctx, 40*time.Second, 0.48))
	defer cancel()
	r, err := buildRequest(ctx, env, req)
	if err != nil {
		return webAnswer{}, &trouble{Unknown, "value.invalid", "the request cannot be built"}
	}
	r.Close = true
	began := time.Now()
	c, t := openWeb(ctx, env, req)
	if t != nil {
		return webAnswer{}, t
	}
	defer c.Close()
	return c.exchange(env, req, r, began, "")
}

// exchange sends a request over a connection and reads the answer.
func (c *webConn) exchange(env *Env, req webRequest, r *http.Request, began time.Time, as string) (webAnswer, *trouble) {
	ctx := r.Context()
	res, err := c.roundTrip(r, share(ctx, 20*time.Second, 0.7))
	if err != nil {
		t := httpTrouble(err)
		noteExchange(ctx, began, req, webAnswer{}, &t, as)
		return webAnswer{}, &t
	}
	a, t := readWebAnswer(env, req, res, began)
	noteExchange(ctx, began, req, a, t, as)
	return a, t
}

// noteExchange makes a stage of a request and its answer. Queries and all that
// the user sent stay out of it.
func noteExchange(ctx context.Context, began time.Time, req webRequest, a webAnswer, t *trouble, as string) {
	asked := req.method + " " + clip(Escape(req.url.Path), 120) + as
	if t != nil {
		stage(ctx, "http", began, &trouble{t.verdict, t.reason, asked + ": " + t.text}, "")
		return
	}
	text := fmt.Sprintf("%s: %d", asked, a.status)
	if to, problem := redirectTarget(a.url, a); isRedirect(a.status) && problem == nil {
		text += " to " + to.Scheme + "://" + to.Host + clip(Escape(to.Path), 120)
	}
	if a.status == 401 {
		text += ", " + orNothing(joinClipped(schemesOf(a.challenges), 6))
	}
	if a.agent != "" || req.agent != "" {
		text += " (as Outlook)"
	}
	stage(ctx, "http", began, nil, "%s", text)
}

// readWebAnswer reads an answer within the bounds on its body.
func readWebAnswer(env *Env, req webRequest, res *http.Response, began time.Time) (webAnswer, *trouble) {
	defer res.Body.Close()
	a := webAnswer{url: req.url, status: res.StatusCode, proto: res.Proto, header: res.Header, location: res.Header.Get("Location"), closing: res.Close}
	_, a.phrase, _ = strings.Cut(res.Status, " ")
	a.challenges = parseChallenges(res.Header.Values("Www-Authenticate"))
	if res.TLS != nil && len(res.TLS.PeerCertificates) > 0 {
		a.tls = true
		a.chain, a.leaf = res.TLS.PeerCertificates, res.TLS.PeerCertificates[0]
		a.version, a.suite = res.TLS.Version, res.TLS.CipherSuite
		a.trusted = trustOf(env, res.TLS.PeerCertificates) == nil &&
			a.leaf.VerifyHostname(req.url.Hostname()) == nil && !outOfDate(env.now(), res.TLS.PeerCertificates)
	}
	limit := env.limits().BodyBytes
	if req.most > 0 {
		limit = req.most
	}
	var err error
	a.body, err = io.ReadAll(io.LimitReader(res.Body, limit+1))
	a.took = time.Since(began)
	if int64(len(a.body)) > limit {
		a.body, a.truncated = a.body[:limit], true
	}
	if err != nil && !a.truncated {
		return a, bodyTrouble(err)
	}
	return a, nil
}

func buildRequest(ctx context.Context, env *Env, req webRequest) (*http.Request, error) {
	target := *req.url
	if req.at.addr.IsValid() {
		target.Host = netip.AddrPortFrom(req.at.addr, uint16(urlPort(req.url))).String()
	}
	var body io.Reader
	switch {
	case len(req.body) > 0:
		body = bytes.NewReader(req.body)
	case strings.HasPrefix(req.method, "RPC_"):
		body = strings.NewReader("\x00\x00\x00\x00") // without a body no Content-Length would be sent
	}
	r, err := http.NewRequestWithContext(ctx, req.method, target.String(), body)
	if err != nil {
		return nil, err
	}
	r.Host = req.url.Host
	r.Header.Set("User-Agent", env.UserAgent)
	if env.UserAgent == "" {
		r.Header.Set("User-Agent", "coexist (connectivity probe)")
	}
	if req.agent != "" {
		r.Header.Set("User-Agent", req.agent)
	}
	r.Header.Set("Accept", "*/*")
	r.Header.Set("Accept-Encoding", "identity")
	for _, k := range sortedKeys(req.headers) {
		r.Header.Set(k, req.headers[k])
	}
	return r, nil
}

func bodyTrouble(err error) *trouble {
	switch {
	case isTimeout(err):
		return &trouble{Unknown, "http.body_slow", "the body of the answer did not arrive in time"}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), isErrno(err, syscall.ECONNRESET, 10054):
		return &trouble{Fail, "http.body_short", "the body ended before its announced length"}
	}
	t := httpTrouble(err)
	return &t
}

func (a webAnswer) values(name string) []string {
	v := a.header.Values(name)
	return v[:min(len(v), 8)]
}

// secretHeaders are named but never shown.
var secretHeaders = []string{"Set-Cookie", "Cookie", "Authorization", "Proxy-Authorization"}

// lastNTLM begins, in base64, the message of an NTLM logon that proves the
// password; a server may send it back.
const lastNTLM = "TlRMTVNTUAADAAAA"

// firstNTLM begins, in base64, the message that opens an NTLM logon.
const firstNTLM = "TlRMTVNTUAABAAAA"

// headerLines lists the headers within bounds, without cookies' values.
func (a webAnswer) headerLines() []string {
	var out []string
	for _, k := range sortedKeys(a.header) {
		for _, v := range a.header[k] {
			if len(out) == 100 {
				return out
			}
			if strings.Contains(v, lastNTLM) {
				v = "[left out]"
			}
			if slices.Contains(secretHeaders, k) {
				name, _, _ := strings.Cut(v, "=")
				v = clip(name, 60) + "=[left out]"
			}
			out = append(out, k+": "+clip(v, 500))
		}
	}
	return out
}

func answerTranscript(a webAnswer) []string {
	out := []string{fmt.Sprintf("%s %d in %d ms", a.proto, a.status, a.took.Milliseconds())}
	for _, h := range a.headerLines() {
		out = append(out, "  "+Escape(h))
	}
	sum := sha256.Sum256(a.body)
	return append(out, fmt.Sprintf("body %d bytes, SHA-256 %s", len(a.body), hex.EncodeToString(sum[:])))
}
