package tui

import (
	"fmt"
	"strings"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/tui/paint"
)

// look returns glyph and style of a status. The word always stands beside it.
func look(th *paint.Theme, s runbook.Status) (string, paint.Style) {
	g := th.Glyphs
	switch s {
	case runbook.Locked:
		return g.Locked, th.Dim
	case runbook.Ready:
		return g.Ready, th.Accent
	case runbook.Running:
		return g.Running, th.Info
	case runbook.Waiting:
		return g.Waiting, th.Warn
	case runbook.Failed:
		return g.Failed, th.Bad
	case runbook.Waived:
		return g.Waived, th.Warn
	case runbook.Done:
		return g.Done, th.Good
	case runbook.Changed:
		return g.Changed, th.Warn
	case runbook.Stale:
		return g.Stale, th.Warn
	case runbook.TakenBack:
		return g.NotYet, th.Warn
	case runbook.NotYet:
		return g.NotYet, th.Dim
	case runbook.Attested:
		return g.Attested, th.Good
	}
	return g.NotRun, th.Dim
}

// lookCheck returns glyph, word and style of a check: its status where that
// says more than the bare verdict, else the verdict.
func lookCheck(th *paint.Theme, st *runbook.CheckState) (glyph, word string, style paint.Style) {
	if st == nil {
		g, s := look(th, runbook.NotRun)
		return g, string(runbook.NotRun), s
	}
	switch st.Status {
	case runbook.NotRun, runbook.NotYet, runbook.Stale, runbook.Attested, runbook.Waived, runbook.Changed:
		g, s := look(th, st.Status)
		return g, string(st.Status), s
	}
	if st.Result == nil {
		g, s := look(th, st.Status)
		return g, string(st.Status), s
	}
	glyph, style = lookVerdict(th, st.Result.Verdict)
	word = string(st.Result.Verdict)
	if st.Result.Verdict == checks.Warn {
		word = "warn, unread"
		if st.Read {
			word = "warn, read"
		}
	}
	return glyph, word, style
}

func lookVerdict(th *paint.Theme, v checks.Verdict) (string, paint.Style) {
	switch v {
	case checks.Pass:
		return th.Glyphs.Done, th.Good
	case checks.Warn:
		return th.Glyphs.Warn, th.Warn
	case checks.Fail:
		return th.Glyphs.Failed, th.Bad
	case checks.Skip:
		return th.Glyphs.Skip, th.Dim
	}
	return th.Glyphs.Unknown, th.Unsure
}

// shellName says where a command is typed.
func shellName(s string) string {
	switch s {
	case "cmd":
		return "Command Prompt (elevated)"
	case "powershell":
		return "Windows PowerShell (elevated)"
	case "ems2007", "ems2010", "ems2013":
		return "Exchange Management Shell " + strings.TrimPrefix(s, "ems")
	case "console":
		return "by hand, in a console"
	case "2007", "2010", "2013":
		return "Exchange Management Shell " + s
	}
	return s
}

// shellShort is the same in a few letters.
func shellShort(s string) string {
	switch s {
	case "cmd":
		return "cmd"
	case "powershell":
		return "PowerShell"
	case "ems2007", "ems2010", "ems2013":
		return "EMS " + strings.TrimPrefix(s, "ems")
	}
	return s
}

// duration words a length of time as people say it.
func duration(d time.Duration) string {
	d = d.Round(time.Minute)
	h, m := int(d.Hours()), int(d.Minutes())%60
	switch {
	case d <= 0:
		return ""
	case h >= 48 && h%24 == 0 && m == 0:
		return fmt.Sprintf("%d days", h/24)
	case h == 0:
		return fmt.Sprintf("%d min", m)
	case m == 0:
		return fmt.Sprintf("%d h", h)
	}
	return fmt.Sprintf("%d h %d min", h, m)
}

// longTime words a time that went by; long ones in days.
func longTime(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "Less than a minute"
	case d < 48*time.Hour:
		return duration(d.Truncate(time.Minute))
	}
	return plural(int(d/(24*time.Hour)), "day", "days")
}

// clock shows a moment: the time alone for today, with the date otherwise.
func clock(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(now.Location())
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04:05")
	}
	return t.Format("2006-01-02 15:04")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// list joins words with commas and a last "and".
func list(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
