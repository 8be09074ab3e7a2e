package procedure

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestFilesArePlain: the files of the program are read the fast way, and both
// ways read the same.
func TestFilesArePlain(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"../../assets", "../testdata/assets"} {
		files, err := contents(os.DirFS(folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			var plain, full any
			switch {
			case f.name == "releases.toml":
				plain, full = &Releases{}, &Releases{}
			case strings.HasPrefix(f.name, "procedures/"):
				plain, full = &Procedure{}, &Procedure{}
			default:
				plain, full = &taskFile{}, &taskFile{}
			}
			if !decodePlain(f.text, plain) {
				t.Errorf("%s is not plain; it costs every start time", f.name)
			}
			if problems := f.decodeFully(full); len(problems) > 0 || !reflect.DeepEqual(plain, full) {
				t.Errorf("%s is read differently by the two decoders (%v)", f.name, problems)
			}
		}
	}
}

var plainTexts = []string{
	"", "format = 1\n", "format = 1 # one\n\n[[task]]\nname = \"a\"\ntitle = 'b\\c'\n", "[[task]]\nname = \"a\"\n[[task.check]]\nname = \"c\"\nbefore = true\n[[task]]\nname = \"b\"\n",
	"[[task]]\nwhy = '''\nseveral\nlines'''\nduration = \"1h30m\"\n", "[[task]]\nafter = [ \"a\", # first\n \"b\",\n]\nnotes = []\n",
	"[[task]]\nservers = { versions = [\"old\"], first = true }\n", "[[task]]\n[[task.check]]\nparams = { a = \"x\", port = 25, list = [\"a\", 1, true, [\"n\"]] }\nexpect = [ { op = \"eq\", property = \"p\", values = [\"a\"], otherwise = \"warn\" }, ]\n",
	"[[task]]\n[[task.effect]]\nkind = \"k\"\nparams = { a = \"1\", b = '2' }\n", "[[task]]\nwhy = \"a\\\"b\\\\c\\nd\\te\"\n",
	// What is left to the full decoder.
	"[[task]]\n[[task.check]]\nparams = { deep = { k = 'v' } }\n", "[[task]]\n[[task.check]]\nparams = { list = [{ k = 'v' }] }\n",
	"format = 01\n", "format = 1.5\n", "format = 1\nformat = 2\n", "[[task]]\nname = \"\\u00e9\"\n", "[[task]]\nname = \"\"\"x\"\"\"\n", "[task]\n", "[[task.check]]\n",
	"[[task]]\ncheck = []\n[[task.check]]\n", "a.b = 1\n", "\"format\" = 1\n", "format = \"x\"\n", "[[task]]\nduration = \"soon\"\n", "[[task]]\nname = 'a\n", "[[task]]\nname = '''a''''\n",
	"[[task]]\nNAME = 'a'\n", "format = 1 format = 2", "[[task]]\n[[task.check]]\nparams = { a = 1, a = 2 }\n", "[[task]]\n[[task.check]]\nparams = { a = 1, }\n", "[[task]]\r\n", "[[task]]\nscoop = 1\n",
	"[[task]]\n[[task.check]]\nparams = { a = [ { b = 1 } ], t = 10:00:00, d = 2020-01-01, f = 1e5 }\n", "[[task]] [[task]]", "[[task]]\nslide = [ 1 ]\n", "[[task]]\nafter = ['a' 'b']\n", "[[ task ]]\n",
}

func TestPlainAgreesWithFull(t *testing.T) {
	t.Parallel()
	taken := 0
	for _, text := range plainTexts {
		if agree(t, text) {
			taken++
		}
	}
	if taken < 10 {
		t.Errorf("only %d texts were taken", taken)
	}
}

// agree reads a text both ways and tells whether the fast one took it.
func agree(t *testing.T, text string) bool {
	t.Helper()
	var plain, full taskFile
	if !decodePlain(text, &plain) {
		if !reflect.DeepEqual(plain, taskFile{}) {
			t.Errorf("%q was not taken and left something behind", text)
		}
		return false
	}
	if problems := (file{"x.toml", text}).decodeFully(&full); len(problems) > 0 || !reflect.DeepEqual(plain, full) {
		t.Errorf("%q is taken as %+v; the full decoder reads %+v, %v", text, plain, full, problems)
	}
	return true
}

func FuzzPlainAgreesWithFull(f *testing.F) {
	for _, text := range plainTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { agree(t, text) })
}
