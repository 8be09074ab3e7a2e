package intake

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook/discovery"
)

// TestALateAnswerIsNotTakenForTheNextOne stops waiting for one domain
// controller and asks another: the first one's answer comes when the second is
// waited for.
func TestALateAnswerIsNotTakenForTheNextOne(t *testing.T) {
	t.Parallel()
	cfg := disk{}.config()
	cfg.Discover = func(dc, _ string) (*discovery.Proposal, error) {
		p := *found()
		p.From = dc
		return &p, nil
	}
	m := New(cfg)
	m.SetSize(110, 36)
	ask := func(dc string) tea.Cmd {
		do(m, "f ="+dc+" tab")
		for _, r := range `CONTOSO\meyer` {
			m.Update(keyMsg(string(r)))
		}
		cmd, _ := m.Update(keyMsg("enter"))
		if cmd == nil {
			t.Fatal("nothing is read")
		}
		return cmd
	}
	first := ask("dc1.contoso.com")
	do(m, "esc")
	second := ask("dc2.contoso.com")
	m.Update(first())
	if _, shown := m.dialog.(*proposed); shown {
		t.Fatalf("the first answer was taken for the second:\n%s", frame(m, 110, 36))
	}
	m.Update(second())
	wantOn(t, frame(m, 110, 36), "Read from dc2.contoso.com")
}

func TestAProposalOfNothingIsLookedAt(t *testing.T) {
	t.Parallel()
	m := New(disk{}.config())
	m.SetSize(80, 24)
	m.dialog = newProposed(&discovery.Proposal{From: "dc1.contoso.com"})
	for _, key := range []string{"down", "pgdown", "end", "up", "space", "home", "a", "enter"} {
		m.Update(keyMsg(key))
		frame(m, 80, 24)
	}
	do(m, "esc")
	if m.dialog != nil {
		t.Error("esc does not leave it")
	}
}

func TestALongValueShowsThatItGoesOn(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range 60 {
		names = append(names, fmt.Sprintf("name%02d.contoso.com", i))
	}
	d := newProposed(&discovery.Proposal{Lines: []discovery.Line{{Key: "x", Value: strings.Join(names, ", ")}}})
	about := d.about(60)
	if last := about[len(about)-1]; !strings.HasSuffix(last, "…") {
		t.Errorf("it ends as if it were whole: %q", last)
	}
}

func TestLeavingAsksTwiceWhereNothingCanBeKept(t *testing.T) {
	t.Parallel()
	for name, edits := range map[string]bool{"new": false, "edit": true} {
		cfg := disk{}.config()
		cfg.SaveDraft = func(string, []byte) error { return errors.New("disk full") }
		m := New(cfg)
		m.SetSize(80, 24)
		m.begin()
		if edits {
			m.edits, m.draft = &edit{path: "contoso.toml"}, "contoso.toml.draft"
		}
		m.form.Answers.Name = "Contoso"
		m.changed()
		if _, wish := m.Update(keyMsg("esc")); m.form == nil || wish != nil {
			t.Fatalf("%s: left without a draft", name)
		}
		if !m.note.bad || !strings.Contains(m.note.text, "disk full") {
			t.Errorf("%s: %q", name, m.note.text)
		}
		m.Update(keyMsg("pgup"))
		if m.Update(keyMsg("esc")); m.form == nil {
			t.Errorf("%s: a key between does not begin anew", name)
		}
		_, wish := m.Update(keyMsg("esc"))
		if _, back := wish.(Back); edits != back || !edits && m.form != nil {
			t.Errorf("%s: the second esc does not leave: %v", name, wish)
		}
		if strings.Contains(m.note.text, "Kept as a draft") {
			t.Errorf("%s: said to be kept: %q", name, m.note.text)
		}
	}
}
