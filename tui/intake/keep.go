package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"coexist/runbook/migration"
	"coexist/tui/intake/answers"
)

const draftSuffix = ".draft"

// KeepDraft writes the draft if something changed since the last time. The
// program calls it before it ends for a reason of its own.
func (m *Model) KeepDraft() error {
	if m.form == nil || !m.dirty || m.cfg.SaveDraft == nil || m.untouched() {
		return nil
	}
	path := m.draftPath()
	m.form.Page = m.place.Page
	data, err := m.form.Draft()
	if err != nil {
		return err
	}
	if err := m.cfg.SaveDraft(path, data); err != nil {
		return fmt.Errorf("keep the draft %s: %w", path, err)
	}
	if m.draft != "" && m.draft != path {
		if err := m.dropDraft(m.draft); err != nil {
			return err
		}
	}
	m.draft, m.kept, m.dirty = path, true, false
	return nil
}

// untouched tells whether nothing was entered into a new migration: who only
// looked around leaves no draft behind.
func (m *Model) untouched() bool {
	if m.edits != nil || m.draft != "" {
		return false
	}
	blank := answers.New(m.form.Known, m.form.Releases, m.form.Zone)
	blank.Page, blank.Reached = m.form.Page, m.form.Reached
	want, err := blank.Draft()
	if err != nil {
		return false
	}
	got, err := m.form.Draft()
	return err == nil && bytes.Equal(got, want)
}

// dropDraft removes a draft, if it is there.
func (m *Model) dropDraft(path string) error {
	if m.cfg.DropDraft == nil {
		return nil
	}
	if err := m.cfg.DropDraft(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the draft %s: %w", path, err)
	}
	return nil
}

// takeUp continues the draft of an earlier edit of the same file.
func (m *Model) takeUp() {
	if m.cfg.LoadDraft == nil {
		return
	}
	data, err := m.cfg.LoadDraft(m.draft)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	before := m.form.Answers
	if err == nil {
		err = m.form.Resume(data)
	}
	if err != nil || m.form.Edits != m.edits.path {
		m.form.Answers = before
		m.draft = ""
		m.note = note{"There is a draft beside the file that does not belong to it; it is left alone.", true}
		return
	}
	m.kept = true
	m.note = note{"Changes from your draft are taken up; the review lists them.", false}
}

// discard makes the answers those of the file again.
func (m *Model) discard() {
	m.form.Answers = answers.From(m.edits.was)
	m.form.Edits = m.edits.path
	m.tried = map[string]bool{}
	m.judge()
	m.focus(0)
	m.dirty, m.kept = false, false
	m.note = note{"The answers are those of the file again.", false}
	if err := m.dropDraft(m.draft); err != nil {
		m.note = note{err.Error(), true}
	}
}

// draftPath is where the draft goes: it gets its name as soon as the
// organisation has one and never takes another draft's.
func (m *Model) draftPath() string {
	unnamed := filepath.Join(m.cfg.Folder, "unnamed.toml"+draftSuffix)
	if m.draft != "" && m.draft != unnamed {
		return m.draft
	}
	if m.edits == nil && strings.TrimSpace(m.form.Answers.Name) == "" {
		return unnamed
	}
	stem := answers.Slug(m.form.Answers.Name)
	path := filepath.Join(m.cfg.Folder, stem+".toml"+draftSuffix)
	for i := 2; m.start.has(path); i++ {
		path = filepath.Join(m.cfg.Folder, fmt.Sprintf("%s-%d.toml%s", stem, i, draftSuffix))
	}
	return path
}

// keepQuietly keeps the draft and speaks only when it can't.
func (m *Model) keepQuietly() {
	if err := m.KeepDraft(); err != nil {
		m.note = note{"Not kept: " + err.Error(), true}
	}
}

func (m *Model) keepAloud() {
	if m.untouched() {
		m.note = note{"Nothing was entered yet: there is nothing to keep.", false}
		return
	}
	m.dirty = true
	if err := m.KeepDraft(); err != nil {
		m.note = note{"Not kept: " + err.Error(), true}
		return
	}
	m.note = note{"Draft kept: " + m.draft, false}
}

