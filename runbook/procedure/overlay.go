package procedure

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sort"
	"strings"
	"sync"

	"coexist/checks"
)

// overlayFile is what a file of an overlay holds: a house's own tasks, where
// they stand, and what it changes in shipped tasks.
type overlayFile struct {
	Format  int      `toml:"format"` // 1
	Tasks   []*Task  `toml:"task"`
	Places  []Placed `toml:"place"`
	Changes []Change `toml:"change"`
}

// Placed puts a task of an overlay into the steps of the procedures.
type Placed struct {
	Task     string   `toml:"task"`
	Step     string   `toml:"step"`      // step id: "prepare"
	Sources  []string `toml:"sources"`   // procedures; empty: all that have the step
	After    string   `toml:"after"`     // the task of the step to stand behind; empty: at the end
	First    bool     `toml:"first"`     // before all others
	CloseOut bool     `toml:"close_out"` // after all rounds, in the last step
}

// Change adds to a shipped task or words it anew. There is no way to say less
// with it: nothing is removed, and what is tightened can only become stricter.
type Change struct {
	Task     string    `toml:"task"`
	Title    string    `toml:"title"`
	Why      string    `toml:"why"`
	RunOn    string    `toml:"run_on"`
	Rights   string    `toml:"rights"`
	Confirm  string    `toml:"confirm"`  // a name to be typed, where none was asked for
	Required bool      `toml:"required"` // an optional task becomes required
	After    []string  `toml:"after"`    // added
	Pitfalls []string  `toml:"pitfalls"` // added
	Notes    []string  `toml:"notes"`    // added
	Sources  []string  `toml:"sources"`  // added
	Commands []Command `toml:"command"`  // added, after the shipped ones
	Checks   []Check   `toml:"check"`    // added
	Tighten  []Tighter `toml:"tighten"`
}

// Tighter makes a shipped check stricter or words it anew.
type Tighter struct {
	Check      string               `toml:"check"`
	Gate       string               `toml:"gate"`        // further along info, soft, dual, hard
	HoldsUntil string               `toml:"holds_until"` // a later step
	FreshFor   Duration             `toml:"fresh_for"`   // a shorter time
	Title      string               `toml:"title"`
	Remedy     string               `toml:"remedy"`
	Expect     []checks.Expectation `toml:"expect"` // added; all must hold
}

// LoadWith decodes the shipped procedures and lays an overlay over them: all
// the *.toml files of a folder. Its hash goes into the library's.
func LoadWith(shipped, overlay fs.FS) (*Library, error) {
	lib, err := Load(shipped)
	if err != nil {
		return nil, err
	}
	files, err := overlayContents(overlay)
	if err != nil {
		return nil, err
	}
	lib.Overlay = hashFiles(files)
	sum := sha256.Sum256([]byte(lib.Hash + " " + lib.Overlay))
	lib.Hash = hex.EncodeToString(sum[:])
	o := overlaying{lib: lib}
	for _, f := range files {
		o.read(f)
	}
	o.apply()
	return lib, errors.Join(o.problems...)
}

// OverlayHash is the content hash of an overlay, as a library has it.
func OverlayHash(overlay fs.FS) (string, error) {
	files, err := overlayContents(overlay)
	if err != nil {
		return "", err
	}
	return hashFiles(files), nil
}

// overlayContents reads the files of an overlay, sorted by name.
func overlayContents(overlay fs.FS) ([]file, error) {
	names, err := fs.Glob(overlay, "*.toml")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("no *.toml: expected files with [[task]], [[place]] and [[change]]")
	}
	sort.Strings(names)
	files := make([]file, 0, len(names))
	for _, name := range names {
		text, err := fs.ReadFile(overlay, name)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name, strings.ReplaceAll(strings.TrimPrefix(string(text), "\ufeff"), "\r\n", "\n")})
	}
	return files, nil
}

// overlaying collects what the files say before any of it is applied, so that
// their order does not matter.
type overlaying struct {
	lib      *Library
	places   []located[Placed]
	changes  []located[Change]
	own      []string // tasks of the overlay
	problems []error
}

// located is a part of a file with the place to name in a problem.
type located[T any] struct {
	what T
	written
}

