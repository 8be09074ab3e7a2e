package tui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
)

// TestRestOfATornSequenceIsNoTyping gives the second pieces of what terminals
// send, the first of which counted as a key or as nothing.
func TestRestOfATornSequenceIsNoTyping(t *testing.T) {
	t.Parallel()
	alt := func(r rune) tea.Msg { return tea.KeyPressMsg{Code: r, Mod: tea.ModAlt} }
	for name, one := range map[string]struct {
		first tea.Msg
		rest  string
		end   tea.Msg
	}{
		"flags of the keyboard":   {press("esc"), "[?0u", nil},
		"a mode, in its middle":   {uv.UnknownEvent("\x1b[?2026"), ";2$y", nil},
		"the ground's colour":     {press("esc"), "]11;rgb:1e1e/1e1e/1e1e", press("ctrl+g")},
		"the colour, in its name": {uv.UnknownEvent("\x1b]11;r"), "gb:1e1e/1e1e/1e1e", alt('\\')},
		"an arrow":                {alt('['), "D", nil},
		"an arrow of old":         {alt('O'), "D", nil},
		"the mouse":               {press("esc"), "[<64;20;10M", nil},
		"a paste":                 {press("esc"), "[200~ u w xr", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, 1, 120, 40)
			b.keys("space") // something that u would reopen
			events := len(b.s.Snapshot().Events)
			b.send(one.first)
			b.clock.pass(300 * time.Millisecond) // the line is slow
			before := b.screen()
			for _, r := range one.rest {
				b.send(tea.KeyPressMsg{Code: r, Text: string(r)})
				b.clock.pass(time.Millisecond)
			}
			if one.end != nil {
				b.send(one.end)
			}
			if got := b.screen(); got != before {
				t.Errorf("it acted:\n%s\nbefore:\n%s", got, before)
			}
			if got := len(b.s.Snapshot().Events); got != events {
				t.Errorf("it was recorded: %d entries, %d before", got, events)
			}
			b.clock.pass(200 * time.Millisecond)
			b.keys("?")
			b.see("Help")
		})
	}
}

// TestKeysBehindEscAreTyped keeps what a person types.
func TestKeysBehindEscAreTyped(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 120, 40)
	b.keys("esc", "space")
	b.see("Recorded: Service pack on EX10-01 is carried out.")
	b.keys("esc")
	b.clock.pass(2 * time.Second)
	b.keys("[")
	if b.m.view != 0 {
		t.Errorf("[ was swallowed long after esc: %v", b.m.view)
	}
	b.keys("?", "esc", "esc", "n", "=[]OP u", "ctrl+s")
	task := b.s.Snapshot().Progress.Tasks["prepare.service-pack/ex10-01"]
	if len(task.Notes) != 1 || task.Notes[0].Text != "[]OP u" {
		t.Errorf("the note reads %+v", task.Notes)
	}
}
