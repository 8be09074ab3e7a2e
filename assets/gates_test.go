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

// TestOrganisationsThatAreNotLikeTheSample pass the gates: what they lack is
// nothing that a hard gate may ask for.
func TestOrganisationsThatAreNotLikeTheSample(t *testing.T) {
	t.Parallel()
	for _, w := range works(t) {
		for _, task := range tasks(w.r) {
			for _, c := range task.Checks {
				if c.Gate != "hard" {
					continue
				}
				ready, _, err := c.Ready(w.values)
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case c.Kind == "owaform" && w.m.Features.ReverseProxy:
					t.Errorf("%s: %s wants a form, which a proxy that signs users on takes away", w.name, c.ID)
				case ready.Params.String("role") == "eas" && ready.Params.String("auth") == "basic":
					t.Errorf("%s: %s wants ActiveSync by password where it may be shut off", w.name, c.ID)
				case c.Kind == "dns" && ready.Params.String("resolver") == "internal" && strings.HasPrefix(task.Name, "prepare.baseline"):
					t.Errorf("%s: %s wants a name inside that may be public alone", w.name, c.ID)
				case task.Name == "prepare.rpc-name" && c.Kind == "cmdlet":
					t.Errorf("%s: %s locks the preparation for what has to be true before the switch", w.name, c.ID)
				}
			}
		}
		for _, task := range named(w.r, "switch.dns-internal") {
			if w.r.Task(task.ID) == nil || task.Site == "" {
				continue
			}
			name := "primary-address"
			if !w.m.Features.SplitDNS {
				name += "-public"
			}
			entry := ""
			for _, s := range w.m.Sites {
				if s.Name == task.Site {
					entry = s.Entry
				}
			}
			if (w.r.Check(task.ID+"/"+name) != nil) != (entry != "") {
				t.Errorf("%s: expected %s/%s for the entry %q", w.name, task.ID, name, entry)
			}
		}
	}
}

// TestSharedNamesAreSwitchedOnce: a further site that faces the Internet under
// the same names must not want the public record for itself alone.
func TestSharedNamesAreSwitchedOnce(t *testing.T) {
	t.Parallel()
	w := workOf(t, "situation legacy-elsewhere")
	if w.r.Task("switch.dns-external/lyon") != nil {
		t.Error("Lyon shares its names with Redmond and would switch the public record again")
	}
	c := w.r.Check("switch.dns-external/redmond/primary-outside")
	if c == nil {
		t.Fatal("the public record of Redmond is not proven")
	}
	ready, _, err := c.Ready(w.values)
	if err != nil {
		t.Fatal(err)
	}
	if e := ready.Expect[0]; e.Op != "in" || !slices.Contains(e.Values, "203.0.113.80") || !slices.Contains(e.Values, "198.51.100.80") {
		t.Errorf("both ways in may answer for a shared name, found %+v", e)
	}
}

// TestRoundsLeaveTheOrganisationAlone: a setting of the whole organisation that
// is changed after the first site's moves is not set back in a later round.
func TestRoundsLeaveTheOrganisationAlone(t *testing.T) {
	t.Parallel()
	for _, w := range works(t) {
		for _, l := range w.find(`Set-OrganizationConfig|Set-OutlookProvider`) {
			if l.task.Phase.Round != "" && strings.HasPrefix(l.from, "command") {
				t.Errorf("%s: the round of %s changes everybody: %s", w.name, l.task.Phase.Round, l)
			}
		}
	}
}

// TestTheWayBack: what an engineer finds on the undo cards at night.
func TestTheWayBack(t *testing.T) {
	t.Parallel()
	for _, w := range works(t) {
		for _, task := range tasks(w.r) {
			changes, back := false, false
			for _, l := range w.lines {
				if l.task == task {
					changes = changes || strings.HasPrefix(l.from, "command") && !l.reads
					back = back || strings.HasPrefix(l.from, "undo")
				}
			}
			if changes && !back && task.UndoText == "" && task.NoReturn == "" {
				t.Errorf("%s: %s changes something and has no word about the way back", w.name, task.ID)
			}
			switch task.Name {
			case "prepare.schema", "prepare.ad", "prepare.domains", "deploy.security-schema", "prepare.service-pack":
				if task.NoReturn == "" || back {
					t.Errorf("%s: %s cannot be undone, and must say so instead of offering a command", w.name, task.ID)
				}
			case "deploy.exclude-provisioning":
				if back {
					t.Errorf("%s: the way back lets new mailboxes onto a server that is about to go", w.name)
				}
			case "move.batch":
				undo := w.part(task.ID, "undo")
				kept, removed, moved := strings.Index(undo, "Export-Csv"), strings.Index(undo, "Remove-MigrationBatch"), strings.Index(undo, "New-MoveRequest")
				if kept < 0 || removed < kept || moved < removed {
					t.Errorf("%s: who has moved must be kept before the batches go, and moved back after:\n%s", w.name, undo)
				}
			case "move.pilot", "move.system-mailboxes":
				undo := w.part(task.ID, "undo")
				if cleared, moved := strings.Index(undo, "Remove-MoveRequest"), strings.Index(undo, "New-MoveRequest"); cleared < 0 || moved < cleared {
					t.Errorf("%s: a mailbox takes one request at a time, the finished one goes first:\n%s", w.name, undo)
				}
			}
			if len(w.m.Organization.Domains) > 1 {
				if undo := w.part(task.ID, "undo"); strings.Contains(undo, "New-MoveRequest") && !strings.Contains(undo, "ViewEntireForest") {
					t.Errorf("%s: %s moves back what it cannot see from one domain", w.name, task.ID)
				}
			}
		}
	}
}

// TestMembersJoinBeforeTheirCopies: a health check that wants copies cannot be
// passed by a member that must be healthy before it gets any.
func TestMembersJoinBeforeTheirCopies(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, w := range works(t) {
		for _, l := range w.find(`Test-ReplicationHealth`) {
			if l.task.Name == "dag.members" && strings.HasPrefix(l.from, "check") {
				seen++
				if !strings.Contains(l.text, "'DatabaseRedundancy','DatabaseAvailability' -notcontains") {
					t.Errorf("%s: waits for copies that come after it: %s", w.name, l)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("no member's health is checked")
	}
}
