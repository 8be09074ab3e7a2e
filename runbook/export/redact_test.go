package export

import (
	"strings"
	"testing"

	"coexist/checks"
	"coexist/runbook"
)

// secrets are the names of the fixture that a redacted document must not hold.
var secrets = []string{
	"fabrikam", "redmond", "lyon", "ex10-01", "ex13-01", "ex10-11", "ex13-11", "dag01", "fs01", "10.20.0", "203.0.113", "probe10", "svc-probe", "CHG0012345",
	"rita board", "meyer", "anna", "hansen", "nordmann", "bo chef", "jump-7", "ghost", "15.0.12.34", "dc2",
}

func TestRedactedDocumentsHoldNoNames(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	for _, format := range []string{"markdown", "json"} {
		for _, plan := range []bool{false, true} {
			out := strings.ToLower(write(t, r, lived(t, r, ""), Options{Redact: true, Format: format, Plan: plan}))
			for _, s := range secrets {
				if i := strings.Index(out, strings.ToLower(s)); i >= 0 {
					t.Errorf("%s, plan %v: %q is left: …%s…", format, plan, s, out[max(0, i-60):min(len(out), i+60)])
				}
			}
		}
	}
}

func TestRedactionIsConsistent(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	events := lived(t, r, "")
	early, late := write(t, r, events[:6], Options{Redact: true}), write(t, r, events, Options{Redact: true})
	for _, want := range []string{"| SERVER-01 | SITE-01 | 2010 |", "deploy.install/SERVER-02", "| SERVER-01        E2010 CAS HUB MBX ", "15.0.1497.2"} {
		if !strings.Contains(late, want) {
			t.Errorf("the record lacks %q", want)
		}
	}
	for _, want := range []string{"ADDRESS-03", "HOST-02 was slow", "PERSON-03"} {
		if !strings.Contains(early, want) || !strings.Contains(late, want) {
			t.Errorf("%s is not the same in both records", want)
		}
	}
	if strings.Contains(late, "15.0.12.34") || !strings.Contains(late, "15.0.847.32") {
		t.Error("a build and an address that looks like one are not told apart")
	}
}

func TestRedactionLeavesTheRunbookAlone(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	events := lived(t, r, "")
	before := write(t, r, events, Options{})
	write(t, r, events, Options{Redact: true})
	if write(t, r, events, Options{}) != before {
		t.Error("redacting one document changed the next one")
	}
}

func TestRedactorText(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	d := newDiary(t)
	d.who = "AM"
	d.result(r, schemaCheck, checks.Result{Verdict: checks.Fail, Found: "see https://partner.contoso.net/x and fe80::1, mail bob.smith@contoso.net", Rows: []checks.Row{{"value": {"10.9.9.9"}}}})
	x := newRedactor(r, &runbook.Progress{}, d.events)
	for in, want := range map[string]string{
		"EX10-01":                            "SERVER-01",
		"ex10-011 stays":                     "ex10-011 stays",
		"EX10-01.fabrikam.test":              "server-01.domain-01.example",
		"ex10-01.fabrikam.testing":           "SERVER-01.ORGANIZATION-01.testing",
		"CN=EX10-01,DC=fabrikam,DC=test":     "CN=SERVER-01,DC=domain-01,DC=example",
		"switch.dns/lyon%20sud":              "switch.dns/SITE-02",
		`FABRIKAM\svc-probe`:                 `ORGANIZATION-01\ACCOUNT-01`,
		"mail.fabrikam.test":                 "mail.domain-01.example",
		"Microsoft Exchange on the server":   "Microsoft Exchange on the server",
		"https://learn.microsoft.com/x":      "https://learn.microsoft.com/x",
		"https://partner.contoso.net/x":      "https://host-02.domain-02.example/x",
		"partner":                            "partner",
		"fe80::1":                            "ADDRESS-03",
		"10.9.9.9":                           "ADDRESS-04",
		"bob.smith@contoso.net":              "mailbox-02@domain-02.example",
		"new@unseen.org":                     "mailbox-03@domain-03.example",
		"build 15.0.847.32 and 192.168.77.1": "build 15.0.847.32 and ADDRESS-05",
		"to 2001:db8::7 at 02:14:07":         "to ADDRESS-05 at 02:14:07",
		"0.0.0.0 and 127.0.0.1":              "0.0.0.0 and 127.0.0.1",
		"done by AM":                         "done by PERSON-03",
		"Rita Board; board":                  "PERSON-01; PERSON-01",
	} {
		y := *x // unseen names get the next number; each case begins from the same
		y.names, y.counts = clone(x.names), clone(x.counts)
		if strings.HasPrefix(in, "new@") {
			y.counts["mailbox"], y.counts["domain"] = 2, 2
		}
		if got := y.text(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func clone[V any](m map[string]V) map[string]V {
	out := map[string]V{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func FuzzRedact(f *testing.F) {
	r := compileFixture(f, fixtureMigration())
	x := newRedactor(r, &runbook.Progress{}, lived(f, r, ""))
	f.Add("on ", ".")
	f.Add("ex10-01", "EX10-01")
	f.Add("ſ", "K")
	f.Add("a@", "@b.c")
	f.Add("é_", "_")
	f.Fuzz(func(t *testing.T, before, after string) {
		y := *x
		y.names, y.counts, y.persons = clone(x.names), clone(x.counts), clone(x.persons)
		out := strings.ToLower(y.text(before + " EX10-01 " + after + " 10.20.0.80 " + after + " anna meyer"))
		for _, s := range []string{" ex10-01 ", " 10.20.0.80 ", "anna meyer"} {
			if strings.Contains(out, s) {
				t.Errorf("%q is left in %q", s, out)
			}
		}
	})
}
