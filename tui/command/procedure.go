package command

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

func procedureCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "procedure",
		Short: "Look into the procedures, and prove your own additions",
		Long: `What Exchange requires is data: tasks with commands and checks, ordered into
steps. A folder of your own files, given with --procedures DIR, is laid over
the shipped ones: it adds tasks and checks, words them for your house and makes
checks stricter. It cannot remove anything or make a check looser.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, args []string) error { return c.Help() },
	}
	c.AddCommand(procedureLint(a), procedureShow(a), procedureExport(a))
	return c
}

func procedureLint(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "lint DIR",
		Short: "Tell what is wrong with an overlay, or with a whole set of procedures",
		Long: `Tell what is wrong with an overlay, or with a whole set of procedures (a folder
that holds tasks, procedures and releases.toml). Nothing to tell: exit code 0.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			folder := a.path(args[0])
			if info, err := os.Stat(folder); err != nil || !info.IsDir() {
				return fmt.Errorf("%s: expected a folder of *.toml files", args[0])
			}
			lib, err := a.loadForLint(folder)
			if err != nil {
				return failure{err}
			}
			problems := lintAll(lib)
			for _, p := range problems {
				fmt.Fprintln(a.Out, p)
			}
			if len(problems) > 0 {
				return failure{fmt.Errorf("%d problem(s) in %s", len(problems), args[0])}
			}
			fmt.Fprintf(a.Err, "%s: %d tasks in %d procedures, nothing to mend\n", args[0], len(lib.Tasks), len(lib.Procedures))
			return nil
		},
	}
}

// loadForLint loads a folder that is either a whole set of procedures or an
// overlay.
func (a *app) loadForLint(folder string) (*procedure.Library, error) {
	if _, err := os.Stat(filepath.Join(folder, "releases.toml")); err == nil {
		return procedure.Load(os.DirFS(folder))
	}
	return procedure.LoadWith(a.Assets, os.DirFS(folder))
}

// lintAll lints, then compiles the sample of every source: what a text asks of
// an organisation only shows when there is one.
func lintAll(lib *procedure.Library) []string {
	var out []string
	for _, p := range procedure.Lint(lib, checks.Kinds()) {
		out = append(out, p.String())
	}
	if len(out) > 0 {
		return out
	}
	for _, source := range procedure.Sources {
		m, err := migration.Parse("sample "+source, migration.Sample(source), migration.Known{Releases: lib.Releases.Targets()})
		if err == nil {
			_, err = runbook.Compile(lib, m)
		}
		if err != nil {
			out = append(out, fmt.Sprintf("with the sample organisation for %s: %v", source, err))
		}
	}
	return out
}

func procedureShow(a *app) *cobra.Command {
	source := migration.Source2010
	c := &cobra.Command{
		Use:   "show [TASK]",
		Short: "List the steps with their tasks, or one task as it is written",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			lib, err := a.library()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return a.showSteps(lib, source)
			}
			task := lib.Tasks[args[0]]
			if task == nil {
				return unknownTask(lib, args[0])
			}
			fmt.Fprintf(a.Out, "# %s, %s\n%s", lib.Where(task.Name), strings.Join(stepsOf(lib, task.Name), ", "), task.Text())
			return nil
		},
	}
	c.Flags().StringVar(&source, "source", source, "2007, 2010 or mixed")
	return c
}

func (a *app) showSteps(lib *procedure.Library, source string) error {
	p := lib.Procedures[source]
	if p == nil {
		return fmt.Errorf("--source %s: expected one of %s", source, strings.Join(procedure.Sources, ", "))
	}
	fmt.Fprintf(a.Out, "%s (%s)\n", p.Title, p.Source)
	for _, s := range p.Steps {
		fmt.Fprintf(a.Out, "\n%d %s (%s)\n", s.Number, s.Title, s.ID)
		for _, name := range s.Tasks {
			fmt.Fprintf(a.Out, "  %s\n", name)
		}
		if len(s.CloseOut) > 0 {
			fmt.Fprintln(a.Out, "  after all rounds:")
		}
		for _, name := range s.CloseOut {
			fmt.Fprintf(a.Out, "  %s\n", name)
		}
	}
	return nil
}

// stepsOf tells where a task stands: "step 1 of 2010".
func stepsOf(lib *procedure.Library, task string) []string {
	var out []string
	for _, source := range procedure.Sources {
		for _, s := range lib.Procedures[source].Steps {
			if slices.Contains(s.Tasks, task) || slices.Contains(s.CloseOut, task) {
				out = append(out, fmt.Sprintf("step %d of %s", s.Number, source))
			}
		}
	}
	return out
}

func unknownTask(lib *procedure.Library, name string) error {
	var near []string
	for _, known := range slices.Sorted(maps.Keys(lib.Tasks)) {
		_, last, _ := strings.Cut(known, ".")
		if strings.Contains(known, name) || last != "" && strings.Contains(name, last) {
			near = append(near, known)
		}
	}
	if len(near) == 0 {
		return fmt.Errorf("no task is named %q; `coexist procedure show` lists them", name)
	}
	return fmt.Errorf("no task is named %q; near it are %s", name, strings.Join(near, ", "))
}

func procedureExport(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "export DIR",
		Short: "Write the shipped procedures into a new folder, to be read",
		Long: `Write the shipped procedures into a new folder, to be read and to copy from.
What --procedures takes is an overlay, not a changed copy of these files.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir := a.path(args[0])
			if _, err := os.Stat(dir); err == nil {
				return fmt.Errorf("%s is there already; expected the name of a folder to be made", args[0])
			} else if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if err := os.CopyFS(dir, a.Assets); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			fmt.Fprintf(a.Err, "wrote %s\n", args[0])
			return nil
		},
	}
}