func (o *overlaying) read(f file) {
	var holder overlayFile
	if problems := f.decode(&holder); len(problems) > 0 {
		o.problems = append(o.problems, problems...)
		return
	}
	if holder.Format != 1 {
		o.problems = append(o.problems, fmt.Errorf("%s: format is %d; expected format = 1 as the first line", f.name, holder.Format))
	}
	lines := sync.OnceValue(func() map[string][]int { return locate(f.text).headers })
	at := func(header string, n int) written {
		return written{f.name, n, func() []int { return lines()[header] }}
	}
	for i, p := range holder.Places {
		o.places = append(o.places, located[Placed]{p, at("place", i)})
	}
	for i, c := range holder.Changes {
		o.changes = append(o.changes, located[Change]{c, at("change", i)})
	}
	for i, t := range holder.Tasks {
		here := at("task", i)
		if earlier, double := o.lib.where[t.Name]; double {
			o.say(here.place(), "task %q is there already, at %s; give it a name of your own, or say [[change]]", t.Name, earlier.place())
			continue
		}
		o.lib.where[t.Name], o.lib.Tasks[t.Name] = here, t
		o.own = append(o.own, t.Name)
		o.lib.own[t.Name] = true
	}
}

func (o *overlaying) say(at Place, format string, args ...any) {
	o.problems = append(o.problems, fmt.Errorf("%s: "+format, append([]any{at}, args...)...))
}

func (o *overlaying) apply() {
	placed := map[string]bool{}
	for _, p := range o.places {
		placed[p.what.Task] = true
		o.put(p)
	}
	for _, name := range o.own {
		if !placed[name] {
			o.say(o.lib.Where(name), "task %q stands in no step; expected a [[place]] for it", name)
		}
	}
	for _, c := range o.changes {
		o.change(c)
	}
}

// put inserts a task into the lists of the procedures.
func (o *overlaying) put(p located[Placed]) {
	if !slices.Contains(o.own, p.what.Task) {
		o.say(p.place(), "task %q is not one of the overlay's own; shipped tasks stay where they are", p.what.Task)
		return
	}
	sources := p.what.Sources
	if len(sources) == 0 {
		sources = Sources
	}
	found := false
	for _, source := range sources {
		procedure := o.lib.Procedures[source]
		if procedure == nil {
			o.say(p.place(), "sources: there is no procedure %q; expected some of %s", source, strings.Join(Sources, ", "))
			return
		}
		for i := range procedure.Steps {
			if step := &procedure.Steps[i]; step.ID == p.what.Step {
				found = true
				o.insert(p, source, step)
			}
		}
	}
	if !found {
		o.say(p.place(), "step %q is in none of the procedures %s", p.what.Step, strings.Join(sources, ", "))
	}
}

func (o *overlaying) insert(p located[Placed], source string, step *Step) {
	list := &step.Tasks
	if p.what.CloseOut {
		list = &step.CloseOut
		if len(*list) == 0 {
			o.say(p.place(), "step %q has no close-out; only the last step does", step.ID)
			return
		}
	}
	if t := o.lib.Tasks[p.what.Task]; t != nil && !p.what.CloseOut && len(step.CloseOut) > 0 && t.Reach != "rounds" && t.Reach != "names" {
		o.say(p.place(), "step %q without close_out is done in the round of every further site alone, and an organisation of one site has none: "+
			"the task would not be there; set close_out = true, or in the task reach = \"rounds\" if it is meant for further sites", step.ID)
		return
	}
	at := len(*list)
	switch {
	case p.what.First && p.what.After != "":
		o.say(p.place(), "first and after exclude each other")
		return
	case p.what.First:
		at = 0
	case p.what.After != "":
		at = slices.Index(*list, p.what.After) + 1
		if at == 0 {
			o.say(p.place(), "after: step %q of procedure %s has no task %q; expected one of its own, or nothing", step.ID, source, p.what.After)
			return
		}
	}
	if slices.Contains(*list, p.what.Task) {
		o.say(p.place(), "task %q stands in step %q of procedure %s already", p.what.Task, step.ID, source)
		return
	}
	*list = slices.Insert(slices.Clone(*list), at, p.what.Task)
}
