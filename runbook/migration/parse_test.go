package migration

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// Each testdata/invalid-NAME.toml has the exact problems beside it, one a line,
// from the line number on.
func TestProblemsOfInvalidFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/invalid-*.toml")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			wanted, err := os.ReadFile(strings.TrimSuffix(file, ".toml") + ".want")
			if err != nil {
				t.Fatal(err)
			}
			m, err := Load(file, known)
			var got *Problems
			if !errors.As(err, &got) || m != nil {
				t.Fatalf("got %v, %v", m, err)
			}
			want := strings.Split(strings.TrimSpace(string(wanted)), "\n")
			for i, p := range got.List {
				if i >= len(want) || p.String() != file+":"+want[i] {
					t.Errorf("got  %s\nwant %s", p, append(want, "nothing more")[min(i, len(want))])
				}
			}
			if len(got.List) < len(want) {
				t.Errorf("missing: %s", strings.Join(want[len(got.List):], "\n"))
			}
			if p := got.List[0]; p.File != file || p.Line == 0 || p.Message == "" {
				t.Errorf("the first problem is %+v", p)
			}
		})
	}
}

func TestFilesThatAreNoText(t *testing.T) {
	t.Parallel()
	sample := string(Sample(Source2010))
	utf16 := func(s string, low int) string {
		var b strings.Builder
		for i := range len(s) {
			pair := []byte{s[i], 0}
			b.WriteByte(pair[low])
			b.WriteByte(pair[1-low])
		}
		return b.String()
	}
	tests := []struct{ name, text, want string }{
		{"two marks", "\xef\xbb\xbf\xef\xbb\xbf" + sample, "x:1: the file begins with two byte order marks; expected one at most"},
		{"UTF-16 LE", "\xff\xfe" + utf16(sample, 0), "x:1: the file is UTF-16 (Notepad calls it Unicode); expected UTF-8: in Notepad choose"},
		{"UTF-16 BE", "\xfe\xff" + utf16(sample, 1), "x:1: the file is UTF-16 (Notepad calls it Unicode); expected UTF-8: in Notepad choose"},
		{"UTF-16 without a mark", utf16(sample, 0), "x:1: the file is UTF-16 (Notepad calls it Unicode); expected UTF-8: in Notepad choose"},
		{"Latin-1", strings.Replace(sample, "Redmond", "M\xfcnchen", 1), "x:72: the byte 0xFC is not UTF-8"},
		{"too large", sample + strings.Repeat("#\n", MaxSize/2), "x:1: the file is larger than 1 MiB"},
		{"nested", "a = " + strings.Repeat("[", 100_000), "x:1: brackets are nested more than 64 deep"},
		{"nested over lines", "a = 1\nb = [\n" + strings.Repeat("[\n", 200), "x:66: brackets are nested more than 64 deep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse("x", []byte(tt.text), known); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestWindowsLineEndsAreTaken(t *testing.T) {
	t.Parallel()
	for _, mark := range []string{"", "\xef\xbb\xbf"} {
		takesWindowsText(t, mark)
	}
}

func takesWindowsText(t *testing.T, mark string) {
	t.Helper()
	text := bytes.ReplaceAll(Sample(Mixed), []byte("\n"), []byte("\r\n"))
	text = append([]byte(mark), text...)
	m, err := Parse("x", text, known)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m, sample(Mixed)) {
		t.Errorf("got %+v", m)
	}
	text = bytes.Replace(text, []byte("autodiscover ="), []byte("autodiscove ="), 1)
	if _, err := Parse("x", text, known); err == nil || !strings.HasPrefix(err.Error(), "x:19: namespace.autodiscove: unknown key") {
		t.Errorf("got %v", err)
	}
}

func TestLoadTellsAMissingFileFromAWrongOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "none.toml"), known); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	var bad *Problems
	if _, err := Load(dir, known); err == nil || errors.As(err, &bad) {
		t.Errorf("got %v for a folder", err)
	}
	path := filepath.Join(dir, "contoso.toml")
	if err := WriteNew(path, Sample(Source2007)); err != nil {
		t.Fatal(err)
	}
	if m, err := Load(path, known); err != nil || m.Namespace.Legacy != "legacy.contoso.com" {
		t.Errorf("got %v, %v", m, err)
	}
}

