package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"coexist/runbook"
	"coexist/runbook/journal"
)

// verifyAnswer is what `coexist journal verify --json` prints, format 1.
type verifyAnswer struct {
	Format  int    `json:"format"`
	Journal string `json:"journal"`
	Entries int    `json:"entries"` // sound ones, from the first on
	Head    string `json:"head"`
	Torn    int    `json:"torn_bytes"`
	Holds   bool   `json:"holds"`
	Line    int    `json:"line,omitempty"` // where the chain breaks
	Reason  string `json:"reason,omitempty"`
	After   int    `json:"no_longer_count,omitempty"` // lines, the broken one among them
}

func journalCommand(a *app) *cobra.Command {
	c := &cobra.Command{Use: "journal", Short: "Verify or continue a journal"}
	c.AddCommand(verifyCommand(a), &cobra.Command{
		Use: "continue FILE", Short: "Start a new journal after a broken chain; the old one is kept", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if a.operator == "" {
				a.operator = a.User
			}
			path, err := a.journalOf(args[0])
			if err != nil {
				return err
			}
			next, err := journal.Continue(path, journal.Options{Clock: a.Now, Operator: a.operator, Host: a.Host})
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Err, "the broken journal is kept as %s; the new one begins with its %d sound entries and names the break at line %d: %s\n",
				next.Old, next.Entries, next.Line, next.Reason)
			fmt.Fprintf(a.Err, "%d lines from there on no longer count: look in the old file what they were, and record it again\n", next.Dropped)
			return nil
		},
	})
	return c
}

func verifyCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "verify FILE", Short: "Verify the chain of the journal", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			path, err := a.journalOf(args[0])
			if err != nil {
				return err
			}
			r, err := journal.Verify(path)
			if err != nil {
				return err
			}
			answer := verifyAnswer{Format: 1, Journal: filepath.Base(path), Entries: r.Entries, Head: r.Head, Torn: r.Torn, Holds: r.Broken == nil}
			if r.Broken != nil {
				answer.Line, answer.Reason, answer.After = r.Broken.Line, r.Broken.Reason, r.Broken.After
			}
			if err := a.answer(asJSON, answer, r.Text); err != nil {
				return err
			}
			if r.Broken != nil {
				return failure{errQuiet}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "answer as JSON")
	return c
}

// journalOf is the journal that belongs to a migration; the journal itself may
// be named too.
func (a *app) journalOf(file string) (string, error) {
	path := a.path(file)
	if filepath.Ext(path) != ".journal" {
		path = runbook.JournalPath(path)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no journal %s: nothing was recorded yet, or the migration is another one; name the migration, like contoso.toml", path)
	}
	return path, nil
}
