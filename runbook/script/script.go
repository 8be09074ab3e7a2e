// Package script writes the read-only scripts that an engineer runs in an
// Exchange Management Shell, and reads back what they saved.
//
// A script writes observations, never verdicts: for every check the objects
// and properties that a cmdlet returned, or its error. Judging them is left to
// this program, on import. Scripts hold to Windows PowerShell 2.0, change
// nothing, ask for no credential, and do not depend on the server's language.
package script

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"coexist/checks"
	"coexist/runbook"
)

// Options says which checks a script is for.
type Options struct {
	Step    int    // number on the diagram
	Shell   string // "2007", "2010", "2013"
	Server  string // only what must be read on this server; empty: everything that any server of the version can answer
	Capture bool   // also read the values that the step's tasks capture before they change something
	Nonce   string // 32 hex digits, made by the caller
	Tool    string // version of the program, for the header
	Values  runbook.Values
}

// Manifest is what the journal keeps of a written script, so that an import
// can be told from another run's.
type Manifest struct {
	Nonce    string            `json:"nonce"`
	Step     int               `json:"step"`
	Shell    string            `json:"shell"`
	Server   string            `json:"server,omitempty"`
	Capture  bool              `json:"capture,omitempty"`
	Content  string            `json:"content"` // SHA-256 of the observing part, hex
	Checks   []string          `json:"checks"`
	Captures map[string]string `json:"captures,omitempty"` // value key → property
	Asked    map[string]string `json:"asked,omitempty"`    // check id → fingerprint of what it reads
}

// Item is one thing that a script observes.
type Item struct {
	ID         string // check id, or value key of a capture
	Capture    bool
	Command    string
	Properties []string

	asked string // fingerprint of what a check reads
}

// Write returns the script and its manifest.
func Write(r *runbook.Runbook, o Options) ([]byte, Manifest, error) {
	items, err := collect(r, o)
	if err != nil {
		return nil, Manifest{}, err
	}
	if len(items) == 0 {
		return nil, Manifest{}, fmt.Errorf("step %d has nothing to read in an Exchange %s shell%s", o.Step, o.Shell, onServer(o.Server))
	}
	body, err := observing(items)
	if err != nil {
		return nil, Manifest{}, err
	}
	sum := sha256.Sum256([]byte(body))
	m := Manifest{Captures: map[string]string{}, Asked: map[string]string{}, Nonce: o.Nonce, Step: o.Step, Shell: o.Shell, Server: o.Server, Capture: o.Capture, Content: hex.EncodeToString(sum[:])}
	for _, it := range items {
		if it.Capture {
			m.Captures[it.ID] = it.Properties[0]
		} else {
			m.Checks = append(m.Checks, it.ID)
			m.Asked[it.ID] = it.asked
		}
	}
	before, after := "", ""
	if len(r.Migration.Organization.Domains) > 1 {
		before, after = wholeForest, formerScope
	}
	text := header(r.Migration.Organization.Name+fmt.Sprintf(", step %d", o.Step), o, m) + prelude + guard(o, m) + before + "# reads from here\n" + body + "# reads to here\n" + after + epilogue
	return []byte(strings.ReplaceAll(text, "\n", "\r\n")), m, nil
}

func onServer(name string) string {
	if name == "" {
		return ""
	}
	return " on " + name
}

// candidate is something that a step would have read, wherever it must be read.
type candidate struct {
	Item
	label string // target of its task
	local bool   // can only be read on the server that its task is for
}

// on tells whether a script for a server reads it. The general script (no
// server) leaves out what must be read on its own server.
func (c candidate) on(server string) bool {
	if server == "" {
		return !c.local
	}
	return strings.EqualFold(c.label, server)
}

// collect gathers the cmdlet checks and captures of a step for one shell.
func collect(r *runbook.Runbook, o Options) ([]Item, error) {
	list, err := candidates(r, o)
	if err != nil {
		return nil, err
	}
	var items []Item
	seen := map[string]bool{}
	for _, c := range list {
		if c.on(o.Server) && !seen[c.ID] {
			seen[c.ID] = true
			items = append(items, c.Item)
		}
	}
	return items, nil
}

