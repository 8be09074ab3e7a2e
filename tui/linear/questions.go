package linear

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"coexist/runbook/migration"
	"coexist/tui/intake/answers"
)

// intakeTalk asks the questions of a new migration one by one.
type intakeTalk struct {
	*talk
	form  *answers.Form
	draft string
}

// errBack goes one question back, errAgain to the first one.
var errBack, errAgain = errors.New("back"), errors.New("again")

// intake begins with no answer.
func (t *talk) intake() *intakeTalk {
	in := t.cfg.Intake
	return &intakeTalk{talk: t, form: answers.New(in.Known, in.Releases, t.cfg.Clock().Location())}
}

// newMigration asks for a migration, from a draft if one is named.
func (t *talk) newMigration(draft string) error {
	q := t.intake()
	if q.draft = draft; draft != "" {
		data, err := q.cfg.Intake.LoadDraft(draft)
		if err == nil {
			err = q.form.Resume(data)
		}
		if err != nil {
			return fmt.Errorf("open the draft %s: %w", draft, err)
		}
		if q.form.Edits != "" {
			return fmt.Errorf("the draft %s edits %s: continue it in the full-screen wizard, or edit the file itself", draft, q.form.Edits)
		}
	}
	return q.questions()
}

// questions asks page by page, saves the migration and opens it.
func (q *intakeTalk) questions() error {
	q.con.say("An empty line takes the answer in brackets. ? explains, < goes one question back, - empties an answer, a dot leaves and keeps a draft.")
	if q.cfg.Discover != nil {
		q.con.say("@ reads Active Directory and proposes answers.")
	}
	for i := answers.PageIndex(q.form.Page); i < len(answers.Pages); i++ {
		q.form.Page = answers.Pages[i].ID
		switch err := q.page(answers.Pages[i]); {
		case errors.Is(err, errBack):
			i = max(i-2, -1)
		case errors.Is(err, errAgain):
			i = -1
		case err != nil:
			return q.leave(err)
		}
	}
	return q.save()
}

// leave keeps the draft when the questions are broken off, and passes on why
// unless the engineer wished it.
func (q *intakeTalk) leave(why error) error {
	if errors.Is(why, errLeft) {
		why = nil
	}
	if err := q.keep(); err != nil {
		return errors.Join(err, why)
	}
	q.con.say("Kept as a draft: %s", q.draft)
	return why
}

// keep writes the draft.
func (q *intakeTalk) keep() error {
	q.form.Settle()
	if q.cfg.Intake.SaveDraft == nil {
		return nil
	}
	if q.draft == "" {
		q.draft = q.freeDraft()
	}
	data, err := q.form.Draft()
	if err != nil {
		return err
	}
	return q.cfg.Intake.SaveDraft(q.draft, data)
}

// freeDraft is a name that no other draft has.
func (q *intakeTalk) freeDraft() string {
	taken := map[string]bool{}
	if q.cfg.Intake.Find != nil {
		for _, f := range q.cfg.Intake.Find() {
			taken[f.Path] = true
		}
	}
	stem := "unnamed"
	if strings.TrimSpace(q.form.Answers.Name) != "" {
		stem = answers.Slug(q.form.Answers.Name)
	}
	for i := 1; ; i++ {
		name := stem
		if i > 1 {
			name = fmt.Sprintf("%s-%d", stem, i)
		}
		if path := filepath.Join(q.cfg.Intake.Folder, name+".toml.draft"); !taken[path] {
			return path
		}
	}
}

// page asks the questions of a page and lets its list be made; it ends only
// when the page is right.
func (q *intakeTalk) page(p answers.Page) error {
	if p.ID == answers.PageReview {
		return nil
	}
	q.con.blank()
	q.con.say("Page %d of %d: %s. %s", answers.PageIndex(p.ID)+1, len(answers.Pages), p.Title, p.About)
	if err := q.fields(answers.On(p.ID), 0); err != nil {
		return err
	}
	for {
		var err error
		switch p.ID {
		case answers.PageSites:
			err = q.sites()
		case answers.PageNetwork:
			err = q.probes()
		}
		if err != nil {
			return err
		}
		wrong := answers.OnPage(q.form.Problems(), p.ID)
		if len(wrong) == 0 {
			return q.keepOnce()
		}
		if err := q.mend(wrong); err != nil {
			return err
		}
	}
}

// keepOnce keeps the draft as soon as there is a name for it.
func (q *intakeTalk) keepOnce() error {
	if q.draft == "" && strings.TrimSpace(q.form.Answers.Name) == "" {
		return nil
	}
	return q.keep()
}

// mend tells what is wrong on a page and asks the question of the first field
// that is to blame again; what only a list can mend is left to the list.
func (q *intakeTalk) mend(wrong []answers.Problem) error {
	for _, w := range wrong {
		q.con.say("Not yet: %s, %s: %s", q.form.PlaceName(w.Place), w.Label, w.Error())
	}
	w := wrong[0]
	if w.Field < 0 || w.Place.Page == answers.PageSites {
		return nil
	}
	_, err := q.field(w.Place, w.Field)
	if errors.Is(err, errBack) {
		return nil
	}
	return err
}

