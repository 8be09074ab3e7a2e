package assets_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"coexist/assets"
	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

var shipped = sync.OnceValues(func() (*procedure.Library, error) { return procedure.Load(assets.FS) })

func library(t testing.TB) *procedure.Library {
	t.Helper()
	lib, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

func parse(t testing.TB, name string, data []byte) *migration.Migration {
	t.Helper()
	m, err := migration.Parse(name, data, migration.Known{Releases: library(t).Releases.Targets()})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func compile(t testing.TB, m *migration.Migration) *runbook.Runbook {
	t.Helper()
	r, err := runbook.Compile(library(t), m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// everything turns on whatever adds tasks.
func everything(m *migration.Migration) {
	old, further := "2010", &m.Sites[len(m.Sites)-1]
	if m.Organization.Source == migration.Source2007 {
		old = "2007"
	}
	first := &m.Sites[0]
	first.Servers = append(first.Servers,
		migration.Server{Name: "EDGE-01", Version: old, Roles: []string{migration.EdgeTransport}, SubscribedSite: first.Name},
		migration.Server{Name: "EDGE-13", Version: "2013", Roles: []string{migration.EdgeTransport}, SubscribedSite: first.Name, OS: "2008R2"},
		migration.Server{Name: "UM-01", Version: old, Roles: []string{migration.UnifiedMessaging}},
		migration.Server{Name: "CAS13-01", Version: "2013", Roles: []string{migration.ClientAccess}, OS: "2008R2"},
		migration.Server{Name: "MBX13-01", Version: "2013", Roles: []string{migration.MailboxRole}, OS: "2012"},
	)
	further.Servers = append(further.Servers, migration.Server{Name: "EX13-12", Version: "2013", Roles: []string{migration.ClientAccess, migration.MailboxRole}, OS: "2012R2"})
	if m.Organization.Source != migration.Source2007 {
		m.Namespace.RPC = "outlook.contoso.com"
	}
	m.Organization.Domains = append(m.Organization.Domains, "emea.contoso.com")
	m.Features = migration.Features{
		PublicFolders: true, UnifiedMessaging: true, UMTLS: true, EdgeTransport: true, OutlookAnywhere: true, POPIMAP: true,
		MAPIHTTP: true, KerberosASA: true, RelayConnectors: true, LoadBalancer: true, ReverseProxy: true, Hybrid: true,
		SplitADTeam: true, DisjointNamespace: true, SplitDNS: true, ManagedFolders: true,
	}
}

// topologies are the organisations that every rule below is held against: the
// sample of each source, changed one way at a time, and the situations below
// testdata.
func topologies(t testing.TB) map[string]*migration.Migration {
	t.Helper()
	out := map[string]*migration.Migration{}
	for _, source := range procedure.Sources {
		for name, edit := range map[string]func(*migration.Migration){
			"sample":     func(*migration.Migration) {},
			"everything": everything,
			"nothing":    func(m *migration.Migration) { m.Features = migration.Features{} },
			"one site":   func(m *migration.Migration) { m.Sites = m.Sites[:1] },
			"no DAG": func(m *migration.Migration) {
				m.DAG = nil
				for i := range m.Sites {
					m.Sites[i].DAG = nil
				}
			},
			"wildcard": func(m *migration.Migration) { m.Certificate.Wildcard = true },
			"reuse":    func(m *migration.Migration) { m.Certificate.Reuse = true },
			"everything behind a wildcard": func(m *migration.Migration) {
				everything(m)
				m.Certificate.Wildcard = true
			},
			"no probes": func(m *migration.Migration) { m.Probes = nil },
			"no Internet": func(m *migration.Migration) {
				m.Organization.Internet = false
				for i := range m.Sites {
					m.Sites[i].InternetFacing, m.Sites[i].ExternalEntry = false, ""
				}
			},
			"two faces": func(m *migration.Migration) {
				everything(m)
				s := &m.Sites[1]
				s.InternetFacing, s.ExternalEntry, s.Primary = true, "198.51.100.80", "mail-emea.contoso.com"
				if m.Organization.Source != migration.Source2010 {
					s.Legacy = "legacy-emea.contoso.com"
				}
			},
		} {
			m := parse(t, source, migration.Sample(source))
			edit(m)
			out[source+", "+name] = m
		}
	}
	for name, m := range situations(t) {
		out["situation "+name] = m
	}
	return out
}

// situations reads the organisations below testdata/situations.
func situations(t testing.TB) map[string]*migration.Migration {
	t.Helper()
	files, err := fs.Glob(os.DirFS("."), "testdata/situations/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no situations: %v", err)
	}
	out := map[string]*migration.Migration{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(file), ".toml")] = parse(t, file, data)
	}
	return out
}

// examples are right values of each type.
var examples = map[string]string{
	"text": "Backup 2026-11", "host": "ex10-01.contoso.com", "url": "https://mail.contoso.com/owa",
	"thumbprint": "A1B2C3D4E5F60718293A4B5C6D7E8F9001122334", "guid": "2d6fa2d3-6f14-4f0e-9c06-1c1f7c5c8a70",
	"path": `\\fs01\certs`, "integer": "25", "bool": "true", "list": "First,Second", "address": "10.0.0.9",
	"mailbox": "probe@contoso.com", "date": "2026-11-28",
}

// filled gives every value that a runbook asks for or captures an example.
func filled(t testing.TB, r *runbook.Runbook) runbook.Values {
	t.Helper()
	out := runbook.Values{}
	for _, task := range tasks(r) {
		for _, a := range task.Asks {
			v := a.Example
			if _, err := runbook.CheckValue(a.Type, v); err != nil {
				v = examples[a.Type]
			}
			out[a.Key] = normal(t, a.Key, a.Type, v)
		}
		for _, c := range task.Captures {
			if out[c.Key] == "" {
				out[c.Key] = normal(t, c.Key, c.Type, captured(c.Type))
			}
		}
	}
	return out
}

func normal(t testing.TB, key, kind, v string) string {
	t.Helper()
	n, err := runbook.CheckValue(kind, v)
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	return n
}

func tasks(r *runbook.Runbook) []*runbook.Task {
	var out []*runbook.Task
	for _, p := range r.Phases {
		out = append(out, p.Tasks...)
	}
	return out
}

// work is a compiled organisation with all of its lines.
type work struct {
	name    string
	m       *migration.Migration
	r       *runbook.Runbook
	values  runbook.Values
	lines   []line
	refused []error
}

var (
	compiledOnce sync.Once
	compiledAll  []*work
)

// works compiles and renders every topology, once for all tests.
func works(t *testing.T) []*work {
	t.Helper()
	compiledOnce.Do(func() {
		all := topologies(t)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			w := &work{name: name, m: all[name], r: compile(t, all[name])}
			w.values = filled(t, w.r)
			w.lines, w.refused = rendered(w.r, w.values)
			compiledAll = append(compiledAll, w)
		}
	})
	if len(compiledAll) == 0 {
		t.Fatal("nothing could be compiled; the first test that tried tells why")
	}
	return compiledAll
}

