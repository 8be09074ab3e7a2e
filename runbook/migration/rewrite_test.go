package migration

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const handWritten = `# our own notes
format = 1   # first

# who we are
[organization]
source = "2010"
name = "Contoso"          # do not touch
forest = "contoso.com"
domains = [
  "contoso.com",          # root
  "emea.contoso.com",     # Lyon
]
mail_domains = ["contoso.com"]
internet = true
[target]
release = "2013 CU23"
media = 'D:\'
[namespace]
primary = "mail.contoso.com"        # old friend
autodiscover = "autodiscover.contoso.com"

# west
[[site]]
name = "Redmond"
internet_facing = true
  # the old box
  [[site.server]]
  name = "EX10-01"
  version = "2010"
  roles = ["client-access", "hub-transport", "mailbox"]
  # the new box
  [[site.server]]
  name = "EX13-01"
  version = "2013"
  roles = ["client-access", "mailbox"]  # both

# east
[[site]]
name = "Lyon"
  [[site.server]]
  name = "EX10-11"
  version = "2010"
  roles = ["client-access", "hub-transport", "mailbox"]
# the end`

func TestRewriteChangesOnlyWhatMustChange(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		edit func(*Migration)
		want func(string) string
	}{
		{"nothing", func(*Migration) {}, func(s string) string { return s }},
		{"value", func(m *Migration) { m.Namespace.Primary = "post.contoso.com" },
			swap(`"mail.contoso.com"        #`, `"post.contoso.com"        #`)},
		{"longer value keeps the comment", func(m *Migration) { m.Namespace.Primary = "mail-for-all.contoso.com" },
			swap(`"mail.contoso.com"        #`, `"mail-for-all.contoso.com"  #`)},
		{"element of a list", func(m *Migration) { m.Organization.Domains[1] = "asia.contoso.com" },
			swap(`"emea.contoso.com"`, `"asia.contoso.com"`)},
		{"new key", func(m *Migration) { m.Sites[0].Entry = "10.0.0.80" },
			swap("internet_facing = true\n", "internet_facing = true\nentry = \"10.0.0.80\"                         # where the names point after the switch: new CAS or its load balancer\n")},
		{"key gone", func(m *Migration) { m.Sites[0].InternetFacing = false },
			swap("internet_facing = true\n", "internet_facing = false\n")},
		{"server renamed", func(m *Migration) { m.Sites[0].Servers[1].Name = "EX13-09" }, swap(`"EX13-01"`, `"EX13-09"`)},
		{"server gone", func(m *Migration) { m.Sites[0].Servers = m.Sites[0].Servers[1:] },
			swap("  # the old box\n  [[site.server]]\n  name = \"EX10-01\"\n  version = \"2010\"\n  roles = [\"client-access\", \"hub-transport\", \"mailbox\"]\n", "")},
		{"site gone", func(m *Migration) { m.Sites = m.Sites[:1] }, func(s string) string { return s[:strings.Index(s, "# east")] }},
		{"server added", func(m *Migration) {
			m.Sites[0].Servers = append(m.Sites[0].Servers, Server{Name: "EX13-02", Version: "2013", Roles: []string{"mailbox"}})
		}, swap("# east\n", "  [[site.server]]\n  name = \"EX13-02\"\n  version = \"2013\"\n  roles = [\"mailbox\"]\n# east\n")},
		{"site added", func(m *Migration) {
			m.Sites = append(m.Sites, Site{Name: "Pune"})
		}, func(s string) string { return s + "\n\n[[site]]\nname = \"Pune\"\n" }},
		{"sites swapped", func(m *Migration) { m.Sites[0], m.Sites[1] = m.Sites[1], m.Sites[0] }, func(s string) string {
			west, east := strings.Index(s, "# west"), strings.Index(s, "# east")
			return s[:west] + s[east:] + "\n" + s[west:east]
		}},
		{"table added", func(m *Migration) { m.Certificate.Wildcard = true },
			swap("# west\n", "\n[certificate]\nwildcard = true                             # *.domain instead of the single names\nreuse = false                               # keep the one that the old servers carry\n# west\n")},
		{"probe added", func(m *Migration) {
			m.Probes = []Probe{{Mailbox: "p@contoso.com", Username: `C\p`, Version: "2010"}}
		}, swap("# west\n", "\n[[probe]]\nmailbox = \"p@contoso.com\"\nusername = 'C\\p'                            # how it logs on\nversion = \"2010\"                            # where the mailbox is today\n# west\n")},
	}
	for _, shape := range []struct{ name, mark, end string }{{"", "", "\n"}, {" with CRLF", "", "\r\n"}, {" from Notepad", "\xef\xbb\xbf", "\r\n"}} {
		end := shape.end
		for _, tt := range tests {
			name := tt.name + shape.name
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				old := strings.ReplaceAll(handWritten, "\n", end)
				m, _, ok := lenient([]byte(old))
				if !ok {
					t.Fatal("the example does not decode")
				}
				tt.edit(m)
				whole := string(Rewrite([]byte(shape.mark+old), m))
				got := strings.TrimPrefix(whole, shape.mark)
				if want := strings.ReplaceAll(tt.want(handWritten), "\n", end); got != want || whole != shape.mark+got {
					t.Errorf("got\n%q\nwant\n%s", whole, want)
				}
				if after, _, ok := lenient([]byte(got)); !ok || !bytes.Equal(Format(after), Format(m)) {
					t.Error("the file does not say what the migration says")
				}
			})
		}
	}
}

