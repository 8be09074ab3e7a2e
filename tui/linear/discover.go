package linear

import (
	"errors"
	"fmt"
	"strings"

	"coexist/runbook"
	"coexist/runbook/discovery"
	"coexist/runbook/migration"
	"coexist/tui/intake/answers"
)

// Source says where an organisation is read from: a file that was saved, else
// the directory.
type Source struct {
	File       string // what --save, or the inventory script, wrote
	Controller string // to begin with; empty: those of the migration
	Account    string // to read with; empty: that of the first test mailbox
}

// errNoReading tells that nothing can be read in these lines.
var errNoReading = errors.New("the directory can't be read here; use coexist discover")

// discovering tells in the help how the directory comes in.
const discovering = "The directory can fill a migration in (at the start, or @ at any question of a new one), and be held against it later: compare. What others did before: inherit."

// fromDirectory begins a new migration with what is read of an organisation.
func (t *talk) fromDirectory() error {
	q := t.intake()
	if err := q.takeOver(); err != nil {
		return err
	}
	return q.questions()
}

// takeOver reads an organisation and puts the lines that are accepted into the
// answers.
func (q *intakeTalk) takeOver() error {
	if q.cfg.Discover == nil {
		return errNoReading
	}
	from, err := q.sourceOfNew()
	if err != nil {
		return err
	}
	q.con.say("Reading.")
	ctx, stop := q.interruptible()
	p, err := q.cfg.Discover(ctx, from)
	stop()
	if err != nil {
		return err
	}
	take, err := q.accept(p)
	if err != nil {
		return err
	}
	fresh := len(q.form.Sites) == 0
	q.form.TakeOver(func(m *migration.Migration) *migration.Migration { return p.Onto(m, take.Accepts) })
	if fresh {
		q.form.Reached = answers.PageReview // most of it is filled in
	}
	q.form.Page = answers.PageSource
	q.con.say("Took over %s. %s left to answer: an empty line takes what stands in brackets.",
		answers.Count(take.Count(), "line", "lines"), answers.Count(len(p.Asks), "thing is", "things are"))
	return q.keepOnce()
}

// sourceOfNew asks where an organisation is read from.
func (q *intakeTalk) sourceOfNew() (Source, error) {
	q.con.say("It only reads. The password is asked for next and kept for this run; it is sent over TLS alone, and not at all where NTLM proves the account.")
	name, err := q.con.need("Domain controller, such as dc1.contoso.com, or an inventory file (.json), or a dot to leave: ")
	if err != nil || isInventory(name) {
		return Source{File: unquoted(name)}, err
	}
	for {
		account, err := q.con.need("Account with its domain, such as CONTOSO\\meyer or meyer@contoso.com, or a dot to leave: ")
		if err != nil || strings.ContainsAny(account, `\@`) {
			return Source{Controller: name, Account: account}, err
		}
		q.con.say("Refused: expected the account with its domain.")
	}
}

func isInventory(name string) bool {
	return strings.HasSuffix(strings.ToLower(unquoted(name)), ".json")
}

// unquoted is a path as a shell would have taken it.
func unquoted(path string) string { return strings.Trim(path, `"'`) }

// proposedLine tells a line and whether it is accepted.
func proposedLine(s *discovery.Selection, n int) string {
	l, word := s.Proposal.Lines[n], "accepted"
	switch {
	case !s.Take[n] && l.Unsure:
		word = "look at it"
	case !s.Take[n]:
		word = "left out"
	}
	text := fmt.Sprintf("%d. [%s] %s: %s", n+1, word, l.Key, l.Value)
	if l.Note != "" {
		text += " (" + l.Note + ")"
	}
	return text + ". From " + l.Place()
}

// accept lets a proposal be accepted line by line.
func (q *intakeTalk) accept(p *discovery.Proposal) (*discovery.Selection, error) {
	s := discovery.Select(p)
	q.con.say("Read from %s, %s.", p.From, clock(p.Read))
	q.sayLines(s)
	for _, a := range p.Asks {
		why := a.Why
		if a.Suggest != "" {
			why += "; usual: " + a.Suggest
		}
		q.con.say("To be answered: %s: %s (%s)", a.Key, a.Question, why)
	}
	for _, r := range p.Remarks {
		q.con.say("To be known: %s", r)
	}
	for {
		line, err := q.con.need(fmt.Sprintf("%d of %d accepted. A number accepts a line or leaves it out, or all, none, list, take, or a dot to leave: ", s.Count(), len(s.Take)))
		if err != nil {
			return nil, err
		}
		n, ok := number(line, len(s.Take))
		switch word := strings.ToLower(line); {
		case ok:
			s.Take[n-1] = !s.Take[n-1]
			q.con.say("%s", proposedLine(s, n-1))
		case word == "all" || word == "none":
			s.All(word == "all")
		case word == "list":
			q.sayLines(s)
		case word == "take" && s.Count() > 0:
			return s, nil
		case word == "take":
			q.con.say("Refused: nothing is accepted yet.")
		default:
			q.con.say("Refused: expected a number from 1 to %d, all, none, list or take.", len(s.Take))
		}
	}
}

