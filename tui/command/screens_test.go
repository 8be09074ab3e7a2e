package command

import (
	"encoding/xml"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"coexist/runbook/migration"
	"coexist/tui/tuitest"
)

var update = flag.Bool("update", false, "make the pictures in docs/screens anew")

// pictures are the screens shown in the documents, each with the way to it.
var pictures = []struct {
	name, title string
	make        func(t *testing.T) *tuitest.Terminal
}{
	{"start", "The start screen", func(t *testing.T) *tuitest.Terminal {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "contoso.toml"), migration.Sample("2010"), 0o600); err != nil {
			t.Fatal(err)
		}
		term := delivered(t, dir)
		term.WaitText("Rehearse with the built-in organisation")
		term.WaitText("? help")
		return term
	}},
	{"board", "The board of a rehearsal: the names have moved to Exchange 2013", func(t *testing.T) *tuitest.Terminal {
		dir := rehearsed(t, "plain", `"task":"switch.dns-internal/redmond"`, 12)
		term := comeBack(t, dir)
		term.WaitText("? help")
		return term
	}},
	{"failed-check", "A failed check: what was expected, what was found, what to do", func(t *testing.T) *tuitest.Terminal {
		term := badNight(t)
		term.Press("enter")
		term.WaitText("expected")
		return term
	}},
	{"gate", "The gate: what keeps the next step locked", func(t *testing.T) *tuitest.Terminal {
		term := badNight(t)
		term.Type("\x07") // ctrl+g
		term.WaitText("to clear")
		return term
	}},
}

// badNight is the board at the first failed check of a bad night.
func badNight(t *testing.T) *tuitest.Terminal {
	t.Helper()
	return comeBack(t, rehearsed(t, "bad-night", `"verdict":"fail"`, 2), "--scenario", "bad-night")
}

// comeBack opens a rehearsal again and goes to the next thing to do.
func comeBack(t *testing.T, dir string, more ...string) *tuitest.Terminal {
	t.Helper()
	term := delivered(t, dir, append([]string{"rehearse", "--operator", "A. Meyer"}, more...)...)
	term.WaitText("REHEARSAL")
	term.Press("esc") // what happened since the last time
	term.WaitText("? help")
	term.Type(".")
	return term
}

// TestScreens holds the pictures of the documents to what can be read in any
// browser; with -update it makes them from the program as it is now.
func TestScreens(t *testing.T) {
	for _, p := range pictures {
		path := filepath.Join("../..", "docs", "screens", p.name+".svg")
		t.Run(p.name, func(t *testing.T) {
			if *update {
				term := p.make(t)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(term.Frame().SVG(p.title)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			wellFormed(t, path)
			shown := 0
			for _, page := range []string{"../../README.md", "../../docs/guide.md"} {
				text, err := os.ReadFile(page)
				if err != nil {
					t.Fatal(err)
				}
				shown += strings.Count(string(text), "screens/"+p.name+".svg)")
			}
			if shown == 0 {
				t.Errorf("no document shows %s", path)
			}
		})
	}
}

func wellFormed(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	words := 0
	for d := xml.NewDecoder(f); ; {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "text" {
			words++
		}
	}
	if words < 20 {
		t.Errorf("%s: %d words are no screen", path, words)
	}
	if info, err := f.Stat(); err == nil && info.Size() > 80_000 {
		t.Errorf("%s: %d bytes", path, info.Size())
	}
}

// delivered runs the program as it is delivered, with its own procedures.
func delivered(t *testing.T, dir string, args ...string) *tuitest.Terminal {
	t.Helper()
	return tuitest.Start(t, inFolder(exec.Command(os.Args[0], args...), dir, "COEXIST_TEST_WORLD=", "COEXIST_TEST_FIELD=yes"), 120, 40)
}

// rehearsed carries a rehearsal of 2010 out and takes its journal back to some
// entries after the first that holds a text: a journal cut short is that of a
// shorter night.
func rehearsed(t *testing.T, scenario, text string, more int) string {
	t.Helper()
	dir := t.TempDir()
	cmd := inFolder(exec.Command(os.Args[0], "rehearse", "--headless", "--source", "2010", "--scenario", scenario), dir, "COEXIST_TEST_WORLD=", "COEXIST_TEST_FIELD=yes")
	out, err := cmd.CombinedOutput() // it fails where the scenario goes wrong
	path := filepath.Join(dir, "rehearsal-"+scenario+"-2010", "contoso.journal")
	journal, missing := os.ReadFile(path)
	if missing != nil {
		t.Fatalf("%v: %v\n%s", missing, err, out)
	}
	lines := strings.SplitAfter(string(journal), "\n")
	for i, line := range lines {
		if !strings.Contains(line, `"script.`) && strings.Contains(line, text) {
			if err := os.WriteFile(path, []byte(strings.Join(lines[:i+more], "")), 0o600); err != nil {
				t.Fatal(err)
			}
			return dir
		}
	}
	t.Fatalf("%s is nowhere in the journal", text)
	return ""
}
