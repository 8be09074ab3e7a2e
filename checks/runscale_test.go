package checks

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// crowd counts connections at the same time, per address and in all.
type crowd struct {
	mu       sync.Mutex
	now      map[string]int
	all      int
	mostSMTP int // to one address and port
	mostIMAP int
	mostHost int // to one address
	mostAll  int
	serving  atomic.Int32 // servers that run
}

func (c *crowd) enter(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	host, port, _ := net.SplitHostPort(address)
	c.now[host]++
	c.now[address]++
	c.all++
	c.mostHost, c.mostAll = max(c.mostHost, c.now[host]), max(c.mostAll, c.all)
	if port == "25" {
		c.mostSMTP = max(c.mostSMTP, c.now[address])
	} else {
		c.mostIMAP = max(c.mostIMAP, c.now[address])
	}
}

func (c *crowd) leave(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	host, _, _ := net.SplitHostPort(address)
	c.now[host]--
	c.now[address]--
	c.all--
}

func (c *crowd) left() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all
}

// mailServer answers SMTP, or IMAP at its port, as the probes need it.
func mailServer(c net.Conn, imap bool) {
	defer c.Close()
	in := bufio.NewReader(c)
	greeting := "220 mail ESMTP\r\n"
	if imap {
		greeting = "* OK ready\r\n"
	}
	io.WriteString(c, greeting)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		tag, _, _ := strings.Cut(line, " ")
		switch {
		case imap && strings.Contains(line, "CAPABILITY"):
			io.WriteString(c, "* CAPABILITY IMAP4 LOGINDISABLED\r\n"+tag+" OK done\r\n")
		case imap:
			io.WriteString(c, tag+" OK done\r\n")
			return
		case strings.HasPrefix(line, "EHLO"):
			io.WriteString(c, "250-mail\r\n250 SIZE\r\n")
		default:
			return
		}
	}
}

// manyChecks are count checks over 500 addresses, half of them of SMTP.
func manyChecks(count int) []Check {
	list := make([]Check, count)
	for i := range list {
		host := fmt.Sprintf("10.%d.%d.9", i%500/250, i%250)
		list[i] = Check{ID: fmt.Sprint(i), Kind: "smtp", Params: Params{"host": host}}
		if i/500%2 == 1 {
			list[i] = Check{ID: fmt.Sprint(i), Kind: "mailbox", Params: Params{"proto": "imap", "host": host, "tls": "none"}}
		}
	}
	return list
}

// TestThousandsOfChecks runs 5,000 checks over 500 addresses: never more
// connections than allowed, results as they come, and no more kept of a check
// at the end than at the beginning.
func TestThousandsOfChecks(t *testing.T) {
	const count = 5000
	many := &crowd{now: map[string]int{}}
	env := &Env{Vantage: Inside, Dial: pipes(many)}
	list := manyChecks(count)
	before := runtime.NumGoroutine()
	var began, done, mostBegun, goroutines int
	heap := map[int]uint64{}
	results := Run(t.Context(), env, list, func(u Update) {
		if !u.Done {
			began++
			mostBegun = max(mostBegun, began-done)
			return
		}
		if done++; done == 1000 || done == count {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			heap[done] = m.HeapAlloc
		}
		goroutines = max(goroutines, runtime.NumGoroutine()-int(many.serving.Load()))
		if u.Result.ID != list[u.Index].ID {
			t.Errorf("result %s under index %d", u.Result.ID, u.Index)
		}
	})
	for i, r := range results {
		if r.Verdict != Pass || r.ID != fmt.Sprint(i) {
			t.Fatalf("%s: %s %s %s", r.ID, r.Verdict, r.Reason, r.Summary)
		}
	}
	if many.mostSMTP != 1 || many.mostIMAP > 4 || many.mostHost > 4 || many.mostAll > 64 || many.mostAll < 32 || many.left() != 0 {
		t.Errorf("at most %d to one SMTP server, %d to one IMAP server, %d to one address, %d in all; %d left open",
			many.mostSMTP, many.mostIMAP, many.mostHost, many.mostAll, many.left())
	}
	if mostBegun > 64 || done != count {
		t.Errorf("%d checks at once, %d results told", mostBegun, done)
	}
	if limit := before + 64*6; goroutines > limit {
		t.Errorf("%d goroutines, more than %d", goroutines, limit)
	}
	if grown := int64(heap[count]) - int64(heap[1000]); grown > 4000*6<<10 {
		t.Errorf("%d bytes more for 4,000 further checks", grown)
	}
	settled(t, before)
}

// pipes connects to mail servers in memory.
func pipes(many *crowd) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, _, address string) (net.Conn, error) {
		many.enter(address)
		near, far := net.Pipe()
		go func() {
			many.serving.Add(1)
			defer many.serving.Add(-1)
			<-time.After(time.Millisecond) // so that many are under way together
			mailServer(far, strings.HasSuffix(address, ":143"))
		}()
		return &closeCounter{Conn: near, closed: func() { many.leave(address) }}, nil
	}
}

// TestCancelOfThousands stops a large run in its midst: nothing begins after
// that, and every check has its result.
func TestCancelOfThousands(t *testing.T) {
	many := &crowd{now: map[string]int{}}
	env := &Env{Vantage: Inside, Dial: pipes(many)}
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	var done, late int
	results := Run(ctx, env, manyChecks(5000), func(u Update) {
		switch {
		case !u.Done && ctx.Err() != nil:
			late++
		case u.Done:
			if done++; done == 500 {
				cancel()
			}
		}
	})
	cancelled := 0
	for _, r := range results {
		if r.Reason == "run.cancelled" {
			cancelled++
		} else if r.Verdict != Pass {
			t.Fatalf("%s: %s %s", r.ID, r.Verdict, r.Reason)
		}
	}
	// one check may be on its way while the word is given
	if late > 1 || done != 5000 || cancelled < 4000 || many.left() != 0 {
		t.Errorf("%d began after it was cancelled, %d told, %d cancelled, %d connections left", late, done, cancelled, many.left())
	}
	settled(t, before)
}

