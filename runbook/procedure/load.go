package procedure

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"reflect"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/BurntSushi/toml"
)

// Library is everything Exchange requires: the procedures, the tasks they
// order, and the table of builds.
type Library struct {
	Procedures map[string]*Procedure // by source: "2007", "2010", "mixed"
	Tasks      map[string]*Task      // by name
	Releases   Releases
	Hash       string // SHA-256 over all files, names and contents, hex; with an overlay, over both hashes
	Overlay    string // SHA-256 over the files of the overlay, hex; "" without one

	where map[string]written // of tasks, by name
	own   map[string]bool    // tasks that an overlay brought, by name
}

// Place is a line of a file; Line is 0 when only the file is known.
type Place struct {
	File string
	Line int
}

func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Sources are the source versions that must have a procedure.
var Sources = []string{"2007", "2010", "mixed"}

// Load decodes tasks/*.toml, procedures/*.toml and releases.toml strictly:
// unknown keys, doubled names and unreadable values are errors, all of them
// reported at once with file and line.
func Load(fsys fs.FS) (*Library, error) {
	files, err := contents(fsys)
	if err != nil {
		return nil, err
	}
	lib := &Library{
		Procedures: map[string]*Procedure{}, Tasks: map[string]*Task{}, where: map[string]written{}, own: map[string]bool{},
		Hash: hashFiles(files),
	}
	var problems []error
	for _, f := range decoded(files) {
		problems = append(problems, f.problems...)
		switch content := f.content.(type) {
		case *Releases:
			lib.Releases = *content
		case *Procedure:
			problems = append(problems, lib.addProcedure(f, content)...)
		case *taskFile:
			problems = append(problems, lib.addTasks(f, content)...)
		}
	}
	return lib, errors.Join(problems...)
}

// content is a file with what was read from it.
type content struct {
	file
	content  any // *Releases, *Procedure or *taskFile, as the file is named
	problems []error
}

// decoded reads all files, on every processor; none depends on another.
func decoded(files []file) []content {
	out := make([]content, len(files))
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(files)); i = next.Add(1) - 1 {
				f := content{file: files[i]}
				switch {
				case f.name == "releases.toml":
					f.content = &Releases{}
				case strings.HasPrefix(f.name, "procedures/"):
					f.content = &Procedure{}
				default:
					f.content = &taskFile{}
				}
				f.problems = f.decode(f.content)
				out[i] = f
			}
		})
	}
	all.Wait()
	return out
}

// Release returns the build with that name.
func (l *Library) Release(name string) (Release, bool) {
	for _, r := range l.Releases.List {
		if r.Name == name {
			return r, true
		}
	}
	return Release{}, false
}

// Own tells whether an overlay brought a task.
func (l *Library) Own(task string) bool { return l.own[task] }

// Where returns where a task is written.
func (l *Library) Where(task string) Place { return l.where[task].place() }

// written says that a task is the n-th one of a file.
type written struct {
	file  string
	n     int
	lines func() []int // of the tasks of the file
}

func (w written) place() Place {
	if w.lines == nil {
		return Place{}
	}
	place := Place{File: w.file}
	if lines := w.lines(); w.n < len(lines) {
		place.Line = lines[w.n]
	}
	return place
}

func (l *Library) addProcedure(f content, p *Procedure) (problems []error) {
	if want := strings.TrimSuffix(path.Base(f.name), ".toml"); len(f.problems) == 0 && p.Source != want {
		problems = append(problems, fmt.Errorf("%s: source is %q, expected %q as the file is named", f.name, p.Source, want))
	}
	if p.Source != "" {
		l.Procedures[p.Source] = p
	}
	return problems
}

func (l *Library) addTasks(f content, holder *taskFile) (problems []error) {
	lines := sync.OnceValue(func() []int { return locate(f.text).headers["task"] })
	for i, t := range holder.Tasks {
		if t == nil { // the file was read in part
			continue
		}
		place := written{f.name, i, lines}
		if earlier, double := l.where[t.Name]; double {
			problems = append(problems, fmt.Errorf("%s: task %q is there already, at %s; names are unique over all files", place.place(), t.Name, earlier.place()))
			continue
		}
		l.where[t.Name], l.Tasks[t.Name] = place, t
	}
	return problems
}

