package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"coexist/checks"
	"coexist/checks/report"
	"coexist/runbook"
	"coexist/runbook/migration"
)

// checkFlags are what coexist check was asked for.
type checkFlags struct {
	asJSON, noRecord, watch bool
	every                   time.Duration
	step                    int
	task                    string
	from, out               string
	passwordFD              int
}

func checkCommand(a *app) *cobra.Command {
	f := checkFlags{}
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "Run the checks of a step or task and record what they found",
		Long: `Run the checks of a step or task and record what they found.

With --from outside, on a computer outside the organisation: run what can only
be seen from there. Nothing but the migration file is needed; the observations
go to the file of --out, which coexist import takes in where the journal is.

--watch looks again and again until three rounds in a row are clean, and shows a
strip for every address of a check: . pass, w warn, F fail, ? unknown, - skip, a
gap where the name did not lead there.

--password-fd N reads passwords from the file descriptor N, one line for each
test mailbox: the mailbox or its user name, a tab, the password. Where the
migration names one test mailbox, the password alone will do. Without it
passwords are asked on the terminal; without one, checks that need a password
are left out (credentials.none).`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.valid(); err != nil {
				return err
			}
			if c.Flags().Changed("every") && !f.watch {
				return errors.New("--every is the time between two rounds of --watch; without it there is one round")
			}
			a.accounts = func(m *migration.Migration) error { return a.logonFor(m, f.passwordFD) }
			if f.from == string(checks.Outside) {
				return a.checkOutside(c.Context(), args[0], f)
			}
			return a.check(c.Context(), args[0], f)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&f.asJSON, "json", false, "answer as JSON: one list of results")
	flags.BoolVar(&f.watch, "watch", false, "repeat until three rounds in a row are clean")
	flags.DurationVar(&f.every, "every", 10*time.Second, "time between two rounds of --watch")
	flags.BoolVar(&f.noRecord, "no-record", false, "run without writing to the journal")
	flags.IntVar(&f.step, "step", 0, "only this step of the diagram")
	flags.StringVar(&f.task, "task", "", "only this task (name or name/target)")
	flags.StringVar(&f.from, "from", "inside", "where this computer stands: inside or outside")
	flags.StringVar(&f.out, "out", "", "with --from outside: the file to write; never overwritten")
	flags.IntVar(&f.passwordFD, "password-fd", -1, "read passwords from this file descriptor instead of asking")
	return c
}

func (f checkFlags) valid() error {
	switch {
	case f.from != string(checks.Inside) && f.from != string(checks.Outside):
		return fmt.Errorf("--from %q: expected inside or outside", f.from)
	case f.from == string(checks.Inside) && f.out != "":
		return errors.New("--out belongs to --from outside; inside, results go to the journal")
	case f.from == string(checks.Outside) && f.out == "":
		return errors.New("--from outside writes a file to be imported: name it with --out RESULTS.json")
	case f.from == string(checks.Outside) && f.watch:
		return errors.New("--watch repeats checks inside; outside, run the command again with another --out")
	case f.watch && f.every < time.Second:
		return fmt.Errorf("--every %s would never let the servers rest; expected 1s or more", f.every)
	}
	return nil
}

// check runs checks from inside and records them.
func (a *app) check(ctx context.Context, file string, f checkFlags) error {
	s, err := a.openToRecord(file, f.noRecord)
	if err != nil {
		return err
	}
	defer s.Close()
	snap := s.Snapshot()
	ids, err := snap.Runbook.Select(f.step, f.task)
	if err != nil {
		return err
	}
	if f.watch {
		all := len(ids)
		if ids = watchable(snap.Runbook, ids); len(ids) == 0 {
			return errors.New("--watch repeats what this computer can look at by itself; here everything takes a person, a shell or somebody outside")
		}
		if left := all - len(ids); left > 0 {
			fmt.Fprintf(a.Err, "watching %d checks; %d that take a person, a shell or somebody outside are left out\n", len(ids), left)
		}
	}
	if len(ids) == 0 {
		return errors.New("there is no check to run: nothing was looked at")
	}
	run := s.RunChecks
	if f.noRecord {
		run = s.TryChecks
	}
	round := func() ([]checks.Result, error) { return run(ctx, ids, report.Progress(a.Err, len(ids))) }
	var results []checks.Result
	if f.watch {
		results, err = report.Watch(ctx, a.Err, round, pause(f.every))
	} else {
		results, err = round()
	}
	if err != nil {
		return err
	}
	if err := a.answer(f.asJSON, results, func() string { return report.Table(results) }); err != nil {
		return err
	}
	return blocked(s.Snapshot(), results)
}

// blocked is the outcome of a run: results that close a gate. A check that a
// person, a shell or somebody outside has answered is not closed by an attempt
// from here.
func blocked(snap runbook.Snapshot, results []checks.Result) error {
	var count []checks.Result
	for _, r := range results {
		if st := snap.Progress.Checks[r.ID]; !runbook.Looked(&r) && st != nil && st.Satisfied {
			continue
		}
		count = append(count, r)
	}
	if bad := snap.Runbook.CountBlocking(count); bad > 0 {
		return failure{fmt.Errorf("%d required check(s) failed or could not be decided", bad)}
	}
	return nil
}

// watchable are the checks that this computer can look at by itself: no other
// is ever clean, and a watch ends when all are.
func watchable(r *runbook.Runbook, ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		c := r.Check(id)
		k := checks.KindNamed(c.Kind)
		return k == nil || k.Source != checks.FromProbe || c.Vantage == checks.Outside
	})
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
