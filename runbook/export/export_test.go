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
