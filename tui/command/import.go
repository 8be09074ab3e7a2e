package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"coexist/checks/report"
	"coexist/runbook"
	"coexist/runbook/script"
)

// importFile takes in a result file. A path that is not absolute is looked up
// beside the migration first, then in the working folder.
func (a *app) importFile(s *runbook.Session, name string) (script.Outcome, error) {
	path := name
	if !filepath.IsAbs(name) {
		path = filepath.Join(filepath.Dir(s.Snapshot().Path), name)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			path = a.path(name)
		}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return script.Outcome{}, fmt.Errorf("there is no file %s; expected the coexist-….json that the script saved", path)
	case err != nil:
		return script.Outcome{}, fmt.Errorf("%w; expected the coexist-….json that the script saved", err)
	case !info.Mode().IsRegular():
		return script.Outcome{}, fmt.Errorf("%s is no file; expected the coexist-….json that the script saved", path)
	case info.Size() > maxResult:
		return script.Outcome{}, fmt.Errorf("%s has %d bytes, more than any result file", path, info.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return script.Outcome{}, err
	}
	return script.Import(s, path, data, runbook.EvidenceOf(s.Snapshot().Path).Keep)
}

// maxResult is more than a result file ever has; what is larger is not read.
const maxResult = 64 << 20

// importText takes in the pasted text of a result file.
func importText(s *runbook.Session, data []byte) (script.Outcome, error) {
	return script.Import(s, "pasted text", data, runbook.EvidenceOf(s.Snapshot().Path).Keep)
}

func importCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE RESULTS",
		Short: "Take in what a script saved, as evidence",
		Args:  cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.openToRecord(args[0], false)
			if err != nil {
				return err
			}
			defer s.Close()
			out, err := a.importFile(s, a.path(args[1]))
			if err != nil {
				return err
			}
			fmt.Fprint(a.Out, report.Text(out.Results))
			fmt.Fprint(a.Err, out.Text())
			return nil
		},
	}
}
