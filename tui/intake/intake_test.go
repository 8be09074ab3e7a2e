package intake

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook/migration"
	"coexist/tui/intake/answers"
)

const toNames = "n enter"

// enterSample answers everything as the sample for 2010 has it and stops at the
// review.
func enterSample(t *testing.T, m *Model) {
	t.Helper()
	do(m, toNames)
	at(t, m, answers.PageNames)
	do(m, "=Contoso enter =contoso.com enter*7")
	at(t, m, answers.PageSites)
	do(m, "enter =Redmond enter*2 =10.0.0.80 enter =203.0.113.80 pgdown")
	do(m, "enter =EX10-01 pgdown")
	do(m, "enter =EX13-01 enter right pgdown")
	do(m, "enter =EX13-02 pgdown")
	do(m, "s =Lyon enter*2 =10.1.0.80 pgup") // pgup leaves the form too
	do(m, "a =EX10-11 pgdown enter =EX13-11 enter right pgdown")
	lyonDAG(m)
	do(m, "pgdown")
	at(t, m, answers.PageFeatures)
	for _, label := range []string{"Outlook Anywhere", "Public folders", "Split DNS"} {
		focusLabel(t, m, label)
		do(m, "space")
	}
	do(m, "pgdown")
	at(t, m, answers.PageTarget)
	focusLabel(t, m, "Build a DAG")
	do(m, "space enter =DAG01 enter =FS01 enter*3 =10.0.0.50 pgdown")
	at(t, m, answers.PageNetwork)
	do(m, "down*7 enter =probe10@contoso.com enter =CONTOSO\\probe10 enter*2 right pgdown")
	do(m, "enter =probe13@contoso.com enter =CONTOSO\\probe13 enter*2 right pgdown pgdown")
	at(t, m, answers.PageChange)
	do(m, "pgdown")
	at(t, m, answers.PageReview)
}

func lyonDAG(m *Model) {
	for i, r := range m.rows() {
		if r.kind == itemRow && r.place == answers.OnSite(1) {
			m.focus(i)
		}
	}
	do(m, "enter end")
	for i, f := range m.form.Fields(m.place) {
		if f.Label == "Build a DAG" {
			m.focus(i)
		}
	}
	do(m, "space enter =DAG02 enter =FS11 enter*3 =10.1.0.50 pgdown")
}

func at(t *testing.T, m *Model, page string) {
	t.Helper()
	if m.form == nil || m.place != answers.On(page) {
		t.Fatalf("not on page %s but at %+v:\n%s", page, m.place, frame(m, 80, 24))
	}
}

func focusLabel(t *testing.T, m *Model, label string) {
	t.Helper()
	for i, r := range m.rows() {
		if r.kind == fieldRow && m.fields()[r.field].Label == label {
			for m.row < i {
				do(m, "tab")
			}
			for m.row > i {
				do(m, "shift+tab")
			}
			return
		}
	}
	t.Fatalf("no question %q on:\n%s", label, frame(m, 80, 24))
}

func TestSampleByKeys(t *testing.T) {
	t.Parallel()
	d := disk{}
	m := New(d.config())
	enterSample(t, m)
	a := do(m, "enter*2")
	if a != (Saved{"contoso.toml"}) {
		t.Fatalf("action is %#v; screen:\n%s", a, frame(m, 80, 24))
	}
	got, err := migration.Parse("contoso.toml", d["contoso.toml"], m.cfg.Known)
	if err != nil {
		t.Fatal(err)
	}
	want, err := migration.Parse("sample", migration.Sample("2010"), m.cfg.Known)
	if err != nil {
		t.Fatal(err)
	}
	if string(d["contoso.toml"]) != string(migration.Sample("2010")) {
		t.Errorf("the sample and what was entered differ: %+v", answers.Differences(want, got))
	}
	if len(d) != 1 {
		t.Errorf("the draft was not removed: %v", d.find())
	}
}

