package procedure

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"coexist/checks"
)

// edited is the small procedure with one replacement in one file.
func edited(t *testing.T, name, old, replacement string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	base := os.DirFS("../testdata/assets")
	err := fs.WalkDir(base, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(base, path)
		out[path] = &fstest.MapFile{Data: raw}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if name != "" {
		before := string(out[name].Data)
		after := strings.Replace(before, old, replacement, 1)
		if before == after {
			t.Fatalf("%s does not hold %q", name, old)
		}
		out[name] = &fstest.MapFile{Data: []byte(after)}
	}
	return out
}

const tasksFile = "tasks/tasks.toml"

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, old, replacement, want string }{
		{"unknown key of a task", tasksFile, "scope = \"server\"", "scope = \"server\"\nscoop = 1", `tasks/tasks.toml:7: unknown key "task.scoop"`},
		{"unknown key of a check", tasksFile, "gate = \"hard\"", "gaet = \"hard\"", `unknown key "task.check.gaet"`},
		{"unknown key of a step", "procedures/2010.toml", "reach =", "range =", `procedures/2010.toml:12: unknown key "step.range"`},
		{"doubled task", tasksFile, `name = "prepare.schema"`, `name = "prepare.service-pack"`, "is there already, at tasks/tasks.toml:3"},
		{"bad duration", tasksFile, `"15m"`, `"soon"`, "15m, 2h30m or 1d"},
		{"syntax", tasksFile, `scope = "org"`, `scope = "org`, "tasks/tasks.toml:32"},
		{"wrong source", "procedures/2010.toml", `source = "2010"`, `source = "2007"`, `expected "2010"`},
	}
	for _, tt := range tests {
		_, err := Load(edited(t, tt.file, tt.old, tt.replacement))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, expected it to speak of %s", tt.name, err, tt.want)
		}
	}
	if _, err := Load(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "releases.toml") {
		t.Errorf("no files at all: %v", err)
	}
}

