package checks

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// The other side of every test is a DNS library: questions must be ones that
// it reads, and what it writes must be read alike.

func asked(q *dnsmessage.Message) string { return q.Questions[0].Name.String() }

// reply builds an answer with records such as
// "www.example.com. 60 IN MX 10 mail.example.com.".
func reply(q *dnsmessage.Message, rcode dnsmessage.RCode, records ...string) *dnsmessage.Message {
	m := &dnsmessage.Message{Header: dnsmessage.Header{ID: q.ID, Response: true, RecursionDesired: q.RecursionDesired, RCode: rcode}, Questions: q.Questions}
	for _, line := range records {
		m.Answers = append(m.Answers, resource(line))
	}
	return m
}

func resource(line string) dnsmessage.Resource {
	f := strings.Fields(line)
	number := func(i int) uint16 {
		n, err := strconv.ParseUint(f[i], 10, 16)
		if err != nil {
			panic(line)
		}
		return uint16(n)
	}
	name := func(i int) dnsmessage.Name { return dnsmessage.MustNewName(f[i]) }
	r := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name(0), TTL: uint32(number(1)), Class: dnsmessage.ClassINET, Type: dnsmessage.Type(recordTypeNamed(f[3]))}}
	switch f[3] {
	case "A":
		r.Body = &dnsmessage.AResource{A: netip.MustParseAddr(f[4]).As4()}
	case "AAAA":
		r.Body = &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr(f[4]).As16()}
	case "CNAME":
		r.Body = &dnsmessage.CNAMEResource{CNAME: name(4)}
	case "PTR":
		r.Body = &dnsmessage.PTRResource{PTR: name(4)}
	case "NS":
		r.Body = &dnsmessage.NSResource{NS: name(4)}
	case "MX":
		r.Body = &dnsmessage.MXResource{Pref: number(4), MX: name(5)}
	case "SRV":
		r.Body = &dnsmessage.SRVResource{Priority: number(4), Weight: number(5), Port: number(6), Target: name(7)}
	case "SOA":
		r.Body = &dnsmessage.SOAResource{NS: name(4), MBox: name(5), Serial: uint32(number(6)), Refresh: uint32(number(7))}
	case "TXT":
		text, err := strconv.Unquote(strings.TrimSpace(line[strings.IndexByte(line, '"'):]))
		if err != nil {
			panic(line)
		}
		r.Body = &dnsmessage.TXTResource{TXT: []string{text}}
	default:
		panic(line)
	}
	return r
}