// candidates lists what can be read for a step in a shell with the values that
// are known.
func candidates(r *runbook.Runbook, o Options) ([]candidate, error) {
	var out []candidate
	for _, p := range r.Phases {
		if p.Step != o.Step {
			continue
		}
		for _, t := range p.Tasks {
			for _, c := range t.Checks {
				if c.Kind != "cmdlet" || c.Shell != o.Shell {
					continue
				}
				ready, pending, err := c.Ready(o.Values)
				if err != nil {
					return nil, err
				}
				if len(pending) == 0 {
					it := Item{ID: c.ID, Command: ready.Params.String("command"), Properties: ready.Params.Strings("properties")}
					if _, it.asked, _, err = c.Look(o.Values); err != nil {
						return nil, err
					}
					out = append(out, candidate{it, t.Label, ready.Params.Bool("local")})
				}
			}
			if !o.Capture {
				continue
			}
			captures, err := captured(t, o)
			if err != nil {
				return nil, err
			}
			out = append(out, captures...)
		}
	}
	return out, nil
}

// captured lists the values to be read before a task changes them. What is
// known was read already; reading it again might put the changed value in its
// place.
func captured(t *runbook.Task, o Options) ([]candidate, error) {
	var out []candidate
	for _, c := range t.Captures {
		if _, known := o.Values[c.Key]; known || c.Shell != o.Shell || c.Command == nil {
			continue
		}
		text, err := c.Command.Render(o.Values)
		if err != nil {
			return nil, err
		}
		if len(text.Pending) == 0 && len(text.Lines) == 1 {
			out = append(out, candidate{Item: Item{ID: c.Key, Capture: true, Command: text.Lines[0], Properties: []string{c.Property}}, label: t.Label})
		}
	}
	return out, nil
}

// observing is the part of the script that reads: one block an item, each with
// a try of its own.
func observing(items []Item) (string, error) {
	var b strings.Builder
	for _, it := range items {
		if err := Reads(it.Command); err != nil {
			return "", fmt.Errorf("%s: %w", it.ID, err)
		}
		kind := "check"
		if it.Capture {
			kind = "capture"
		}
		props := make([]string, len(it.Properties))
		for i, p := range it.Properties {
			props[i] = Quote(p)
		}
		fmt.Fprintf(&b, "Write-CxObservation %s %s @(%s) {\n  %s\n}\n", Quote(kind), Quote(it.ID), strings.Join(props, ", "), it.Command)
	}
	return b.String(), nil
}

// Quote makes a PowerShell single-quoted string. The curly quotes count as
// quotes in PowerShell and are doubled too.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range s {
		switch r {
		case '\'', '\u2018', '\u2019', '\u201a', '\u201b':
			b.WriteRune(r)
		}
		b.WriteRune(r)
	}
	b.WriteByte('\'')
	return b.String()
}

// header names what the script is, for the person who is asked to run it.
func header(what string, o Options, m Manifest) string {
	comment := func(s string) string {
		return strings.Map(func(c rune) rune {
			if c < ' ' || c > '~' {
				return '?'
			}
			return c
		}, s)
	}
	lines := []string{
		"#requires -Version 2.0",
		"# Written by coexist " + comment(o.Tool) + " for " + comment(what) + ".",
		"# Run it in the Exchange Management Shell of Exchange " + o.Shell + comment(onServer(o.Server)) + ".",
		"# It reads and writes one result file; it changes nothing and asks for no password.",
		"# nonce " + m.Nonce,
		"# content sha256 " + m.Content,
		"",
	}
	return strings.Join(lines, "\n") + "\n"
}

// guard fills in what the result file says of its run and refuses the wrong
// shell or server.
func guard(o Options, m Manifest) string {
	var b strings.Builder
	fmt.Fprintf(&b, "$CxNonce = %s\n$CxStep = %d\n$CxShell = %s\n$CxServer = %s\n$CxContent = %s\n",
		Quote(m.Nonce), m.Step, Quote(m.Shell), Quote(m.Server), Quote(m.Content))
	b.WriteString(refuse)
	return b.String()
}

// onlyObjects are the cmdlets of those verbs that are not Get or Test and may
// be used all the same.
var onlyObjects = map[string]bool{
	"Where-Object": true, "ForEach-Object": true, "Select-Object": true, "Sort-Object": true, "Measure-Object": true, "Group-Object": true,
	"Invoke-MonitoringProbe": true, "Search-AdminAuditLog": true, "New-Object": true,
}

