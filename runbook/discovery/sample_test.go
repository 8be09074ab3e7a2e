package discovery_test

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/checks/inventory"
	"coexist/checks/lab"
	"coexist/runbook"
	"coexist/runbook/discovery"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/runbook/rehearsal"
)

func library(t *testing.T) *procedure.Library {
	t.Helper()
	lib, err := procedure.Load(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// organization starts the laboratory for a migration.
func organization(t *testing.T, lib *procedure.Library, m *migration.Migration) *lab.Organization {
	t.Helper()
	o, err := lab.NewOrganization(rehearsal.Describe(m, lib.Releases, &rehearsal.Rehearsal{Seed: "s", Started: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}, time.Now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	return o
}

func sample(t *testing.T, lib *procedure.Library, source string) *migration.Migration {
	t.Helper()
	m, err := migration.Parse("contoso.toml", migration.Sample(source), migration.Known{Releases: lib.Releases.Targets()})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// answer fills in what is asked, and nothing else, from the migration that was
// typed.
func answer(t *testing.T, p *discovery.Proposal, m, typed *migration.Migration) {
	t.Helper()
	known := map[string]func(){
		"target.media":      func() { m.Target.Media = typed.Target.Media },
		"namespace.legacy":  func() { m.Namespace.Legacy = typed.Namespace.Legacy },
		"dag":               func() { m.DAG = typed.DAG },
		"certificate":       func() { m.Certificate = typed.Certificate },
		"probe":             func() { m.Probes = typed.Probes },
		"network":           func() { m.Network = typed.Network },
		"features.pop_imap": func() { m.Features.POPIMAP = typed.Features.POPIMAP }, "features.split_dns": func() { m.Features.SplitDNS = typed.Features.SplitDNS },
		"features.kerberos_asa": func() {}, "features.load_balancer": func() {}, "features.reverse_proxy": func() {}, "features.split_ad_team": func() {},
		"features.mapi_http": func() {}, "features.managed_folders": func() {},
	}
	for i := range m.Sites {
		for _, s := range typed.Sites {
			if s.Name != m.Sites[i].Name {
				continue
			}
			site := &m.Sites[i]
			known["site["+s.Name+"].entry"] = func() { site.Entry, site.ExternalEntry, site.DAG = s.Entry, s.ExternalEntry, s.DAG }
			known["site["+s.Name+"].server"] = func() {
				for _, v := range s.Servers {
					if v.Version == "2013" {
						site.Servers = append(site.Servers, v)
					}
				}
			}
		}
	}
	for _, a := range p.Asks {
		fill, ok := known[a.Key]
		if !ok {
			t.Errorf("%s is asked, which the directory shows: %s", a.Key, a.Why)
			continue
		}
		fill()
	}
}

func TestWhatIsReadCompilesToTheSample(t *testing.T) {
	t.Parallel()
	lib := library(t)
	for _, source := range []string{migration.Source2007, migration.Source2010, migration.Mixed} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			typed := sample(t, lib, source)
			o := organization(t, lib, typed)
			inv, err := inventory.Read(t.Context(), o.Env(checks.Inside), inventory.Request{})
			if err != nil {
				t.Fatal(err)
			}
			p := discovery.Propose(inv, typed.Target.Release)
			for _, l := range p.Lines {
				if len(l.From) == 0 || l.From[0].Object == "" {
					t.Errorf("%s = %s has no origin", l.Key, l.Value)
				}
			}
			m := p.Migration(nil)
			answer(t, p, m, typed)
			if got, want := string(migration.Format(m)), string(migration.Format(typed)); got != want {
				t.Errorf("proposed:\n%s\ntyped:\n%s", diff(got, want), "")
			}
			a, err := runbook.Compile(lib, m)
			if err != nil {
				t.Fatal(err)
			}
			b, err := runbook.Compile(lib, typed)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(lines(a), lines(b)) {
				t.Error("the runbooks differ")
			}
			if len(lines(a)) < 300 {
				t.Errorf("the runbook has %d lines only", len(lines(a)))
			}
			if bad := discovery.Compare(typed, inv, discovery.Options{Releases: lib.Releases}); discovery.Worst(bad) > discovery.Unread {
				t.Errorf("the sample drifts from its own organisation: %+v", bad)
			}
		})
	}
}

// lines are the ids, commands and checks of a runbook.
func lines(r *runbook.Runbook) []string {
	var out []string
	for _, p := range r.Phases {
		out = append(out, "phase "+p.ID)
		for _, task := range p.Tasks {
			out = append(out, "task "+task.ID+" "+task.Title)
			out = append(out, task.Lines(nil)...)
			for _, c := range task.Checks {
				out = append(out, "check "+c.ID+" "+c.Kind)
			}
		}
	}
	return out
}

// diff lists the lines that only one text has.
func diff(got, want string) string {
	var out []string
	has := func(text, line string) bool { return strings.Contains("\n"+text+"\n", "\n"+line+"\n") }
	for _, l := range strings.Split(got, "\n") {
		if !has(want, l) {
			out = append(out, "+ "+l)
		}
	}
	for _, l := range strings.Split(want, "\n") {
		if !has(got, l) {
			out = append(out, "- "+l)
		}
	}
	return strings.Join(out, "\n")
}
