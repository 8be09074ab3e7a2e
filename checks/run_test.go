package checks

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func tcpCheck(host string, port int) Check {
	return Check{ID: fmt.Sprintf("t/%s/%d", host, port), Kind: "tcp", Params: Params{"host": host, "port": int64(port)}}
}

func TestRunKeepsOrderAndStreams(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve("10.1.0.1:25", func(c net.Conn) { io.WriteString(c, "220 hello\r\n"); hold(c) })
	var list []Check
	for i := range 40 {
		list = append(list, tcpCheck("10.1.0.1", 25))
		list[i].ID = fmt.Sprint(i)
	}
	list = append(list, Check{ID: "bad", Kind: "nonsense"}, tcpCheck("10.1.0.1", 99))
	inside := atomic.Int32{}
	began, ended := map[int]bool{}, map[int]bool{}
	results := Run(t.Context(), w.env, list, func(u Update) {
		if inside.Add(1) != 1 {
			t.Error("two updates at once")
		}
		defer inside.Add(-1)
		if u.Done {
			ended[u.Index] = true
			if u.Result == nil || u.Result.ID != list[u.Index].ID {
				t.Errorf("update %d has %+v", u.Index, u.Result)
			}
			return
		}
		began[u.Index] = true
	})
	for i, r := range results {
		if r.ID != list[i].ID {
			t.Errorf("result %d is %q", i, r.ID)
		}
		if !ended[i] {
			t.Errorf("check %d was never told as ended", i)
		}
	}
	if results[0].Verdict != Pass || results[0].Source != FromProbe || results[0].Vantage != Inside || results[0].Started.IsZero() {
		t.Errorf("%+v", results[0])
	}
	expectResult(t, "unknown kind", results[40], Unknown, "value.kind")
	expectResult(t, "refused", results[41], Fail, "tcp.refused")
	if began[40] || !began[41] {
		t.Error("a check of no kind must not begin, a real one must")
	}
}

// watched counts how many connections to one address are open at once.
func watched(w *world) (most func() int32) {
	var now, peak atomic.Int32
	inner := w.env.Dial
	w.env.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		n := now.Add(1)
		for {
			p := peak.Load()
			if n <= p || peak.CompareAndSwap(p, n) {
				break
			}
		}
		c, err := inner(ctx, network, address)
		if err != nil {
			now.Add(-1)
			return nil, err
		}
		return &closeCounter{Conn: c, closed: func() { now.Add(-1) }}, nil
	}
	return peak.Load
}

type closeCounter struct {
	net.Conn
	once   sync.Once
	closed func()
}

func (c *closeCounter) Close() error {
	c.once.Do(c.closed)
	return c.Conn.Close()
}

func TestRunLimitsPerIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve("10.1.0.1:25", hold)
	w.name("a.example.com", "10.1.0.1")
	w.name("b.example.com", "10.1.0.1")
	most := watched(w)
	var list []Check
	for i := range 24 {
		list = append(list, tcpCheck([]string{"a.example.com", "b.example.com", "10.1.0.1"}[i%3], 25))
	}
	for _, r := range Run(t.Context(), w.env, list, nil) {
		expectResult(t, r.ID, r, Pass, "")
	}
	if n := most(); n > 4 || n < 2 {
		t.Errorf("%d connections to one address at once, want at most 4 and more than one", n)
	}
}

func TestRunKeepsAKindsStricterLimit(t *testing.T) {
	t.Parallel()
	g := newGate(4)
	if g.try([]string{"x"}, "smtp", 1) != "" || g.try([]string{"x"}, "smtp", 1) != "smtp x" || g.room("smtp x") {
		t.Error("the second smtp check of a host must wait")
	}
	if g.try([]string{"x"}, "tcp", 0) != "" || !g.room("x") {
		t.Error("another kind need not wait for smtp")
	}
	for range 2 {
		g.try([]string{"x"}, "tcp", 0)
	}
	if g.try([]string{"y", "x"}, "tcp", 0) != "x" || g.count["y"] != 0 {
		t.Error("a fifth must wait, and take nothing elsewhere meanwhile")
	}
	g.give([]string{"x"}, "smtp")
	if g.try([]string{"x"}, "smtp", 1) != "" {
		t.Error("what is given back is free")
	}
}