func TestHashFollowsContentAndNames(t *testing.T) {
	t.Parallel()
	hash := func(fsys fs.FS) string {
		lib, err := Load(fsys)
		if err != nil {
			t.Fatal(err)
		}
		return lib.Hash
	}
	base := hash(edited(t, "", "", ""))
	if again := hash(edited(t, "", "", "")); again != base {
		t.Error("the same files have another hash")
	}
	if hash(edited(t, tasksFile, "Extend the schema", "Extend the Schema")) == base {
		t.Error("another text has the same hash")
	}
	renamed := edited(t, "", "", "")
	renamed["tasks/other.toml"] = renamed[tasksFile]
	delete(renamed, tasksFile)
	if hash(renamed) == base {
		t.Error("another name has the same hash")
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"15m": 15 * time.Minute, "2h30m": 150 * time.Minute, "1d": 24 * time.Hour, "1d12h": 36 * time.Hour, "0s": 0,
		"": -1, "d": -1, "-1h": -1, "1.5d": -1, "1w": -1, "99999999d": -1,
	} {
		got, err := ParseDuration(text)
		if (err != nil) != (want < 0) || err == nil && got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestLintFinds(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, old, replacement, want string }{
		{"shell", tasksFile, `shell = "cmd"`, `shell = "bash"`, `"bash" is not known`},
		{"scope", tasksFile, `scope = "domain"`, `scope = "forest"`, `"forest" is not known`},
		{"gate", tasksFile, `gate = "hard"`, `gate = "firm"`, `"firm" is not known`},
		{"kind", tasksFile, `kind = "ldap"`, `kind = "snmp"`, `"snmp" is not known`},
		{"op", tasksFile, `op = "version_at_least"`, `op = "newer"`, `unknown op "newer"`},
		{"property", tasksFile, `property = "range_upper"`, `property = "rangeUpper"`, `observes no "rangeUpper"`},
		{"cmdlet property", tasksFile, `[ { op = "count", value = "0" } ]`, `[ { property = "Size", op = "empty" } ]`, `not among the properties`},
		{"unknown parameter", tasksFile, `params = { query = "schema" }`, `params = { query = "schema", quarry = "x" }`, `no parameter "quarry"`},
		{"missing parameter", tasksFile, `params = { query = "schema" }`, `params = { server = "x" }`, `needs the parameter "query"`},
		{"unknown task in after", tasksFile, `after = ["prepare.schema"]`, `after = ["prepare.scheme"]`, `no task is named "prepare.scheme"`},
		{"circle", tasksFile, `title = "Service pack on {{text .Server.Name}}"`, "title = \"x\"\nafter = [\"prepare.domain\"]", "by a circle"},
		{"later step", tasksFile, `after = ["prepare.schema"]`, `after = ["deploy.scp"]`, "later step"},
		{"listed and missing", "procedures/2010.toml", `"prepare.survey"`, `"prepare.servey"`, "which no file holds"},
		{"why", tasksFile, "why = \"Setup refuses older servers.\"\n", "", "why: is missing"},
		{"sources", tasksFile, "sources = [\"Install Exchange 2013\"]\n", "", "sources: are missing"},
		{"effect", tasksFile, `kind = "schema.extend"`, `kind = "schema.shrink"`, "no such kind of effect"},
		{"effect parameter", tasksFile, `params = { range_upper =`, `params = { upper =`, `parameter "range_upper" is missing`},
		{"no_effect", tasksFile, "no_effect = \"reads alone\"\n", "", "does not say why"},
		{"holds_until", tasksFile, `holds_until = "switch"`, `holds_until = "swish"`, `no step "swish"`},
		{"holds_until before", tasksFile, `holds_until = "switch"`, `holds_until = "prepare"`, "before the task's own"},
		{"value", tasksFile, `{{ps (value "scp.url")}}`, `{{ps (value "scp.uri")}}`, `value "scp.uri": no task asks`},
		{"value of a narrower scope", tasksFile, `text = "New-MigrationBatch -Name {{ps .Site.Name}}"`, `text = 'New-MigrationBatch -Name {{ps (value "scp.url")}}'`, "name the place with valueAt"},
		{"ask narrower than the task", tasksFile, `scope = "site"
prompt`, `scope = "rack"
prompt`, `"rack" is not known`},
		{"no quoting", tasksFile, `/PrepareDomain:{{bare .Domain}}`, `/PrepareDomain:{{.Domain}}`, "prints without quoting"},
		{"wrong family", tasksFile, `/PrepareDomain:{{bare .Domain}}`, `/PrepareDomain:{{ps .Domain}}`, "does not fit this place"},
		{"helper inside", tasksFile, `{{ps .Site.Name}}`, `{{ps (print (ps .Site.Name))}}`, "stands inside"},
		{"foreign function", tasksFile, `{{ps .Site.Name}}`, `{{ps (html .Site.Name)}}`, `"html" is not one of the language`},
		{"value in a condition", tasksFile, `if = ".MultiDomain"`, `if = 'eq (value "scp.url") "x"'`, "never reads value"},
		{"value in prose", tasksFile, `why = "That is the point."`, `why = '{{text (value "scp.url")}}'`, "cannot wait for values"},
		{"non-ASCII", tasksFile, `Setup.com /mode:Uninstall`, `Setup.com –mode:Uninstall`, "only ASCII"},
		{"doubled check", tasksFile, `name = "speed"`, `name = "answer"`, "twice in this task"},
		{"wait without reason", tasksFile, "wait_for = \"replication\"\n", "", "wait_for"},
		{"vantage", tasksFile, `gate = "info"`, "gate = \"info\"\nvantage = \"beside\"", `"beside" is not known`},
		{"parse error", tasksFile, `{{ps .Site.Name}}`, `{{ps .Site.Name`, "unclosed action"},
	}
	for _, tt := range tests {
		lib, err := Load(edited(t, tt.file, tt.old, tt.replacement))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var all []string
		for _, p := range Lint(lib, checks.Kinds()) {
			all = append(all, p.String())
		}
		if got := strings.Join(all, "\n"); !strings.Contains(got, tt.want) {
			t.Errorf("%s: expected a problem that says %s, got\n%s", tt.name, tt.want, got)
		}
	}
}

func TestLintTellsWhere(t *testing.T) {
	t.Parallel()
	lib, err := Load(edited(t, tasksFile, `scope = "domain"`, `scope = "forest"`))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Lint(lib, checks.Kinds()) {
		if p.Task == "prepare.domain" && p.Place.File == tasksFile && p.Place.Line > 0 {
			return
		}
	}
	t.Error("no problem names its task, file and line")
}
