package tui

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/tui/intake"
	"coexist/tui/paint"
)

// editable lets a bench edit its migration, as the program does it.
func editable(b *bench) {
	known := migration.Known{Releases: []string{"2013 CU23"}}
	b.m.cfg.Edit = func(path string, sketch func(*paint.Canvas, *migration.Migration)) (Start, error) {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		was, err := migration.Parse(path, data, known)
		if err != nil {
			return nil, err
		}
		return intake.Edit(intake.Config{Known: known, Clock: b.clock.Now, Diagram: sketch, Replace: migration.SaveAtomic,
			SaveDraft: migration.SaveAtomic, DropDraft: os.Remove, LoadDraft: os.ReadFile}, path, data, was), nil
	}
	b.m.cfg.Reopen = func(was runbook.Snapshot) (*runbook.Session, error) {
		s, err := runbook.Open(was.Path, runbook.Options{Assets: assetsOnDisk(), Clock: b.clock.Now, Run: b.run, Host: "jump", Tool: "test"})
		if err == nil {
			b.s = s
			b.t.Cleanup(func() { s.Close() })
		}
		return s, err
	}
}

// addServer goes from the board to the review of an edit that doubles the
// first new server.
var addServer = []string{"E", "pgup", "pgup", "pgup", "pgup", "pgup", "home", "down", "down", "d", "pgdown", "pgdown", "pgdown", "pgdown", "pgdown", "home"}

func TestEditFromTheBoard(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		b := newBench(t, 1, size[0], size[1])
		b.phase("prepare")
		b.phase("deploy")
		editable(b)
		text, _ := os.ReadFile(b.path)
		b.must(os.WriteFile(b.path, append([]byte("# our own words\n"), text...), 0o600))
		b.keys(addServer...)
		b.see("Save the changes", "EX13-02: added")
		b.keys("enter")
		b.see("What this changes in the runbook", "finished tasks stay finished", "Added", "EX13-02", "esc back to the answers", "s save it")
		b.golden("edit-preview-" + b.sizeName())
		if now, _ := os.ReadFile(b.path); strings.Contains(string(now), "EX13-02") {
			t.Fatal("written before it was confirmed")
		}
		b.keys("esc")
		b.see("Save the changes")
		b.keys("enter", "s")
		b.see("Saved and recorded; tasks: ", "added")
		now, _ := os.ReadFile(b.path)
		if s := string(now); !strings.Contains(s, "EX13-02") || !strings.HasPrefix(s, "# our own words\n") {
			t.Fatalf("written:\n%s", s)
		}
		if _, err := os.Stat(b.path + ".draft"); !errors.Is(err, os.ErrNotExist) {
			t.Error("the draft stays behind")
		}
		snap := b.s.Snapshot()
		if snap.Runbook.Task("deploy.mailbox/ex13-02") == nil || snap.Progress.Tasks["deploy.mailbox/ex13-01"].Status != runbook.Done {
			t.Error("the session does not have the edited plan with the finished work")
		}
		if !recorded(snap, runbook.EventMigration) {
			t.Error("the journal does not tell of the change")
		}
		b.keys("n", "=still recording", "ctrl+s")
		b.see("The note is recorded.")
	}
}

func recorded(snap runbook.Snapshot, kind string) bool {
	for _, e := range snap.Events {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

func TestEditIsKeptAsADraft(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 100, 30)
	editable(b)
	b.keys(addServer...)
	b.keys("esc")
	b.see("Back on the board; the migration is as it was.")
	if _, err := os.Stat(b.path + ".draft"); err != nil {
		t.Fatalf("no draft: %v", err)
	}
	b.keys("E")
	b.see("EX13-02: added")
}

func TestEditIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 100, 30)
	editable(b)
	b.m.snap.ReadOnly, b.m.snap.Why = true, "asked for with --read-only"
	b.keys("E")
	b.see("Read-only: asked for with --read-only")
	b.m.snap.ReadOnly = false
	b.m.active = []*checkRun{{id: 1, ids: []string{"a"}, started: b.clock.Now(), cancel: func() {}}}
	b.keys("E")
	b.see("Checks are running on these facts")
}

// TestEditThatCannotBeOpened puts the file back and works on.
func TestEditThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 120, 40)
	editable(b)
	before, _ := os.ReadFile(b.path)
	reopen, tries := b.m.cfg.Reopen, 0
	b.m.cfg.Reopen = func(was runbook.Snapshot) (*runbook.Session, error) {
		if tries++; tries == 1 {
			return nil, errors.New("network.trust: no such file")
		}
		return reopen(was)
	}
	b.keys(addServer...)
	b.keys("enter", "s")
	b.see("Not saved", "the file is as it was", "network.trust: no such")
	if after, _ := os.ReadFile(b.path); string(after) != string(before) {
		t.Errorf("left behind:\n%s", after)
	}
	b.keys("esc", "n", "=still recording", "ctrl+s")
	b.see("The note is recorded.")
}

func (b *bench) sizeName() string { return fmt.Sprintf("%dx%d", b.m.w, b.m.h) }

// TestAFollowerReadsAnEditedMigrationAnew lets one instance edit while another
// looks on.
func TestAFollowerReadsAnEditedMigrationAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 120, 40)
	editable(b)
	other := &bench{t: t, path: b.path, clock: b.clock, results: map[string]checks.Result{}}
	s, err := runbook.Open(b.path, runbook.Options{Assets: assetsOnDisk(), Clock: b.clock.Now, Run: other.run, Host: "desk", Tool: "test"})
	b.must(err)
	other.m = newModel(t.Context(), Config{Session: s, Clock: b.clock.Now}, s)
	other.m.watch = b.m.watch
	editable(other)
	other.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	other.see("READ-ONLY")
	b.keys(addServer...)
	b.keys("enter", "s")
	b.see("Saved and recorded")
	for !recorded(s.Snapshot(), runbook.EventMigration) {
		select {
		case <-s.Changed():
		case <-time.After(20 * time.Second):
			t.Fatal("the follower never heard of the edit")
		}
	}
	other.send(changedMsg{s.Snapshot()})
	other.see("READ-ONLY", "Read anew: the migration was edited elsewhere.")
	if other.m.snap.Runbook.Task("deploy.mailbox/ex13-02") == nil {
		t.Error("the follower still has the old plan")
	}
}