// BenchmarkRun holds the runner against bare loops at the same concurrency:
// one that makes the same connections and says the same lines by hand, and one
// that calls the same probes without the runner. Each round does all three, in
// turn; the metrics are how much more processor time the runner takes than they
// do, servers included. Loops like these wait for nothing else, and other
// programs do not change it.
func BenchmarkRun(b *testing.B) {
	cert := ownCertificate(b)
	for _, c := range []struct {
		name  string
		check Check
		serve func(net.Conn)
		talk  func(at string) error
	}{
		{"smtp", Check{Kind: "smtp", Params: Params{}}, func(c net.Conn) { mailServer(c, false) }, func(at string) error {
			return bareTalk(at, false, "", "EHLO [127.0.0.1]", " SIZE", "QUIT", "")
		}},
		{"imaps", Check{Kind: "mailbox", Params: Params{"proto": "imap"}},
			func(c net.Conn) { mailServer(tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}}), true) },
			func(at string) error {
				return bareTalk(at, true, "OK", "a1 CAPABILITY", "a1 OK", "a2 LOGOUT", "a2 OK")
			}},
	} {
		b.Run(c.name, func(b *testing.B) {
			at := loopback(b, c.serve)
			var d net.Dialer
			env := &Env{Vantage: Inside, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) { return d.DialContext(ctx, network, at) }}
			var list []Check
			for i := range 500 {
				one := c.check
				one.Params = maps.Clone(one.Params)
				one.Params["host"] = fmt.Sprintf("10.%d.%d.9", i/250, i%250)
				list = append(list, one)
			}
			benchmarkAgainstLoops(b, env, list, func() error { return c.talk(at) })
		})
	}
}

func benchmarkAgainstLoops(b *testing.B, env *Env, list []Check, talk func() error) {
	var ours, byHand, probes time.Duration
	kind := KindNamed(list[0].Kind)
	for b.Loop() {
		byHand += bareLoop(len(list), func(int) {
			if err := talk(); err != nil {
				b.Error(err)
			}
		})
		probes += bareLoop(len(list), func(i int) {
			ctx, cancel := context.WithTimeout(b.Context(), kind.Budget)
			defer cancel()
			if f := kind.Observe(ctx, env, list[i]); f.Verdict != Pass {
				b.Error(f.Summary)
			}
		})
		began := cpuTime()
		for _, r := range Run(b.Context(), env, list, nil) {
			if r.Verdict != Pass {
				b.Fatalf("%s: %s", r.Reason, r.Summary)
			}
		}
		ours += cpuTime() - began
	}
	more := func(than time.Duration) float64 { return 100 * (float64(ours)/float64(than) - 1) }
	b.ReportMetric(more(byHand), "%over-by-hand")
	b.ReportMetric(more(probes), "%over-probes")
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N*len(list)), "µs/check")
}

// ownCertificate is a certificate for servers whom nobody trusts.
func ownCertificate(b *testing.B) tls.Certificate {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	raw, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)}, &x509.Certificate{SerialNumber: big.NewInt(1)}, &key.PublicKey, key)
	if err != nil {
		b.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

// bareLoop does something a number of times, with as many workers as a run has.
func bareLoop(count int, one func(i int)) time.Duration {
	began := cpuTime()
	next := make(chan int, count)
	for i := range count {
		next <- i
	}
	close(next)
	var wg sync.WaitGroup
	for range DefaultLimits.Workers {
		wg.Go(func() {
			for i := range next {
				one(i)
			}
		})
	}
	wg.Wait()
	return cpuTime() - began
}

// bareTalk is one conversation by hand, with a time limit as anybody would set:
// lines said in turn with a part of the line that ends the answer.
func bareTalk(at string, secure bool, greeting string, turns ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", at)
	if err != nil {
		return err
	}
	defer func() { c.Close() }()
	c.SetDeadline(time.Now().Add(time.Minute))
	if secure {
		c = tls.Client(c, legacyConfig("10.0.0.9"))
	}
	in := bufio.NewReader(c)
	hear := func(end string) error {
		for {
			line, err := in.ReadString('\n')
			if err != nil || strings.Contains(line, end) {
				return err
			}
		}
	}
	if err := hear(greeting); err != nil {
		return err
	}
	for i := 0; i < len(turns); i += 2 {
		if _, err := io.WriteString(c, turns[i]+"\r\n"); err != nil {
			return err
		}
		if turns[i+1] == "" {
			continue
		}
		if err := hear(turns[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkSilentHosts looks at 100 hosts that never answer, each with two
// seconds of time; the metric is how many of these times the run lasts.
func BenchmarkSilentHosts(b *testing.B) {
	env := &Env{Vantage: Inside, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	var list []Check
	const each = 2 * time.Second
	for i := range 100 {
		list = append(list, Check{Kind: "tcp", Timeout: each, Params: Params{"host": fmt.Sprintf("10.9.0.%d", i+1), "port": int64(25)}})
	}
	var took time.Duration
	for b.Loop() {
		began := time.Now()
		Run(b.Context(), env, list, nil)
		took += time.Since(began)
	}
	b.ReportMetric(float64(took)/float64(b.N)/float64(each), "timeouts")
}
