package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"coexist/checks"
	"coexist/checks/report"
)

func checkCommand(a *app) *cobra.Command {
	var asJSON, noRecord, watch bool
	var every time.Duration
	var step int
	var task string
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "Run the checks of a step or task and record what they found",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			a.askInLines()
			s, err := a.openToRecord(args[0], noRecord)
			if err != nil {
				return err
			}
			defer s.Close()
			snap := s.Snapshot()
			ids, err := snap.Runbook.Select(step, task)
			if err != nil {
				return err
			}
			run := s.RunChecks
			if noRecord {
				run = s.TryChecks
			}
			round := func() ([]checks.Result, error) { return run(c.Context(), ids, report.Progress(a.Err, len(ids))) }
			var results []checks.Result
			if watch {
				results, err = report.Watch(c.Context(), a.Err, round, pause(every))
			} else {
				results, err = round()
			}
			if err != nil {
				return err
			}
			if err := a.answer(asJSON, results, func() string { return report.Text(results) }); err != nil {
				return err
			}
			if bad := snap.Runbook.CountBlocking(results); bad > 0 {
				return failure{fmt.Errorf("%d required check(s) failed or could not be decided", bad)}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "answer as JSON")
	c.Flags().BoolVar(&watch, "watch", false, "repeat until three rounds in a row are clean")
	c.Flags().DurationVar(&every, "every", 10*time.Second, "time between two rounds of --watch")
	c.Flags().BoolVar(&noRecord, "no-record", false, "run without writing to the journal")
	c.Flags().IntVar(&step, "step", 0, "only this step of the diagram")
	c.Flags().StringVar(&task, "task", "", "only this task (name or name/target)")
	return c
}

// pause waits between two rounds of a watch.
func pause(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return failure{errors.New("the watch was ended before three rounds were clean")}
		}
	}
}