// fields asks the questions of a place from one on.
func (q *intakeTalk) fields(p answers.Place, from int) error {
	for i := from; i < len(q.form.Fields(p)); {
		group := q.form.Fields(p)[i].Group
		if group != "" && (i == 0 || q.form.Fields(p)[i-1].Group != group) {
			q.con.say("%s:", group)
		}
		step, err := q.field(p, i)
		switch {
		case errors.Is(err, errBack) && i == 0:
			return err
		case errors.Is(err, errBack):
			i--
		case err != nil:
			return err
		default:
			i += step
			q.form.Settle()
		}
	}
	return nil
}

// field asks one question until the answer counts.
func (q *intakeTalk) field(p answers.Place, i int) (int, error) {
	for {
		f := q.form.Fields(p)[i]
		if f.Kind == answers.Choice {
			for n, o := range f.Options {
				q.con.say("%d. %s", n+1, strings.TrimSuffix(o.Label+": "+o.About, ": "))
			}
		}
		line, err := q.con.ask(question(f))
		if err != nil {
			return 0, err
		}
		switch line = strings.TrimSpace(line); line {
		case "?":
			q.con.say("%s", f.Hint)
			if f.Example != "" {
				q.con.say("For example: %s", f.Example)
			}
			continue
		case "<":
			return 0, errBack
		case ".":
			return 0, errLeft
		case "@":
			if err := q.read(); err != nil {
				return 0, err
			}
			continue
		}
		var old string
		if f.Text != nil {
			old = *f.Text
		}
		if why := answer(f, line); why != "" {
			q.con.say("Refused: %s", why)
			continue
		}
		if f.Kind == answers.Choice && strings.HasSuffix(f.Key, ".version") {
			q.form.Chosen(p)
		}
		if why := q.refused(p, i); why != nil {
			q.con.say("Refused: %s", why.Error())
			if f.Text != nil {
				*f.Text = old
			}
			continue
		}
		return 1, nil
	}
}

// read lets the directory answer, and begins again at the first question then.
func (q *intakeTalk) read() error {
	err := q.takeOver()
	if err == nil {
		return errAgain
	}
	return q.done(err)
}

// refused judges an answer: by itself, and a typed one also beside the others.
func (q *intakeTalk) refused(p answers.Place, i int) *answers.Refusal {
	f := q.form.Fields(p)[i]
	if why := f.Check(); why != nil || f.Kind != answers.Text || !f.Typed() {
		return why
	}
	return answers.At(q.form.Problems(), p, i)
}

func question(f answers.Field) string {
	switch f.Kind {
	case answers.Toggle:
		return f.Label + "? yes or no [" + yesNo(*f.On) + "]: "
	case answers.Choice:
		if n := f.Option(); n >= 0 {
			return fmt.Sprintf("%s, 1 to %d [%d]: ", f.Label, len(f.Options), n+1)
		}
		return fmt.Sprintf("%s, 1 to %d: ", f.Label, len(f.Options))
	}
	switch {
	case f.Value() != "":
		return f.Label + " [" + f.Value() + "]: "
	case f.Optional:
		return f.Label + ", optional: "
	}
	return f.Label + ": "
}

// answer puts a line into a field, or tells why it can't be one.
func answer(f answers.Field, line string) string {
	switch {
	case line == "" && f.Kind != answers.Choice:
		return ""
	case f.Kind == answers.Toggle:
		switch strings.ToLower(line) {
		case "yes", "y":
			*f.On = true
		case "no", "n":
			*f.On = false
		default:
			return "expected yes or no"
		}
	case f.Kind == answers.Choice:
		if line == "" && f.Option() >= 0 {
			return ""
		}
		n, ok := number(line, len(f.Options))
		if !ok {
			return fmt.Sprintf("expected a number from 1 to %d", len(f.Options))
		}
		*f.Text = f.Options[n-1].Value
	case line == "-":
		*f.Text = ""
	default:
		*f.Text = line
	}
	return ""
}

func yesNo(on bool) string {
	if on {
		return "yes"
	}
	return "no"
}

// save asks for the file's name, writes the migration and opens it.
func (q *intakeTalk) save() error {
	wrong := q.form.Problems()
	if len(wrong) > 0 {
		for _, w := range wrong {
			q.con.say("Not yet: %s, %s: %s", q.form.PlaceName(w.Place), w.Label, w.Error())
		}
		return errors.Join(q.keep(), fmt.Errorf("the answers are not a migration yet; continue the draft %s", q.draft))
	}
	in := q.cfg.Intake
	for {
		f := q.form.FileField()
		line, err := q.con.ask(question(f))
		if err != nil {
			return q.leave(err)
		}
		if line = strings.TrimSpace(line); line == "." {
			return q.leave(errLeft)
		}
		if line != "" {
			*f.Text = line
		}
		if why := f.Check(); why != nil {
			q.con.say("Refused: %s", why.Error())
			continue
		}
		path := filepath.Join(in.Folder, q.form.FileName())
		err = in.Save(path, migration.Format(q.form.Migration()))
		if errors.Is(err, fs.ErrExist) {
			q.con.say("Refused: %s exists and is never overwritten; give another name.", path)
			continue
		}
		if err != nil {
			return errors.Join(q.keep(), fmt.Errorf("save %s: %w", path, err))
		}
		q.con.say("Saved: %s", path)
		if q.draft != "" && in.DropDraft != nil {
			if err := in.DropDraft(q.draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
				q.con.say("The draft %s could not be removed: %s", q.draft, err)
			}
		}
		return q.open(path)
	}
}
