package command

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"coexist/runbook"
	"coexist/runbook/export"
	"coexist/runbook/migration"
)

// renderExport renders the runbook of a session as it stands.
func renderExport(s *runbook.Session) ([]byte, error) {
	snap := s.Snapshot()
	return export.Markdown(snap.Runbook, snap.Events, export.Options{Broken: snap.Broken})
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
	if err := a.spares(snap.Path, path); err != nil {
		return "", err
	}
	data, err := export.Markdown(snap.Runbook, snap.Events, export.Options{Broken: snap.Broken})
	if err != nil {
		return "", err
	}
	return path, migration.SaveAtomic(a.path(path), data)
}

// exportRequest is what the flags of export ask for.
type exportRequest struct {
	export.Options
	out    string
	check  bool
	record bool
	chosen bool // a flag says how the document was written
}

func exportCommand(a *app) *cobra.Command {
	var q exportRequest
	c := &cobra.Command{
		Use:   "export FILE [--check [DOCUMENT]]",
		Short: "Write the runbook as Markdown or JSON",
		Long: `Write the plan before the work, or the record of it, as Markdown or JSON. Equal
journals give equal bytes.

The profiles: full has everything; auditor leaves the procedure's advice out;
engineer leaves the change record and the sign-off out; manager is one page. A
profile never changes a fact.

--check makes an earlier export again, from the journal as it was then, and
compares the two; it reads from the document with which options it was written.
The document is NAME-runbook.md, or the one that is named behind it.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 2 {
				if !q.check || q.out != "" {
					return fmt.Errorf("unexpected %s: a second file goes with --check, as the document to be compared; name the file to write with -o", args[1])
				}
				q.out = args[1]
			}
			for _, name := range []string{"format", "plan", "profile", "redact"} {
				q.chosen = q.chosen || c.Flags().Changed(name)
			}
			return a.export(args[0], q)
		},
	}
	c.Flags().StringVarP(&q.out, "output", "o", "", "file to write, - for standard output (default: NAME-runbook.md or .json)")
	c.Flags().StringVar(&q.Format, "format", "markdown", "markdown or json")
	c.Flags().BoolVar(&q.Plan, "plan", false, "the plan before the work, without results")
	c.Flags().StringVar(&q.Profile, "profile", "full", "full, manager, auditor or engineer")
	c.Flags().BoolVar(&q.Redact, "redact", false, "replace names, addresses and people by stable pseudonyms")
	c.Flags().BoolVar(&q.check, "check", false, "make an earlier export again and compare: --check run.md")
	c.Flags().BoolVar(&q.record, "record", false, "note in the journal that this document was written, with its hash")
	return c
}

func (a *app) export(file string, q exportRequest) error {
	if q.out == "" {
		q.out = strings.TrimSuffix(file, filepath.Ext(file)) + "-runbook.md"
		if q.Format == "json" {
			q.out = strings.TrimSuffix(q.out, ".md") + ".json"
		}
	}
	if q.record && (q.check || q.out == "-") {
		return errors.New("--record goes with a file that is written: leave out --check, and name a file with -o")
	}
	snap, err := a.look(file)
	if err != nil {
		return err
	}
	q.Broken = snap.Broken
	if q.check {
		return a.checkExport(snap, q)
	}
	data, err := export.Write(snap.Runbook, snap.Events, q.Options)
	if err != nil {
		return err
	}
	if q.out == "-" {
		_, err = a.Out.Write(data)
		return err
	}
	if err := a.spares(file, q.out); err != nil {
		return err
	}
	if err := migration.SaveAtomic(a.path(q.out), data); err != nil {
		return err
	}
	fmt.Fprintf(a.Err, "wrote %s\n", q.out)
	if q.record {
		return a.recordExport(file, q.out, data)
	}
	return nil
}

// spares refuses to write over a migration or its record.
func (a *app) spares(file, out string) error {
	is, err := os.Stat(a.path(out))
	if err != nil {
		return nil // nothing there to lose
	}
	for _, kept := range []string{a.path(file), runbook.JournalPath(a.path(file))} {
		if other, err := os.Stat(kept); err == nil && os.SameFile(is, other) {
			return fmt.Errorf("%s would be overwritten; name another file", out)
		}
	}
	if ext := strings.ToLower(filepath.Ext(out)); ext == ".toml" || ext == ".journal" {
		return fmt.Errorf("%s is there already and looks like a migration or its journal; name another file", out)
	}
	return nil
}

// recordExport notes in the journal which document left.
func (a *app) recordExport(file, out string, data []byte) error {
	s, err := a.openOnRecord(file)
	if err != nil {
		return err
	}
	defer s.Close()
	sum := sha256.Sum256(data)
	if err := s.Exported(hex.EncodeToString(sum[:]), filepath.Base(out)); err != nil {
		return err
	}
	fmt.Fprintf(a.Err, "recorded with its SHA-256 %x\n", sum)
	return nil
}

// checkExport holds an earlier export against what the journal gave then.
func (a *app) checkExport(snap runbook.Snapshot, q exportRequest) error {
	have, err := os.ReadFile(a.path(q.out))
	if err != nil {
		return fmt.Errorf("%w; name the document to be compared with -o", err)
	}
	o := q.Options
	if !q.chosen {
		o = export.OptionsOf(have)
		o.Broken = snap.Broken
	}
	v, err := export.Verify(snap.Runbook, snap.Events, o, have)
	if err != nil {
		return failure{fmt.Errorf("%s: %w", q.out, err)}
	}
	fmt.Fprintf(a.Out, "%s is, byte for byte, what the first %d entries of the journal give\n", q.out, v.Entries)
	if v.Recorded > 0 {
		fmt.Fprintf(a.Out, "entry %d of the journal records it\n", v.Recorded)
	}
	if v.Later > 0 {
		fmt.Fprintf(a.Out, "added to the journal since: %d\n", v.Later)
	}
	if snap.Broken != "" {
		return failure{fmt.Errorf("but the journal is damaged: %s; run coexist journal verify", snap.Broken)}
	}
	return nil
}
