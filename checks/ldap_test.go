package checks

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

func TestHostileDirectories(t *testing.T) {
	t.Parallel()
	send := func(b []byte) func(net.Conn) {
		return func(c net.Conn) {
			c.Read(make([]byte, 1024))
			c.Write(b)
			hold(c)
		}
	}
	deep := bytes.Repeat([]byte{0x30, 0x80}, 2000)
	for name, c := range map[string]struct {
		handle  func(net.Conn)
		verdict Verdict
		reason  string
	}{
		"2 GiB":             {send([]byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff}), Unknown, "ldap.malformed"},
		"2 MiB":             {send([]byte{0x30, 0x83, 0x20, 0, 0}), Unknown, "ldap.malformed"},
		"indefinite length": {send(deep), Unknown, "ldap.malformed"},
		"deep":              {send(append([]byte{0x30, 0x82, 0x0f, 0xa0}, deep...)), Unknown, "ldap.malformed"},
		"garbage":           {send([]byte("SSH-2.0-OpenSSH_9.9\r\n")), Fail, "ldap.not_ldap"},
		"silence":           {hold, Unknown, "ldap.timeout"},
		"closes":            {func(c net.Conn) { c.Read(make([]byte, 1024)) }, Unknown, "ldap.closed"},
		"empty messages":    {send(bytes.Repeat([]byte{0x30, 0}, 5000)), Unknown, "ldap.timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.name("dc1.contoso.com", "10.0.0.1")
			w.serve("10.0.0.1:389", c.handle)
			r := w.run(Check{Kind: "ldap", Timeout: 2 * time.Second, Params: Params{"query": "rootdse", "targets": []any{"dc1.contoso.com"}}})
			expectResult(t, name, r, c.verdict, c.reason)
			if !strings.Contains(r.Summary, "dc1.contoso.com") {
				t.Errorf("the controller is not named: %s", r.Summary)
			}
		})
	}
}

// TestNamedPortIsTheOnlyOne asks a directory on the port that was named, and on
// none besides.
func TestNamedPortIsTheOnlyOne(t *testing.T) {
	t.Parallel()
	for port, says := range map[int]string{3268: "ldap.not_ldap", 3269: "ldap.dc_unreachable", 636: "ldap.dc_unreachable", 10389: "ldap.not_ldap"} {
		w := newWorld(t)
		w.name("dc1.contoso.com", "10.0.0.1")
		var at sync.Map
		for _, other := range []int{389, 636, 3268, 3269, 10389} {
			w.serve(fmt.Sprintf("10.0.0.1:%d", other), func(c net.Conn) {
				at.Store(other, true)
				c.Read(make([]byte, 1024))
				io.WriteString(c, "SSH-2.0-OpenSSH_9.9\r\n")
			})
		}
		r := w.run(Check{Kind: "ldap", Timeout: 2 * time.Second, Params: Params{"query": "rootdse", "targets": []any{"dc1.contoso.com"}, "port": port}})
		if r.Reason != says {
			t.Errorf("port %d: %s %s %q, want %s", port, r.Verdict, r.Reason, r.Summary, says)
		}
		at.Range(func(other, _ any) bool {
			if other != port {
				t.Errorf("port %d was named and %d was asked", port, other)
			}
			return true
		})
		if _, asked := at.Load(port); !asked {
			t.Errorf("port %d was not asked", port)
		}
	}
}

// ldapPeer answers bind, root and every search by hand.
func ldapPeer(search func(id int64, n int) [][]byte) func(net.Conn) {
	return func(c net.Conn) {
		for n := 0; ; {
			m, err := ber.ReadPacket(c)
			if err != nil || len(m.Children) < 2 {
				return
			}
			id, _ := m.Children[0].Value.(int64)
			var out [][]byte
			switch op := m.Children[1]; {
			case op.Tag == ldap.ApplicationUnbindRequest:
				return
			case op.Tag != ldap.ApplicationSearchRequest:
				out = [][]byte{ldapDone(id, ldap.ApplicationBindResponse, 0)}
			case op.Children[0].Data.Len() == 0:
				out = [][]byte{ldapEntry(id, "", "configurationNamingContext", "CN=Configuration,DC=x"), ldapDone(id, ldap.ApplicationSearchResultDone, 0)}
			default:
				n++
				out = search(id, n)
			}
			for _, b := range out {
				if _, err := c.Write(b); err != nil {
					return
				}
			}
		}
	}
}

