package runbook

import (
	"os"
	"slices"
	"testing"

	"coexist/checks"
	"coexist/runbook/migration"
)

// edited is the organisation of a bench with something changed.
func edited(sites int, change func(*migration.Migration)) []byte {
	m := organization(sites)
	change(m)
	return migration.Format(m)
}

func TestPreviewTellsWhatAnEditDoes(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	b.through("switch")
	none, err := b.Preview(migration.Format(organization(2)))
	b.must(err)
	if !none.Nothing() || none.Kept == 0 || none.String() != "no task changes" {
		t.Errorf("the same text changes: %s, %+v", none, none)
	}

	renamed, err := b.Preview(edited(2, func(m *migration.Migration) { m.Namespace.Primary = "post.contoso.com" }))
	b.must(err)
	if len(renamed.Confirm) == 0 {
		t.Errorf("commands that were run with the old name need no confirming: %s", renamed)
	}
	for _, one := range renamed.Confirm {
		if one.After != Changed || len(one.Gone) == 0 || len(one.Come) == 0 {
			t.Errorf("%s: %s with -%q +%q", one.Task().ID, one.After, one.Gone, one.Come)
		}
	}

	fewer, err := b.Preview(edited(2, func(m *migration.Migration) {
		m.Sites = slices.DeleteFunc(m.Sites, func(s migration.Site) bool { return !s.InternetFacing })
	}))
	b.must(err)
	if len(fewer.Removed) == 0 || len(fewer.Added) != 0 || fewer.Results == 0 {
		t.Fatalf("a site that goes: %s, %d results", fewer, fewer.Results)
	}
	done := 0
	for _, one := range fewer.Removed {
		if one.Is != nil || one.Was == nil {
			t.Errorf("%s is on the wrong side", one.Task().ID)
		}
		if one.Before == Done && one.Results > 0 {
			done++
		}
	}
	if done == 0 {
		t.Error("no finished work of the removed site is told")
	}

	if _, err := b.Preview([]byte("format = 1\n")); err == nil {
		t.Error("a text that is no migration is accepted")
	}
}

// TestPreviewIsWhatComes compares what was foretold with the session on the
// edited file.
func TestPreviewIsWhatComes(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("certificates")
	text := edited(1, func(m *migration.Migration) {
		m.Sites[0].Servers = append(m.Sites[0].Servers, migration.Server{Name: "EX13-9", Version: "2013", Roles: []string{"client-access", "mailbox"}, OS: "2012R2"})
	})
	told, err := b.Preview(text)
	b.must(err)
	b.must(os.WriteFile(b.path, text, 0o600))
	b.reopen()
	snap := b.Snapshot()
	for _, list := range [][]TaskChange{told.Added, told.Changed, told.Confirm, told.Again} {
		for _, one := range list {
			if got := snap.Progress.Tasks[one.Is.ID].Status; got != one.After {
				t.Errorf("%s: foretold %s, is %s", one.Is.ID, one.After, got)
			}
		}
	}
	for _, p := range told.Closed {
		if snap.Progress.Phases[p.ID].Open {
			t.Errorf("the gate of %s was foretold to close and is open", p.ID)
		}
	}
	if len(told.Added) == 0 || len(told.Closed) == 0 {
		t.Errorf("a new server behind its step: %s, %d gates", told, len(told.Closed))
	}
}

// TestWhatReadsDifferentlyIsChanged alters one thing at a time of a task that reads
// the same otherwise: whoever carries it out meets every one of them.
func TestWhatReadsDifferentlyIsChanged(t *testing.T) {
	t.Parallel()
	line := func(shell, text string) *Command {
		return &Command{Shell: shell, render: func(Values) (Rendered, error) { return Rendered{Lines: []string{text}}, nil }}
	}
	fresh := func() (*Runbook, *Task) {
		task := &Task{ID: "a.b/org", Phase: &Phase{ID: "prepare"}, Confirm: "Contoso", Asks: []Ask{{Key: "a.v/org"}}, Captures: []Capture{{Key: "a.c/org", Command: line("ems2010", "Get-C")}},
			Commands: []*Command{line("cmd", "do")}, Undo: []*Command{line("cmd", "undo")}, Pitfalls: []string{"p"}, Notes: []string{"n"}}
		task.Checks = []*Check{{ID: "a.b/org/c", Kind: "cmdlet", Shell: "2010", render: func(Values) (checks.Check, []Pending, error) { return checks.Check{}, nil, nil }}}
		return &Runbook{tasks: map[string]*Task{task.ID: task}}, task
	}
	print := func(edit func(*Task)) string {
		r, task := fresh()
		edit(task)
		return prints(r)[task.ID]
	}
	same := print(func(*Task) {})
	for name, edit := range map[string]func(*Task){
		"title": func(t *Task) { t.Title = "x" }, "optional": func(t *Task) { t.Optional = true }, "confirm": func(t *Task) { t.Confirm = "x" },
		"no return": func(t *Task) { t.NoReturn = "x" }, "why": func(t *Task) { t.Why = "x" }, "run on": func(t *Task) { t.RunOn = "x" }, "rights": func(t *Task) { t.Rights = "x" },
		"wait": func(t *Task) { t.Wait = 1 }, "wait for": func(t *Task) { t.WaitFor = "x" }, "pitfalls": func(t *Task) { t.Pitfalls = nil }, "notes": func(t *Task) { t.Notes[0] = "x" },
		"after": func(t *Task) { t.After = []string{"x"} }, "phase": func(t *Task) { t.Phase.ID = "x" },
		"ask": func(t *Task) { t.Asks[0].Optional = true }, "prompt": func(t *Task) { t.Asks[0].Prompt = "x" }, "capture": func(t *Task) { t.Captures[0].Command = line("ems2010", "Get-D") },
		"command": func(t *Task) { t.Commands[0] = line("cmd", "x") }, "shell": func(t *Task) { t.Commands[0].Shell = "powershell" }, "on": func(t *Task) { t.Commands[0].On = "x" },
		"undo": func(t *Task) { t.Undo[0] = line("cmd", "x") }, "no undo": func(t *Task) { t.Undo, t.Commands = nil, append(t.Commands, t.Undo...) }, "undo text": func(t *Task) { t.UndoText = "x" },
		"gate": func(t *Task) { t.Checks[0].Gate = "hard" }, "holds until": func(t *Task) { t.Checks[0].HoldsUntil = "x" }, "fresh for": func(t *Task) { t.Checks[0].FreshFor = 1 },
		"before": func(t *Task) { t.Checks[0].Before = true }, "check's title": func(t *Task) { t.Checks[0].Title = "x" }, "check's shell": func(t *Task) { t.Checks[0].Shell = "2013" },
		"remedy": func(t *Task) { t.Checks[0].Remedy = "x" }, "check": func(t *Task) { t.Checks = nil },
	} {
		if print(edit) == same {
			t.Errorf("%s: unchanged", name)
		}
	}
	if print(func(*Task) {}) != same {
		t.Error("the same task is changed")
	}
}
