package runbook

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"coexist/checks"
	"coexist/runbook/journal"
)

// PasteHint is what to add to the command of a check so that its output can be
// pasted. What tells of the computer it runs on must name that computer.
func PasteHint(c checks.Check) string {
	properties := c.Params.Strings("properties")
	if c.Params.Bool("local") {
		properties = append(slices.Clip(properties), "@{n='"+computer+"';e={$env:COMPUTERNAME}}")
	}
	return formatList(properties)
}

func formatList(properties []string) string { return " | Format-List " + strings.Join(properties, ",") }

// computer is the property that names the computer a command ran on.
const computer = "Computer"

// Local tells whether the check tells of the computer it runs on, and which one
// that must be; no name where it is the one that the task's text speaks of.
func (c *Check) Local() (server string, local bool) {
	if c.render == nil {
		return "", false
	}
	ready, _, err := c.render(nil)
	if err != nil || !ready.Params.Bool("local") {
		return "", false
	}
	return c.Task.server, true
}

// PasteNone is what to type where the command of a check printed nothing.
func (c *Check) PasteNone(ready checks.Check) string {
	switch {
	case !ready.Params.Bool("local"):
		return "none"
	case c.Task.server == "":
		return "none on COMPUTER"
	}
	return "none on " + c.Task.server
}

// Paste judges and records the output of a cmdlet check that was pasted or
// typed: what Format-List printed, or the word none where the command printed
// nothing.
func (s *Session) Paste(checkID, text string) (checks.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.checkNamed(checkID)
	if err != nil {
		return checks.Result{}, err
	}
	if c.Kind != "cmdlet" {
		return checks.Result{}, &Refused{Why: checkID + " is not a check of shell output"}
	}
	ready, pending, err := c.Ready(s.fold.values)
	if err = errors.Join(err, pendingError(pending)); err != nil {
		return checks.Result{}, err
	}
	rows, host, err := c.pasted(ready, text)
	if err != nil {
		return checks.Result{}, &Refused{Why: err.Error()}
	}
	now := s.opts.Clock()
	r := checks.Conclude(ready, checks.Finding{Verdict: checks.Pass, Rows: rows, Evidence: map[string]string{"how": "pasted"}}, now)
	r.Source, r.Operator, r.Host, r.Started = checks.FromShell, s.opts.Operator, cmp.Or(host, s.opts.Host), now.UTC()
	return r, s.append(journal.Entry{Kind: EventResult, Data: Recorded{Result: r, Asked: fingerprint(ready)}})
}

// pasted reads what was pasted for a check, and on which computer that was
// printed, where the check tells of the computer.
func (c *Check) pasted(ready checks.Check, text string) ([]checks.Row, string, error) {
	properties := ready.Params.Strings("properties")
	if !ready.Params.Bool("local") {
		rows, err := ParseObjects(text, properties)
		return rows, "", err
	}
	none := c.PasteNone(ready)
	words := strings.Fields(text)
	if len(words) == 1 && strings.EqualFold(words[0], "none") {
		return nil, "", fmt.Errorf("this tells of the computer it runs on: if it printed nothing there, type %s", none)
	}
	if len(words) == 3 && strings.EqualFold(words[0], "none") && strings.EqualFold(words[1], "on") {
		return nil, words[2], c.ranOn(words[2])
	}
	rows, err := parseObjects(text, append(slices.Clip(properties), computer), PasteHint(ready), none)
	if err != nil {
		return nil, "", err
	}
	host := ""
	for _, row := range rows {
		name := strings.Join(row[computer], "")
		delete(row, computer)
		if err := c.ranOn(name); err != nil {
			return nil, "", err
		}
		if host != "" && !strings.EqualFold(host, name) {
			return nil, "", fmt.Errorf("what was pasted is of more than one computer, %s and %s: paste what one of them printed", checks.Escape(host), checks.Escape(name))
		}
		if host = name; host == "" {
			return nil, "", errors.New("what was pasted does not say which computer printed it; paste the output of the command with" + PasteHint(ready))
		}
	}
	return rows, host, nil
}

// ranOn refuses what another server than the one of the task printed.
func (c *Check) ranOn(name string) error {
	if label, _, _ := strings.Cut(name, "."); c.Task.server == "" || strings.EqualFold(label, c.Task.server) {
		return nil
	}
	return fmt.Errorf("what was pasted is of %s; it must be run on %s itself", checks.Escape(name), c.Task.server)
}

// ParseObjects reads what Format-List printed: "Name : value" lines, objects
// parted by blank lines. Every object must show every property, uncut.
func ParseObjects(text string, properties []string) ([]checks.Row, error) {
	return parseObjects(text, properties, formatList(properties), "none")
}

func parseObjects(text string, properties []string, format, none string) ([]checks.Row, error) {
	hint := "paste the output of the command with" + format
	text = strings.ReplaceAll(text, "\r", "")
	switch trimmed := strings.TrimSpace(text); {
	case trimmed == "":
		return nil, errors.New("nothing was pasted; " + hint + ", or type " + none + " if it printed nothing")
	case strings.EqualFold(trimmed, "none"):
		return nil, nil
	}
	var rows []checks.Row
	var row checks.Row
	last := ""
	for n, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			row, last = nil, ""
			continue
		}
		name, value, found := strings.Cut(line, ":")
		property := propertyOf(strings.TrimSpace(name), properties)
		switch {
		case unicode.IsSpace(rune(line[0])) && last != "": // wrapped by the console
			row[last] = []string{row[last][0] + strings.TrimSpace(line)}
			continue
		case !found || strings.TrimSpace(name) == "":
			return nil, fmt.Errorf("line %d is not of the form Name : value; %s", n+1, hint)
		case property == "":
			last = ""
			continue
		}
		if row == nil || row[property] != nil {
			row = checks.Row{}
			rows = append(rows, row)
		}
		row[property], last = []string{strings.TrimSpace(value)}, property
	}
	if len(rows) == 0 {
		return nil, errors.New("none of the properties is there; " + hint)
	}
	for i, row := range rows {
		if err := complete(row, properties); err != nil {
			return nil, fmt.Errorf("object %d: %w; %s", i+1, err, hint)
		}
	}
	return rows, nil
}

func propertyOf(name string, properties []string) string {
	i := slices.IndexFunc(properties, func(p string) bool { return strings.EqualFold(p, name) })
	if i < 0 {
		return ""
	}
	return properties[i]
}

// complete checks that an object shows every property, and takes lists apart.
func complete(row checks.Row, properties []string) error {
	for _, p := range properties {
		values, there := row[p]
		if !there {
			return fmt.Errorf("the property %s is missing", p)
		}
		text := values[0]
		if strings.HasSuffix(text, "...") || strings.HasSuffix(text, "...}") || strings.HasSuffix(text, "…") || strings.HasSuffix(text, "…}") {
			return fmt.Errorf("the value of %s is cut off; set $FormatEnumerationLimit = -1 first", p)
		}
		row[p] = listed(text)
	}
	return nil
}

// listed takes {a, b} apart; an empty value is a property without values.
func listed(text string) []string {
	inner, braces := strings.CutPrefix(text, "{")
	if inner, closed := strings.CutSuffix(inner, "}"); braces && closed {
		out := []string{}
		for _, v := range splitCommas(inner) {
			if v = strings.TrimSpace(v); v != "" {
				out = append(out, v)
			}
		}
		return out
	}
	if text == "" {
		return []string{}
	}
	return []string{text}
}
