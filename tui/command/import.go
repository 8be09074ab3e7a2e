package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"coexist/checks"
	"coexist/checks/report"
	"coexist/runbook"
	"coexist/runbook/outside"
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
		return script.Outcome{}, fmt.Errorf("there is no file %s; expected the coexist-….json that a script or a run outside saved", path)
	case err != nil:
		return script.Outcome{}, fmt.Errorf("%w; expected the coexist-….json that a script or a run outside saved", err)
	case !info.Mode().IsRegular():
		return script.Outcome{}, fmt.Errorf("%s is no file; expected the coexist-….json that a script or a run outside saved", path)
	case info.Size() > maxResult:
		return script.Outcome{}, fmt.Errorf("%s has %d bytes, more than any result file", path, info.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return script.Outcome{}, err
	}
	return take(s, path, data)
}

// take takes in what a script or a run outside saved, whichever it is.
func take(s *runbook.Session, name string, data []byte) (script.Outcome, error) {
	keep := runbook.EvidenceOf(s.Snapshot().Path).Keep
	if outside.Is(data) {
		return outside.Import(s, name, data, keep)
	}
	return script.Import(s, name, data, keep)
}

// maxResult is more than a result file ever has; what is larger is not read.
const maxResult = 64 << 20

// importText takes in the pasted text of a result file.
func importText(s *runbook.Session, data []byte) (script.Outcome, error) {
	return take(s, "pasted text", data)
}

func importCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE RESULTS",
		Short: "Take in what a script or a run outside saved, as evidence",
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
			fmt.Fprint(a.Err, out.Text()+uncounted(s.Snapshot(), out.Results))
			return nil
		},
	}
}

// uncounted names the results that were recorded and do not count: what was
// seen is too old, or from before the work.
func uncounted(snap runbook.Snapshot, results []checks.Result) string {
	var b strings.Builder
	for _, r := range results {
		st, c := snap.Progress.Checks[r.ID], snap.Runbook.Check(r.ID)
		if st == nil || c == nil {
			continue
		}
		switch seen := r.Started.UTC().Format("2006-01-02 15:04 UTC"); st.Status {
		case runbook.Stale:
			fmt.Fprintf(&b, "does not count, too old (%s): %s\n", seen, checks.Escape(r.ID))
		case runbook.NotYet:
			why := "seen before its task was carried out"
			if task := snap.Progress.Tasks[c.Task.ID]; task != nil && task.DoneAt.IsZero() {
				why = "its task is not carried out yet"
			}
			fmt.Fprintf(&b, "does not count, %s (%s): %s\n", why, seen, checks.Escape(r.ID))
		}
	}
	return b.String()
}
