package export

import (
	"os"
	"testing"
)

func TestDbg(t *testing.T) {
	r := compileFixture(t, fixtureMigration())
	ev := lived(t, r, "")
	b, err := Markdown(r, ev, Options{})
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile("/tmp/full.md", b, 0o644)
	b, _ = Markdown(r, ev, Options{Redact: true})
	os.WriteFile("/tmp/redact.md", b, 0o644)
	b, _ = Markdown(r, ev, Options{Plan: true})
	os.WriteFile("/tmp/plan.md", b, 0o644)
}

func TestDbg2(t *testing.T) {
	r := compileFixture(t, fixtureMigration())
	ev := lived(t, r, "")
	p := foldAll(r, ev)
	os.WriteFile("/tmp/status.txt", []byte(Status(r, p)), 0o644)
	os.WriteFile("/tmp/commands.txt", []byte(Commands(r, p, Filter{})), 0o644)
	b, _ := Diff(r, ev[:14], r, ev)
	os.WriteFile("/tmp/diff.txt", b, 0o644)
	b, _ = JSON(r, ev, Options{})
	os.WriteFile("/tmp/full.json", b, 0o644)
}
