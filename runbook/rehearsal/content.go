package rehearsal

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/BurntSushi/toml"

	"coexist/runbook/migration"
)

// Content is what rehearsals are made of: the scenarios and the faults, as
// data.
type Content struct {
	Scenarios []Scenario // in the order in which they are offered; the first is the default
	Faults    []Fault
}

// LoadContent reads scenarios/*.toml and faults.toml strictly.
func LoadContent(fsys fs.FS) (*Content, error) {
	c := &Content{}
	names, err := fs.Glob(fsys, "scenarios/*.toml")
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, name := range names {
		var s Scenario
		if err := decode(fsys, name, &s); err != nil {
			problems = append(problems, err)
			continue
		}
		if want := strings.TrimSuffix(path.Base(name), ".toml"); s.Name != want {
			problems = append(problems, fmt.Errorf("%s: name is %q, expected %q as the file is named", name, s.Name, want))
		}
		c.Scenarios = append(c.Scenarios, s)
	}
	sort.SliceStable(c.Scenarios, func(i, j int) bool { return c.Scenarios[i].Order < c.Scenarios[j].Order })
	var table struct {
		Format int     `toml:"format"`
		Faults []Fault `toml:"fault"`
	}
	if err := decode(fsys, "faults.toml", &table); err != nil {
		problems = append(problems, err)
	}
	c.Faults = table.Faults
	problems = append(problems, c.problems()...)
	if len(c.Scenarios) == 0 {
		problems = append(problems, errors.New("no scenarios/*.toml: expected at least one scenario to rehearse"))
	}
	return c, errors.Join(problems...)
}

func decode(fsys fs.FS, name string, target any) error {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	meta, err := toml.Decode(string(text), target)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return fmt.Errorf("%s: the key %s is not known", name, unknown[0])
	}
	return nil
}

// problems finds what does not fit together.
func (c *Content) problems() []error {
	var out []error
	for _, s := range c.Scenarios {
		if s.Doc == "" || len(s.Sources) == 0 {
			out = append(out, fmt.Errorf("scenarios/%s.toml: expected doc and sources", s.Name))
		}
		for _, source := range s.Sources {
			if !slices.Contains(sources, source) {
				out = append(out, fmt.Errorf("scenarios/%s.toml: source %q: expected 2007, 2010 or mixed", s.Name, source))
			}
			for _, name := range s.Faults {
				if _, err := c.fault(name, source); err != nil {
					out = append(out, fmt.Errorf("scenarios/%s.toml: %w", s.Name, err))
				}
			}
		}
	}
	for i, f := range c.Faults {
		ill := slices.ContainsFunc(f.Found, func(s string) bool { return strings.Count(s, "/") != 1 })
		if f.Name == "" || f.Doc == "" || len(f.Found) == 0 || ill || f.Names == "" || f.Remedy == "" {
			out = append(out, fmt.Errorf("faults.toml: fault %d (%s): expected name, doc, found = [\"task/check\"], names and remedy", i+1, f.Name))
		}
	}
	return out
}

var sources = []string{migration.Source2010, migration.Source2007, migration.Mixed}

// Scenario returns the scenario with that name; empty means the default.
func (c *Content) Scenario(name string) (Scenario, error) {
	if name == "" && len(c.Scenarios) > 0 {
		return c.Scenarios[0], nil
	}
	var names []string
	for _, s := range c.Scenarios {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Scenario{}, fmt.Errorf("--scenario %s: expected one of %s", name, strings.Join(names, ", "))
}

// Help lists the scenarios and the faults for a command's help.
func (c *Content) Help() string {
	var b strings.Builder
	b.WriteString("The scenarios:\n\n")
	for _, s := range c.Scenarios {
		fmt.Fprintf(&b, "  %-26s %s%s\n", s.Name, s.Doc, only(s.Sources))
	}
	b.WriteString("\nThe faults, or random (random:3 for three of them):\n\n")
	for _, f := range c.Faults {
		fmt.Fprintf(&b, "  %-26s %s%s\n", f.Name, f.Doc, only(f.Sources))
	}
	return b.String()
}

// only says to which sources something is limited.
func only(list []string) string {
	if len(list) == 0 || len(list) == len(sources) {
		return ""
	}
	return " (" + strings.Join(list, ", ") + ")"
}