// TestQuestionOnTheWire holds questions against what the library reads.
func TestQuestionOnTheWire(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 63)
	for _, c := range []struct {
		name, want string // want: as the library shows it; "" when it cannot be asked for
	}{
		{"www.example.com", "www.example.com."}, {"www.example.com.", "www.example.com."}, {"", "."}, {".", "."}, {"x", "x."},
		{`a\032b.example`, "a b.example."}, {`a\ b.example.`, "a b.example."}, {`\255.x`, "\xff.x."}, {`\300.x`, "300.x."}, {`a\\.x`, `a\.x.`}, {`a\`, `a\.`},
		{long + "." + long + "." + long + "." + long[:61], long + "." + long + "." + long + "." + long[:61] + "."},
		{long + "." + long + "." + long + "." + long[:62], ""}, {long + "a.example", ""}, {"a..example", ""}, {".example", ""}, {"a..", ""},
	} {
		for _, edns := range []bool{true, false} {
			raw, err := dnsQuestion{c.name, typeSRV, classInternet}.wire(4711, edns)
			if (err == nil) != (c.want != "") {
				t.Errorf("%q: %v", c.name, err)
			}
			if err != nil {
				continue
			}
			var m dnsmessage.Message
			if err := m.Unpack(raw); err != nil || m.ID != 4711 || m.Response || !m.RecursionDesired || len(m.Questions) != 1 || len(m.Answers) != 0 {
				t.Fatalf("%q: %v %+v", c.name, err, m)
			}
			q := m.Questions[0]
			if asked(&m) != c.want || q.Type != dnsmessage.TypeSRV || q.Class != dnsmessage.ClassINET {
				t.Errorf("%q is asked as %v", c.name, q)
			}
			if edns != (len(m.Additionals) == 1) || edns && (m.Additionals[0].Header.Class != udpSize || m.Additionals[0].Header.TTL != 0) {
				t.Errorf("%q: the extension is %v", c.name, m.Additionals)
			}
		}
	}
}

// message is a raw answer to "a.b. A" with what follows the question.
func message(flags, answers, further byte, rest string) []byte {
	return []byte("\x12\x34\x81" + string([]byte{flags}) + "\x00\x01\x00" + string([]byte{answers}) + "\x00\x00\x00" + string([]byte{further}) + "\x01a\x01b\x00\x00\x01\x00\x01" + rest)
}

// TestHostileAnswers reads messages that no library writes.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	const (
		owner = "\xc0\x0c"
		head  = "\x00\x01\x00\x00\x00\x3c" // class and time to live
		a     = owner + "\x00\x01" + head + "\x00\x04\x0a\x01\x00\x01"
		opt   = "\x00\x00\x29\x04\xd0\x01\x00\x00\x00\x00\x00"
	)
	ns := func(data string) string {
		return owner + "\x00\x02" + head + "\x00" + string([]byte{byte(len(data))}) + data
	}
	label := "\x3f" + strings.Repeat("x", 63)
	for _, c := range []struct {
		name string
		raw  []byte
		want string // first answer in words, or the flags and code when there is none; "" when it is no message
	}{
		{"plain", message(0x80, 1, 0, a), "a.b. 60 IN A 10.1.0.1"},
		{"trailing bytes", message(0x80, 1, 0, a+"more"), "a.b. 60 IN A 10.1.0.1"},
		{"fewer records than claimed", message(0x80, 2, 0, a), ""},
		{"cut in the address", message(0x80, 1, 0, a[:len(a)-1]), ""},
		{"address of five bytes", message(0x80, 1, 0, owner+"\x00\x01"+head+"\x00\x05\x0a\x01\x00\x01\x00"), ""},
		{"address of no bytes", message(0x80, 1, 0, owner+"\x00\x01"+head+"\x00\x00"), ""},
		{"unknown type", message(0x80, 1, 0, owner+"\xff\x01"+head+"\x00\x02xx"), "a.b. 60 IN TYPE65281 "},
		{"name that points to itself", message(0x80, 1, 0, ns("\xc0\x21")), ""},
		{"name that points beyond the message", message(0x80, 1, 0, ns("\xff\xff")), ""},
		{"name that points forward", message(0x80, 1, 0, ns("\x01z\xc0\x25")+"\x01y\x00"), "a.b. 60 IN NS z.y."},
		{"name longer than the record", message(0x80, 1, 0, owner+"\x00\x02"+head+"\x00\x02\x01z\x00"), ""},
		{"name shorter than the record", message(0x80, 1, 0, ns("\x01z\x00\x00")), ""},
		{"reserved kind of label", message(0x80, 1, 0, ns("\x41z\x00")), ""},
		{"name of 256 bytes", message(0x80, 1, 0, ns(label+label+label+"\x3f"+strings.Repeat("x", 59)[:59]+"\xc0\x0c")), ""},
		{"name of the greatest length", message(0x80, 1, 0, ns(label+label+label+"\x3d"+strings.Repeat("x", 61)+"\x00")), "a.b. 60 IN NS " + strings.Repeat(label[1:]+".", 3) + strings.Repeat("x", 61) + "."},
		{"one byte more", message(0x80, 1, 0, ns(label+label+label+"\x3e"+strings.Repeat("x", 62)+"\x00")), ""},
		{"dot and blank in a label", message(0x80, 1, 0, ns("\x05a. \"\x07\x00")), `a.b. 60 IN NS a\.\ \"\007.`},
		{"escape character in a label", message(0x80, 1, 0, ns("\x03\x1b[m\x02\xc3\xa9\x00")), `a.b. 60 IN NS \027[m.\195\169.`},
		{"root", message(0x80, 1, 0, ns("\x00")), "a.b. 60 IN NS ."},
		{"start of a zone with a dotted name in it", message(0x80, 1, 0, owner+"\x00\x06"+head+"\x00\x1e"+"\x01n\x00"+"\x03j.d\xc0\x0c"+"\x00\x00\x00\x09"+strings.Repeat("\x00", 16)+"\x00"), ""},
		{"start of a zone", message(0x80, 1, 0, owner+"\x00\x06"+head+"\x00\x1d"+"\x01n\x00"+"\x03j.d\xc0\x0c"+"\x00\x00\x00\x09"+strings.Repeat("\x00", 16)), "a.b. 60 IN SOA n. serial 9"},
		{"two texts and an empty one", message(0x80, 1, 0, owner+"\x00\x10"+head+"\x00\x08\x03a\x00\xff\x00\x02\"b"), `a.b. 60 IN TXT "a\x00\xff\"b"`},
		{"text beyond the record", message(0x80, 1, 0, owner+"\x00\x10"+head+"\x00\x02\x02ab"), ""},
		{"extended code", message(0x80, 0, 1, opt), "rd ra BADVERS"},
		{"extension cut", message(0x80, 0, 1, opt[:8]), ""},
		{"code without a name", message(0x8d, 0, 0, ""), "rd ra code 13"},
		{"empty", nil, ""},
		{"header alone, claiming a question", message(0x80, 0, 0, "")[:12], ""},
	} {
		m, err := readDNS(c.raw)
		got := ""
		switch {
		case len(m.answers) > 0:
			got = m.answers[0].String()
		case err == nil:
			got = m.flags + " " + rcodeName(m.rcode)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestPointersEnd reads a name of pointers that lead to pointers.
func TestPointersEnd(t *testing.T) {
	t.Parallel()
	at := func(n int) string { return string([]byte{0xc0 | byte(n>>8), byte(n)}) }
	rest := "\x00\x00\x05\x00\x01\x00\x00\x00\x00" // an alias of the root
	begin := len(message(0x80, 1, 0, rest)) + 2
	chain := at(12)
	for i := range 5000 {
		chain += at(begin + 2*i)
	}
	raw := message(0x80, 1, 0, rest+string([]byte{byte(len(chain) >> 8), byte(len(chain))})+chain)
	if _, err := readDNS(raw); err == nil {
		t.Error("data of pointers alone is read as one name")
	}
	r := dnsReader{msg: raw, at: begin + 2*100}
	if got := r.name(); got != "a.b." || r.at != begin+2*101 {
		t.Errorf("100 pointers lead to %q, then %d", got, r.at)
	}
	if r = (dnsReader{msg: raw, at: begin + 2*4000}); r.name() != "" || !r.bad {
		t.Error("4000 pointers are followed")
	}
}

func TestNamesWithTheFinalDot(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"a": "a.", "a.": "a.", "": ".", ".": ".", `a\.`: `a\..`, `a\\.`: `a\\.`, `a\\\.`: `a\\\..`} {
		if got := rootedName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
	for addr, want := range map[string]string{
		"10.1.2.3": "3.2.1.10.in-addr.arpa.", "::ffff:10.1.2.3": "3.2.1.10.in-addr.arpa.", "www.example.com": "www.example.com",
		"2001:db8::567:89ab": "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
	} {
		if got := reverseName(addr); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}

// shown is a record of the library as ours are shown; "" for types that are
// not looked into.
func shown(r dnsmessage.Resource) string {
	owned := func(format string, args ...any) string {
		return fmt.Sprintf("%s %d IN %s ", escaped(r.Header.Name), r.Header.TTL, recordType(r.Header.Type)) + fmt.Sprintf(format, args...)
	}
	switch b := r.Body.(type) {
	case *dnsmessage.AResource:
		return owned("%s", netip.AddrFrom4(b.A))
	case *dnsmessage.AAAAResource:
		return owned("%s", netip.AddrFrom16(b.AAAA))
	case *dnsmessage.CNAMEResource:
		return owned("%s", escaped(b.CNAME))
	case *dnsmessage.PTRResource:
		return owned("%s", escaped(b.PTR))
	case *dnsmessage.NSResource:
		return owned("%s", escaped(b.NS))
	case *dnsmessage.MXResource:
		return owned("%d %s", b.Pref, escaped(b.MX))
	case *dnsmessage.SRVResource:
		return owned("%d %d %d %s", b.Priority, b.Weight, b.Port, escaped(b.Target))
	case *dnsmessage.SOAResource:
		return owned("%s serial %d", escaped(b.NS), b.Serial)
	case *dnsmessage.TXTResource:
		return owned("%q", strings.Join(b.TXT, ""))
	}
	return ""
}

// escaped is a name of the library, which refuses dots within labels, as ours
// are kept.
func escaped(n dnsmessage.Name) string {
	if n.Length == 1 {
		return "."
	}
	var out []byte
	for _, label := range strings.SplitAfter(n.String(), ".") {
		if label != "" {
			out = append(appendLabel(out, []byte(label[:len(label)-1])), '.')
		}
	}
	return string(out)
}

// FuzzReadAnswer reads any message: whatever the library reads is read alike,
// and what is read can be asked for again.
func FuzzReadAnswer(f *testing.F) {
	q := &dnsmessage.Message{Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName("www.example.com."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}}}
	for _, m := range []*dnsmessage.Message{
		reply(q, dnsmessage.RCodeSuccess, "www.example.com. 60 IN A 10.1.0.1"),
		reply(q, dnsmessage.RCodeSuccess, "www.example.com. 60 IN CNAME b.example.com.", "b.example.com. 60 IN A 10.1.0.1", "b.example.com. 60 IN AAAA 2001:db8::1"),
		reply(q, dnsmessage.RCodeSuccess, "www.example.com. 60 IN MX 10 b.example.com.", "www.example.com. 60 IN SRV 1 2 3 b.example.com.", `www.example.com. 60 IN TXT "x y"`,
			"www.example.com. 60 IN SOA a. b. 7 1", "www.example.com. 60 IN NS a.", "www.example.com. 60 IN PTR a."),
		reply(q, dnsmessage.RCodeNameError), reply(q, dnsmessage.RCodeServerFailure),
	} {
		raw, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, problem := readAnswer(dnsQuestion{"www.example.com.", typeA, classInternet}, raw)
		if problem != nil && problem.reason == "" {
			t.Error("trouble without a reason")
		}
		if len(a.chain) > maxChain+1 {
			t.Errorf("chain of %d", len(a.chain))
		}
		for _, row := range rowsOf(Resolver{}, "x", "A", a) {
			if v, _ := row.Get("value"); v != "" {
				if _, err := netip.ParseAddr(v); err != nil {
					t.Errorf("an A record with the value %q", v)
				}
			}
		}
		ours, err := readDNS(raw)
		var theirs dnsmessage.Message
		if theirs.Unpack(raw) == nil && err == nil {
			if len(ours.answers) != len(theirs.Answers) || len(ours.questions) != len(theirs.Questions) || ours.rcode&0xf != int(theirs.RCode) {
				t.Fatalf("%+v\n%+v", ours, theirs)
			}
			for i, r := range theirs.Answers {
				if want := shown(r); want != "" && ours.answers[i].String() != want {
					t.Errorf("%q, the library reads %q", ours.answers[i], want)
				}
			}
		}
		for _, r := range ours.answers {
			for _, name := range []string{r.name, r.target} {
				wire, err := appendName(nil, plainName(name))
				if back := (&dnsReader{msg: wire}).name(); name != "" && (err != nil || back != name || rootedName(plainName(name)) != name) {
					t.Errorf("%q is asked for as %q: %v", name, back, err)
				}
			}
		}
	})
}
