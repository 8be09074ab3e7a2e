package linear

import (
	"fmt"
	"strings"

	"coexist/checks"
	"coexist/runbook/script"
)

// fill asks for the values of the task, the missing ones or all of them.
func (t *talk) fill(rest string) error {
	type value struct{ key, kind, prompt, example string }
	var list []value
	for _, a := range t.task.Asks {
		list = append(list, value{a.Key, a.Type, a.Prompt, a.Example})
	}
	for _, c := range t.task.Captures {
		list = append(list, value{c.Key, c.Type, c.Prompt + " (property " + c.Property + ")", ""})
	}
	if len(list) == 0 && script.ForTask(t.task) {
		t.con.say("This task asks for no value. What a shell returned comes in with paste N, or with import after the step's script was run.")
		return nil
	}
	if len(list) == 0 {
		return fmt.Errorf("this task asks for no value")
	}
	for _, v := range list {
		old, known := t.snap.Progress.Values[v.key]
		if known && rest != "all" {
			continue
		}
		if err := t.fillOne(v.key, v.kind, v.prompt, v.example, old); err != nil {
			return err
		}
	}
	t.con.say("Type show to see the commands with the values, fill all to change one.")
	return nil
}

func (t *talk) fillOne(key, kind, prompt, example, old string) error {
	prompt += ", " + kind
	if example != "" {
		prompt += ", for example " + example
	}
	if old != "" {
		prompt += " [" + old + "]"
	}
	for {
		s, err := t.con.ask(prompt + ": ")
		if err != nil {
			return err
		}
		if s = strings.TrimSpace(s); s == "" {
			t.con.say("Left as it was.")
			return nil
		}
		if s == "." {
			return errLeft
		}
		if err := t.s.SetValue(key, s); err != nil {
			t.con.say("Refused: %s", err)
			continue
		}
		t.refresh()
		t.con.say("Recorded: %s", t.snap.Progress.Values[key])
		return nil
	}
}

// paste takes in what a management shell answered.
func (t *talk) paste(rest string) error {
	c, err := t.checkAt(rest, "paste")
	if err != nil {
		return err
	}
	if c.Kind != "cmdlet" {
		return fmt.Errorf("no management shell answers this check: %s", c.Title)
	}
	t.con.say("Run this:")
	t.reading(c)
	text, err := t.con.lines("Paste what the Exchange " + c.Shell + " Management Shell printed for: " + c.Title)
	if err != nil {
		return err
	}
	if strings.TrimSpace(text) == "" {
		return errLeft
	}
	r, err := t.s.Paste(c.ID, text)
	if err != nil {
		return err
	}
	t.refresh()
	t.con.say("Recorded: %s: %s", verdict(r), r.Summary)
	if r.Verdict == checks.Fail || r.Verdict == checks.Unknown {
		t.trouble(r)
	}
	return nil
}