func (q *intakeTalk) sayLines(s *discovery.Selection) {
	for n := range s.Take {
		q.con.say("%s", proposedLine(s, n))
	}
}

// sourceOfRun asks with which account the directory of the open migration is
// read.
func (t *talk) sourceOfRun() (Source, error) {
	prompt := "Account to read with, such as CONTOSO\\meyer, or an inventory file (.json), or a dot to leave"
	if list := t.snap.Runbook.Migration.Probes; len(list) > 0 {
		prompt += " [" + list[0].Username + "]"
	}
	for {
		name, err := t.con.ask(prompt + ": ")
		switch name = strings.TrimSpace(name); {
		case err != nil:
			return Source{}, err
		case name == ".":
			return Source{}, errLeft
		case isInventory(name):
			return Source{File: unquoted(name)}, nil
		case name == "" && len(t.snap.Runbook.Migration.Probes) > 0, strings.ContainsAny(name, `\@`):
			return Source{Account: name}, nil
		}
		t.con.say("Refused: expected the account with its domain, or a file that ends in .json.")
	}
}

// compare holds the migration against the organisation.
func (t *talk) compare(string) error {
	if t.cfg.Compare == nil {
		return errNoReading
	}
	from, err := t.sourceOfRun()
	if err != nil {
		return err
	}
	t.con.say("Reading.")
	ctx, stop := t.interruptible()
	defer stop()
	text, err := t.cfg.Compare(ctx, t.s, from)
	if err != nil {
		return err
	}
	for line := range strings.Lines(text) {
		t.con.say("%s", strings.TrimRight(line, "\n"))
	}
	return nil
}

// inherit records what others did before, once it was shown.
func (t *talk) inherit(name string) error {
	switch {
	case t.cfg.Already == nil || t.cfg.Inherit == nil:
		return errNoReading
	case t.snap.ReadOnly:
		return errors.New(t.readOnly())
	}
	t.con.say("What the directory shows to be done already is recorded as carried out before our time. Its checks have still to be run, and no gate opens before.")
	from, err := t.sourceOfRun()
	if err != nil {
		return err
	}
	t.con.say("Reading.")
	ctx, stop := t.interruptible()
	claims, err := t.cfg.Already(ctx, t.s, from)
	stop()
	if err != nil {
		return err
	}
	t.list = nil
	var fresh []discovery.Claim
	for _, c := range claims {
		task := t.snap.Runbook.Task(c.Task)
		if st := t.snap.Progress.Tasks[c.Task]; task == nil || st != nil && (!st.DoneAt.IsZero() || st.Reopened > 0) {
			continue
		}
		fresh = append(fresh, c)
		t.item(claimed(c, task), func() error { return t.openTask(task) })
	}
	if len(fresh) == 0 {
		t.con.say("Nothing more of the upgrade is shown to be done already.")
		return nil
	}
	if name == "" {
		if name, err = t.nameOr("Who takes it over, or a dot to leave"); err != nil {
			return err
		}
	}
	yes, err := t.con.sure("Record " + answers.Count(len(fresh), "task", "tasks") + " as carried out before our time, taken over by " + name + "?")
	if err != nil || !yes {
		return errors.Join(err, errLeft)
	}
	ids, err := t.cfg.Inherit(t.s, fresh, name)
	if err != nil {
		return err
	}
	t.refresh()
	t.con.say("Recorded: %s carried out before our time. Run the checks of their steps now.", answers.Count(len(ids), "task", "tasks"))
	return nil
}

func claimed(c discovery.Claim, task *runbook.Task) string {
	how := "follows from what came after"
	if c.Measured {
		how = "measured"
	}
	return fmt.Sprintf("%s, %s: %s (%s)", task.Title, task.Label, c.Why, how)
}