func ldapMessage(id int64, op *ber.Packet, more ...*ber.Packet) []byte {
	m := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	m.AppendChild(op)
	for _, p := range more {
		m.AppendChild(p)
	}
	return m.Bytes()
}

func octets(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func ldapEntry(id int64, dn, attribute, value string) []byte {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	list := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	one := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
	set.AppendChild(octets(value))
	one.AppendChild(octets(attribute))
	one.AppendChild(set)
	list.AppendChild(one)
	op.AppendChild(octets(dn))
	op.AppendChild(list)
	return ldapMessage(id, op)
}

func ldapReferral(id int64, url string) []byte {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultReference, nil, "")
	op.AppendChild(octets(url))
	return ldapMessage(id, op)
}

func ldapDone(id int64, tag ber.Tag, code int, controls ...ldap.Control) []byte {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, int64(code), ""))
	op.AppendChild(octets(""))
	op.AppendChild(octets(""))
	if len(controls) == 0 {
		return ldapMessage(id, op)
	}
	list := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
	for _, c := range controls {
		list.AppendChild(c.Encode())
	}
	return ldapMessage(id, op, list)
}

// open connects to a peer without logging on.
func openPeer(t *testing.T, search func(id int64, n int) [][]byte) *controller {
	t.Helper()
	w := newWorld(t)
	w.serve("10.0.0.1:389", ldapPeer(search))
	p := &ldapProbe{env: w.env}
	d, f := p.openAnonymous(t.Context(), "10.0.0.1")
	if f != nil {
		t.Fatal(f.Summary)
	}
	t.Cleanup(d.close)
	return d
}

func TestPagesThatNeverEndAreCut(t *testing.T) {
	t.Parallel()
	cookie := func(s string) ldap.Control {
		c := ldap.NewControlPaging(0)
		c.SetCookie([]byte(s))
		return c
	}
	for name, c := range map[string]struct {
		search  func(id int64, n int) [][]byte
		partial bool
		reason  string
	}{
		"same page again": {func(id int64, n int) [][]byte {
			return [][]byte{ldapEntry(id, "CN=a,DC=x", "cn", "a"), ldapDone(id, ldap.ApplicationSearchResultDone, 0, cookie("1"))}
		}, true, ""},
		"empty pages": {func(id int64, n int) [][]byte {
			return [][]byte{ldapDone(id, ldap.ApplicationSearchResultDone, 0, cookie("1"))}
		}, true, ""},
		"size limit": {func(id int64, n int) [][]byte {
			return [][]byte{ldapEntry(id, "CN=a,DC=x", "cn", "a"), ldapDone(id, ldap.ApplicationSearchResultDone, 4)}
		}, true, ""},
		"whole": {func(id int64, n int) [][]byte {
			return [][]byte{ldapEntry(id, "CN=a,DC=x", "cn", "a"), ldapDone(id, ldap.ApplicationSearchResultDone, 0)}
		}, false, ""},
		"referral": {func(id int64, n int) [][]byte {
			return [][]byte{ldapDone(id, ldap.ApplicationSearchResultDone, 10)}
		}, false, "ldap.referral"},
		"not bound": {func(id int64, n int) [][]byte {
			return [][]byte{ldapDone(id, ldap.ApplicationSearchResultDone, 1)}
		}, false, "ldap.not_readable"},
		"wants signing": {func(id int64, n int) [][]byte {
			return [][]byte{ldapDone(id, ldap.ApplicationSearchResultDone, 8)}
		}, false, "ldap.signing_required"},
	} {
		d := openPeer(t, c.search)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		a, trouble := d.ask(ctx, subtree("DC=x", "(cn=*)", []string{"cn"}))
		cancel()
		switch {
		case c.reason == "" && (trouble != nil || a.partial != c.partial):
			t.Errorf("%s: %+v, partial %v", name, trouble, a.partial)
		case c.reason != "" && (trouble == nil || trouble.reason != c.reason):
			t.Errorf("%s: %+v, want %s", name, trouble, c.reason)
		}
	}
	thousand := openPeer(t, func(id int64, n int) [][]byte {
		var out [][]byte
		for range 1000 {
			out = append(out, ldapReferral(id, "ldap://elsewhere.contoso.com/DC=x"))
		}
		return append(out, ldapDone(id, ldap.ApplicationSearchResultDone, 0))
	})
	a, trouble := thousand.ask(t.Context(), subtree("DC=x", "(cn=*)", []string{"cn"}))
	if trouble != nil || a.referrals != 1000 || a.count != 0 {
		t.Errorf("referrals: %+v %+v", a, trouble)
	}
}