// madeObjects are the types that New-Object may make: a row to return, and a
// connection that shows whether a port answers.
var madeObjects = checks.Pattern(`New-Object\s+(PSObject|System\.Net\.Sockets\.TcpClient)\b`)

var methodCall = checks.Pattern(`[.:](\w+)\s*\(`)

// readingMethods are the methods a reading pipeline may call on objects.
var readingMethods = map[string]bool{
	"ToString": true, "StartsWith": true, "EndsWith": true, "Contains": true, "Split": true, "Replace": true, "ToLower": true,
	"ToUpper": true, "ToMB": true, "ToBytes": true, "AddDays": true, "AddHours": true, "Trim": true, "TrimEnd": true, "Substring": true,
	"ToUniversalTime": true, "Floor": true, "GetCurrentForest": true, "OpenRemoteBaseKey": true, "OpenSubKey": true, "GetValue": true,
	"BeginConnect": true, "WaitOne": true, "Close": true,
}

// Reads tells whether a pipeline only reads: every cmdlet in it is a Get, a
// Test, Invoke-MonitoringProbe or works on objects in the pipeline, and no
// construct in it could change something or needs a newer shell.
func Reads(command string) error {
	code, err := codeOnly(command)
	if err != nil {
		return err
	}
	for _, bad := range []string{"&", ">", "<", "`", "$(", "[System.IO", "::Write", "::Delete", "++", "--", "+=", "-=", "%{", "?{"} {
		if strings.Contains(strings.ToLower(code), strings.ToLower(bad)) {
			return fmt.Errorf("a script that only reads must not hold %q: %s", bad, command)
		}
	}
	for _, call := range methodCall().FindAllStringSubmatch(code, -1) {
		if !readingMethods[call[1]] {
			return fmt.Errorf("the method %s may do more than read: %s", call[1], command)
		}
	}
	if strings.Count(code, "New-Object") != len(madeObjects().FindAllString(code, -1)) {
		return fmt.Errorf("New-Object may make a PSObject or a TcpClient: %s", command)
	}
	words := commandWords(code)
	if len(words) == 0 {
		return fmt.Errorf("no cmdlet in %q; expected a reading pipeline such as Get-ExchangeServer", command)
	}
	for _, w := range words {
		verb, noun, _ := strings.Cut(w, "-")
		if noun == "" || verb != "Get" && verb != "Test" && !onlyObjects[w] {
			return fmt.Errorf("%s does more than read; expected Get-, Test- or Invoke-MonitoringProbe: %s", w, command)
		}
	}
	return nil
}

var commandWord = checks.Pattern(`(?:^|[|{(=;])\s*([A-Za-z_][\w.\\-]*)(\s*=)?`)

// keywords may stand where a command does.
var keywords = map[string]bool{"if": true, "else": true, "elseif": true}

// commandWords lists the words of code that stand where PowerShell looks for a
// command: at the beginning and behind | { ( ; and =.
func commandWords(code string) []string {
	var words []string
	for _, m := range commandWord().FindAllStringSubmatch(code, -1) {
		if m[2] == "" && !keywords[strings.ToLower(m[1])] { // Name = in a table is no command
			words = append(words, m[1])
		}
	}
	return words
}

// codeOnly returns the command without what stands in quotes, and refuses
// quotes or brackets that do not balance.
func codeOnly(command string) (string, error) {
	var out strings.Builder
	var quote rune
	depth := map[rune]int{}
	closes := map[rune]rune{')': '(', '}': '{', ']': '['}
	for _, r := range command {
		switch {
		case r == '\n' || r == '\r' || r < ' ' && r != '\t':
			return "", fmt.Errorf("a command is one line: %q", command)
		case quote != 0:
			if r == quote {
				quote = 0
				out.WriteString("''")
			}
		case r == '\'' || r == '"':
			quote = r
		default:
			switch r {
			case '(', '{', '[':
				depth[r]++
			case ')', '}', ']':
				if depth[closes[r]]--; depth[closes[r]] < 0 {
					return "", fmt.Errorf("%q closes what was not opened in %s", r, command)
				}
			}
			out.WriteRune(r)
		}
	}
	if quote != 0 {
		return "", fmt.Errorf("a quote is not closed in %s", command)
	}
	for open, n := range depth {
		if n != 0 {
			return "", fmt.Errorf("%q is not closed in %s", open, command)
		}
	}
	return out.String(), nil
}
