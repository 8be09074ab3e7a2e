package diagram

import (
	"os"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

func TestBadge(t *testing.T) {
	t.Parallel()
	names := map[string]string{"14.3.123.4": "2010 SP3", "14.3.513.0": "2010 SP3 RU32", "8.3.83.6": "2007 SP3", "15.0.1497.2": "2013 CU23", "15.0.1497.48": "2013 CU23 + KB5024296"}
	for _, test := range []struct {
		b    Build
		want string
	}{
		{Build{Build: "14.3.513.0", Kind: "version"}, "SP3 RU32"},
		{Build{Build: "14.3.123.4", Kind: "version"}, "SP3"},
		{Build{Build: "14.3.123.4", Kind: "ldap"}, "SP3 RU?"},
		{Build{Build: "8.3.83.6", Kind: "ldap"}, "SP3 RU?"},
		{Build{Build: "8.3.999.9", Kind: "version"}, "SP3"},
		{Build{Build: "15.0.1497.2", Kind: "ldap"}, "CU23"},
		{Build{Build: "15.0.1497.48", Kind: "version"}, "CU23+SU"},
		{Build{Build: "15.0.1.1", Kind: "version"}, "15.0.1.1"},
	} {
		if got := test.b.Badge(names); got != test.want {
			t.Errorf("%+v: %q, want %q", test.b, got, test.want)
		}
	}
}

// TestTheDirectoryDoesNotHideAnUpdate keeps what a server told of itself over
// the directory's word, until the service pack is another one.
func TestTheDirectoryDoesNotHideAnUpdate(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)
	f := Facts{Builds: map[string]Build{}}
	f.build("EX10-01", Build{"2010", "14.2.247.5", "ldap", at})
	f.build("EX10-01", Build{"2010", "14.3.513.0", "version", at.Add(time.Hour)})
	f.build("ex10-01", Build{"2010", "14.3.123.4", "ldap", at.Add(2 * time.Hour)})
	if got := f.Builds["ex10-01"].Build; got != "14.3.513.0" {
		t.Errorf("got %s", got)
	}
	f.build("EX10-01", Build{"2010", "14.2.247.5", "ldap", at.Add(3 * time.Hour)})
	if got := f.Builds["ex10-01"].Build; got != "14.2.247.5" {
		t.Errorf("another service pack: got %s", got)
	}
}

func TestHowOldMailboxesAreReached(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{"2007": "redirect + proxy", "2010": "by proxy"} {
		r := contoso(source, 2)
		f := Facts{board: survey(r, nil), steps: numberSteps(r, nil)}
		draw := func(width int) string {
			return Lay(r, nil, f, Options{View: Now, Width: width, Height: 40}).Plain(false)
		}
		if s := draw(54); strings.Contains(s, want) {
			t.Errorf("%s: before the switch:\n%s", source, s)
		}
		f.board.switched["redmond"] = true
		for _, width := range []int{44, 54, 110} {
			if s := draw(width); strings.Count(s, want[:8]) != 1 {
				t.Errorf("%s in %d: %q is not there once:\n%s", source, width, want, s)
			}
		}
		f.board.moved["redmond"] = true
		if s := draw(54); strings.Contains(s, want) {
			t.Errorf("%s: after the moves:\n%s", source, s)
		}
	}
}

// TestAnAimedCheckDoesNotTellWhereANameLeads keeps what was asked of one
// server by its address out of who answers the name.
func TestAnAimedCheckDoesNotTellWhereANameLeads(t *testing.T) {
	t.Parallel()
	lib, err := procedure.Load(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := migration.Parse("contoso.toml", migration.Sample("2010"), migration.Known{Releases: lib.Releases.Targets()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := runbook.Compile(lib, m)
	if err != nil {
		t.Fatal(err)
	}
	p := runbook.Fold(r, nil, time.Time{})
	aimed, open := 0, 0
	for _, phase := range r.Phases {
		for _, task := range phase.Tasks {
			for _, c := range task.Checks {
				ready, pending, err := c.Ready(nil)
				if c.Kind != "http" || err != nil || len(pending) > 0 || !strings.Contains(ready.Params.String("url"), "//"+m.Namespace.Primary) {
					continue
				}
				res := &checks.Result{ID: c.ID, Kind: c.Kind, Verdict: checks.Pass, Rows: []checks.Row{{"address": {"10.9.9.9"}, "fe_server": {"EX13-01"}}}}
				p.Checks[c.ID] = &runbook.CheckState{Result: res}
				if _, seen := Learn(r, p).Answers[m.Namespace.Primary]; seen == (ready.Params.String("address") != "") {
					t.Errorf("%s at %q: answers the name: %v", c.ID, ready.Params.String("address"), seen)
				}
				if ready.Params.String("address") != "" {
					aimed++
				} else {
					open++
				}
				delete(p.Checks, c.ID)
			}
		}
	}
	if aimed == 0 || open == 0 {
		t.Errorf("%d aimed and %d open checks of the name: nothing was compared", aimed, open)
	}
}