func TestDirectoryValues(t *testing.T) {
	t.Parallel()
	for serial, want := range map[string]string{
		"Version 15.0 (Build 31497.2)": "2013 15.0.1497.2", "Version 15.0 (Build 30516.32)": "2013 15.0.516.32",
		"Version 14.3 (Build 30123.4)": "2010 14.3.123.4", "Version 8.3 (Build 30083.6)": "2007 8.3.83.6",
		"Version 6.5 (Build 7638.2: Service Pack 2)": "2003 6.5.7638.2", "Version 15.1 (Build 32507.6)": "2016 15.1.2507.6",
		"": "unknown ", "Version 15.0": "unknown ", "15.0.1497.2": "unknown ", "Version 15.0 (Build 31497.2) x": "unknown ",
	} {
		if major, build, _ := decodeSerial(serial); major+" "+build != want {
			t.Errorf("%q: %s %s, want %s", serial, major, build, want)
		}
	}
	for _, c := range []struct {
		bits    int64
		version string
		want    string
	}{
		{54, "2013", "mailbox"}, {16385, "2013", "client-access"}, {16439, "2013", "client-access mailbox"}, {4, "2013", ""},
		{54, "2010", "client-access hub-transport mailbox unified-messaging"}, {2, "2007", "mailbox"}, {64, "2010", "edge-transport"},
	} {
		if got := strings.Join(serverRoles(c.bits, c.version), " "); got != c.want {
			t.Errorf("%d on %s: %s, want %s", c.bits, c.version, got, c.want)
		}
	}
	for v, want := range map[string]string{"-18000000000": "30", "-9223372036854775808": "forever", "0": "0", "5": "", "x": ""} {
		if got, _ := minutes(v); got != want {
			t.Errorf("minutes %s: %q, want %q", v, got, want)
		}
	}
	if got := parentDN(`CN=a\,b,CN=c,DC=x`); got != "CN=c,DC=x" {
		t.Errorf("parent: %s", got)
	}
	if got := serverOf(`CN=owa (Default Web Site),CN=HTTP,CN=Protocols,CN=EX\,1,CN=Servers,CN=g`); got != "EX,1" {
		t.Errorf("server: %s", got)
	}
	if !isDeleted("CN=NTDS Settings\\0ADEL:6f1c7a52,CN=DC9,DC=x") {
		t.Error("a deleted object is not recognised")
	}
	if !sameDN("CN=A, DC=X", "cn=a,dc=x") || sameDN("", "") {
		t.Error("names compare wrongly")
	}
}

func FuzzDirectoryValues(f *testing.F) {
	f.Add("Version 15.0 (Build 31497.2)", `CN=a\,b,CN=Servers,DC=x`)
	f.Add("-9223372036854775808", "CN=NTDS Settings\\0ADEL:1,DC=x")
	f.Fuzz(func(t *testing.T, value, dn string) {
		if major, build, ok := decodeSerial(value); ok == (build == "") || major == "" {
			t.Errorf("%q: %q %q %v", value, major, build, ok)
		}
		if v, ok := versionValue(value); ok && (v == "" || v[0] == '-') {
			t.Errorf("%q is no version", value)
		}
		minutes(value)
		rpcServer(value)
		keywordValues([]string{value}, "Site=")
		if host, ok := pointerHost(value); ok && validTarget("x", host) != nil {
			t.Errorf("%q leads to %q", value, host)
		}
		holds(value, dn, time.Now())
		validAccount("x", value)
		hostsOf([]string{value})
		_ = parentDN(dn)
		serverOf(dn)
		isDeleted(dn)
		if dn != "" && !sameDN(dn, dn) {
			t.Errorf("%q differs from itself", dn)
		}
	})
}

