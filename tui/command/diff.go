package command

import (
	"errors"

	"github.com/spf13/cobra"

	"coexist/runbook/export"
)

var errTwoWays = errors.New("expected two migrations, or one and --sites A,B: coexist diff contoso.toml fabrikam.toml, coexist diff contoso.toml --sites Redmond,Lyon")

func diffCommand(a *app) *cobra.Command {
	var asJSON bool
	var sites []string
	c := &cobra.Command{
		Use:   "diff A [B]",
		Short: "Compare two runs, or two sites of one",
		Long: `Compare two migrations with their journals: tasks, commands, values, what the
checks found and how each was done. Times are left out, as they always differ.

With --sites A,B two sites of one migration are compared: the work that a
further site repeats, each name of a site or server put down as its place.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			first, err := a.look(args[0])
			if err != nil {
				return err
			}
			var d export.Comparison
			switch {
			case len(args) == 2 && len(sites) > 0:
				return errTwoWays
			case len(args) == 2:
				second, err := a.look(args[1])
				if err != nil {
					return err
				}
				d, err = export.Compare(first.Runbook, first.Events, second.Runbook, second.Events)
				if err != nil {
					return err
				}
			case len(sites) == 2:
				if d, err = export.CompareSites(first.Runbook, first.Events, sites[0], sites[1]); err != nil {
					return err
				}
			default:
				return errTwoWays
			}
			return a.answer(asJSON, d, d.Text)
		},
	}
	c.Flags().StringSliceVar(&sites, "sites", nil, "two sites of the one migration: --sites Redmond,Lyon")
	c.Flags().BoolVar(&asJSON, "json", false, "answer as JSON")
	return c
}
