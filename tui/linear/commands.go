package linear

import (
	"slices"
	"strings"
)

// command is a word of the linear mode.
type command struct {
	word  string
	also  []string // shorter ways to say it: the keys of the full-screen wizard
	task  bool     // needs an open task
	about string
	do    func(t *talk, rest string) error
}

// is tells whether a word names the command. Of single letters the case counts:
// they are keys of the full-screen wizard.
func (c command) is(word string) bool {
	return strings.EqualFold(word, c.word) || slices.Contains(c.also, word)
}

// commands lists every word, in the order in which help tells them.
func commands() []command {
	return []command{
		{"next", nil, false, "open the task to be done now", (*talk).goNext},
		{"steps", nil, false, "list the steps", func(t *talk, _ string) error { t.overview(); return nil }},
		{"step", nil, false, "step N: open a step by its number on the diagram", (*talk).goStep},
		{"tasks", nil, false, "list the tasks of the open step", (*talk).tasks},
		{"show", nil, false, "tell again where you are; an empty line does the same", func(t *talk, _ string) error { t.here(); return nil }},
		{"gate", []string{"g"}, false, "what blocks the step, or what it still needs", (*talk).gate},
		{"back", []string{"esc", ".."}, false, "one level up", (*talk).back},
		{"run", []string{"r", "check"}, false, "run the checks of the task or step; run N: one check", (*talk).run},
		{"done", []string{"space"}, true, "record that the task was carried out", (*talk).markDone},
		{"attest", []string{"a"}, true, "attest N: answer a check that a person answers", (*talk).attest},
		{"read", nil, true, "read N: record that a warning was read", (*talk).read},
		{"waive", []string{"w"}, true, "waive N: record an exception for a check", (*talk).waive},
		{"fill", []string{"i"}, true, "give the missing values; fill all: change them", (*talk).fill},
		{"paste", nil, true, "paste N: take in what a management shell printed", (*talk).paste},
		{"script", []string{"s"}, false, "write a script that reads in a management shell what the step needs", (*talk).script},
		{"import", []string{"I"}, false, "import FILE: take in what a script saved; import alone asks", (*talk).importResults},
		{"undo", []string{"b"}, true, "the way back from the task", (*talk).undo},
		{"reopen", nil, true, "record that the task is to be done again", (*talk).reopen},
		{"note", []string{"n"}, false, "note TEXT: a note on the task, or on the whole run", (*talk).note},
		{"takeback", []string{"u"}, false, "take back your own last act", (*talk).takeBack},
		{"compare", []string{"A"}, false, "hold the migration against Active Directory", (*talk).compare},
		{"inherit", nil, false, "inherit NAME: record what others did before, as far as Active Directory shows it", (*talk).inherit},
		{"operator", nil, false, "operator NAME: who works from here on", (*talk).setOperator},
		{"export", []string{"e"}, false, "export FILE: write the record", (*talk).export},
		{"backout", nil, false, "declare that the migration is taken back; then list the way back", (*talk).backout},
		{"undone", nil, true, "undone HOW: in a backout, record that the task was taken back", (*talk).undone},
		{"leave", nil, true, "leave WHY: in a backout, record that the change stays in place", (*talk).leave},
		{"answer", nil, true, "answer N: in a backout, what a check of the undo card finds now", (*talk).answer},
		{"help", []string{"h", "?"}, false, "these commands", (*talk).help},
		{"quit", []string{"q", "exit"}, false, "leave; everything is in the journal", func(*talk, string) error { return errQuit }},
	}
}

func (t *talk) help(string) error {
	t.con.blank()
	t.con.say("A number chooses from the list printed last. In any question a single dot leaves.")
	for _, c := range commands() {
		line := c.word
		for _, a := range c.also {
			line += ", " + a
		}
		line += ": " + c.about
		if c.task {
			line += " (in a task)"
		}
		t.con.say("%s", line)
	}
	t.con.say("%s", discovering)
	return nil
}
