package lab

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
)

// serveRequests answers HTTP/1 on a connection until it ends. The answers are
// short and known before they are sent: the server of net/http, which the
// program would carry with HTTP/2, can do nothing for them.
func serveRequests(c net.Conn, h http.Handler) {
	defer c.Close()
	ctx := withLogon(context.Background(), c)
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		a := &answer{header: http.Header{}}
		h.ServeHTTP(a, r.WithContext(ctx))
		if _, err := io.Copy(io.Discard, r.Body); err != nil || a.send(c, r) != nil || r.Close {
			return
		}
	}
}

// answer collects what a handler says.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

func (a *answer) send(c net.Conn, r *http.Request) error {
	a.WriteHeader(http.StatusOK)
	a.header.Set("Content-Length", strconv.Itoa(a.body.Len()))
	if r.Close {
		a.header.Set("Connection", "close")
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	a.header.Write(&out)
	out.WriteString("\r\n")
	if r.Method != http.MethodHead {
		out.Write(a.body.Bytes())
	}
	_, err := c.Write(out.Bytes())
	return err
}

// Serve makes of a handler what Server.Web wants, with the server of net/http:
// its answers may be streamed and know when the client is gone.
func Serve(h http.Handler) func(c net.Conn) {
	return func(c net.Conn) {
		ended := make(chan struct{})
		var once sync.Once
		server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0), ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateClosed || s == http.StateHijacked {
				once.Do(func() { close(ended) })
			}
		}}
		server.Serve(&oneConn{conn: c, ended: ended})
	}
}

// oneConn is a listener that has one connection to give.
type oneConn struct {
	conn  net.Conn
	once  sync.Once
	ended chan struct{}
}

func (o *oneConn) Accept() (net.Conn, error) {
	var c net.Conn
	o.once.Do(func() { c = o.conn })
	if c != nil {
		return c, nil
	}
	<-o.ended
	return nil, net.ErrClosed
}

func (o *oneConn) Close() error   { return nil }
func (o *oneConn) Addr() net.Addr { return o.conn.LocalAddr() }
