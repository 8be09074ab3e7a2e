package command

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"coexist/runbook"
	"coexist/runbook/journal"
)

func journalCommand(a *app) *cobra.Command {
	c := &cobra.Command{Use: "journal", Short: "Verify or continue a journal"}
	c.AddCommand(&cobra.Command{
		Use: "verify FILE", Short: "Verify the chain of the journal", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := journal.Verify(runbook.JournalPath(a.path(args[0])))
			if err != nil {
				return err
			}
			fmt.Fprint(a.Out, r.Text())
			if r.Broken != nil {
				return failure{errors.New("")}
			}
			return nil
		},
	}, &cobra.Command{
		Use: "continue FILE", Short: "Start a new journal after a broken chain; the old one is kept", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if a.operator == "" {
				a.operator = a.User
			}
			next, err := journal.Continue(runbook.JournalPath(a.path(args[0])), journal.Options{Clock: a.Now, Operator: a.operator, Host: a.Host})
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Err, "the broken journal is kept as %s; the new one begins with its %d sound entries and names the break at line %d\n",
				next.Old, next.Entries, next.Line)
			return nil
		},
	})
	return c
}