func TestCancelEndsEverything(t *testing.T) {
	w := newWorld(t)
	w.serve("10.1.0.1:443", hold) // never speaks TLS
	w.to["tcp 10.1.0.2:443"] = "dropped"
	var list []Check
	for i := range 20 {
		list = append(list,
			Check{Kind: "tls", Params: Params{"host": "10.1.0.1"}},
			Check{Kind: "http", Params: Params{"url": "https://10.1.0.1/"}},
			Check{Kind: "tcp", Params: Params{"host": fmt.Sprintf("10.1.0.%d", 2+i%2), "port": int64(443)}})
	}
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	var once sync.Once
	began := time.Now()
	results := Run(ctx, w.env, list, func(u Update) {
		if !u.Done {
			once.Do(cancel)
		}
	})
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("cancelling took %s", took)
	}
	cancelled := 0
	for _, r := range results {
		if r.Reason == "run.cancelled" && r.Verdict == Unknown {
			cancelled++
		}
	}
	if cancelled < 40 {
		t.Errorf("%d of %d were cancelled: %v", cancelled, len(results), results[0])
	}
	for _, c := range w.conns {
		c.Close()
	}
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after:\n%s", before, n, buf[:runtime.Stack(buf, true)])
	}
}

func TestPanicsAndDeadlinesAreUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env.Shell = func(ctx context.Context, c Check) ([]Row, error) {
		switch c.ID {
		case "panic":
			panic("boom")
		case "slow":
			<-ctx.Done()
			return []Row{{"Name": {"x"}}}, nil
		case "error":
			return nil, errBroken
		}
		return []Row{{"Name": {"x"}}}, nil
	}
	params := Params{"command": "Get-Mailbox", "properties": []any{"Name"}}
	list := []Check{
		{ID: "panic", Kind: "cmdlet", Params: params},
		{ID: "slow", Kind: "cmdlet", Params: params, Timeout: 50 * time.Millisecond},
		{ID: "error", Kind: "cmdlet", Params: params},
		{ID: "fine", Kind: "cmdlet", Params: params},
	}
	got := Run(t.Context(), w.env, list, nil)
	expectResult(t, "panic", got[0], Unknown, "probe.panic")
	expectResult(t, "slow", got[1], Unknown, "run.deadline")
	expectResult(t, "error", got[2], Unknown, "shell.failed")
	expectResult(t, "fine", got[3], Pass, "")
	if got[3].Source != FromShell {
		t.Errorf("source %q", got[3].Source)
	}
	w.env.Shell = nil
	expectResult(t, "no shell", w.run(list[3]), Unknown, "shell.import_needed")
	r := w.run(Check{Kind: "attest", Params: Params{"question": "Is the backup done?"}})
	expectResult(t, "attest", r, Unknown, "attest.needed")
	if r.Source != FromPerson || !strings.Contains(r.Summary, "backup") {
		t.Errorf("%+v", r)
	}
}

func TestVantage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve("10.1.0.1:25", hold)
	c := tcpCheck("10.1.0.1", 25)
	c.Vantage = Outside
	expectResult(t, "outside from inside", w.run(c), Unknown, "vantage.none_outside")
	w.env.Vantage = Outside
	r := w.run(c)
	expectResult(t, "outside", r, Pass, "")
	if r.Vantage != Outside {
		t.Errorf("vantage %q", r.Vantage)
	}
	c.Vantage = Inside
	expectResult(t, "inside from outside", w.run(c), Unknown, "vantage.inside_only")
	c.Vantage = Any
	expectResult(t, "any", w.run(c), Pass, "")
	question := Check{Kind: "attest", Vantage: Inside, Params: Params{"question": "?"}}
	expectResult(t, "a person may stand anywhere", w.run(question), Unknown, "attest.needed")
	if (&Env{}).Dial != nil {
		t.Fatal("the zero Env dials")
	}
	w.env = &Env{}
	expectResult(t, "zero env", w.run(tcpCheck("10.1.0.1", 25)), Unknown, "vantage.no_network")
}

func TestTranscriptsAreStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var kept []string
	w.env.Store = func(lines []string) (string, error) {
		kept = lines
		return "abc", nil
	}
	r := w.run(tcpCheck("10.1.0.1", 25))
	if r.Transcript != "abc" || len(kept) == 0 {
		t.Errorf("transcript %q of %q", r.Transcript, kept)
	}
	w.env.Store = func([]string) (string, error) { return "", errBroken }
	r = w.run(tcpCheck("10.1.0.1", 25))
	if r.Transcript != "" || r.Evidence["transcript_not_kept"] == "" || r.Reason != "tcp.refused" {
		t.Errorf("a transcript that cannot be stored must be told and change nothing: %+v", r)
	}
}

func TestParametersAreJudgedBeforeAnyPacket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("a", 300)
	for _, name := range []string{
		"", " ", long, strings.Repeat("a", 64) + ".com", "a..b", "mail.contoso.com/owa", "mäil.contoso.com", "a\nb", "a\x1b[31m", "-rf",
		"https://mail.contoso.com", "a b", "a;b", "*", "mail.contoso.com..",
	} {
		for _, c := range []Check{
			{Kind: "dns", Params: Params{"name": name}},
			{Kind: "tcp", Params: Params{"host": name, "port": int64(25)}},
			{Kind: "tls", Params: Params{"host": name}},
			{Kind: "tcp", Params: Params{"host": "10.1.0.1", "port": int64(25), "address": name + "!"}},
		} {
			expectResult(t, fmt.Sprintf("%s %q", c.Kind, clip(name, 30)), w.run(c), Unknown, "value.invalid")
		}
	}
	for _, port := range []any{int64(0), int64(70000), "https", 1.5, true} {
		expectResult(t, fmt.Sprint("port ", port), w.run(Check{Kind: "tcp", Params: Params{"host": "10.1.0.1", "port": port}}), Unknown, "value.invalid")
	}
	for _, u := range []string{"", "mail.contoso.com", "ftp://a/", "https://user:pw@a/", "https://a b/", "https://a:99999/", "https:///x", "https://a/\r\nX: y", "https://a\\b/"} {
		r := w.run(Check{Kind: "http", Params: Params{"url": u}})
		expectResult(t, u, r, Unknown, "value.invalid")
		if strings.Contains(r.Summary, "pw@") {
			t.Errorf("%q shows a password", r.Summary)
		}
	}
	if w.dials != 0 {
		t.Errorf("%d connections were made", w.dials)
	}
}

func TestKindsAreDeclaredWell(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if k.Name == "" || k.Doc == "" || k.Observe == nil || k.Source == "" || k.Budget <= 0 || seen[k.Name] {
			t.Errorf("kind %q is not complete or doubled", k.Name)
		}
		seen[k.Name] = true
		params, props := map[string]bool{}, map[string]bool{}
		for _, p := range k.Params {
			if p.Name == "" || p.Doc == "" || params[p.Name] || !slices.Contains([]ParamType{TextParam, ListParam, IntParam, BoolParam, TableParam}, p.Type) {
				t.Errorf("%s: parameter %q", k.Name, p.Name)
			}
			params[p.Name] = true
		}
		for _, f := range k.Rows {
			if f.Name == "" || f.Doc == "" || props[f.Name] {
				t.Errorf("%s: property %q", k.Name, f.Name)
			}
			props[f.Name] = true
		}
	}
	if len(seen) != len(Kinds()) || len(seen) < 13 {
		t.Errorf("%d kinds, of %d names", len(Kinds()), len(seen))
	}
}