// resume continues a draft on the page where it was left. One of an edit is
// continued on the board of its migration.
func (m *Model) resume(path string) (Action, error) {
	data, err := m.cfg.LoadDraft(path)
	if err != nil {
		return nil, fmt.Errorf("open the draft %s: %w", path, err)
	}
	m.begin()
	if err := m.form.Resume(data); err != nil {
		m.form = nil
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if file := m.form.Edits; file != "" {
		m.form = nil
		return Open{Path: file, Edit: true}, nil
	}
	m.draft, m.kept, m.dirty = path, true, false
	m.judge()
	m.place = answers.On(m.form.Page)
	m.focus(0)
	return nil, nil
}

// save writes the migration once everything about it is right. Of an edit it
// asks first what that would change.
func (m *Model) save() Action {
	m.tried["file"] = true
	if len(m.wrong) > 0 {
		m.note = note{"Not yet: " + m.wrong[0].Reason, true}
		return nil
	}
	if m.edits != nil {
		return m.review()
	}
	path, err := m.write()
	if err != nil {
		m.note = note{"Not saved: " + err.Error(), true}
		return nil
	}
	if m.draft != "" {
		if err := m.dropDraft(m.draft); err != nil {
			m.note = note{"Saved, but: " + err.Error(), true}
		}
	}
	m.dirty, m.kept, m.draft = false, false, ""
	return Saved{path}
}

func (m *Model) write() (string, error) {
	facts := m.form.Migration()
	if r := m.form.FileField().Check(); r != nil {
		m.focus(0)
		return "", r
	}
	path := filepath.Join(m.cfg.Folder, m.form.FileName())
	data := migration.Format(facts)
	if _, err := migration.Parse(path, data, m.cfg.Known); err != nil {
		return "", fmt.Errorf("what would be written can't be read back: %w", err)
	}
	err := m.cfg.Save(path, data)
	if errors.Is(err, fs.ErrExist) {
		m.focus(0)
		return "", fmt.Errorf("%s exists and is never overwritten; give another name, for example %s", path, m.freeName())
	}
	return path, err
}

// review hands over what an edit would write.
func (m *Model) review() Action {
	data, err := m.rewritten()
	switch {
	case err != nil:
		m.note = note{"Not saved: " + err.Error(), true}
		return nil
	case bytes.Equal(data, m.edits.data):
		m.note = note{"Nothing differs from the file; esc goes back to the board.", false}
		return nil
	}
	m.keepQuietly()
	return Review{m.edits.path, data}
}

// rewritten is the file with the answers in it. It is refused where somebody
// else changed the file meanwhile.
func (m *Model) rewritten() ([]byte, error) {
	now, err := m.cfg.LoadDraft(m.edits.path)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(now, m.edits.data) {
		return nil, fmt.Errorf("%s was changed by another program since it was opened; leave with esc (your answers stay in the draft) and look at it first", m.edits.path)
	}
	data := migration.Rewrite(m.edits.data, m.form.Migration())
	if _, err := migration.Parse(m.edits.path, data, m.cfg.Known); err != nil {
		return nil, fmt.Errorf("what would be written can't be read back: %w", err)
	}
	return data, nil
}

// rewrite writes over the file that is edited.
func (m *Model) rewrite() Action {
	if m.edits == nil || len(m.wrong) > 0 {
		return nil
	}
	path, was, draft := m.edits.path, m.edits.data, m.draft
	data, err := m.rewritten()
	if err == nil {
		err = m.cfg.Replace(path, data)
	}
	if err != nil {
		m.note = note{"Not saved: " + err.Error(), true}
		return nil
	}
	return Rewritten{Path: path, Undo: func() error { return m.cfg.Replace(path, was) }, Settle: func() error {
		m.dirty, m.kept, m.draft = false, false, ""
		if draft == "" {
			return nil
		}
		return m.dropDraft(draft)
	}}
}

// freeName proposes a name that no found file has.
func (m *Model) freeName() string {
	stem := strings.TrimSuffix(m.form.FileName(), ".toml")
	for i := 2; ; i++ {
		name := fmt.Sprintf("%s-%d.toml", stem, i)
		if !m.start.has(filepath.Join(m.cfg.Folder, name)) {
			return name
		}
	}
}
