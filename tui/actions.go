package tui

import (
	"cmp"
	"slices"

	tea "charm.land/bubbletea/v2"
)

// action is something the engineer can do on the board.
type action struct {
	keys  []string
	show  string // keys as shown
	title string
	group string
	brief string // in the key line; "" for what is never in it
	// records marks what writes to the journal and so needs an operator.
	records bool
	// why tells what is in the way, or "" when it can be done.
	why func(*Model) string
	do  func(*Model) tea.Cmd
}

// Groups of the help.
const (
	moving    = "Moving"
	working   = "Working"
	recording = "Recording"
	looking   = "Looking"
	program   = "Program"
)

func can(*Model) string { return "" }

// onTask are the keys that act on the selected task, unseen where the diagram
// has the focus: its panel is what the page is about then. What asks for a note
// names its task.
var onTask = []string{"r", "y", "Y", "v", "s", "space", "a", "i", "w", "o", "t", "b"}

// board lists all actions in the order of the help.
func boardActions() []action {
	list := []action{
		{keys: []string{"up", "k"}, show: "↑ k", title: "One up", group: moving, do: move(0, -1)},
		{keys: []string{"down", "j"}, show: "↓ j", title: "One down", group: moving, do: move(0, 1)},
		{keys: []string{"left", "h"}, show: "← h", title: "Left", group: moving, do: move(-1, 0)},
		{keys: []string{"right", "l"}, show: "→ l", title: "Right", group: moving, do: move(1, 0)},
		{keys: []string{"pgup", "ctrl+b"}, show: "pgup", title: "A page up", group: moving, do: (*Model).pageUp},
		{keys: []string{"pgdown", "ctrl+f"}, show: "pgdn", title: "A page down", group: moving, do: (*Model).pageDown},
		{keys: []string{"home", "g"}, show: "home g", title: "To the first", group: moving, do: (*Model).toFirst},
		{keys: []string{"end", "G"}, show: "end G", title: "To the last", group: moving, do: (*Model).toLast},
		{keys: []string{"tab"}, show: "tab", title: "Next region", group: moving, brief: "region", do: cycle(1)},
		{keys: []string{"shift+tab"}, show: "shift+tab", title: "Previous region", group: moving, do: cycle(-1)},
		{keys: []string{"enter"}, show: "enter", title: "Open", group: moving, brief: "open", do: (*Model).open},
		{keys: []string{"esc"}, show: "esc", title: "One level up", group: moving, do: (*Model).back},
		{keys: []string{"."}, show: ".", title: "Go to the next action", group: moving, brief: "next", do: func(m *Model) tea.Cmd { m.toNext(); return nil }},
		{keys: []string{"r"}, show: "r", title: "Run this check, or the checks of this task", group: working, brief: "check", why: (*Model).whyNoRun, do: (*Model).runCheck},
		{keys: []string{"R"}, show: "R", title: "Run all checks of the step", group: working, brief: "check all", why: (*Model).whyNoRunAll, do: (*Model).runAll},
		{keys: []string{"x"}, show: "x", title: "Cancel running checks", group: working, brief: "cancel", why: (*Model).whyNoCancel, do: (*Model).cancelRuns},
		{keys: []string{"y"}, show: "y", title: "Copy the command", group: working, brief: "copy", why: (*Model).whyNoCopy, do: (*Model).copyCommand},
		{keys: []string{"Y"}, show: "Y", title: "Choose what to copy", group: working, why: (*Model).whyNoTask, do: (*Model).copyChoose},
		{keys: []string{"v"}, show: "v", title: "Plain view: the command alone", group: working, brief: "plain", why: (*Model).whyNoCommand, do: (*Model).plainView},
		{keys: []string{"s"}, show: "s", title: "Script for the shell", group: working, brief: "script", why: (*Model).whyNoScript, do: (*Model).writeScript},
		{keys: []string{"space", " "}, show: "space", title: "Mark the task carried out", group: recording, brief: "carried out", why: (*Model).whyNoDone, do: (*Model).markDone},
		{keys: []string{"a"}, show: "a", title: "Attest, or confirm that a warning was read", group: recording, brief: "attest", why: (*Model).whyNoAttest, do: (*Model).attest},
		{keys: []string{"i"}, show: "i", title: "Take in: a value, a cmdlet's output, a result file", group: recording, brief: "take in", why: (*Model).whyNoFill, do: (*Model).fill},
		{keys: []string{"I"}, show: "I", title: "Import a result file: of a script, or from outside", group: recording, why: (*Model).whyNoImport, do: (*Model).importResults},
		{keys: []string{"w"}, show: "w", title: "Waive a check", group: recording, brief: "waive", why: (*Model).whyNoWaive, do: (*Model).waive},
		{keys: []string{"n"}, show: "n", title: "Write a note", group: recording, brief: "note", why: (*Model).whyReadOnly, do: (*Model).note},
		{keys: []string{"u"}, show: "u", title: "Reopen the last own action", group: recording, why: (*Model).whyReadOnly, do: (*Model).undoLast},
		{keys: []string{"o"}, show: "o", title: "Reopen this task", group: recording, why: (*Model).whyNoReopen, do: (*Model).reopen},
		{keys: []string{"E"}, show: "E", title: "Edit the migration: sites, servers, names, features", group: recording, why: (*Model).whyNoEdit, do: (*Model).edit},
		{keys: []string{"D"}, show: "D", title: "Declare a back-out, or show the way back", group: recording, why: (*Model).whyReadOnly, do: (*Model).backout},
		{keys: []string{"t"}, show: "t", title: "Details and transcript of a check", group: looking, brief: "details", why: (*Model).whyNoResult, do: (*Model).transcript},
		{keys: []string{"b"}, show: "b", title: "Undo card", group: looking, brief: "undo", why: (*Model).whyNoUndo, do: (*Model).undoCard},
		{keys: []string{"ctrl+g"}, show: "ctrl+g", title: "The gate: what blocks the next step", group: looking, brief: "gate", do: (*Model).gate},
		{keys: []string{"["}, show: "[", title: "Diagram: the moment before", group: looking, brief: "before", do: moment(-1)},
		{keys: []string{"]"}, show: "]", title: "Diagram: the moment after", group: looking, brief: "after", do: moment(1)},
		{keys: []string{"A"}, show: "A", title: "Compare with Active Directory", group: looking, why: (*Model).whyNoCompare, do: (*Model).compare},
		{keys: []string{"/"}, show: "/", title: "Filter the tasks", group: looking, brief: "filter", do: (*Model).startFilter},
		{keys: []string{"z"}, show: "z", title: "Zoom the region", group: looking, brief: "zoom", do: (*Model).toggleZoom},
		{keys: []string{"e"}, show: "e", title: "Export the runbook", group: program, why: (*Model).whyNoExport, do: (*Model).export},
		{keys: []string{":", "ctrl+p"}, show: ":", title: "Palette", group: program, brief: "palette", do: (*Model).palette},
		{keys: []string{"?"}, show: "?", title: "Help", group: program, brief: "help", do: (*Model).help},
		{keys: []string{"m"}, show: "m", title: "Mouse on or off", group: program, do: (*Model).toggleMouse},
		{keys: []string{"N"}, show: "N", title: "Note on the whole run", group: program, why: (*Model).whyReadOnly, do: (*Model).noteRun},
		{keys: []string{"O"}, show: "O", title: "Change the operator", group: program, why: (*Model).whyReadOnly, do: (*Model).askOperator},
		{keys: []string{"ctrl+z"}, show: "ctrl+z", title: "Suspend", group: program, do: func(*Model) tea.Cmd { return tea.Suspend }},
		{keys: []string{"q", "ctrl+c"}, show: "q", title: "Quit", group: program, brief: "quit", do: (*Model).quit},
	}
	for i := range list {
		list[i].records = list[i].group == recording || list[i].keys[0] == "r" || list[i].keys[0] == "R" || list[i].keys[0] == "s"
		if list[i].why == nil {
			list[i].why = can
		}
		if slices.Contains(onTask, list[i].keys[0]) {
			why := list[i].why
			list[i].why = func(m *Model) string { return cmp.Or(m.whyNotShown(), why(m)) }
		}
	}
	return list
}

