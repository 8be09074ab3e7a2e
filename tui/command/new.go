package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"coexist/runbook/migration"
)

func newCommand(a *app) *cobra.Command {
	source := "2010"
	c := &cobra.Command{
		Use:   "new FILE",
		Short: "Write a commented sample migration to start from",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if source != migration.Source2007 && source != migration.Source2010 && source != migration.Mixed {
				return fmt.Errorf("--source %s: expected 2007, 2010 or mixed", source)
			}
			if err := migration.WriteNew(a.path(args[0]), migration.Sample(source)); err != nil {
				return err
			}
			fmt.Fprintf(a.Err, "wrote %s; edit it, then run: coexist %s\n", args[0], args[0])
			return nil
		},
	}
	c.Flags().StringVar(&source, "source", source, "2007, 2010 or mixed")
	return c
}