func TestNeverOverwrites(t *testing.T) {
	t.Parallel()
	d := disk{"contoso.toml": []byte("older")}
	m := New(d.config())
	enterSample(t, m)
	if a := do(m, "enter*2"); a != nil {
		t.Fatalf("action is %#v", a)
	}
	wantOn(t, frame(m, 120, 40), "exists and is never overwritten", "contoso-2.toml")
	if string(d["contoso.toml"]) != "older" {
		t.Error("the older file was changed")
	}
	if a := do(m, "=contoso-2.toml enter*2"); a != (Saved{"contoso-2.toml"}) {
		t.Errorf("action is %#v; screen:\n%s", a, frame(m, 80, 24))
	}
}

func TestDraftResumesAtItsPage(t *testing.T) {
	t.Parallel()
	d := disk{}
	m := New(d.config())
	do(m, toNames+" =Contoso enter =contoso.com enter =not_a_domain esc")
	if m.form != nil {
		t.Fatal("esc did not leave")
	}
	wantOn(t, frame(m, 80, 24), "Kept as a draft: contoso.toml.draft", "Continue Contoso")
	if len(d) != 1 {
		t.Fatalf("files: %v", d.find())
	}
	again := New(d.config())
	do(again, "d")
	at(t, again, answers.PageNames)
	if got := again.form.Domains; got != "not a domain" {
		t.Errorf("domains are %q", got)
	}
	if !reflect.DeepEqual(again.form.Answers, m.formAtLeave(t, d)) {
		t.Error("the draft does not hold all answers")
	}
	do(again, "esc d")
	if len(d) != 1 {
		t.Errorf("a second draft appeared: %v", d.find())
	}
}

// formAtLeave reads the only draft.
func (m *Model) formAtLeave(t *testing.T, d disk) answers.Answers {
	t.Helper()
	f := answers.New(m.cfg.Known, m.cfg.Releases, nil)
	for _, data := range d {
		if err := f.Resume(data); err != nil {
			t.Fatal(err)
		}
	}
	return f.Answers
}

// TestLookingAroundLeavesNoDraft goes through pages and fields without an entry.
func TestLookingAroundLeavesNoDraft(t *testing.T) {
	t.Parallel()
	for _, script := range []string{"n esc", "n enter esc", "n enter tab*3 shift+tab*4 esc", "n enter enter ctrl+s esc", "n pgdown pgdown pgup esc*2"} {
		d := disk{}
		m := New(d.config())
		do(m, script)
		if err := m.KeepDraft(); err != nil || len(d) > 0 {
			t.Errorf("%s: error %v, files %v", script, err, d.find())
		}
	}
	d := disk{}
	m := New(d.config())
	do(m, "n enter =C")
	if err := m.KeepDraft(); err != nil || len(d) != 1 {
		t.Errorf("a letter is an entry: error %v, files %v", err, d.find())
	}
}

func TestUnnamedDraftGetsItsName(t *testing.T) {
	t.Parallel()
	d := disk{}
	m := New(d.config())
	do(m, "n down ctrl+s")
	if _, ok := d["unnamed.toml.draft"]; !ok {
		t.Fatalf("files: %v", d.find())
	}
	do(m, "enter =Fabrikam enter")
	if _, ok := d["fabrikam.toml.draft"]; !ok || len(d) != 1 {
		t.Errorf("files: %v", d.find())
	}
}

