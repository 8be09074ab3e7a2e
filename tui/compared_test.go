package tui

import (
	"errors"
	"testing"

	"coexist/runbook"
)

func TestCompareWithActiveDirectory(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 120, 40)
	b.m.cfg.Compare = nil
	b.keys("A")
	b.see("coexist discover FILE")
	b.m.cfg.Compare = func(*runbook.Session) (string, error) {
		return "Blocks the upgrade\n  EX03 runs Exchange 2003\n      remove it first\n", nil
	}
	b.keys("A")
	b.see("EX03 runs Exchange 2003")
	b.see("What was typed, and what was found")
	b.keys("esc")
	b.m.cfg.Compare = func(*runbook.Session) (string, error) { return "", errors.New("no domain controller answers") }
	b.keys("A")
	b.see("Not compared: no domain controller answers")
}
