package runbook

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"coexist/checks"
	"coexist/runbook/journal"
)

// PasteHint is what to add to a command so that its output can be pasted.
func PasteHint(properties []string) string { return " | Format-List " + strings.Join(properties, ",") }

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
	rows, err := ParseObjects(text, ready.Params.Strings("properties"))
	if err != nil {
		return checks.Result{}, &Refused{Why: err.Error()}
	}
	now := s.opts.Clock()
	r := checks.Conclude(ready, checks.Finding{Verdict: checks.Pass, Rows: rows, Evidence: map[string]string{"how": "pasted"}}, now)
	r.Source, r.Operator, r.Host, r.Started = checks.FromShell, s.opts.Operator, s.opts.Host, now.UTC()
	return r, s.append(journal.Entry{Kind: EventResult, Data: Recorded{Result: r, Asked: fingerprint(ready)}})
}

// ParseObjects reads what Format-List printed: "Name : value" lines, objects
// parted by blank lines. Every object must show every property, uncut.
func ParseObjects(text string, properties []string) ([]checks.Row, error) {
	hint := "paste the output of the command with" + PasteHint(properties)
	text = strings.ReplaceAll(text, "\r", "")
	switch trimmed := strings.TrimSpace(text); {
	case trimmed == "":
		return nil, errors.New("nothing was pasted; " + hint + ", or type none if it printed nothing")
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
