package handover

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"coexist/runbook/procedure"
)

// TestTheProceduresOfTheHouseArePacked: without them the receiver has another
// runbook.
func TestTheProceduresOfTheHouseArePacked(t *testing.T) {
	t.Parallel()
	p := pack(t)
	house := filepath.Join(p.dir, "house")
	if err := os.Mkdir(house, 0o700); err != nil {
		t.Fatal(err)
	}
	p.write(t, "house/rules.toml", []byte("format = 1\r\n"))
	p.write(t, "house/More rules.toml", []byte("format = 1\n# more\n"))
	p.write(t, "house/notes.txt", []byte("not read, not packed"))
	write := func() ([]byte, Manifest, error) {
		var b bytes.Buffer
		m, err := Write(&b, Pack{Path: p.path, Overlay: house, Runbook: p.snap.Runbook, Events: p.snap.Events})
		return b.Bytes(), m, err
	}
	data, m, err := write()
	if err != nil {
		t.Fatal(err)
	}
	want, err := procedure.OverlayHash(os.DirFS(house))
	if err != nil || m.Overlay != want || want == "" {
		t.Errorf("the list tells %q, the folder has %q, %v", m.Overlay, want, err)
	}
	got, err := inspect(data)
	if err != nil {
		t.Fatal(err)
	}
	path, err := got.Extract(filepath.Join(t.TempDir(), "taken"))
	if err != nil {
		t.Fatal(err)
	}
	if hash, err := procedure.OverlayHash(os.DirFS(got.Overlay(path))); err != nil || hash != want {
		t.Errorf("opened, the procedures have %q, %v", hash, err)
	}
	if list, _ := os.ReadDir(got.Overlay(path)); len(list) != 2 {
		t.Errorf("opened: %v", list)
	}
	changed := rebuilt(t, data, func(files map[string][]byte, m *Manifest) []string {
		const name = "procedures/rules.toml"
		files[name] = []byte("format = 1\n# looser\n")
		m.Files[slices.IndexFunc(m.Files, func(f File) bool { return f.Name == name })] = listed(name, files[name])
		return nil
	})
	if _, err := inspect(changed); err == nil || !strings.Contains(err.Error(), "not those that were packed") {
		t.Errorf("changed procedures: %v", err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(house, "z.toml")); err != nil {
		t.Skip(err)
	}
	if _, _, err := write(); err == nil || !strings.Contains(err.Error(), "no plain file") {
		t.Errorf("a link: %v", err)
	}
}

func TestProceduresLeadNowhereElse(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"procedures/../x.toml", "procedures/a/b.toml", "procedures/con.toml", "procedures/x.exe", `procedures/..\x.toml`, "procedures/.toml.", "Procedures/x.toml"} {
		if err := checkName(name, "x.evidence"); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
	if err := checkName("procedures/house rules.toml", "x.evidence"); err != nil {
		t.Error(err)
	}
}

func TestCertificatesDoNotTakeANameOfThePacket(t *testing.T) {
	t.Parallel()
	p := pack(t)
	for _, name := range []string{"handover.json", "Handover.JSON", "contoso.toml", "CONTOSO.journal", "contoso.evidence", "procedures", "rehearsal.json"} {
		p.snap.Runbook.Migration.Network.Trust = []string{name}
		if _, err := Write(io.Discard, Pack{Path: p.path, Runbook: p.snap.Runbook, Events: p.snap.Events}); err == nil || !strings.Contains(err.Error(), "rename the file of certificates") {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.snap.Runbook.Migration.Network.Trust = []string{"ca.pem", "ca.pem"}
	if _, err := Write(io.Discard, Pack{Path: p.path, Runbook: p.snap.Runbook, Events: p.snap.Events}); err != nil {
		t.Errorf("the same file twice: %v", err)
	}
}