func FuzzLDAPStream(f *testing.F) {
	f.Add(ldapDone(1, ldap.ApplicationSearchResultDone, 0))
	f.Add([]byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &ldapStream{Conn: readOnly{bytes.NewReader(data)}}
		out, err := io.ReadAll(s)
		if !bytes.HasPrefix(data, out) {
			t.Errorf("%x became %x", data, out)
		}
		if err == nil && len(out) != len(data) {
			t.Errorf("%x was cut to %x without an error", data, out)
		}
	})
}

// readOnly is a connection that only has something to say.
type readOnly struct{ io.Reader }

func (readOnly) Write(p []byte) (int, error)      { return len(p), nil }
func (readOnly) Close() error                     { return nil }
func (readOnly) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (readOnly) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (readOnly) SetDeadline(time.Time) error      { return nil }
func (readOnly) SetReadDeadline(time.Time) error  { return nil }
func (readOnly) SetWriteDeadline(time.Time) error { return nil }

// ldapRefusing answers every logon with a wrong password, and counts them.
func ldapRefusing(tries *atomic.Int32) func(net.Conn) {
	return func(c net.Conn) {
		for {
			m, err := ber.ReadPacket(c)
			if err != nil || len(m.Children) < 2 {
				return
			}
			id, _ := m.Children[0].Value.(int64)
			code := 1
			if m.Children[1].Tag == ldap.ApplicationBindRequest {
				code = 49
				tries.Add(1)
			}
			if _, err := c.Write(ldapDone(id, ldap.ApplicationBindResponse, code)); err != nil {
				return
			}
		}
	}
}

// TestNoUsableControllerProvesNothing is given domain controllers whose names
// cannot be asked: what was looked for nowhere is not absent.
func TestNoUsableControllerProvesNothing(t *testing.T) {
	t.Parallel()
	none := []Expectation{{Op: "count", Value: "0"}}
	for _, query := range []string{"servers", "schema"} {
		w := newWorld(t)
		w.env.Logons = NewLogons()
		w.env.Logon = func(context.Context, string) (Credential, error) {
			return Credential{"CONTOSO\\reader", NewSecret("x")}, nil
		}
		w.env.Directory.Forest = "contoso.com"
		w.env.Records = func(context.Context, string, string) ([]Record, error) {
			return []Record{{Value: "dc 1.contoso.com"}, {Value: "-.contoso.com"}}, nil
		}
		check := Check{Kind: "ldap", Params: Params{"query": query}, Expect: none}
		expectResult(t, query+", from DNS", w.run(check), Unknown, "ldap.no_dc")
		w.env.Directory.Controllers = []string{"not a name"}
		expectResult(t, query+", from the migration", w.run(check), Unknown, "ldap.no_dc")
	}
}

// TestReadingIsToldInSteps reads how far the conversation with a directory came.
func TestReadingIsToldInSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.name("dc1.contoso.com", "10.0.0.1")
	w.serve("10.0.0.1:389", ldapPeer(func(id int64, _ int) [][]byte {
		return [][]byte{ldapEntry(id, "", "dnsHostName", "dc1.contoso.com"), ldapDone(id, ldap.ApplicationSearchResultDone, 0)}
	}))
	r := w.run(Check{Kind: "ldap", Timeout: 2 * time.Second, Params: Params{"query": "rootdse", "targets": []any{"dc1.contoso.com"}}})
	var steps []string
	for _, dc := range r.Sub {
		for _, s := range dc.Sub {
			steps = append(steps, s.Kind+" "+s.Summary)
		}
	}
	all := strings.Join(steps, "\n")
	for _, want := range []string{"tcp connected to 10.0.0.1:389", "ldap rootDSE: 1 read"} {
		if !strings.Contains(all, want) {
			t.Errorf("no step %q in %q; %s %s", want, all, r.Verdict, r.Summary)
		}
	}
}