// key takes a key press to whoever it is for: the dialog on top, the filter
// being typed, or the board.
func (m *Model) key(k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	if name == "ctrl+z" {
		return tea.Suspend
	}
	if m.h > 0 && !m.layout().fits { // nothing is shown that a key could be for
		if name == "ctrl+c" || name == "q" && m.start == nil {
			return m.quitNow()
		}
		return nil
	}
	if m.start != nil {
		if name == "ctrl+c" {
			return m.quitNow()
		}
		return m.toStart(k)
	}
	if d := m.top(); d != nil {
		return m.toDialog(d, k)
	}
	if m.engine == nil {
		if m.opening != nil && name != "q" && name != "ctrl+c" {
			return nil // typed ahead
		}
		return m.quitNow()
	}
	if m.typing {
		return m.filterKey(name, k.Text)
	}
	m.message = ""
	if len(name) == 1 && name[0] >= '1' && name[0] <= '9' {
		m.goStep(int(name[0] - '0'))
		return nil
	}
	for _, a := range m.actions {
		for _, key := range a.keys {
			if key == name {
				return m.perform(a)
			}
		}
	}
	return nil
}

// perform does an action, or says why it can't be done.
func (m *Model) perform(a action) tea.Cmd {
	if why := a.why(m); why != "" {
		m.warn(why)
		return nil
	}
	if a.records && m.operator == "" && !m.trying() {
		m.push(m.newOperator(func(m *Model) tea.Cmd { return m.perform(a) }))
		return nil
	}
	return a.do(m)
}
