package checks

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// peerOf is the other side of a connection that answers each request with the
// next text and then closes it.
func peerOf(t *testing.T, answers ...string) (c *webConn, asked <-chan string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	raw, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	peer, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, len(answers))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer peer.Close()
		for _, a := range answers {
			buf := make([]byte, 64<<10)
			n, err := peer.Read(buf)
			if err != nil {
				return
			}
			heard <- string(buf[:n])
			io.WriteString(peer, a)
		}
	}()
	t.Cleanup(func() {
		raw.Close()
		<-ended
	})
	return newWebConn(raw), heard
}

func getOver(ctx context.Context, c *webConn, wait time.Duration) (string, error) {
	r, err := http.NewRequestWithContext(ctx, "GET", "http://mail.contoso.com/x?y", nil)
	if err != nil {
		return "", err
	}
	res, err := c.roundTrip(r, wait)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 10))
	return res.Status + " " + string(body), err
}

// TestOneConnection asks twice over one connection.
func TestOneConnection(t *testing.T) {
	t.Parallel()
	const good = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"
	for _, c := range []struct {
		name          string
		answers       []string
		first, second string
		reason        string // of what is wrong with the second
	}{
		{"both answered", []string{good, strings.Replace(good, "one", "two", 1)}, "200 OK one", "200 OK two", ""},
		{"chunks", []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n", good}, "200 OK one", "200 OK one", ""},
		{"interim answers", []string{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + good, good}, "200 OK one", "200 OK one", ""},
		{"without a body", []string{"HTTP/1.1 304 Not Modified\r\n\r\n", good}, "304 Not Modified ", "200 OK one", ""},
		{"the server ends it", []string{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\none", good}, "200 OK one", "", "http.closed"},
		{"HTTP/1.0", []string{"HTTP/1.0 200 OK\r\n\r\none"}, "200 OK one", "", "http.closed"},
		{"closed after the answer", []string{good}, "200 OK one", "", "http.closed"},
		{"body not read to its end", []string{"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789", good}, "200 OK 0123456789", "", "http.closed"},
		{"a second answer that nobody asked for", []string{good + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfalse", good}, "200 OK one", "", "http.closed"},
		{"no HTTP", []string{good, "220 mail.contoso.com\r\n"}, "200 OK one", "", "http.not_http"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn, asked := peerOf(t, c.answers...)
			if got, err := getOver(t.Context(), conn, time.Minute); got != c.first || err != nil {
				t.Fatalf("%q, %v, want %q", got, err, c.first)
			}
			if got := <-asked; !strings.HasPrefix(got, "GET /x?y HTTP/1.1\r\nHost: mail.contoso.com\r\n") {
				t.Errorf("asked %q", got)
			}
			got, err := getOver(t.Context(), conn, time.Minute)
			if got != c.second {
				t.Errorf("then %q, want %q", got, c.second)
			}
			if (err == nil) != (c.reason == "") {
				t.Fatalf("then %v", err)
			}
			if err == nil {
				return
			}
			if tr := httpTrouble(err); tr.reason != c.reason && (c.reason != "http.closed" || tr.reason != "http.reset") {
				t.Errorf("then %s (%v), want %s", tr.reason, err, c.reason)
			}
		})
	}
}

// TestHeadersAreBounded meets headers that do not end, and what large bodies
// after good headers are not: too large.
func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"one long header":          "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 70<<10),
		"interim answers for ever": strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 4000),
	} {
		c, _ := peerOf(t, answer)
		if _, err := getOver(t.Context(), c, time.Minute); !errors.Is(err, errHugeHeader) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, _ := peerOf(t, "HTTP/1.1 200 OK\r\n\r\n"+strings.Repeat("x", 200<<10))
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://mail.contoso.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.roundTrip(r, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if n, err := io.Copy(io.Discard, res.Body); n != 200<<10 || err != nil {
		t.Errorf("%d bytes of the body, %v", n, err)
	}
}

// TestSilenceEndsInTime meets servers that stop: before the answer, within its
// body, and until the run is cancelled.
func TestSilenceEndsInTime(t *testing.T) {
	t.Parallel()
	const half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
	silent := func(first string) *webConn {
		c, _ := peerOf(t, first, "never", "comes")
		return c
	}
	if _, err := getOver(t.Context(), silent(""), 10*time.Millisecond); !isTimeout(err) || httpTrouble(err).reason != "http.slow" {
		t.Errorf("no answer: %v", err)
	}
	for patience := 20 * time.Millisecond; ; patience *= 4 { // a busy computer may be late with the half
		short, cancel := context.WithTimeout(t.Context(), patience)
		got, err := getOver(short, silent(half), time.Minute)
		cancel()
		if !isTimeout(err) {
			t.Errorf("half a body: %q, %v", got, err)
		}
		if strings.HasSuffix(got, "half") {
			break
		}
		if patience > 20*time.Second {
			t.Fatalf("no half of a body within %s: %q", patience, got)
		}
	}
	for _, after := range []time.Duration{0, 10 * time.Millisecond} {
		ctx, stop := context.WithCancel(t.Context())
		if after == 0 {
			stop()
		}
		time.AfterFunc(after, stop)
		if _, err := getOver(ctx, silent(""), time.Minute); err == nil || httpTrouble(err).reason != "run.cancelled" {
			t.Errorf("cancelled after %s: %v", after, err)
		}
	}
}
