package command

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"coexist/runbook"
	"coexist/runbook/export"
	"coexist/runbook/migration"
)

// renderExport renders the runbook of a session as it stands.
func renderExport(s *runbook.Session) ([]byte, error) {
	snap := s.Snapshot()
	return export.Markdown(snap.Runbook, snap.Events, export.Options{})
}

// writeExport renders the runbook of a session beside its migration.
func (a *app) writeExport(s *runbook.Session) (string, []byte, error) {
	path, err := a.exportTo(s.Snapshot(), "")
	if err != nil {
		return "", nil, err
	}
	data, err := os.ReadFile(path)
	return path, data, err
}

// exportTo writes the Markdown runbook; an empty path is the usual place.
func (a *app) exportTo(snap runbook.Snapshot, path string) (string, error) {
	if path == "" {
		path = strings.TrimSuffix(snap.Path, ".toml") + "-runbook.md"
	}
	data, err := export.Markdown(snap.Runbook, snap.Events, export.Options{})
	if err != nil {
		return "", err
	}
	return path, migration.SaveAtomic(a.path(path), data)
}

func exportCommand(a *app) *cobra.Command {
	var out string
	var o export.Options
	var check bool
	c := &cobra.Command{
		Use:   "export FILE",
		Short: "Write the runbook as Markdown or JSON",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			snap, err := a.look(args[0])
			if err != nil {
				return err
			}
			data, err := export.Write(snap.Runbook, snap.Events, o)
			if err != nil {
				return err
			}
			suffix := map[string]string{"json": "-runbook.json"}[o.Format]
			if suffix == "" {
				suffix = "-runbook.md"
			}
			if out == "" {
				out = strings.TrimSuffix(args[0], ".toml") + suffix
			}
			if check {
				return a.compareExport(out, data)
			}
			if out == "-" {
				_, err = a.Out.Write(data)
				return err
			}
			if err := migration.SaveAtomic(a.path(out), data); err != nil {
				return err
			}
			fmt.Fprintf(a.Err, "wrote %s\n", out)
			return nil
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "file to write, - for standard output (default: NAME-runbook.md)")
	c.Flags().StringVar(&o.Format, "format", "markdown", "markdown or json")
	c.Flags().BoolVar(&o.Plan, "plan", false, "the plan before the work, without results")
	c.Flags().StringVar(&o.Profile, "profile", "full", "full, manager, auditor or engineer")
	c.Flags().BoolVar(&o.Redact, "redact", false, "replace names, addresses and people by stable pseudonyms")
	c.Flags().BoolVar(&check, "check", false, "compare the file with what would be written now")
	return c
}

// compareExport holds an earlier export against what the journal gives today.
func (a *app) compareExport(name string, want []byte) error {
	got, err := os.ReadFile(a.path(name))
	if err != nil {
		return err
	}
	if string(got) != string(want) {
		return failure{fmt.Errorf("%s differs from what the journal gives: it was edited, or the journal went on since", name)}
	}
	fmt.Fprintf(a.Err, "%s is what the journal gives\n", name)
	return nil
}