func TestDraftThatCannotBeKept(t *testing.T) {
	t.Parallel()
	d := disk{}
	cfg := d.config()
	cfg.SaveDraft = func(string, []byte) error { return errors.New("disk full") }
	m := New(cfg)
	do(m, toNames+" =Contoso enter")
	wantOn(t, frame(m, 80, 24), "Not kept:", "disk full")
	if m.form.Answers.Name != "Contoso" {
		t.Error("what was typed is gone")
	}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	old := append([]byte("# our own words\n"), migration.Sample("2007")...)
	was, err := migration.Parse("contoso.toml", old, migration.Known{})
	if err != nil {
		t.Fatal(err)
	}
	d := disk{"contoso.toml": old}
	m := Edit(d.config(), "contoso.toml", old, was)
	wantOn(t, frame(m, 100, 40), "Save the changes", "Nothing so far")
	do(m, "pgup*4")
	at(t, m, answers.PageFeatures)
	focusLabel(t, m, "Load balancer")
	do(m, "space pgdown*4")
	wantOn(t, frame(m, 100, 40), "features, load balancer: no → yes")
	a, ok := do(m, "home up*30 enter").(Review)
	if !ok || a.Path != "contoso.toml" || string(d["contoso.toml"]) != string(old) {
		t.Fatalf("action is %#v; screen:\n%s", a, frame(m, 100, 40))
	}
	_, wish := m.Update(Confirm{})
	saved, ok := wish.(Rewritten)
	if !ok || string(d["contoso.toml"]) != string(a.Data) || d["contoso.toml.draft"] == nil {
		t.Fatalf("action is %#v; files: %v", wish, d.find())
	}
	text := string(d["contoso.toml"])
	if !strings.HasPrefix(text, "# our own words\n") || !strings.Contains(text, "load_balancer = true") {
		t.Errorf("written:\n%s", text)
	}
	if err := saved.Undo(); err != nil || string(d["contoso.toml"]) != string(old) {
		t.Errorf("taken back: %v\n%s", err, d["contoso.toml"])
	}
	if err := saved.Settle(); err != nil || d["contoso.toml.draft"] != nil {
		t.Errorf("the draft stays: %v", err)
	}
}

func TestEditWithoutAChange(t *testing.T) {
	t.Parallel()
	old := migration.Sample("2010")
	was, err := migration.Parse("contoso.toml", old, migration.Known{})
	if err != nil {
		t.Fatal(err)
	}
	m := Edit(disk{"contoso.toml": old}.config(), "contoso.toml", old, was)
	if a := do(m, "enter"); a != nil {
		t.Errorf("action is %#v", a)
	}
	wantOn(t, frame(m, 80, 24), "Nothing differs from the file")
}

