package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"coexist/checks"
	"coexist/checks/lab"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/rehearsal"
	"coexist/tui"
)

// rehearse opens a rehearsal: its folder, its simulated organisation and a
// session on both. Nothing leaves this machine.
func (a *app) rehearse(q rehearsal.Request) (*runbook.Session, error) {
	s, _, _, err := a.openRehearsal(q)
	return s, err
}

func (a *app) openRehearsal(q rehearsal.Request) (*runbook.Session, *lab.Organization, *rehearsal.Rehearsal, error) {
	lib, err := a.library()
	if err != nil {
		return nil, nil, nil, err
	}
	content, err := rehearsal.LoadContent(a.Assets)
	if err != nil {
		return nil, nil, nil, err
	}
	q.Known = migration.Known{Releases: lib.Releases.Targets()}
	r, err := content.Prepare(q, a.Now())
	if err != nil {
		return nil, nil, nil, err
	}
	m, text, err := migration.LoadText(r.Migration(), migration.Known{Releases: lib.Releases.Targets()})
	if err != nil {
		return nil, nil, nil, err
	}
	clock := rehearsal.NewClock(a.Now)
	clock.NotBefore(r.LastEvent())
	org, err := lab.NewOrganization(rehearsal.Describe(m, lib.Releases, r, clock.Now))
	if err != nil {
		return nil, nil, nil, err
	}
	inherited, err := r.Inherited(lib, m)
	if err == nil {
		err = org.Apply(inherited, r.Started)
	}
	if err != nil {
		return nil, nil, nil, errors.Join(err, org.Close())
	}
	a.mu.Lock()
	a.rehearsals, a.stage = append(a.rehearsals, org), clock
	a.mu.Unlock()
	inside, outside := org.Env(checks.Inside), org.Env(checks.Outside)
	evidence := runbook.EvidenceOf(r.Migration())
	inside.Store = func(lines []string) (string, error) { return evidence.Keep([]byte(strings.Join(lines, "\n") + "\n")) }
	outside.Store = inside.Store
	s, err := runbook.Open(r.Migration(), runbook.Options{
		Library: lib, Migration: m, Text: text, Shipped: a.procedures == shippedAlone, Clock: clock.Now, Operator: a.operator, Host: a.Host, Tool: version(), ReadOnly: a.readOnly,
		Run: rehearsal.Runner(inside, outside), Apply: org.Apply, Waits: clock.Skip, Capture: rehearsal.Capture(org),
		Rehearsal: r.Name(), Extra: r.Recorded(),
	})
	return s, org, r, err
}

// drills are what the start screen offers to rehearse from a source.
func (a *app) drills(source string) (scenarios, faults []tui.Drill) {
	content, err := rehearsal.LoadContent(a.Assets)
	if err != nil {
		return nil, nil // opening one says why
	}
	for _, s := range content.Scenarios {
		if slices.Contains(s.Sources, source) {
			scenarios = append(scenarios, tui.Drill{Name: s.Name, Doc: s.Doc})
		}
	}
	for _, f := range content.Faults {
		if len(f.Sources) == 0 || slices.Contains(f.Sources, source) {
			faults = append(faults, tui.Drill{Name: f.Name, Doc: f.Doc})
		}
	}
	return scenarios, faults
}

// endRehearsals closes what rehearsals run.
func (a *app) endRehearsals() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, org := range a.rehearsals {
		org.Close()
	}
	a.rehearsals, a.stage = nil, nil
}

func rehearseCommand(a *app) *cobra.Command {
	var q rehearsal.Request
	var headless, asJSON bool
	c := &cobra.Command{
		Use:   "rehearse [DIR]",
		Short: "Train on a built-in organisation that runs on this machine alone",
		Long: `Train on a built-in organisation that runs on this machine alone. The files
live in DIR/rehearsal-SCENARIO-SOURCE; opened again, the organisation is where
it was left. The clock of a rehearsal jumps over the times that tasks make one
wait for.

A fault spoils a task once, or is there from the start: the check that finds it
gives the remedy; carry it out by reopening the task and marking it again.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			q.Dir = a.Dir
			if len(args) == 1 {
				q.Dir = a.path(args[0])
			}
			if q.Own != "" {
				q.Own = a.path(q.Own)
			}
			if headless {
				return a.rehearseHeadless(c.Context(), q, asJSON)
			}
			linearMode := a.plain || a.Getenv("TERM") == "dumb"
			if !linearMode && !(isTerminal(a.In) && isTerminal(a.Out)) {
				return tui.ErrNoTerminal
			}
			return a.screens(c.Context(), func() (*runbook.Session, error) { return a.rehearse(q) }, linearMode)
		},
	}
	a.rehearsalHelp(c, c.HelpFunc())
	f := c.Flags()
	f.StringVar(&q.Source, "source", "", "2007, 2010 or mixed (default: 2010, or what the folder says)")
	f.StringVar(&q.Scenario, "scenario", "", "which rehearsal (default: plain, or what the folder says)")
	f.StringSliceVar(&q.Faults, "fault", nil, "what goes wrong besides; random or random:N to have it drawn")
	f.StringVar(&q.Draw, "seed", "", "the seed of a former draw, to draw the same faults")
	f.StringVar(&q.Own, "migration", "", "rehearse this migration instead of a scenario")
	f.BoolVar(&headless, "headless", false, "carry everything out without anybody at the keyboard")
	f.BoolVar(&asJSON, "json", false, "with --headless: answer as JSON")
	f.BoolVar(&a.plain, "plain", a.Getenv("ACCESSIBLE") != "", "numbered prompts and plain lines instead of the full screen")
	return c
}

func (a *app) rehearseHeadless(ctx context.Context, q rehearsal.Request, asJSON bool) error {
	if a.operator == "" {
		a.operator = rehearsal.Operator
	}
	defer a.endRehearsals()
	s, org, r, err := a.openRehearsal(q)
	if err != nil {
		return err
	}
	defer s.Close()
	talk := a.Out
	if asJSON {
		talk = a.Err
	}
	sum, err := rehearsal.Headless(ctx, s, org, r, talk)
	if err != nil {
		return err
	}
	if r.Draw != "" && asJSON {
		fmt.Fprintf(a.Err, "faults drawn with --seed %s\n", r.Draw)
	}
	if err := a.answer(asJSON, sum, sum.Text); err != nil {
		return err
	}
	if !sum.Finished {
		return failure{errors.New("the rehearsal did not reach its end")}
	}
	return nil
}

// rehearsalHelp shows the scenarios and faults below the command's own help. It
// reads them when it is asked.
func (a *app) rehearsalHelp(c *cobra.Command, show func(*cobra.Command, []string)) {
	c.SetHelpFunc(func(c *cobra.Command, args []string) {
		content, err := rehearsal.LoadContent(a.Assets)
		if err == nil {
			c.Long += "\n\n" + strings.TrimSpace(content.Help())
		}
		show(c, args)
	})
}
