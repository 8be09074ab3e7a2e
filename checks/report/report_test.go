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
		"    UNKNOWN resolver internal - no answer", "do        Check the way to the name server", "        PASS    address 10.0.0.1", "        FAIL    address 10.0.0.2",
		"    FAIL    resolver external", "PASS", "2 checks: 1 fail, 1 pass"} {
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