// taskFile is what a file of tasks holds.
type taskFile struct {
	Format int     `toml:"format"`
	Tasks  []*Task `toml:"task"`
}

type file struct{ name, text string }

// contents reads the files of a procedure, sorted by name.
func contents(fsys fs.FS) ([]file, error) {
	var names []string
	for _, pattern := range []string{"tasks/*.toml", "procedures/*.toml", "releases.toml"} {
		found, err := fs.Glob(fsys, pattern)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("no %s: expected tasks/*.toml, procedures/*.toml and releases.toml", pattern)
		}
		names = append(names, found...)
	}
	sort.Strings(names)
	files := make([]file, 0, len(names))
	buffer := make([]byte, 32<<10)
	for _, name := range names {
		text, err := readText(fsys, name, buffer)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name, text})
	}
	return files, nil
}

// readText reads a file into a string, without a copy of the whole between.
func readText(fsys fs.FS, name string, buffer []byte) (string, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var text strings.Builder
	if info, err := f.Stat(); err == nil {
		text.Grow(int(info.Size()))
	}
	for {
		n, err := f.Read(buffer)
		text.Write(buffer[:n])
		switch {
		case err == io.EOF:
			return text.String(), nil
		case err != nil:
			return "", err
		}
	}
}

// hashFiles tells any two sets of files apart: lengths keep names and
// contents from running into each other.
func hashFiles(files []file) string {
	h := sha256.New()
	buffer := make([]byte, 0, 32<<10)
	for _, f := range files {
		fmt.Fprintf(h, "%d %s %d\n", len(f.name), f.name, len(f.text))
		for text := f.text; text != ""; {
			n := min(len(text), cap(buffer))
			h.Write(append(buffer, text[:n]...))
			text = text[n:]
		}
		h.Write([]byte("\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// decode fills target and refuses what target has no field for.
func (f file) decode(target any) []error {
	if decodePlain(f.text, target) {
		return nil
	}
	return f.decodeFully(target)
}

// decodeFully takes all of TOML and tells where something is wrong.
func (f file) decodeFully(target any) []error {
	meta, err := toml.Decode(f.text, target)
	if err != nil {
		var parse toml.ParseError
		if errors.As(err, &parse) {
			line := parse.Position.Line
			if strings.Contains(parse.Message, "newline") { // it is found on the line after
				line--
			}
			return []error{fmt.Errorf("%s:%d: %s", f.name, line, parse.Message)}
		}
		return []error{fmt.Errorf("%s: %s", f.name, strings.TrimPrefix(err.Error(), "toml: "))}
	}
	var problems []error
	var lines *lineMap
	seen := map[string]int{}
	for _, key := range meta.Keys() {
		in := reflect.TypeOf(target)
		if hasKey(in, key) || !hasKey(in, key[:len(key)-1]) { // of an unknown table its keys are not told too
			continue
		}
		if lines == nil {
			lines = locate(f.text)
		}
		name := key.String()
		places := lines.keys[name]
		place := Place{File: f.name}
		if n := seen[name]; n < len(places) {
			place.Line = places[n]
		}
		seen[name]++
		problems = append(problems, fmt.Errorf("%s: unknown key %q", place, name))
	}
	return problems
}

// hasKey tells whether a structure takes a key, written as it is: the decoder
// looks at no case, and would let two keys that differ in nothing else set one
// field. What lies in a map is anybody's.
func hasKey(in reflect.Type, key []string) bool {
	for _, part := range key {
		for in.Kind() == reflect.Pointer || in.Kind() == reflect.Slice {
			in = in.Elem()
		}
		switch in.Kind() {
		case reflect.Map, reflect.Interface:
			return true
		case reflect.Struct:
			i, known := plainFields(in)[part]
			if !known {
				return false
			}
			in = in.Field(i).Type
		default:
			return false
		}
	}
	return true
}