// line is one rendered command with where it comes from.
type line struct {
	task  *runbook.Task
	from  string // "command 1", "undo 2", "capture x", "check y"
	shell string // "cmd", "powershell", "ems2013" …; cmdlet checks as ems
	text  string
	reads bool
}

func (l line) String() string {
	return fmt.Sprintf("%s, %s (%s): %s", l.task.ID, l.from, l.shell, l.text)
}

// rendered renders all it can, and tells what is refused.
func rendered(r *runbook.Runbook, v runbook.Values) (out []line, refused []error) {
	for _, task := range tasks(r) {
		add := func(from string, c *runbook.Command) {
			if c == nil {
				return
			}
			ready, err := c.Render(v)
			if err != nil {
				refused = append(refused, fmt.Errorf("%s, %s: %w", task.ID, from, err))
				return
			}
			for _, text := range ready.Lines {
				out = append(out, line{task, from, c.Shell, text, c.Reads})
			}
		}
		for i, c := range task.Commands {
			add(fmt.Sprintf("command %d", i+1), c)
		}
		for i, c := range task.Undo {
			add(fmt.Sprintf("undo %d", i+1), c)
		}
		for _, c := range task.Captures {
			add("capture "+c.Name, c.Command)
		}
		for _, c := range task.Checks {
			ready, _, err := c.Ready(v)
			if err != nil {
				refused = append(refused, fmt.Errorf("%s: %w", c.ID, err))
			} else if c.Kind == "cmdlet" {
				out = append(out, line{task, "check " + c.Name, "ems" + c.Shell, fmt.Sprint(ready.Params["command"]), true})
			}
		}
	}
	return out, refused
}

func named(r *runbook.Runbook, name string) []*runbook.Task {
	var out []*runbook.Task
	for _, task := range tasks(r) {
		if task.Name == name {
			out = append(out, task)
		}
	}
	return out
}

func TestShippedContentHasNoProblems(t *testing.T) {
	t.Parallel()
	for _, p := range procedure.Lint(library(t), checks.Kinds()) {
		t.Error(p)
	}
}

func TestEveryTopologyCompiles(t *testing.T) {
	t.Parallel()
	for _, w := range works(t) {
		if len(tasks(w.r)) < 40 || len(w.lines) < 80 {
			t.Errorf("%s: expected the work of a whole upgrade, found %d tasks with %d commands", w.name, len(tasks(w.r)), len(w.lines))
		}
		for _, err := range w.refused {
			t.Errorf("%s: %v", w.name, err)
		}
		for _, task := range tasks(w.r) {
			for _, c := range task.Checks {
				if _, missing, _ := c.Ready(w.values); len(missing) > 0 {
					t.Errorf("%s: %s waits for %v, which no task brings", w.name, c.ID, missing)
				}
			}
		}
	}
}

// captured is what a property of a type may hold; a text is mostly the word of
// a setting.
func captured(kind string) string {
	if kind == "text" {
		return "Ntlm"
	}
	return examples[kind]
}
