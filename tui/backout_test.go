package tui

import (
	"strings"
	"testing"

	"coexist/runbook"
)

func TestTheWayBackIsShownAndWalked(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 120, 40)
	b.keys("D", "=too early", "ctrl+s")
	b.see("nothing was carried out yet")
	b.keys("esc", "esc")
	certificatesFailed(b)
	plan := runbook.PlanBackout(b.s.Snapshot().Runbook, b.s.Snapshot().Progress)
	if len(plan.Cards) < 2 || len(plan.Final) == 0 {
		t.Fatalf("%d cards, %d without a way back", len(plan.Cards), len(plan.Final))
	}
	b.reload()
	b.keys("D", "=mail stands still", "ctrl+s")
	b.see("The way back", "0 of ", "Newest first", strings.ToLower(plan.Final[0].Word()))
	first := plan.Cards[0].Task
	b.keys("enter")
	b.see("Undo card: "+first.Title, "State: to do", "What shows that it is as before")
	b.keys("d")
	b.see("Taken back: " + first.Title)
	if len(first.Undo) == 0 {
		b.keys("ctrl+s")
		b.see("The record needs to say how")
	}
	b.keys("=in the console", "ctrl+s")
	b.see("Recorded: taken back.")
	if u := b.s.Snapshot().Progress.Undo[first.ID]; u == nil || u.Seq == 0 || u.ByHand != "in the console" {
		t.Fatalf("recorded: %+v", u)
	}
	b.keys("D")
	b.see("taken back, not checked")
	b.keys("esc", ":", "=way back", "enter")
	b.see("The way back")
	second := plan.Cards[1].Task
	b.keys("down", "enter", "l", "=it does no harm", "ctrl+s")
	b.see("Recorded: it stays in place.")
	if u := b.s.Snapshot().Progress.Undo[second.ID]; u == nil || u.Left != "it does no harm" {
		t.Fatalf("recorded: %+v", u)
	}
}
