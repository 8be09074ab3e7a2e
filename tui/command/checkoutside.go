package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"coexist/checks"
	"coexist/checks/report"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/outside"
	"coexist/runbook/script"
)

// checkOutside looks from outside the organisation with the migration file
// alone. It reads no journal and writes nothing but the file of results.
func (a *app) checkOutside(ctx context.Context, file string, f checkFlags) error {
	out := a.path(f.out)
	if _, err := os.Stat(out); err == nil {
		return fmt.Errorf("%s is there already and is not overwritten; name another file with --out", f.out)
	}
	m, text, r, err := a.plan(a.path(file))
	if err != nil {
		return err
	}
	if err := a.accounts(m); err != nil {
		return err
	}
	net, err := a.networkOutside(a.path(file), m)
	if err != nil {
		return err
	}
	a.labelled(net, m)(ctx)
	talk := &outside.Talk{}
	net.Store = talk.Store
	ran, planned := 0, 0
	saved, err := outside.Look(ctx, r, outside.Options{
		Step: f.step, Task: f.task, Text: text, Operator: a.whoever(), Host: a.Host, Tool: version(), Clock: a.Now, Talk: talk,
		Here: outside.Here(),
		Announced: func(todo, left int, doubt string) {
			planned = todo
			if doubt != "" {
				fmt.Fprintf(a.Err, "is this really outside? %s; the file will say so\n", doubt)
			}
			fmt.Fprintf(a.Err, "looking from outside: %d checks, %d left out\n", todo, left)
		},
		Run: func(ctx context.Context, list []checks.Check, each func(checks.Update)) []checks.Result {
			return checks.Run(ctx, net.Asked(ctx, list), list, each)
		},
	}, func(u checks.Update) {
		if u.Done && u.Result != nil {
			ran++
			fmt.Fprintf(a.Err, "%d/%d %s\n", ran, planned, checks.Escape(u.Result.ID))
		}
	})
	if err != nil {
		return err
	}
	if err := writeSeen(out, saved); err != nil {
		return err
	}
	for _, l := range saved.Left {
		fmt.Fprintf(a.Err, "left out: %s: %s\n", checks.Escape(l.ID), checks.Escape(l.Why))
	}
	fmt.Fprintf(a.Err, "wrote %s with %d observations; where the journal is: coexist import %s %s\n", f.out, len(saved.Observations), file, f.out)
	results := saved.Preview(r, a.Now())
	if err := a.answer(f.asJSON, results, func() string { return report.Table(results) }); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return failure{errors.New("cancelled: the file holds what was seen until then")}
	}
	judged := slices.DeleteFunc(slices.Clone(results), func(one checks.Result) bool { return !runbook.Looked(&one) })
	if bad := r.CountBlocking(judged); bad > 0 {
		return failure{fmt.Errorf("%d required check(s) failed or could not be decided", bad)}
	}
	return nil
}

// writeSeen writes what was seen into a new file, as far as an import reads it.
func writeSeen(path string, saved *outside.File) error {
	data, err := saved.Bytes()
	if err != nil {
		return err
	}
	if len(data) > script.MaxBytes {
		return fmt.Errorf("what was seen takes %d bytes, more than an import reads (%d): run the steps one by one with --step", len(data), script.MaxBytes)
	}
	return migration.WriteNew(path, data)
}

// plan compiles a migration without its journal.
func (a *app) plan(path string) (*migration.Migration, []byte, *runbook.Runbook, error) {
	lib, err := a.library()
	if err != nil {
		return nil, nil, nil, err
	}
	m, text, err := migration.LoadText(path, migration.Known{Releases: lib.Releases.Targets()})
	if err != nil {
		return nil, nil, nil, err
	}
	r, err := runbook.Compile(lib, m)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, text, r, nil
}

// networkOutside is the door from outside: no inside name server, domain
// controller or proxy, and no private address. Roots of the organisation's own
// are used if they were brought along.
func (a *app) networkOutside(path string, m *migration.Migration) (*checks.Env, error) {
	settings := a.settings(m)
	settings.Vantage, settings.InternalResolver, settings.Proxy, settings.Directory = checks.Outside, "", "", checks.Directory{}
	for _, name := range m.Network.Trust {
		pem, err := trusted(path, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			fmt.Fprintf(a.Err, "%s is not here: only what this computer itself trusts counts as trusted\n", name)
		case err != nil:
			return nil, err
		default:
			settings.TrustPEM, settings.TrustNames = append(settings.TrustPEM, pem), append(settings.TrustNames, name)
		}
	}
	env, err := a.Network(settings)
	if err != nil {
		return nil, err
	}
	env.Logon, env.Forget = a.logonsOf(m)
	if !m.Network.Loopback {
		outside.Shield(env)
	}
	return env, nil
}

// whoever is the operator, or the user of this computer.
func (a *app) whoever() string {
	if a.operator != "" {
		return a.operator
	}
	return a.User
}
