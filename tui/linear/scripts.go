package linear

import (
	"errors"
	"fmt"
	"strings"

	"coexist/checks"
	"coexist/runbook/script"
	"coexist/tui/intake/answers"
)

// script writes a script of the open step: which one is chosen by number.
func (t *talk) script(string) error {
	if t.cfg.SaveScript == nil {
		return errors.New("no script can be written here; use coexist script")
	}
	p := t.phase
	if p == nil {
		p = t.firstOpen()
	}
	if p == nil {
		return errors.New("open a step first")
	}
	if !script.Needed(t.snap.Runbook, p.Step) {
		return fmt.Errorf("nothing of step %d is read in an Exchange Management Shell", p.Step)
	}
	offers, err := script.Offers(t.snap.Runbook, p.Step, t.snap.Progress.Values)
	if err != nil {
		return err
	}
	if len(offers) == 0 {
		return script.ErrNothing
	}
	t.con.say("Scripts for step %d. They read, they change nothing:", p.Step)
	for i, o := range offers {
		t.con.say("%d. %s", i+1, offered(o))
	}
	o, err := t.chooseOffer(offers)
	if err != nil {
		return err
	}
	options := script.Options{Step: p.Step, Shell: o.Shell, Server: o.Server}
	if o.Captures > 0 {
		line, err := t.con.ask("Capture " + answers.Count(o.Captures, "value", "values") + " that the step's tasks will change? yes or no [yes]: ")
		if err != nil {
			return err
		}
		line = strings.ToLower(strings.TrimSpace(line))
		if line == "." {
			return errLeft
		}
		options.Capture = line == "" || line == "yes" || line == "y"
	}
	path, m, err := t.cfg.SaveScript(t.s, options)
	if err != nil {
		return err
	}
	t.refresh()
	t.sayScript(path, m)
	return nil
}

func offered(o script.Offer) string {
	on := "on any server"
	if o.Server != "" {
		on = "on " + o.Server + " itself"
	}
	return fmt.Sprintf("Exchange %s Management Shell, %s: %s, %s to capture", o.Shell, on, answers.Count(o.Checks, "check", "checks"), answers.Count(o.Captures, "value", "values"))
}

func (t *talk) chooseOffer(list []script.Offer) (script.Offer, error) {
	for {
		line, err := t.con.need("Which one, by number, or a dot to leave: ")
		if err != nil {
			return script.Offer{}, err
		}
		if n, ok := number(line, len(list)); ok {
			return list[n-1], nil
		}
		t.con.say("Refused: expected a number from 1 to %d.", len(list))
	}
}

// sayScript tells the way of a script: from here, there, and back.
func (t *talk) sayScript(path string, m script.Manifest) {
	t.con.say("Written and recorded: %s, %s, %s to capture.", path, answers.Count(len(m.Checks), "check", "checks"), answers.Count(len(m.Captures), "value", "values"))
	on := "a server of that version"
	if m.Server != "" {
		on = m.Server
	}
	t.con.say("First: take it to %s.", on)
	t.con.say("Second: run it there in the Exchange %s Management Shell, in the folder it lies in. In another shell it reads nothing and says so:", m.Shell)
	t.con.say(`.\%s`, path[strings.LastIndexAny(path, `/\`)+1:])
	t.con.say("Third: bring back what it saves and take it in:")
	t.con.say("import %s", m.ResultName())
}

// importResults takes in what a script saved: a file, or its pasted text.
func (t *talk) importResults(path string) error {
	if t.cfg.ImportFile == nil || t.cfg.ImportText == nil {
		return errors.New("nothing can be imported here; use coexist import")
	}
	if path == "" {
		line, err := t.con.need("Path of the result file, or paste to paste its text, or a dot to leave: ")
		if err != nil {
			return err
		}
		path = line
	}
	var out script.Outcome
	if strings.EqualFold(path, "paste") {
		text, err := t.con.lines("Paste the text of the result file. A terminal may cut lines of more than 4000 characters; then import the file.")
		if err != nil {
			return err
		}
		if strings.TrimSpace(text) == "" {
			return errLeft
		}
		out, err = t.cfg.ImportText(t.s, []byte(text))
		if err != nil {
			return err
		}
	} else {
		var err error
		if out, err = t.cfg.ImportFile(t.s, unquoted(path)); err != nil {
			return err
		}
	}
	t.refresh()
	t.sayOutcome(out)
	return nil
}

// sayOutcome tells what an import brought.
func (t *talk) sayOutcome(out script.Outcome) {
	if !out.Already.IsZero() {
		t.con.say("This was imported already, %s. Nothing changed.", clock(out.Already))
		return
	}
	t.con.say("Recorded: %s, %s.", answers.Count(len(out.Results), "result", "results"), answers.Count(len(out.Values), "captured value", "captured values"))
	for _, r := range out.Results {
		if c := t.snap.Runbook.Check(r.ID); c != nil && r.Verdict != checks.Fail && r.Verdict != checks.Unknown {
			t.con.say("%s: %s, %s", verdict(r), c.Title, c.Task.Label)
		}
	}
	for _, key := range out.Values {
		value := t.snap.Progress.Values[key]
		if value == "" {
			value = "nothing stood there"
		}
		t.con.say("Value: %s: %s", key, value)
	}
	for _, line := range out.Refused {
		t.con.say("Not taken: %s", line)
	}
	t.sum(out.Results)
}
