package report

import (
	"strings"
	"testing"

	"coexist/checks"
)

func TestText(t *testing.T) {
	t.Parallel()
	bad := checks.Result{ID: "switch.dns/org/name", Verdict: checks.Fail, Reason: "dns.nxdomain", Summary: "no such name\x1b[2J",
		Expected: "10.0.0.80", Found: "NXDOMAIN", Causes: []string{"the record is missing", "the zone is another"}, Remedy: "Create it.",
		Sub: []checks.Result{{Kind: "resolver", Target: "internal", Verdict: checks.Unknown, Reason: "dns.timeout", Summary: "no answer",
			Sub: []checks.Result{{Kind: "address", Target: "10.0.0.1", Verdict: checks.Pass}, {Kind: "address", Target: "10.0.0.2", Verdict: checks.Fail}}},
			{Kind: "resolver", Target: "external", Verdict: checks.Fail, Reason: "dns.nxdomain", Summary: "no such name"}}}
	good := checks.Result{ID: "switch.tls/org/name", Verdict: checks.Pass, Remedy: "must not be shown"}
	text := Text([]checks.Result{bad, good})
	at := 0
	for _, want := range []string{"FAIL", "switch.dns/org/name", "expected", "10.0.0.80", "found", "NXDOMAIN", "likely", "the record is missing",
		"the zone is another", "do", "Create it.", "dns.nxdomain",
		"UNKNOWN resolver internal - no answer", "do        Check the way to the name server", "PASS    address 10.0.0.1", "FAIL    address 10.0.0.2",
		"FAIL    resolver external", "PASS", "2 checks: 1 fail, 1 pass"} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("%q is missing, or out of order, in:\n%s", want, text)
		}
		at += i
	}
	if strings.ContainsAny(text, "\x1b") || strings.Contains(text, "must not be shown") {
		t.Errorf("control characters, or the remedy of a pass, in:\n%q", text)
	}
}

func TestProgressCountsWhatEnded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	each := Progress(&b, 2)
	each(checks.Update{})
	each(checks.Update{Done: true, Result: &checks.Result{ID: "a", Verdict: checks.Pass}})
	each(checks.Update{Done: true, Result: &checks.Result{ID: "b", Verdict: checks.Warn}})
	if got, want := b.String(), "1/2 PASS a\n2/2 WARN b\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 200)
	text := Table([]checks.Result{
		{ID: "a/org/x", Verdict: checks.Pass, Summary: "as expected", Rows: []checks.Row{{"value": {"not shown"}}}},
		{ID: "switch.dns/org/name", Verdict: checks.Fail, Summary: "wrong", Expected: "10.0.0.80", Found: "10.0.0.10\x1b[2J", Remedy: "Mend it."},
		{ID: "b/org/y", Verdict: checks.Skip, Summary: long},
	})
	lines := strings.Split(text, "\n")
	for i, want := range []string{
		"VERDICT  CHECK                WHAT WAS FOUND",
		"PASS     a/org/x              as expected",
		`FAIL     switch.dns/org/name  10.0.0.10\x1b[2J`,
		"SKIP     b/org/y              " + strings.Repeat("ä", 89) + "…",
		"",
		"FAIL    switch.dns/org/name - wrong (0 ms)",
		"        expected  10.0.0.80",
	} {
		if lines[i] != want {
			t.Errorf("line %d:\n%q, want\n%q", i+1, lines[i], want)
		}
	}
	if !strings.HasSuffix(text, "\n3 checks: 1 fail, 1 pass, 1 skip\n") || strings.Contains(text, "not shown") || !strings.Contains(text, "Mend it.") {
		t.Errorf("got:\n%s", text)
	}
	if got := Table([]checks.Result{{ID: "a", Verdict: checks.Pass}}); !strings.HasSuffix(got, "\n1 check: 1 pass\n") {
		t.Errorf("one: %q", got)
	}
}

// TestStepsAndRows prints the stages of the only address in its place, and a
// long row with a line for each value.
func TestStepsAndRows(t *testing.T) {
	t.Parallel()
	many := make([]string, 100)
	for i := range many {
		many[i] = "name.contoso.com"
	}
	text := Text([]checks.Result{{ID: "tls/mail", Verdict: checks.Warn, Reason: "tls.old_protocol", Summary: "old",
		Evidence: map[string]string{"cipher": "AES\x1b[2J", "TLS 1.0": "offered"},
		Rows:     []checks.Row{{"address": {"10.0.0.7"}, "names": many, "protocol": {"TLS 1.0"}}, {"address": {"10.0.0.8"}, "outcome": {"open"}}},
		Sub: []checks.Result{{Kind: "address", Target: "10.0.0.7", Verdict: checks.Warn, Reason: "tls.old_protocol", Summary: "old", Sub: []checks.Result{
			{Kind: "tcp", Verdict: checks.Pass, Summary: "connected", MS: 3}, {Kind: "cert", Verdict: checks.Fail, Reason: "tls.expired", Summary: "ran out"}}}}}})
	at := 0
	for _, want := range []string{"WARN    tls/mail - old (0 ms)\n", "reason    tls.old_protocol\n", "    PASS    tcp - connected (3 ms)\n", "    FAIL    cert - ran out (0 ms)\n",
		"            do        Renew it", "        seen at 10.0.0.7\n", "          names     name.contoso.com\n                    name.contoso.com\n", "                    and 60 more\n",
		"          protocol  TLS 1.0\n", "        - address=10.0.0.8 outcome=open\n", "        evidence\n          TLS 1.0  offered\n          cipher   AES\\x1b[2J\n"} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("%q is missing, or out of order, in:\n%s", want, text)
		}
		at += i
	}
	if strings.Contains(text, "address 10.0.0.7 -") {
		t.Errorf("the only address is told twice:\n%s", text)
	}
}
