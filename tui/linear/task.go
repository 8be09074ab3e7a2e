package linear

import (
	"fmt"
	"path/filepath"
	"sort"
	"strings"

	"coexist/checks"
	"coexist/runbook"
)

// showTask tells all about the open task. Its numbers are those of its checks.
func (t *talk) showTask() {
	task, s := t.task, t.snap.Progress.Tasks[t.task.ID]
	t.con.blank()
	t.con.say("Task: %s", task.Title)
	t.labelled("On", task.Label)
	t.labelled("State", strings.TrimSuffix(string(s.Status)+". "+s.Why, ". "))
	t.labelled("Why", task.Why)
	t.labelled("Where", task.RunOn)
	t.labelled("Rights", task.Rights)
	if task.Duration > 0 {
		t.labelled("Takes about", minutes(task.Duration))
	}
	t.labelled("No way back", task.NoReturn)
	if took := s.Took(); took > 0 {
		t.labelled("Took", minutes(took))
	}
	if left := s.WaitUntil.Sub(t.snap.Progress.Now); s.Status == runbook.Waiting && left > 0 {
		t.labelled("Waiting", minutes(left)+" left, until "+clock(s.WaitUntil))
	}
	if task.Wait > 0 {
		t.labelled("Wait afterwards", minutes(task.Wait)+" "+task.WaitFor)
	}
	for _, p := range task.Pitfalls {
		t.labelled("Beware", p)
	}
	for _, n := range task.Notes {
		t.labelled("Advice", n)
	}
	t.showValues()
	t.showCommands()
	t.showChecks()
	for _, n := range s.Notes {
		t.con.say("Note by %s, %s: %s", n.By, clock(n.Time), n.Text)
	}
	t.sayActs(s)
}

func (t *talk) labelled(label, text string) {
	if strings.TrimSpace(text) != "" {
		t.con.say("%s: %s", label, text)
	}
}

// sayActs says what can be done with the task now.
func (t *talk) sayActs(s *runbook.TaskState) {
	switch {
	case len(s.Missing) > 0:
		t.con.say("Values are missing: type fill.")
	case s.Status == runbook.Ready:
		t.con.say("Run the commands, then type done. Type undo for the way back, help for all commands.")
	case s.Status == runbook.Locked:
		t.con.say("Locked: its checks may be run, but it can't be marked carried out yet.")
	}
}

func (t *talk) showValues() {
	p := t.snap.Progress
	show := func(prompt, key string, optional bool) {
		v, known := p.Values[key]
		switch {
		case known:
			t.con.say("Value: %s: %s (%s)", prompt, v, p.Sources[key].How)
		case optional:
			t.con.say("Value: %s: not given, optional", prompt)
		default:
			t.con.say("Value: %s: missing", prompt)
		}
	}
	for _, a := range t.task.Asks {
		show(a.Prompt, a.Key, a.Optional)
	}
	for _, c := range t.task.Captures {
		show(c.Prompt, c.Key, false)
	}
}

// showCommands prints the commands, each line of them whole on a line of its
// own; what is to be read before a change comes before the change.
func (t *talk) showCommands() {
	for i, c := range t.task.Captures {
		if c.Command != nil {
			t.command(fmt.Sprintf("Read beforehand %d of %d, %s", i+1, len(t.task.Captures), c.Prompt), c.Command)
		}
	}
	locked := t.snap.Progress.Tasks[t.task.ID].Status == runbook.Locked
	for i, c := range t.task.Commands {
		head := fmt.Sprintf("Command %d of %d", i+1, len(t.task.Commands))
		if locked && !c.Reads {
			head = "LOCKED, not to be run yet: command " + strings.TrimPrefix(head, "Command ")
		}
		t.command(head, c)
	}
}

func (t *talk) command(head string, c *runbook.Command) {
	t.commandWith(head, c, t.snap.Progress.Values)
}

// commandWith tells a command with other values than those in force.
func (t *talk) commandWith(head string, c *runbook.Command, values runbook.Values) {
	line := head + ", " + shell(c.Shell)
	if c.On != "" {
		line += ", on " + c.On
	}
	if c.Reads {
		line += ", changes nothing"
	}
	if c.About != "" {
		line += ": " + c.About
	}
	t.con.say("%s", line)
	r, err := c.Render(values)
	if err != nil {
		t.con.say("This command can't be written: %s", err)
		return
	}
	if len(r.Pending) > 0 {
		var keys []string
		for _, p := range r.Pending {
			keys = append(keys, p.Key)
		}
		t.con.say("Not ready to be typed: it waits for %s", strings.Join(keys, ", "))
	}
	for _, l := range r.Lines {
		t.con.say("%s", l)
	}
}

// showChecks lists the checks with their states; a failed one with what was
// expected and found, the likely causes, and the remedy.
func (t *talk) showChecks() {
	t.list = nil
	for _, c := range t.task.Checks {
		s := t.snap.Progress.Checks[c.ID]
		line := fmt.Sprintf("%s Check: %s", bracket(s.Status), c.Title)
		if g := gates[c.Gate]; g != "" {
			line += " (" + g + ")"
		}
		t.item(line, func() error { return t.transcript(c) })
		if s.Result != nil {
			t.outcome(c, s)
		}
		if s.Waiver != nil {
			t.con.say("   Waived by %s: %s", s.Waiver.Name, s.Waiver.Reason)
		}
	}
}

