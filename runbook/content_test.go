package runbook

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"coexist/checks"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

var realLibrary = sync.OnceValues(func() (*procedure.Library, error) {
	return procedure.Load(os.DirFS("../assets"))
})

func sampleOf(t testing.TB, source string) *migration.Migration {
	t.Helper()
	m, err := migration.Parse(source, migration.Sample(source), migration.Known{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// everything turns on whatever adds tasks.
func everything(m *migration.Migration) {
	legacy := m.Organization.Source != migration.Source2010
	version := "2010"
	if m.Organization.Source == migration.Source2007 {
		version = "2007"
	}
	first := &m.Sites[0]
	first.Servers = append(first.Servers,
		migration.Server{Name: "EDGE-01", Version: version, Roles: []string{migration.EdgeTransport}, SubscribedSite: first.Name},
		migration.Server{Name: "UM-01", Version: version, Roles: []string{migration.UnifiedMessaging}},
	)
	m.Features = migration.Features{
		PublicFolders: true, UnifiedMessaging: true, UMTLS: true, EdgeTransport: true, OutlookAnywhere: true, POPIMAP: true,
		MAPIHTTP: true, KerberosASA: true, RelayConnectors: true, LoadBalancer: true, ReverseProxy: true, Hybrid: true,
		SplitADTeam: true, DisjointNamespace: true, SplitDNS: true, ManagedFolders: legacy,
	}
}

func TestRealProceduresCompile(t *testing.T) {
	t.Parallel()
	lib, err := realLibrary()
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range procedure.Sources {
		for _, with := range []struct {
			name string
			edit func(*migration.Migration)
		}{
			{"as the sample", func(*migration.Migration) {}},
			{"everything", everything},
			{"nothing", func(m *migration.Migration) { m.Features = migration.Features{} }},
			{"one site", func(m *migration.Migration) { m.Sites = m.Sites[:1] }},
			{"no DAG", func(m *migration.Migration) { m.DAG = nil }},
			{"wildcard certificate", func(m *migration.Migration) { m.Certificate.Wildcard = true }},
			{"old certificate", func(m *migration.Migration) { m.Certificate.Reuse = true }},
			{"no Internet", func(m *migration.Migration) {
				m.Organization.Internet = false
				for i := range m.Sites {
					m.Sites[i].InternetFacing, m.Sites[i].ExternalEntry = false, ""
				}
			}},
			{"many domains", func(m *migration.Migration) {
				m.Organization.Domains = append(m.Organization.Domains, "a.contoso.com", "b.contoso.com")
			}},
			{"no probes", func(m *migration.Migration) { m.Probes = nil }},
		} {
			t.Run(source+", "+with.name, func(t *testing.T) {
				t.Parallel()
				m := sampleOf(t, source)
				with.edit(m)
				r, err := Compile(lib, m)
				if err != nil {
					t.Fatal(err)
				}
				t.Log(summary(r))
				soundRunbook(t, r)
			})
		}
	}
}

func summary(r *Runbook) string {
	tasks, list, commands := 0, 0, 0
	for _, t := range r.tasks {
		tasks++
		list += len(t.Checks)
		commands += len(t.Commands)
	}
	return fmt.Sprintf("%d phases, %d tasks, %d checks, %d commands", len(r.Phases), tasks, list, commands)
}

// soundRunbook checks what must hold of every runbook.
func soundRunbook(t *testing.T, r *Runbook) {
	t.Helper()
	for _, task := range r.plan.order {
		for _, d := range r.plan.deps[task] {
			if d.Phase != task.Phase && !r.plan.before[task.Phase][d.Phase] && !(d.Phase.Round == "" && task.Phase.Round != "") {
				t.Errorf("%s (%s) waits for %s (%s), which its gate does not", task.ID, task.Phase.ID, d.ID, d.Phase.ID)
			}
		}
		for _, c := range append(slices.Clone(task.Commands), task.Undo...) {
			for _, p := range c.waits {
				if r.bringer(p.Key, task) == "" {
					t.Errorf("%s: a command waits for %s, which no task brings", task.ID, p.Key)
				}
			}
		}
		for _, c := range task.Checks {
			for _, p := range c.waits {
				if r.bringer(p.Key, task) == "" {
					t.Errorf("%s waits for %s, which no task brings", c.ID, p.Key)
				}
			}
			ready, pending, err := c.Ready(nil)
			if err != nil {
				t.Errorf("%s: %v", c.ID, err)
				continue
			}
			if len(pending) > 0 {
				continue
			}
			if err := checks.ValidateParams(checks.KindNamed(c.Kind), ready.Params, false); err != nil {
				t.Errorf("%s: %s", c.ID, strings.ReplaceAll(err.Error(), "\n", "; "))
			}
			for _, e := range ready.Expect {
				if err := e.Validate(); err != nil {
					t.Errorf("%s: %v", c.ID, err)
				}
			}
		}
		if _, err := task.EffectsWith(nil); err != nil {
			t.Errorf("%s: effects: %v", task.ID, err)
		}
	}
}

func TestSmallProcedureIsSound(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 9} {
		soundRunbook(t, compiled(t, organization(n)))
	}
}

// TestRealProceduresEnd carries out every real task with every check green.
func TestRealProceduresEnd(t *testing.T) {
	t.Parallel()
	for _, source := range procedure.Sources {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			m := sampleOf(t, source)
			everything(m)
			b := newBenchOn(t, "../assets", migration.Format(m))
			for _, p := range b.runbook.Phases {
				b.refresh(p.ID)
				for _, task := range p.Tasks {
					b.do(task.ID)
				}
			}
			for id, s := range b.Snapshot().Progress.Phases {
				if s.Status != Done {
					t.Errorf("%s is %s: %+v", id, s.Status, s.Remaining)
				}
			}
		})
	}
}

// refresh runs again what has become too old at the gate of a phase.
func (b *bench) refresh(phase string) {
	b.t.Helper()
	for _, blocker := range b.Snapshot().Progress.Phases[phase].Blockers {
		switch c := b.runbook.Check(blocker.Check); {
		case c == nil || blocker.Status != Stale:
			b.t.Fatalf("the gate of %s: %+v", phase, blocker)
		case c.Kind == "attest":
			b.must(b.Attest(c.ID, Attestation{Answer: "yes", Name: "A. Meyer"}))
		default:
			b.run(c.ID, checks.Pass)
		}
	}
}