// Every way that TOML has to write a key must lead to its line.
func TestLocate(t *testing.T) {
	t.Parallel()
	text := strings.Join([]string{
		`top = 1`,                       // 1
		`text = """`,                    // 2
		`[not.a.table]`,                 // 3
		`x = "\"""" # """`,              // 4
		`a.b."c d" = 'x#y' # comment`,   // 5
		`list = [ # [[`,                 // 6
		`  "one", # two ]`,              // 7
		`  ["three",`,                   // 8
		`  "four"],`,                    // 9
		`]`,                             // 10
		`inline = { x = 1, y = [2,3] }`, // 11
		`raw = '''`,                     // 12
		`'' [x]`,                        // 13
		`'''`,                           // 14
		`[[ site ]] # c`,                // 15
		`name = "A"`,                    // 16
		`[[site.server]]`,               // 17
		`name = "S"`,                    // 18
		`[site.dag]`,                    // 19
		`name = "D"`,                    // 20
		`[[site]]`,                      // 21
		`[[site.server]]`,               // 22
		`[[site."server"]]`,             // 23
		`"name" = "T"`,                  // 24
	}, "\n")
	where := locate([]byte(text))
	for key, line := range map[string]int{
		"top": 1, "text": 2, `a.b."c d"`: 5, "list": 6, "list[1]": 7, "list[2]": 8, "list[2][2]": 9,
		"inline": 11, "inline.x": 11, "inline.y[2]": 11, "raw": 12, "site[1]": 15, "site[1].name": 16,
		"site[1].server[1]": 17, "site[1].server[1].name": 18, "site[1].dag": 19, "site[1].dag.name": 20,
		"site[2]": 21, "site[2].server[1]": 22, "site[2].server[2]": 23, "site[2].server[2].name": 24,
		"site[2].server[2].gone": 23, "site[2].gone.gone": 21, "site": 15, "nowhere.at.all": 1,
	} {
		if got := where.line(key); got != line {
			t.Errorf("%s: line %d, want %d", key, got, line)
		}
	}
	for key, want := range map[string]string{"top": "1", `a.b."c d"`: "'x#y'", "list[2][1]": `"three"`, "inline.x": "1"} {
		if at, ok := where.find(key); !ok || text[at.value:at.end] != want {
			t.Errorf("%s: the value is %q, want %q", key, text[at.value:at.end], want)
		}
	}
}

// FuzzParse: nothing panics, and what is taken comes back the same from the file
// that Format writes.
func FuzzParse(f *testing.F) {
	for _, source := range []string{Source2007, Source2010, Mixed} {
		f.Add(Sample(source))
	}
	f.Add([]byte(handWritten))
	f.Add([]byte("a = \"\"\"\\\n\"\"\"\"\n[[site]]\nx.y = [{a=1},[2]]\n"))
	files, _ := filepath.Glob("testdata/invalid-*.toml")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse("x", data, known)
		if err != nil {
			for _, p := range err.(*Problems).List {
				if p.Line < 1 || p.Line > bytes.Count(data, []byte("\n"))+1 || strings.ContainsAny(p.String(), "\n\x00\x1b") {
					t.Fatalf("bad problem %q", p.String())
				}
			}
			Rewrite(data, sample(Mixed))
			return
		}
		again, err := Parse("x", Format(m), known)
		if err != nil {
			t.Fatalf("what Format wrote has problems: %v\n%s", err, Format(m))
		}
		if !bytes.Equal(Format(again), Format(m)) {
			t.Fatalf("got %+v, want %+v", again, m)
		}
		if got := Rewrite(data, m); !bytes.Equal(got, data) {
			t.Fatalf("a file that needs no change was changed to\n%s", got)
		}
	})
}
