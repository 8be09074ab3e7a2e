package linear

import (
	"fmt"
	"strings"
	"time"

	"coexist/runbook"
)

// shells are the places where a command is typed, in words.
var shells = map[string]string{
	"cmd":        "elevated command prompt",
	"powershell": "elevated Windows PowerShell",
	"ems2007":    "Exchange 2007 Management Shell",
	"ems2010":    "Exchange 2010 Management Shell",
	"ems2013":    "Exchange 2013 Management Shell",
	"console":    "by hand in a console",
}

func shell(name string) string {
	if s, ok := shells[name]; ok {
		return s
	}
	return name
}

// gates say what a gate asks of a check.
var gates = map[string]string{
	"hard": "can't be waived",
	"dual": "to be waived by two people alone",
	"info": "blocks nothing",
}

func phaseNumber(p *runbook.Phase) string {
	n := fmt.Sprint(p.Step)
	if p.Site != "" && p.Round != "" {
		n += ", " + p.Site
	}
	return n
}

func minutes(d time.Duration) string {
	if d < time.Minute {
		return d.String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func way(source string) string {
	if source == "mixed" {
		return "2007 and 2010 to 2013"
	}
	return source + " to 2013"
}

// bracket puts a state before a line, as a word.
func bracket(s runbook.Status) string { return "[" + string(s) + "]" }
