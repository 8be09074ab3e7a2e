package export

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"coexist/checks"
	"coexist/runbook"
)

// verdictWord is the word for a check: never a bare green for what a person
// stated, for what is too old, or for what was not run.
func verdictWord(s *runbook.CheckState) string {
	word := "NOT RUN"
	if s.Result != nil {
		word = strings.ToUpper(string(s.Result.Verdict))
		if s.Result.Source == checks.FromPerson {
			if s.Result.Verdict == checks.Pass {
				word = "ATTESTED"
			} else {
				word += " (stated)"
			}
		} else if s.Result.Verdict == checks.Warn && s.Read {
			word = "WARN (read)"
		}
	}
	switch s.Status {
	case runbook.Waived:
		return "WAIVED (" + word + ")"
	case runbook.Stale:
		return "STALE (" + word + ")"
	case runbook.NotYet:
		return "NOT YET (" + word + ")"
	}
	return word
}

// truth says what a result rests on.
func truth(s checks.Source) string {
	switch s {
	case checks.FromProbe:
		return "measured"
	case checks.FromShell:
		return "imported"
	case checks.FromPerson:
		return "stated"
	}
	return string(s)
}

// shellName says where a command is typed.
func shellName(shell string) string {
	switch shell {
	case "cmd":
		return "Command Prompt (elevated)"
	case "powershell":
		return "Windows PowerShell (elevated)"
	case "ems2007", "ems2010", "ems2013":
		return "Exchange Management Shell " + shell[3:]
	case "console":
		return "Console"
	}
	return shell
}

func fenceLanguage(shell string) string {
	switch {
	case shell == "cmd":
		return "bat"
	case shell == "powershell", strings.HasPrefix(shell, "ems"):
		return "powershell"
	}
	return "text"
}

// stamp writes a time in UTC, to the second; never is a dash in tables.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// stampLocal writes a time with the offset it was given in, and in UTC.
func stampLocal(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if _, offset := t.Zone(); offset == 0 {
		return stamp(t)
	}
	return t.Format("2006-01-02 15:04:05-07:00") + " (" + stamp(t) + ")"
}

// span writes a duration as people say it: 2h 05m, 40s.
func span(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	d = d.Round(time.Second)
	switch {
	case d == 0:
		return "0m"
	case d < time.Minute:
		return fmt.Sprintf("%s%ds", sign, int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%s%dm", sign, int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%s%dh %02dm", sign, int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%s%dd %02dh", sign, int(d.Hours())/24, int(d.Hours())%24)
}

// planned writes an estimate; no estimate is empty, not zero.
func planned(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return span(d)
}

//go:noinline
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// roleNames are the short words of the diagram for a server's roles.
func roleNames(roles []string) string {
	short := map[string]string{"client-access": "CAS", "hub-transport": "HUB", "mailbox": "MBX", "unified-messaging": "UM", "edge-transport": "EDGE"}
	var out []string
	for _, r := range roles {
		if s := short[r]; s != "" {
			r = s
		}
		out = append(out, r)
	}
	return strings.Join(out, " ")
}

// unique drops empty and repeated texts and keeps the order.
//
//go:noinline
func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// opWords are the words for the comparisons of an expectation.
var opWords = map[string]string{
	"eq": "is", "ne": "is not", "in": "is one of", "not_in": "is none of", "has_text": "has the text", "no_text": "lacks the text",
	"same_set": "is exactly", "all_of": "has all of", "count": "number is", "count_at_least": "number is at least", "at_least": "is at least",
	"at_most": "is at most", "version_at_least": "is at least", "empty": "is empty", "not_empty": "is not empty",
	"younger_than": "is younger than", "valid_for": "is valid for at least", "contains": "contains", "lacks": "lacks", "matches": "matches",
}

// titled adds a target to a title unless the title names it.
func titled(title, target string) string {
	if target == "" || strings.Contains(strings.ToLower(title), strings.ToLower(target)) {
		return title
	}
	return title + " (" + target + ")"
}

// phaseTitle is a phase's title with its site.
func phaseTitle(ph *runbook.Phase) string { return titled(ph.Title, ph.Site) }
