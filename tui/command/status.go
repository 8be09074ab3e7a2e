package command

import (
	"github.com/spf13/cobra"

	"coexist/runbook/export"
)

func statusCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status FILE",
		Short: "Show steps, gates and what blocks them",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			snap, err := a.look(args[0])
			if err != nil {
				return err
			}
			r := export.StatusOf(snap.Runbook, snap.Progress)
			if err := a.answer(asJSON, r, r.Text); err != nil {
				return err
			}
			if r.Bad {
				return failure{errQuiet}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "answer as JSON")
	return c
}

func commandsCommand(a *app) *cobra.Command {
	var asJSON bool
	var filter export.Filter
	c := &cobra.Command{
		Use:   "commands FILE",
		Short: "List the exact commands of the runbook",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			snap, err := a.look(args[0])
			if err != nil {
				return err
			}
			r := export.CommandsOf(snap.Runbook, snap.Progress, filter)
			return a.answer(asJSON, r, r.Text)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "answer as JSON")
	c.Flags().IntVar(&filter.Step, "step", 0, "only this step of the diagram")
	c.Flags().StringVar(&filter.Site, "site", "", "only this site")
	c.Flags().StringVar(&filter.Server, "server", "", "only this server")
	return c
}
