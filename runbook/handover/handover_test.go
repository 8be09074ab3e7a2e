package handover

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/journal"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// packed is a migration with a journal and evidence, and its packet.
type packed struct {
	dir  string
	path string
	snap runbook.Snapshot
	data []byte
	m    Manifest
}

func pack(t *testing.T) *packed {
	t.Helper()
	lib, err := procedure.Load(os.DirFS("../testdata/assets"))
	if err != nil {
		t.Fatal(err)
	}
	p := &packed{dir: t.TempDir()}
	p.path = filepath.Join(p.dir, "contoso.toml")
	text := migration.Format(&migration.Migration{
		Format:       1,
		Organization: migration.Organization{Name: "Contoso", Source: "2010", Forest: "contoso.com", Domains: []string{"contoso.com"}, MailDomains: []string{"contoso.com"}, Internet: true},
		Target:       migration.Target{Release: "2013 CU23", Media: `D:\`},
		Namespace:    migration.Namespace{Primary: "mail.contoso.com", Autodiscover: "autodiscover.contoso.com"},
		Network:      migration.Network{Trust: []string{"ca.pem"}},
		Sites: []migration.Site{{Name: "Redmond", InternetFacing: true, Entry: "10.0.0.80", Servers: []migration.Server{
			{Name: "EX10-01", Version: "2010", Roles: []string{"client-access", "hub-transport", "mailbox"}}, {Name: "EX13-01", Version: "2013", Roles: []string{"client-access", "mailbox"}}}}},
	})
	p.write(t, "contoso.toml", text)
	p.write(t, "ca.pem", []byte("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"))
	kept, err := runbook.EvidenceOf(p.path).Keep([]byte("> EHLO\n< 250\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)
	s, err := runbook.Open(p.path, runbook.Options{Library: lib, Clock: func() time.Time { at = at.Add(time.Minute); return at }, Operator: "A. Meyer", Host: "jump01", Tool: "1.0"})
	if err != nil {
		t.Fatal(err)
	}
	gone := strings.Repeat("ab", 32)
	results := []checks.Result{
		{ID: "prepare.schema/org/version", Kind: "ldap", Source: checks.FromShell, Verdict: checks.Fail, Found: "rangeUpper 14734", Transcript: kept, Started: at},
		{ID: "prepare.service-pack/ex10-01/version", Kind: "version", Source: checks.FromShell, Verdict: checks.Pass, Found: "14.3", Transcript: gone, Started: at},
	}
	if err := s.Import(runbook.Imported{Path: "x.json"}, results, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Note("", "the switch waits for the network team"); err != nil {
		t.Fatal(err)
	}
	p.snap = s.Snapshot()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	p.data, p.m = p.pack(t)
	return p
}

func (p *packed) write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func (p *packed) pack(t *testing.T) ([]byte, Manifest) {
	t.Helper()
	var b bytes.Buffer
	m, err := Write(&b, Pack{Path: p.path, Tool: "1.0", To: "B. Weber", Runbook: p.snap.Runbook, Events: p.snap.Events})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m
}

func inspect(data []byte) (*Packet, error) { return Inspect(bytes.NewReader(data), int64(len(data))) }

func TestAPacketIsOpenedAsItWasPacked(t *testing.T) {
	t.Parallel()
	p := pack(t)
	again, _ := p.pack(t)
	if !bytes.Equal(again, p.data) {
		t.Error("the same files give other bytes")
	}
	got, err := inspect(p.data)
	if err != nil {
		t.Fatal(err)
	}
	m := got.Manifest
	if m.Entries != len(p.snap.Events) || m.Head == "" || m.From != "A. Meyer" || m.To != "B. Weber" || m.Procedure != p.snap.Runbook.Hash || len(m.Missing) != 1 || len(m.Files) != 4 {
		t.Errorf("the list says %+v", m)
	}
	path, err := got.Extract(filepath.Join(t.TempDir(), "deep", "taken"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range m.Files {
		a, _ := os.ReadFile(filepath.Join(p.dir, f.Name))
		b, err := os.ReadFile(filepath.Join(filepath.Dir(path), f.Name))
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s is not what was packed: %v", f.Name, err)
		}
	}
	if r, err := journal.Verify(runbook.JournalPath(path)); err != nil || r.Broken != nil || r.Head != m.Head {
		t.Errorf("the journal: %+v, %v", r, err)
	}
	if _, err := got.Extract(filepath.Dir(path)); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("opened over other files: %v", err)
	}
}

// rebuilt is the packet with changes to what is in it.
func rebuilt(t *testing.T, data []byte, change func(files map[string][]byte, m *Manifest) []string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	var order []string
	for _, f := range z.File {
		r, _ := f.Open()
		files[f.Name], _ = io.ReadAll(r)
		order = append(order, f.Name)
	}
	var m Manifest
	if err := json.Unmarshal(files[manifestName], &m); err != nil {
		t.Fatal(err)
	}
	more := change(files, &m)
	if files[manifestName] != nil {
		files[manifestName], _ = json.Marshal(m)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range append(order, more...) {
		if files[name] == nil {
			continue
		}
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write(files[name])
	}
	w.Close()
	return b.Bytes()
}

func listed(name string, data []byte) File {
	sum := sha256.Sum256(data)
	return File{Name: name, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}
}

func TestAPacketThatWasTouchedIsRefused(t *testing.T) {
	t.Parallel()
	p := pack(t)
	add := func(name string, data string) func(map[string][]byte, *Manifest) []string {
		return func(files map[string][]byte, m *Manifest) []string {
			files[name] = []byte(data)
			m.Files = append(m.Files, listed(name, []byte(data)))
			return []string{name}
		}
	}
	relist := func(files map[string][]byte, m *Manifest, name string) {
		for i := range m.Files {
			if m.Files[i].Name == name {
				m.Files[i] = listed(name, files[name])
			}
		}
	}
	tests := map[string]struct {
		change func(files map[string][]byte, m *Manifest) []string
		says   string
	}{
		"a changed file": {func(files map[string][]byte, m *Manifest) []string {
			files["contoso.toml"][0] ^= 1
			return nil
		}, `"contoso.toml" was changed or damaged`},
		"a shorter file": {func(files map[string][]byte, m *Manifest) []string {
			files["contoso.toml"] = files["contoso.toml"][1:]
			return nil
		}, "expected"},
		"a missing file": {func(files map[string][]byte, m *Manifest) []string { delete(files, "contoso.journal"); return nil }, `"contoso.journal" is missing`},
		"one file more": {func(files map[string][]byte, m *Manifest) []string {
			files["a.exe"] = []byte("x")
			return []string{"a.exe"}
		}, "put there later"},
		"no list":                  {func(files map[string][]byte, m *Manifest) []string { delete(files, manifestName); return nil }, "no handover packet"},
		"a newer format":           {func(files map[string][]byte, m *Manifest) []string { m.Format = 2; return nil }, "format 2"},
		"the parent":               {add("../evil.toml", "x"), "expected files beside the migration"},
		"the root":                 {add("/etc/passwd", "x"), "expected files beside the migration"},
		"a drive":                  {add(`C:\evil`, "x"), "no name of a file"},
		"a backslash":              {add(`..\evil`, "x"), "no name of a file"},
		"a device":                 {add("con.txt", "x"), "no name of a file"},
		"a stream":                 {add("a:b", "x"), "no name of a file"},
		"a dot at the end":         {add("contoso.toml.", "x"), "no name of a file"},
		"another folder":           {add("bin/x", "x"), "expected files beside the migration"},
		"other case":               {add("CONTOSO.toml", "x"), "twice"},
		"false evidence":           {add("contoso.evidence/"+strings.Repeat("0", 64), "x"), "no longer has the hash it is named by"},
		"no migration":             {func(files map[string][]byte, m *Manifest) []string { m.Migration = "other.toml"; return nil }, "expected files beside the migration, "},
		"a migration that is none": {func(files map[string][]byte, m *Manifest) []string { m.Migration = "../x.toml"; return nil }, "expected a file like contoso.toml"},
		"a huge claim":             {func(files map[string][]byte, m *Manifest) []string { m.Files[0].Size = maxFile + 1; return nil }, "a packet holds at most"},
		"a bomb": {func(files map[string][]byte, m *Manifest) []string {
			files["bomb"] = make([]byte, 20<<20)
			m.Files = append(m.Files, File{Name: "bomb", Size: 10, SHA256: strings.Repeat("0", 64)})
			return []string{"bomb"}
		}, "expected 10"},
		"an edited journal": {func(files map[string][]byte, m *Manifest) []string {
			files["contoso.journal"] = bytes.Replace(files["contoso.journal"], []byte("14734"), []byte("15312"), 1)
			relist(files, m, "contoso.journal")
			return nil
		}, "the journal is not the one that was packed"},
		"a shortened journal": {func(files map[string][]byte, m *Manifest) []string {
			j := files["contoso.journal"]
			files["contoso.journal"] = j[:bytes.LastIndexByte(j[:len(j)-1], '\n')+1]
			relist(files, m, "contoso.journal")
			return nil
		}, "expected 5 entries"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := inspect(rebuilt(t, p.data, tt.change)); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want what says %q", err, tt.says)
			}
		})
	}
	if _, err := inspect(p.data[:len(p.data)/2]); err == nil {
		t.Error("half a packet was opened")
	}
	if _, err := inspect(rebuilt(t, p.data, func(map[string][]byte, *Manifest) []string { return nil })); err != nil {
		t.Errorf("the packet as it was: %v", err)
	}
}

func TestALinkIsNoFileOfAPacket(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "contoso.toml"}
	h.SetMode(os.ModeSymlink | 0o777)
	f, _ := w.CreateHeader(h)
	f.Write([]byte("/etc/passwd"))
	w.Close()
	if _, err := inspect(b.Bytes()); err == nil || !strings.Contains(err.Error(), "no plain file") {
		t.Errorf("got %v", err)
	}
}

func TestNoSecretIsPacked(t *testing.T) {
	t.Parallel()
	p := pack(t)
	p.write(t, "ca.pem", []byte("-----BEGIN RSA PRIVATE KEY-----\nx\n"))
	if _, err := Write(io.Discard, Pack{Path: p.path, Runbook: p.snap.Runbook, Events: p.snap.Events}); err == nil || !strings.Contains(err.Error(), "ca.pem holds a private key") {
		t.Errorf("got %v", err)
	}
	p.write(t, "ca.pem", []byte("x"))
	p.write(t, "passwords.txt", []byte("secret"))
	if _, m := p.pack(t); len(m.Files) != 4 {
		t.Errorf("what is no part of the migration was packed: %+v", m.Files)
	}
}

func TestChangedEvidenceIsNotPacked(t *testing.T) {
	t.Parallel()
	p := pack(t)
	for _, f := range p.m.Files {
		if strings.Contains(f.Name, "/") {
			p.write(t, f.Name, []byte("changed"))
		}
	}
	if _, err := Write(io.Discard, Pack{Path: p.path, Runbook: p.snap.Runbook, Events: p.snap.Events}); err == nil || !strings.Contains(err.Error(), "cannot be packed") {
		t.Errorf("got %v", err)
	}
}

func TestABrokenJournalIsHandedOverAsThat(t *testing.T) {
	t.Parallel()
	p := pack(t)
	j, _ := os.ReadFile(runbook.JournalPath(p.path))
	p.write(t, "contoso.journal", bytes.Replace(j, []byte("network team"), []byte("network dept"), 1))
	j, _ = os.ReadFile(runbook.JournalPath(p.path))
	p.write(t, "contoso.journal", append(j, "more\n"...))
	data, m := p.pack(t)
	if m.Broken == "" {
		t.Fatalf("the list says %+v", m)
	}
	if got, err := inspect(data); err != nil || got.Manifest.Broken != m.Broken {
		t.Errorf("%v", err)
	}
}

func TestTheOverviewTellsWhatIsNext(t *testing.T) {
	t.Parallel()
	p := pack(t)
	o := OverviewOf(p.snap.Runbook, p.snap.Progress)
	if len(o.Next) == 0 || len(o.Open) == 0 || o.Operator != "A. Meyer" || o.Done != 0 || o.Tasks == 0 {
		t.Errorf("%+v", o)
	}
	for _, ph := range p.snap.Runbook.Phases {
		for _, t2 := range ph.Tasks {
			locked := p.snap.Progress.Tasks[t2.ID].Status == runbook.Locked
			if listed := slices.ContainsFunc(o.Next, func(s string) bool { return strings.HasPrefix(s, t2.Title+":") }); listed && locked {
				t.Errorf("%s is said to be next and is locked: %s", t2.ID, p.snap.Progress.Tasks[t2.ID].Why)
			}
		}
	}
	text := o.Text()
	for _, want := range []string{"Contoso: Exchange 2010 to 2013 CU23", "Next: ", "A. Meyer: the switch waits for the network team", "Waived: 0"} {
		if !strings.Contains(text, want) {
			t.Errorf("the overview lacks %q:\n%s", want, text)
		}
	}
}

func FuzzInspect(f *testing.F) {
	f.Add([]byte("PK"))
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	one, _ := w.Create(manifestName)
	one.Write([]byte(`{"format":1,"migration":"a.toml","files":[{"name":"a.toml","size":1,"sha256":"x"}]}`))
	two, _ := w.Create("a.toml")
	two.Write([]byte("x"))
	w.Close()
	f.Add(b.Bytes())
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := inspect(data)
		if err != nil {
			return
		}
		if _, err := p.Extract(filepath.Join(dir, "x", "y")); err != nil {
			t.Skip(err)
		}
		list, _ := os.ReadDir(dir)
		if len(list) != 1 {
			t.Fatalf("files got out of the folder: %v", list)
		}
		os.RemoveAll(filepath.Join(dir, "x"))
	})
}

func TestNamesThatReachNoTerminal(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a\u009b2J.toml", "a\u202elmot.toml", "a\x7f.toml", "a\x1b.toml"} {
		if err := checkName(name, "x.evidence"); err == nil {
			t.Errorf("%q is taken for a file beside a migration", name)
		}
	}
	if err := checkName("größe 2.toml", "x.evidence"); err != nil {
		t.Error(err)
	}
}

// TestTheOverviewTellsTheLastNotesOnTheRun has notes on tasks come behind one on
// the whole run.
func TestTheOverviewTellsTheLastNotesOnTheRun(t *testing.T) {
	t.Parallel()
	p := pack(t)
	notes := p.snap.Progress.Notes
	for range 6 {
		notes = append(notes, runbook.Note{Task: "prepare.schema/org", Text: "a remark on a task"})
	}
	p.snap.Progress.Notes = notes
	if o := OverviewOf(p.snap.Runbook, p.snap.Progress); len(o.Notes) != 1 || !strings.Contains(o.Notes[0], "network team") {
		t.Errorf("the notes are %q", o.Notes)
	}
}