func swap(old, now string) func(string) string {
	return func(s string) string {
		if strings.Count(s, old) != 1 {
			panic("the example holds " + old + " not once")
		}
		return strings.Replace(s, old, now, 1)
	}
}

// Whatever the layout, the file must say what the migration says.
func TestRewriteSaysWhatTheMigrationSays(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"empty":     "",
		"no TOML":   "[[[",
		"inline":    "format = 1\norganization = { name = \"A\", source = \"2010\" } # kept?\nsite = [{ name = \"X\", server = [{ name = \"S\" }] }]\n",
		"dotted":    "format = 1\norganization.name = \"A\"\norganization.source = \"2010\"\n[[site]]\nname = \"X\"\ndag.name = \"D\"\n",
		"scattered": "[[site]]\nname = \"A\"\n[network]\nproxy = \"x\"\n[[site]]\nname = \"Redmond\"\n[[site.server]]\nname=\"EX10-01\"\n[target]\n[site.dag]\nname=\"D\"\n[[probe]]\n",
		"long text": "[organization]\nname = \"\"\"\nA\n\"\"\" # c\n[[site]]\n",
		"unknown":   "colour = 1\n",
		"sample":    string(Sample(Mixed)),
	}
	for name, old := range files {
		for _, source := range []string{Source2007, Source2010, Mixed} {
			t.Run(name+" to "+source, func(t *testing.T) {
				t.Parallel()
				want := sample(source)
				got := Rewrite([]byte(old), want)
				m, err := Parse("x", got, known)
				if err != nil {
					t.Fatalf("%v\n%s", err, got)
				}
				if !reflect.DeepEqual(m, want) {
					t.Errorf("got\n%s", got)
				}
			})
		}
	}
}

func TestWriteNewNeverOverwrites(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "contoso.toml")
	if err := WriteNew(path, []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := WriteNew(path, []byte("two")); !os.IsExist(unwrapAll(err)) {
		t.Errorf("got %v, want an error that says that the file exists", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "one" {
		t.Errorf("the file holds %q", got)
	}
}

func unwrapAll(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok || u.Unwrap() == nil {
			return err
		}
		if _, ok := err.(*os.PathError); ok {
			return err
		}
		err = u.Unwrap()
	}
}

func TestSaveAtomicReplacesWholeAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "contoso.toml")
	for _, text := range []string{"one", "two"} {
		if err := SaveAtomic(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != text {
			t.Errorf("the file holds %q, want %q", got, text)
		}
	}
	if list, _ := os.ReadDir(dir); len(list) != 1 {
		t.Errorf("left behind: %v", list)
	}
	if err := SaveAtomic(dir, []byte("x")); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if list, _ := os.ReadDir(filepath.Dir(dir)); len(list) != 1 {
		t.Errorf("left behind: %v", list)
	}
}
