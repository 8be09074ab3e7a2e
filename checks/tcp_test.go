package checks

import (
	"net"
	"strings"
	"testing"
)

func TestTCPOutcomes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve("10.1.0.1:25", hold)
	w.serve("10.1.0.2:25", reset)
	w.serve("10.1.0.3:25", func(c net.Conn) { c.Write([]byte("\x1b[2Jhello")); hold(c) })
	w.serve("10.1.0.7:25", func(net.Conn) {})
	w.to["tcp 10.1.0.4:25"] = "dropped"
	w.to["tcp 10.1.0.5:25"] = "unreachable"
	w.to["tcp 10.1.0.6:25"] = "no network"
	w.to["tcp 10.1.0.10:25"] = "no port left"
	w.name("mixed.example.com", "10.1.0.1", "10.1.0.3", "10.1.0.9")
	w.name("dead.example.com", "10.1.0.8", "10.1.0.9")
	w.name("here.example.com", "127.0.0.1")
	w.name("twice.example.com", "10.1.0.1", "10.1.0.1", "::ffff:10.1.0.1")
	for _, c := range []struct {
		host    string
		verdict Verdict
		reason  string
		outcome string // of the first row
	}{
		{"10.1.0.1", Pass, "", "open"},
		{"10.1.0.2", Fail, "tcp.accepted_then_reset", "refused"},
		{"10.1.0.7", Fail, "tcp.accepted_then_reset", "refused"},
		{"10.1.0.3", Pass, "", "open"},
		{"10.1.0.4", Unknown, "tcp.filtered", "filtered"},
		{"10.1.0.5", Unknown, "tcp.unreachable", "unreachable"},
		{"10.1.0.6", Unknown, "vantage.no_network", "unreachable"},
		{"10.1.0.10", Unknown, "vantage.no_network", "unreachable"},
		{"airplane.example.com", Unknown, "vantage.no_network", ""},
		{"10.1.0.9", Fail, "tcp.refused", "refused"},
		{"mixed.example.com", Warn, "tcp.partial", "open"},
		{"dead.example.com", Fail, "tcp.refused", "refused"},
		{"gone.example.com", Fail, "dns.not_found", ""},
		{"here.example.com", Fail, "dns.loopback_answer", ""},
		{"127.0.0.1", Unknown, "value.loopback", ""},
		{"twice.example.com", Pass, "", "open"},
	} {
		r := w.run(tcpCheck(c.host, 25))
		expectResult(t, c.host, r, c.verdict, c.reason)
		got := ""
		if len(r.Rows) > 0 {
			got, _ = r.Rows[0].Get("outcome")
		}
		if got != c.outcome {
			t.Errorf("%s: outcome %q, want %q", c.host, got, c.outcome)
		}
	}
	r := w.run(tcpCheck("mixed.example.com", 25))
	if len(r.Rows) != 3 || !strings.Contains(r.Summary, "10.1.0.9") || strings.Contains(r.Summary, "10.1.0.3") {
		t.Errorf("the silent address and no other must be named: %s, %d rows", r.Summary, len(r.Rows))
	}
	c := tcpCheck("mixed.example.com", 25)
	c.Expect = []Expectation{{Property: "outcome", Op: "eq", Value: "open"}}
	expectResult(t, "an expectation on every address", w.run(c), Fail, "expect.not_met")
	if r := w.run(tcpCheck("twice.example.com", 25)); len(r.Rows) != 1 {
		t.Errorf("one address three times gives %d rows", len(r.Rows))
	}
	c = tcpCheck("gone.example.com", 25)
	c.Params["address"] = "10.1.0.1"
	expectResult(t, "an address instead of the name", w.run(c), Pass, "")
}

// TestTCPPorts refuses ports that are none before anything is dialled.
func TestTCPPorts(t *testing.T) {
	t.Parallel()
	for name, port := range map[string]any{
		"zero": int64(0), "70000": int64(70000), "negative": int64(-1), "a word": "https", "missing": nil, "a fraction": 25.5,
	} {
		w := newWorld(t)
		c := tcpCheck("10.1.0.1", 25)
		c.Params = Params{"host": "10.1.0.1", "port": port}
		if port == nil {
			delete(c.Params, "port")
		}
		expectResult(t, name, w.run(c), Unknown, "value.invalid")
		if w.dials != 0 {
			t.Errorf("%s: %d connections", name, w.dials)
		}
	}
}

// TestStagesOfEachAddress sees how far each address came.
func TestStagesOfEachAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve("10.1.0.1:25", hold)
	w.name("mixed.example.com", "10.1.0.1", "10.1.0.9")
	r := w.run(tcpCheck("mixed.example.com", 25))
	var said []string
	for _, s := range r.Sub {
		line := strings.TrimSpace(s.Kind + " " + s.Target + " " + string(s.Verdict) + " " + s.Reason)
		for _, below := range s.Sub {
			line += " > " + below.Kind + " " + string(below.Verdict)
		}
		said = append(said, line)
	}
	want := "address 10.1.0.1 pass > dns pass > tcp pass | address 10.1.0.9 fail tcp.refused > dns pass > tcp fail"
	if got := strings.Join(said, " | "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	r = w.run(tcpCheck("10.1.0.1", 25))
	if len(r.Sub) != 1 || len(r.Sub[0].Sub) != 1 || r.Sub[0].Sub[0].Kind != "tcp" {
		t.Errorf("an address is not looked up: %+v", r.Sub)
	}
}
