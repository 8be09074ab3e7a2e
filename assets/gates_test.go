package assets_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"coexist/runbook"
)

// workOf finds a compiled topology.
func workOf(t *testing.T, name string) *work {
	t.Helper()
	for _, w := range works(t) {
		if w.name == name {
			return w
		}
	}
	t.Fatalf("there is no topology %q", name)
	return nil
}

// with renders a copy of a topology with other values.
func (w *work) with(change map[string]string) *work {
	out := *w
	out.values = runbook.Values{}
	for k, v := range w.values {
		out.values[k] = v
	}
	for k, v := range change {
		out.values[k] = v
	}
	out.lines, out.refused = rendered(out.r, out.values)
	return &out
}

// TestKerberosAccountMayBeAUser: the account of Exchange 2010 is written as the
// directory calls it; a user's name has no dollar sign.
func TestKerberosAccountMayBeAUser(t *testing.T) {
	t.Parallel()
	w := workOf(t, "2010, everything")
	for _, account := range []string{`CONTOSO\svc-asa`, `CONTOSO\EXCH2010ASA$`} {
		lines := w.with(map[string]string{"kerberos.former-account/org": account}).find(`^setspn -[DS] \S+ .*(svc-asa|2010ASA)`)
		if len(lines) < 4 {
			t.Fatalf("%s: expected the names to leave it and to come back, found %v", account, lines)
		}
		for _, l := range lines {
			if !strings.HasSuffix(l.text, " "+account) {
				t.Errorf("expected %s and nothing behind it: %s", account, l)
			}
		}
	}
}

// TestOldConnectionPointsMayFollowTheRecord: where the certificate of the old
// servers lacks the Autodiscover name, its record must be able to move first;
// and nothing is proven before they followed.
func TestOldConnectionPointsMayFollowTheRecord(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"switch.go-no-go", "switch.dns-internal", "switch.publish", "switch.dns-external", "switch.pilot"} {
		if before(t, name)["switch.scp-old"] {
			t.Errorf("%s waits for the connection points, whose gate waits for a certificate that only the moved name shows", name)
		}
	}
	if !before(t, "switch.verify")["switch.scp-old"] {
		t.Error("the proof of the switch does not wait for the old connection points")
	}
	w := workOf(t, "2010, sample")
	for _, task := range named(w.r, "switch.scp-old") {
		for _, name := range []string{"resolves", "trusted", "scp"} {
			if c := w.r.Check(task.ID + "/" + name); c == nil || c.Gate != "hard" {
				t.Errorf("%s/%s is no hard gate any more: every Outlook inside would be warned", task.ID, name)
			}
		}
	}
}

// TestOutlookAnywhereAsksForWhatIsNeeded: Exchange 2013 signs on to an old
// server with NTLM; Basic is needed where clients use it and is not brought in
// where they do not.
func TestOutlookAnywhereAsksForWhatIsNeeded(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"2007, sample", "2010, sample"} {
		w := workOf(t, source)
		for _, task := range named(w.r, "switch.oa-old") {
			for _, name := range []string{"iis", "offered"} {
				ready, _, err := w.r.Check(task.ID + "/" + name).Ready(w.values)
				if err != nil {
					t.Fatal(err)
				}
				ntlm := false
				for _, e := range ready.Expect {
					basic := slices.Contains(append(e.Values, e.Value), "Basic")
					if basic && e.Op == "contains" && e.Otherwise != "warn" {
						t.Errorf("%s locks without Basic", ready.ID)
					}
					ntlm = ntlm || e.Op == "contains" && e.Otherwise != "warn" && strings.EqualFold(e.Value, "NTLM")
				}
				if !ntlm {
					t.Errorf("%s passes without NTLM", ready.ID)
				}
			}
			server := task.Target
			for _, c := range []struct{ client, iis, want string }{
				{"Ntlm", "Ntlm", "-IISAuthenticationMethods Ntlm"},
				{"Ntlm", "Basic\nNtlm", "-IISAuthenticationMethods Basic,Ntlm"},
				{"Ntlm", "Basic", "-IISAuthenticationMethods Basic,Ntlm"},
				{"Basic", "Ntlm", "-IISAuthenticationMethods Basic,Ntlm"},
			} {
				other := w.with(map[string]string{"oa-old.client/" + server: c.client, "oa-old.iis/" + server: c.iis, "oa-old.enable-with/" + server: ""})
				text := strings.TrimSpace(other.part(task.ID, "command"))
				found := regexp.MustCompile(`-IISAuthenticationMethods \S+`).FindString(text)
				if found != c.want {
					t.Errorf("%s: clients by %s, IIS %q: expected %q, found %q", task.ID, c.client, c.iis, c.want, found)
				}
			}
		}
	}
}

// TestOnlyItsOwnMoveRequestsAreCleared: other people move mailboxes too.
func TestOnlyItsOwnMoveRequestsAreCleared(t *testing.T) {
	t.Parallel()
	clears := 0
	for _, w := range works(t) {
		for _, l := range w.find(`Remove-MoveRequest`) {
			clears++
			if !strings.Contains(l.text, "-BatchName '") {
				t.Errorf("%s: clears the requests of others: %s", w.name, l)
			}
		}
		for _, l := range w.find(`New-MoveRequest`) {
			if !l.reads && !strings.Contains(l.text, "-BatchName '") && strings.HasPrefix(l.from, "command") {
				t.Errorf("%s: a move that nothing tells from those of others: %s", w.name, l)
			}
		}
	}
	if clears == 0 {
		t.Error("nothing clears move requests: the test proves nothing")
	}
}