func TestValidateParams(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind       string
		params     Params
		unrendered bool
		has        []string // all must be named; none: valid
	}{
		{"tcp", Params{"host": "a", "port": int64(1)}, false, nil},
		{"tcp", Params{"host": "a", "port": "443"}, false, nil},
		{"tcp", Params{"hots": "a", "prot": int64(1)}, false, []string{`"host"`, `"port"`, "did you mean"}},
		{"tcp", Params{"host": int64(1), "port": "x"}, false, []string{`"host"`, "text", `"port"`, "whole number"}},
		{"tcp", Params{"host": "{{.Site.Entry}}", "port": "{{num 1}}"}, true, nil},
		{"tcp", Params{"host": "{{.Site.Entry}}", "port": int64(1)}, false, []string{"host"}},
		{"tcp", Params{"port": int64(1)}, true, []string{`"host"`}},
		{"dns", Params{"name": "a", "type": "AXFR"}, false, []string{"AXFR", "CNAME"}},
		{"dns", Params{"name": "a", "type": "{{x}}"}, true, nil},
		{"dns", Params{"name": "a", "type": ""}, false, nil},
		{"dns", Params{"name": "10.0.0.1", "type": "PTR"}, false, nil},
		{"dns", Params{"name": "10.0.0.1"}, false, []string{"PTR"}},
		{"tls", Params{"host": "a", "names": []any{"b", int64(1)}}, false, []string{"element 2"}},
		{"tls", Params{"host": "a", "names": []any{"b c"}, "min_days": int64(-1)}, false, []string{"names", "min_days"}},
		{"http", Params{"url": "https://a/", "headers": map[string]any{"X": int64(1)}}, false, []string{"headers", `"X"`}},
		{"http", Params{"url": "https://a/", "headers": map[string]any{"Authorization": "Basic x"}}, false, []string{"Authorization"}},
		{"http", Params{"url": "https://a/", "headers": map[string]any{"X": "a\r\nY: b"}}, false, []string{"line break"}},
		{"http", Params{"url": "https://a/", "headers": []any{"X-A: 1", "X-B: http://b:80/"}}, false, nil},
		{"http", Params{"url": "https://a/", "headers": []any{"X-A: 1", "X-B"}}, false, []string{"element 2", "Name: value"}},
		{"http", Params{"url": "https://a/", "headers": []any{"X-A: 1", "x-a: 2"}}, false, []string{"second time"}},
		{"http", Params{"url": "https://a/", "headers": []any{"X-A: 1", int64(2)}}, false, []string{"element 2", "text"}},
		{"http", Params{"url": "https://a/", "headers": []any{"Cookie: a=b"}}, false, []string{"Cookie"}},
		{"http", Params{"url": "https://a/", "headers": []any{"X: a\r\nY: b"}}, false, []string{"line break"}},
		{"http", Params{"url": "https://a/", "headers": []any{"{{range .Sites}}X-{{.Name}}: 1{{end}}", "{{x}}"}}, true, nil},
		{"http", Params{"url": "https://a/", "headers": int64(1)}, false, []string{"table of texts or a list"}},
		{"http", Params{"url": "https://a/", "status": []any{"ok"}}, false, []string{"status"}},
		{"http", Params{"url": "https://a/", "auth": "basic"}, false, []string{"account"}},
		{"mailbox", Params{"proto": "imap", "host": "a", "account": `CONTOSO\probe10`}, false, nil},
		{"mailbox", Params{"proto": "imap", "host": "a", "account": `CONTOSO\`}, false, []string{"account"}},
		{"mailbox", Params{"proto": "imap", "host": "a", "account": "CONTOSO\\pro\nbe"}, false, []string{"account"}},
		{"smtp", Params{"host": "a", "relay_from": "a@b.c"}, false, []string{"relay_to"}},
		{"smtp", Params{"host": "a", "relay_from": "a@b.c", "relay_to": "x"}, false, []string{"relay_to"}},
		{"ldap", Params{"query": "users"}, false, []string{"users", "schema"}},
		{"ldap", Params{"query": "schema", "targets": []any{"dc1.contoso.com"}}, false, nil},
		{"cmdlet", Params{"command": "Get-X\nRemove-Y", "properties": []any{"A B"}}, false, []string{"one line", "A B"}},
		{"autodiscover", Params{"mailbox": "a@b@c"}, false, []string{"mailbox"}},
		{"mailbox", Params{"proto": "smtp", "host": "a"}, false, []string{"imap"}},
	} {
		err := ValidateParams(KindNamed(c.kind), c.params, c.unrendered)
		if (err == nil) != (len(c.has) == 0) {
			t.Errorf("%s %v: %v", c.kind, c.params, err)
			continue
		}
		for _, s := range c.has {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s %v: %q does not speak of %s", c.kind, c.params, err, s)
			}
		}
	}
}

// loopback serves every connection to a free port with handle.
func loopback(b *testing.B, handle func(net.Conn)) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				handle(c)
			}()
		}
	}()
	return ln.Addr().String()
}