func (t *talk) outcome(c *runbook.Check, s *runbook.CheckState) {
	r := s.Result
	t.con.say("   %s at %s, %s: %s", verdict(*r), clock(r.Started), truth(r.Source), r.Summary)
	if r.Verdict == checks.Warn && !s.Read {
		t.con.say("   Type read %d once you have read this warning.", t.position(c))
	}
	if r.Verdict == checks.Fail || r.Verdict == checks.Unknown {
		t.trouble(*r)
	}
}

func (t *talk) position(c *runbook.Check) int {
	for i, one := range t.task.Checks {
		if one == c {
			return i + 1
		}
	}
	return 0
}

// trouble tells a failure in the order in which it is mended.
func (t *talk) trouble(r checks.Result) {
	if r.Expected != "" {
		t.con.say("   Expected: %s", r.Expected)
	}
	if r.Found != "" {
		t.con.say("   Found: %s", r.Found)
	}
	for _, c := range r.Causes {
		t.con.say("   Likely: %s", c)
	}
	if r.Remedy != "" {
		t.con.say("   Remedy: %s", r.Remedy)
	}
}

// verdict never calls a person's statement verified.
func verdict(r checks.Result) string {
	if r.Source == checks.FromPerson {
		return "stated " + string(r.Verdict)
	}
	return string(r.Verdict)
}

// ended is how a check of a run came out.
func ended(r checks.Result) string {
	if r.Reason == checks.Cancelled {
		return "cancelled"
	}
	return verdict(r)
}

func truth(s checks.Source) string {
	switch s {
	case checks.FromPerson:
		return "stated by a person"
	case checks.FromShell:
		return "from a management shell"
	}
	return "measured"
}

// reading prints the command whose output answers a check.
func (t *talk) reading(c *runbook.Check) {
	ready, pending, err := c.Ready(t.snap.Progress.Values)
	switch {
	case err != nil:
		t.con.say("The command can't be written: %s", err)
	case len(pending) > 0:
		t.con.say("Its command waits for %s", pending[0].Key)
	default:
		line := ready.Params.String("command")
		if len(ready.Params.Strings("properties")) > 0 {
			line += runbook.PasteHint(ready)
		}
		t.con.say("%s", line)
		if none := c.PasteNone(ready); none != "none" {
			t.con.say("If it prints nothing, paste instead: %s", none)
		}
	}
}

// transcript tells all that the last result of a check holds.
func (t *talk) transcript(c *runbook.Check) error {
	s := t.snap.Progress.Checks[c.ID]
	t.con.blank()
	t.con.say("Check %d: %s", t.position(c), c.Title)
	t.con.say("Kind %s, gate %s, state %s", c.Kind, c.Gate, s.Status)
	elsewhere := true // somebody or something else answers it
	switch {
	case c.Kind == "cmdlet":
		t.con.say("Answered by the Exchange %s Management Shell: run this there and type paste %d, or let the step's script read it: type script.", c.Shell, t.position(c))
		t.reading(c)
	case c.Kind == "attest":
		t.con.say("Answered by you: type attest %d.", t.position(c))
	case c.Vantage == checks.Outside:
		t.con.say("Answered from a computer outside: copy the migration there, run this, bring seen.json back and type import seen.json:")
		t.con.say("coexist check %s --from outside --out seen.json", filepath.Base(t.snap.Path))
	default:
		elsewhere = false
	}
	switch {
	case s.Result == nil && elsewhere:
		t.con.say("It has no answer yet.")
		return nil
	case s.Result == nil:
		t.con.say("It was not run yet. Type run %d.", t.position(c))
		return nil
	}
	r := *s.Result
	t.con.say("%s at %s, %s, in %d ms: %s", verdict(r), clock(r.Started), truth(r.Source), r.MS, r.Summary)
	t.trouble(r)
	keys := make([]string, 0, len(r.Evidence))
	for k := range r.Evidence {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		t.con.say("Evidence: %s: %s", k, r.Evidence[k])
	}
	for _, sub := range r.Sub {
		t.part(sub)
	}
	for _, v := range s.History {
		line := fmt.Sprintf("Earlier: %s at %s", v.Verdict, clock(v.Time))
		for _, more := range []string{v.Reason, v.Found} {
			if more != "" {
				line += ", " + more
			}
		}
		t.con.say("%s", line)
	}
	t.stored(r)
	return nil
}

// part tells a stage of a probe, and those of each address after it.
func (t *talk) part(r checks.Result) {
	name := r.Kind
	if r.Target != "" {
		name = r.Target
	}
	t.con.say("Part: %s %s: %s", name, verdict(r), r.Summary)
	for _, sub := range r.Sub {
		t.part(sub)
	}
}

// stored tells the talk behind a result, where it was kept.
func (t *talk) stored(r checks.Result) {
	if r.Transcript == "" || t.cfg.Transcript == nil {
		return
	}
	text, err := t.cfg.Transcript(t.s, r.Transcript)
	if err != nil {
		t.con.say("The transcript can't be read: %s", err)
		return
	}
	t.con.say("Transcript:")
	for _, l := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		t.con.say("   %s", l)
	}
}
