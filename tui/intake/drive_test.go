package intake

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/tui/paint"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// disk is a folder in memory.
type disk map[string][]byte

func (d disk) save(path string, data []byte) error {
	if _, there := d[path]; there {
		return fmt.Errorf("save %s: %w", path, fs.ErrExist)
	}
	d[path] = bytes.Clone(data)
	return nil
}

func (d disk) put(path string, data []byte) error { d[path] = bytes.Clone(data); return nil }

func (d disk) drop(path string) error {
	if _, there := d[path]; !there {
		return fs.ErrNotExist
	}
	delete(d, path)
	return nil
}

func (d disk) load(path string) ([]byte, error) {
	if data, there := d[path]; there {
		return bytes.Clone(data), nil
	}
	return nil, fs.ErrNotExist
}

func (d disk) find() []Found {
	var out []Found
	for path := range d {
		f := Found{Path: path, Name: strings.TrimSuffix(strings.TrimSuffix(path, ".draft"), ".toml"), Draft: strings.HasSuffix(path, ".draft")}
		if !f.Draft {
			f.Source, f.State = "2010", "step 1 of 6"
		}
		out = append(out, f)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out
}

func (d disk) config() Config {
	return Config{
		Known: migration.Known{Releases: []string{"2013 CU22", "2013 CU23"}},
		Releases: []procedure.Release{
			{Name: "2013 CU23", Version: "2013", Build: "15.0.1497.2", Coexists: true, SupportEnd: "2023-04-11"},
			{Name: "2013 CU22", Version: "2013", Build: "15.0.1473.3", Coexists: true},
			{Name: "2013 RTM", Version: "2013", Build: "15.0.516.32"},
		},
		Find: d.find, Save: d.save, Replace: d.put, SaveDraft: d.put, DropDraft: d.drop, LoadDraft: d.load,
		Clock: func() time.Time { return time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC) },
		Theme: paint.NewTheme(true, paint.FullColor, false),
		Diagram: func(c *paint.Canvas, m *migration.Migration) {
			w, _ := c.Size()
			c.Text(0, 0, w, "picture of "+m.Namespace.Primary, paint.Style{})
		},
	}
}

// keyMsg makes the message of a key by its Bubble Tea name.
func keyMsg(name string) tea.KeyPressMsg {
	special := map[string]rune{"enter": tea.KeyEnter, "tab": tea.KeyTab, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown,
		"left": tea.KeyLeft, "right": tea.KeyRight, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd,
		"backspace": tea.KeyBackspace, "delete": tea.KeyDelete}
	if name == "space" {
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
	}
	if rest, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(rest[0]), Mod: tea.ModCtrl}
	}
	if rest, ok := strings.CutPrefix(name, "shift+"); ok {
		return tea.KeyPressMsg{Code: special[rest], Mod: tea.ModShift}
	}
	if code, ok := special[name]; ok {
		return tea.KeyPressMsg{Code: code}
	}
	r, _ := utf8.DecodeRuneInString(name)
	return tea.KeyPressMsg{Code: r, Text: name}
}

// do drives by words: names of keys, =TEXT to type a text, KEY*3 to repeat.
// It returns the last action.
func do(m *Model, script string) Action {
	var last Action
	send := func(name string) {
		if _, a := m.Update(keyMsg(name)); a != nil {
			last = a
		}
	}
	for _, word := range strings.Fields(script) {
		if text, ok := strings.CutPrefix(word, "="); ok {
			for _, r := range strings.ReplaceAll(text, "_", " ") {
				if r == ' ' {
					send("space")
				} else {
					send(string(r))
				}
			}
			continue
		}
		times := 1
		if key, n, ok := strings.Cut(word, "*"); ok && key != "" {
			word = key
			times, _ = strconv.Atoi(n)
		}
		for range times {
			send(word)
		}
	}
	return last
}

// frame draws the model and returns the screen as text.
func frame(m *Model, w, h int) string {
	c := paint.New()
	c.Reset(w, h, false)
	m.SetSize(w, h)
	m.Draw(c, paint.R(0, 0, w, h))
	return c.Plain()
}

// click clicks on a text of the screen.
func clickOn(t *testing.T, m *Model, w, h int, text string) Action {
	t.Helper()
	c := paint.New()
	c.Reset(w, h, false)
	m.SetSize(w, h)
	m.Draw(c, paint.R(0, 0, w, h))
	for y, line := range strings.Split(c.Plain(), "\n") {
		if i := strings.Index(line, text); i >= 0 {
			p := image.Pt(utf8.RuneCountInString(line[:i]), y)
			msg := c.At(p.X, p.Y)
			if msg == nil {
				t.Fatalf("nothing to click at %q", text)
			}
			_, a := m.Update(msg)
			return a
		}
	}
	t.Fatalf("%q is not on the screen:\n%s", text, c.Plain())
	return nil
}

func wantOn(t *testing.T, screen string, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if !strings.Contains(screen, s) {
			t.Errorf("screen lacks %q:\n%s", s, screen)
		}
	}
}

// golden compares a frame with its file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; want:\n%s\ngot:\n%s", path, want, got)
	}
}
