package linear

import (
	"fmt"

	"coexist/runbook/migration"
	"coexist/tui/intake"
)

// choice is a line of the start menu.
type choice struct {
	text string
	do   func() error
}

// start asks what to work on until there is a session.
func (t *talk) start() error {
	t.con.say("coexist, in lines: Exchange 2007 and 2010 to Exchange 2013, side by side.")
	t.con.say("Support ended: Exchange 2007 on 11 April 2017, Exchange 2010 on 13 October 2020, Exchange 2013 on 11 April 2023.")
	t.con.say("None of the three is mended any more; Exchange 2013 is a stage on the way to a version that is.")
	for t.s == nil {
		list := t.choices()
		t.con.blank()
		for i, c := range list {
			t.con.say("%d. %s", i+1, c.text)
		}
		line, err := t.con.ask("Choose a number, or quit: ")
		if err != nil {
			return err
		}
		n, ok := number(line, len(list))
		switch {
		case line == "quit" || line == "q":
			return errQuit
		case !ok:
			t.con.say("Refused: expected a number from 1 to %d, or quit.", len(list))
			continue
		}
		if err := t.done(list[n-1].do()); err != nil {
			return err
		}
	}
	return nil
}

func (t *talk) choices() []choice {
	list := []choice{{"New migration", func() error { return t.newMigration("") }}}
	if t.cfg.Discover != nil {
		list = append(list, choice{"From Active Directory: read it, accept line by line", t.fromDirectory})
	}
	var found []intake.Found
	if t.cfg.Intake.Find != nil {
		found = t.cfg.Intake.Find()
	}
	for _, f := range found {
		list = append(list, t.offer(f))
	}
	if t.cfg.Rehearse != nil {
		for _, source := range []string{migration.Source2010, migration.Source2007, migration.Mixed} {
			list = append(list, choice{"Rehearse with the built-in organisation, " + way(source), func() error {
				return t.opened(t.cfg.Rehearse(source))
			}})
		}
	}
	return list
}

func (t *talk) offer(f intake.Found) choice {
	switch {
	case f.Broken != "":
		return choice{fmt.Sprintf("%s, can't be opened: %s", f.Path, f.Broken), func() error { return fmt.Errorf("%s: %s", f.Path, f.Broken) }}
	case f.Draft:
		return choice{"Continue the draft " + f.Path, func() error { return t.newMigration(f.Path) }}
	}
	text := fmt.Sprintf("Open %s, %s, %s", f.Name, way(f.Source), f.Path)
	if f.State != "" {
		text += ", " + f.State
	}
	return choice{text, func() error { return t.open(f.Path) }}
}

func (t *talk) open(path string) error {
	if t.cfg.Open == nil {
		return fmt.Errorf("nothing can be opened here; start coexist --plain %s", path)
	}
	return t.opened(t.cfg.Open(path))
}

func (t *talk) opened(s Session, err error) error {
	if err != nil {
		return err
	}
	t.s, t.own = s, true
	return nil
}
