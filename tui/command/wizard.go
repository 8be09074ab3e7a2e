package command

import (
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"coexist/runbook"
	"coexist/runbook/discovery"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/runbook/rehearsal"
	"coexist/tui"
	"coexist/tui/intake"
	"coexist/tui/linear"
	"coexist/tui/paint"
)

// wizard opens the full screen, or the linear mode where that is asked for.
func (a *app) wizard(ctx context.Context, args []string) error {
	linearMode := a.plain || a.Getenv("TERM") == "dumb"
	if linearMode {
		a.askInLines()
	} else {
		a.logon, a.forget = a.asker.Logon, a.asker.Forget
	}
	if !linearMode && !(isTerminal(a.In) && isTerminal(a.Out)) {
		return tui.ErrNoTerminal
	}
	if len(args) == 1 {
		return a.screens(ctx, func() (*runbook.Session, error) { return a.open(args[0]) }, linearMode)
	}
	return a.screens(ctx, nil, linearMode)
}

// screens shows the session that opening opens, or the start screen when there
// is none.
func (a *app) screens(ctx context.Context, opening func() (*runbook.Session, error), linearMode bool) error {
	defer a.endRehearsals()
	if linearMode {
		return a.linear(opening)
	}
	// A frame makes little that lasts: collecting sooner keeps the program small
	// and costs next to nothing.
	debug.SetGCPercent(50)
	return tui.Run(ctx, tui.Config{Opening: opening, Open: a.open, Start: a.start, Edit: a.edit, Reopen: a.reopen, Export: a.writeExport, Preview: renderExport,
		Drills: a.drills,
		Rehearse: func(source, scenario string, faults []string) (*runbook.Session, error) {
			q := rehearsal.Request{Dir: a.Dir, Source: source, Scenario: scenario, Faults: faults}
			if len(faults) > 0 { // beside the one without them
				name := "rehearsal-" + scenario + "-" + source + "-" + strings.ReplaceAll(strings.Join(faults, "-"), ":", "-")
				q.Dir = filepath.Join(a.Dir, name)
			}
			return a.rehearse(q)
		},
		Transcript: transcript, Copy: a.copyText, CopyFile: a.copyToFile, Asker: a.asker, Clock: a.clock, Operator: a.operator, User: a.User, Version: version(), ASCII: a.ascii,
		ReadOnly: a.readOnly, SaveScript: a.saveScript, ImportFile: a.importFile, ImportText: importText,
		Compare: func(s *runbook.Session) (string, error) { return a.compareFor(ctx, s, linear.Source{}) }})
}

// start makes the start screen of the wizard.
func (a *app) start(sketch func(*paint.Canvas, *migration.Migration)) tui.Start {
	cfg := a.intake()
	cfg.Diagram = sketch
	return intake.New(cfg)
}

// edit makes the forms of a migration that exists.
func (a *app) edit(path string, sketch func(*paint.Canvas, *migration.Migration)) (tui.Start, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	known, err := a.known()
	if err != nil {
		return nil, err
	}
	was, err := migration.Parse(path, data, known)
	if err != nil {
		return nil, err
	}
	cfg := a.intake()
	cfg.Diagram = sketch
	return intake.Edit(cfg, path, data, was), nil
}

// reopen opens a migration again that was edited, or its rehearsal.
func (a *app) reopen(was runbook.Snapshot) (*runbook.Session, error) {
	if was.Progress.Rehearsal == "" {
		return a.open(was.Path)
	}
	a.endRehearsals()
	return a.rehearse(rehearsal.Request{Dir: filepath.Dir(was.Path)})
}

// intake is what the start screen and the forms may do with files.
func (a *app) intake() intake.Config {
	known, _ := a.known()
	return intake.Config{
		Known: known, Releases: a.releases(), Folder: a.Dir, Clock: a.Now,
		Find:      func() []intake.Found { return a.found(known) },
		Save:      migration.WriteNew,
		Replace:   migration.SaveAtomic,
		SaveDraft: migration.SaveAtomic,
		DropDraft: os.Remove,
		LoadDraft: os.ReadFile,
		Discover:  func(dc, user string) (*discovery.Proposal, error) { return a.discoverFor(a.life, dc, user) },
		Inventory: a.proposeFrom,
	}
}

func (a *app) releases() []procedure.Release {
	lib, err := a.library()
	if err != nil {
		return nil
	}
	return lib.Releases.List
}

// found lists the migrations of the working folder for the start screen.
func (a *app) found(known migration.Known) []intake.Found {
	var list []intake.Found
	for _, f := range migration.Find(a.Dir, known) {
		shown := intake.Found{Path: f.Path, Name: f.Organization, Source: f.Source, Changed: f.Changed, Draft: f.Draft}
		if f.Started {
			shown.State = "under way"
		}
		if f.Err != nil {
			shown.Broken = f.Err.Error()
		}
		list = append(list, shown)
	}
	return list
}