func TestEditKeepsForeignChanges(t *testing.T) {
	t.Parallel()
	old := migration.Sample("2010")
	was, err := migration.Parse("contoso.toml", old, migration.Known{})
	if err != nil {
		t.Fatal(err)
	}
	d := disk{"contoso.toml": append([]byte("# changed meanwhile\n"), old...)}
	m := Edit(d.config(), "contoso.toml", old, was)
	m.form.Features.LoadBalancer = true
	m.changed()
	if a := do(m, "enter"); a != nil {
		t.Errorf("action is %#v", a)
	}
	wantOn(t, frame(m, 120, 40), "was changed by another program")
	if a := do(m, "esc"); a != (Back{}) {
		t.Errorf("action is %#v", a)
	}
	d["contoso.toml"] = old
	direct := Edit(d.config(), "contoso.toml", old, was)
	wantOn(t, frame(direct, 120, 40), "taken up", "features, load balancer: no → yes")
	again := New(d.config())
	wantOn(t, frame(again, 120, 40), "Edit on Contoso", "contoso.toml.draft  2010 to 2013")
	if a := do(again, "d"); a != (Open{Path: "contoso.toml", Edit: true}) {
		t.Errorf("from the start screen: %#v", a)
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	d := disk{"contoso.toml": nil, "fabrikam.toml": nil, "tailspin.toml.draft": nil}
	for script, want := range map[string]Action{
		"1": Open{Path: "contoso.toml"}, "2": Open{Path: "fabrikam.toml"}, "down*2 enter": Open{Path: "fabrikam.toml"},
		"a": Rehearse{"2010"}, "b": Rehearse{"2007"}, "c": Rehearse{"mixed"}, "q": Quit{}, "9": nil, "esc": nil,
	} {
		m := New(d.config())
		if got := do(m, script); got != want {
			t.Errorf("%s gives %#v, want %#v", script, got, want)
		}
	}
	m := New(d.config())
	// What can be done is on the smallest screen whole; the dates take what is left.
	wantOn(t, frame(m, 80, 24), "2007 and 2010 to 2013", "Support has ended")
	wantOn(t, frame(m, 80, 40), "support ended 11 Apr 2017", "support ended 13 Oct 2020", "support ended 11 Apr 2023")
	if got := clickOn(t, m, 120, 40, "fabrikam"); got != (Open{Path: "fabrikam.toml"}) {
		t.Errorf("a click gives %#v", got)
	}
	do(m, "d")
	wantOn(t, frame(m, 80, 24), "tailspin.toml.draft")
}

func TestClicks(t *testing.T) {
	t.Parallel()
	m := New(disk{}.config())
	do(m, "n")
	m.Update(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	if m.form.Source != "2010" {
		t.Error("the wheel changed an answer")
	}
	clickOn(t, m, 80, 24, "Exchange 2007 and 2010")
	if m.form.Source != "mixed" {
		t.Errorf("source is %q", m.form.Source)
	}
	do(m, "enter")
	clickOn(t, m, 80, 24, "Mail domains")
	do(m, "=fabrikam.com")
	clickOn(t, m, 80, 24, "Reached from the Internet")
	if m.form.MailDomains != "fabrikam.com" || m.form.Internet {
		t.Errorf("mail domains %q, internet %v", m.form.MailDomains, m.form.Internet)
	}
	wantOn(t, frame(m, 80, 24), "legacy.fabrikam.com")
	clickOn(t, m, 80, 24, "Source")
	at(t, m, answers.PageSource)
	clickOn(t, m, 80, 24, "Review")
	at(t, m, answers.PageSource)
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	old := migration.Sample("2010")
	was, err := migration.Parse("contoso.toml", old, migration.Known{})
	if err != nil {
		t.Fatal(err)
	}
	d := disk{"contoso.toml": old}
	m := Edit(d.config(), "contoso.toml", old, was)
	do(m, "pgup*7 pgdown*7")
	if len(d) != 1 {
		t.Fatalf("looking around left a draft: %v", d.find())
	}
	m.form.Media = `E:\`
	m.changed()
	do(m, "ctrl+s x n")
	wantOn(t, frame(m, 80, 24), `target, media: D:\ → E:\`)
	do(m, "x y")
	wantOn(t, frame(m, 80, 24), "Nothing so far.")
	if len(d) != 1 || string(d["contoso.toml"]) != string(old) {
		t.Errorf("files: %v", d.find())
	}
}

func TestForeignDraftIsLeftAlone(t *testing.T) {
	t.Parallel()
	old := migration.Sample("2010")
	was, err := migration.Parse("contoso.toml", old, migration.Known{})
	if err != nil {
		t.Fatal(err)
	}
	d := disk{"contoso.toml": old, "contoso.toml.draft": []byte("draft = 1\nname = \"Contoso\"")}
	m := Edit(d.config(), "contoso.toml", old, was)
	m.form.Media = `E:\`
	m.changed()
	do(m, "ctrl+s")
	if string(d["contoso.toml.draft"]) != "draft = 1\nname = \"Contoso\"" {
		t.Error("the other draft was written over")
	}
	if _, ok := d["contoso-2.toml.draft"]; !ok {
		t.Errorf("files: %v", d.find())
	}
}

func TestDeleteDraft(t *testing.T) {
	t.Parallel()
	d := disk{"fabrikam.toml.draft": []byte("draft = 1")}
	m := New(d.config())
	do(m, "x down x n")
	if len(d) != 1 {
		t.Fatal("deleted without asking")
	}
	do(m, "x y")
	if len(d) != 0 {
		t.Error("not deleted")
	}
}
