package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/script"
)

// saveScript writes a script beside the migration, under a name that no file
// has yet, and records it.
func (a *app) saveScript(s *runbook.Session, o script.Options) (string, script.Manifest, error) {
	o.Tool = version()
	stem := fmt.Sprintf("%s-step%d-%s", strings.TrimSuffix(s.Snapshot().Path, ".toml"), o.Step, o.Shell)
	if o.Server != "" {
		stem += "-" + o.Server
	}
	path := stem + ".ps1"
	for n := 2; ; n++ {
		m, err := writeScript(s, o, path)
		if !errors.Is(err, fs.ErrExist) || n > 1000 {
			return path, m, err
		}
		path = fmt.Sprintf("%s-%d.ps1", stem, n)
	}
}

// writeScript writes a script into a new file and records it. What can't be
// recorded could never be imported: it does not stay.
func writeScript(s *runbook.Session, o script.Options, path string) (script.Manifest, error) {
	written := false
	m, err := script.Save(s, o, path, func(path string, data []byte) error {
		err := migration.WriteNew(path, data)
		written = err == nil
		return err
	})
	if err != nil && written {
		err = errors.Join(err, os.Remove(path))
	}
	return m, err
}

func scriptCommand(a *app) *cobra.Command {
	var o script.Options
	var out string
	c := &cobra.Command{
		Use:   "script FILE --step N [--shell 2007|2010|2013] -o FILE.ps1",
		Short: "Write a read-only script for the Exchange Management Shell",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if o.Shell != "" && o.Shell != "2007" && o.Shell != "2010" && o.Shell != "2013" {
				return fmt.Errorf("--shell %q: expected 2007, 2010 or 2013", o.Shell)
			}
			if o.Step == 0 || out == "" {
				return errors.New("name the step with --step and the file to write with -o")
			}
			s, err := a.openToRecord(args[0], false)
			if err != nil {
				return err
			}
			defer s.Close()
			if _, err := s.Snapshot().Runbook.Select(o.Step, ""); err != nil {
				return err
			}
			if o.Shell == "" {
				if o.Shell, err = onlyShell(s.Snapshot(), o.Step); err != nil {
					return err
				}
			}
			o.Tool = version()
			m, err := writeScript(s, o, a.path(out))
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Err, "wrote %s: %d checks, %d captured values\nrun it in the Exchange Management Shell of Exchange %s, then: coexist import %s %s\n",
				out, len(m.Checks), len(m.Captures), m.Shell, args[0], m.ResultName())
			return nil
		},
	}
	c.Flags().IntVar(&o.Step, "step", 0, "step of the diagram")
	c.Flags().StringVar(&o.Shell, "shell", "", "2007, 2010 or 2013 (default: the only one that the step is read in)")
	c.Flags().StringVar(&o.Server, "server", "", "only what must be read on this server")
	c.Flags().BoolVar(&o.Capture, "capture", false, "also read the values that the step's tasks will change")
	c.Flags().StringVarP(&out, "output", "o", "", "the script to write; never overwritten")
	return c
}

// onlyShell is the shell that a step is read in, when there is but one.
func onlyShell(snap runbook.Snapshot, step int) (string, error) {
	offers, err := script.Offers(snap.Runbook, step, snap.Progress.Values)
	if err != nil {
		return "", err
	}
	var shells []string
	for _, o := range offers {
		if !slices.Contains(shells, o.Shell) {
			shells = append(shells, o.Shell)
		}
	}
	switch len(shells) {
	case 0:
		return "", script.ErrNothing
	case 1:
		return shells[0], nil
	}
	return "", fmt.Errorf("step %d is read in the shells of %s: name one with --shell, and write a script for each", step, strings.Join(shells, " and "))
}
