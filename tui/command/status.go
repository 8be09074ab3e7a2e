package command

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"coexist/runbook"
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
			f, err := matching(snap.Runbook, filter)
			if err != nil {
				return err
			}
			r := export.CommandsOf(snap.Runbook, snap.Progress, f)
			return a.answer(asJSON, r, r.Text)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "answer as JSON")
	c.Flags().IntVar(&filter.Step, "step", 0, "only this step of the diagram")
	c.Flags().StringVar(&filter.Site, "site", "", "only this site")
	c.Flags().StringVar(&filter.Server, "server", "", "only this server")
	return c
}

// matching refuses a filter that names what the migration has not: an empty
// answer would read as nothing to do. A server may be named in full.
func matching(r *runbook.Runbook, f export.Filter) (export.Filter, error) {
	if _, err := r.Select(f.Step, ""); err != nil {
		return f, err
	}
	var sites, servers []string
	siteThere, serverThere := f.Site == "", f.Server == ""
	for _, site := range r.Migration.Sites {
		sites = append(sites, site.Name)
		siteThere = siteThere || strings.EqualFold(site.Name, f.Site)
		for _, s := range site.Servers {
			servers = append(servers, s.Name)
			if strings.EqualFold(s.Name, f.Server) || strings.EqualFold(r.Migration.FQDN(s), f.Server) {
				f.Server, serverThere = s.Name, true
			}
		}
	}
	switch {
	case !siteThere:
		return f, fmt.Errorf("there is no site %q; the sites are %s", f.Site, strings.Join(sites, ", "))
	case !serverThere:
		return f, fmt.Errorf("there is no server %q; the servers are %s", f.Server, strings.Join(servers, ", "))
	}
	return f, nil
}
