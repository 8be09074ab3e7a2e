package runbook

import (
	"encoding/hex"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"coexist/runbook/procedure"
)

// declaration is what a procedure says of a value.
type declaration struct {
	Type     string
	Scope    string // "org", "site", "server"
	Optional bool   // unknown counts as empty
	Captured bool   // what stood there before; that may have been nothing
}

// declarations collects the values that the tasks of a procedure ask for and
// capture. A value that several tasks bring has one type and scope, which the
// lint sees to; it may only stay unknown where each of them lets it.
func declarations(lib *procedure.Library, proc *procedure.Procedure) map[string]declaration {
	out := map[string]declaration{}
	for _, step := range proc.Steps {
		for _, list := range [][]string{step.Tasks, step.CloseOut} {
			for _, name := range list {
				t := lib.Tasks[name]
				if t == nil {
					continue
				}
				for _, a := range t.Asks {
					before, known := out[a.Name]
					out[a.Name] = declaration{Type: a.Type, Scope: a.Scope, Optional: a.Optional && (before.Optional || !known)}
				}
				for _, v := range t.Captures {
					out[v.Name] = declaration{Type: v.Type, Scope: v.Scope, Captured: true}
				}
			}
		}
	}
	return out
}

// places are the names of sites and servers that valueAt may name, as ids
// hold them.
func places(sites []Site) map[string]bool {
	out := map[string]bool{}
	for _, s := range sites {
		out[Encode(s.Name)] = true
		for _, v := range s.Servers {
			out[Encode(v.Name)] = true
		}
	}
	return out
}

// valueKey is the key of a value as seen from where a task stands.
func valueKey(name string, d declaration, at *Data) (string, error) {
	place := Org
	switch d.Scope {
	case "site":
		place = Encode(at.Site.Name)
	case "server":
		place = Encode(at.Server.Name)
	}
	if place == "" {
		return "", fmt.Errorf("value %q is kept per %s, and this is not done on one; name it with valueAt", name, d.Scope)
	}
	return name + "/" + place, nil
}

// typed gives a known value the form templates expect.
func (d declaration) typed(text string) any {
	if d.Type != "list" {
		return text
	}
	return SplitList(text)
}

// SplitList splits the value of a list: one element a line, or, on one line
// without a line break, separated by commas.
func SplitList(text string) []string {
	parts := strings.Split(text, "\n")
	if len(parts) == 1 {
		parts = splitCommas(text)
	}
	out := []string{}
	for _, element := range parts {
		if element = strings.TrimSpace(element); element != "" {
			out = append(out, element)
		}
	}
	return out
}

// JoinList writes elements as the value of a list. A single one ends its line:
// without the line break its commas would separate.
func JoinList(list []string) string {
	text := strings.Join(list, "\n")
	if len(list) == 1 && len(splitCommas(list[0])) > 1 {
		text += "\n"
	}
	return text
}

// splitCommas splits at commas, but not a distinguished name: its parts follow
// their comma without a blank.
func splitCommas(text string) []string {
	var out []string
	for i, part := range strings.Split(text, ",") {
		if i > 0 && relativeName(out[len(out)-1]) && (relativeName(part) && strings.TrimLeft(part, " ") == part || strings.HasSuffix(out[len(out)-1], `\`)) {
			out[len(out)-1] += "," + part
			continue
		}
		out = append(out, part)
	}
	return out
}

// relativeName tells whether a text begins as a part of a distinguished name.
func relativeName(s string) bool {
	kind, _, is := strings.Cut(strings.TrimSpace(s), "=")
	return is && slices.Contains([]string{"CN", "OU", "DC", "O"}, strings.ToUpper(kind))
}

// CheckValue normalises a value that was typed in or captured, or tells why it
// cannot be one of its type.
func CheckValue(kind, text string) (string, error) {
	if kind != "list" { // a line break at the end of a list tells that its commas do not separate
		text = strings.TrimSpace(text)
	}
	if strings.TrimSpace(text) == "" {
		return "", fmt.Errorf("expected a value, found nothing")
	}
	for _, r := range text {
		if procedure.ReservedRune(r) || unicode.IsControl(r) && !(kind == "list" && (r == '\n' || r == '\r')) {
			return "", fmt.Errorf("the value holds a character that cannot be shown (%U)", r)
		}
	}
	check, ok := valueChecks[kind]
	if !ok {
		return text, nil
	}
	return check(text)
}

var valueChecks = map[string]func(string) (string, error){
	"host":       hostValue,
	"url":        urlValue,
	"thumbprint": thumbprintValue,
	"guid":       guidValue,
	"path":       pathValue,
	"integer":    integerValue,
	"bool":       boolValue,
	"list":       listValue,
	"address":    addressValue,
	"mailbox":    mailboxValue,
	"date":       dateValue,
}

func hostValue(s string) (string, error) {
	if !procedure.ValidHost(s) {
		return "", fmt.Errorf("%q is not a host name; expected one like mail.contoso.com", s)
	}
	return strings.ToLower(s), nil
}

func urlValue(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("%q is not a URL; expected one like https://mail.contoso.com/owa", s)
	}
	return s, nil
}

// thumbprintValue takes the forms in which Windows shows thumbprints; the
// certificate window puts an invisible mark before the first digit.
func thumbprintValue(s string) (string, error) {
	s = strings.Map(func(r rune) rune {
		if r == ' ' || r == ':' || r == '\u200e' || r == '\u200f' {
			return -1
		}
		return r
	}, s)
	if raw, err := hex.DecodeString(s); err != nil || len(raw) != 20 {
		return "", fmt.Errorf("%q is not a thumbprint; expected 40 hexadecimal digits", s)
	}
	return strings.ToUpper(s), nil
}

func guidValue(s string) (string, error) {
	bare := strings.Trim(s, "{}")
	raw, err := hex.DecodeString(strings.ReplaceAll(bare, "-", ""))
	if err != nil || len(raw) != 16 || len(bare) != 36 || strings.Count(bare, "-") != 4 {
		return "", fmt.Errorf("%q is not a GUID; expected one like 2d6fa2d3-6f14-4f0e-9c06-1c1f7c5c8a70", s)
	}
	return strings.ToLower(bare), nil
}

func pathValue(s string) (string, error) {
	drive := len(s) > 2 && unicode.IsLetter(rune(s[0])) && s[1] == ':' && s[2] == '\\'
	if !drive && !strings.HasPrefix(s, `\\`) {
		return "", fmt.Errorf(`%q is not a full path; expected one like D:\folder or \\server\share`, s)
	}
	if strings.ContainsAny(s[2:], `<>"|?*`) {
		return "", fmt.Errorf(`%q is not a path: < > " | ? * cannot be in one`, s)
	}
	return s, nil
}

func integerValue(s string) (string, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return "", fmt.Errorf("%q is not a whole number", s)
	}
	return strconv.FormatInt(n, 10), nil
}

func boolValue(s string) (string, error) {
	switch strings.ToLower(strings.TrimPrefix(s, "$")) {
	case "true", "yes":
		return "true", nil
	case "false", "no":
		return "false", nil
	}
	return "", fmt.Errorf("%q is neither true nor false", s)
}

func listValue(s string) (string, error) {
	list := SplitList(s)
	if len(list) == 0 {
		return "", fmt.Errorf("the list is empty; expected one element a line, or elements separated by commas")
	}
	return JoinList(list), nil
}

func addressValue(s string) (string, error) {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return "", fmt.Errorf("%q is not an IP address", s)
	}
	return a.String(), nil
}

func mailboxValue(s string) (string, error) {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s {
		return "", fmt.Errorf("%q is not a mail address; expected one like probe@contoso.com", s)
	}
	return s, nil
}

func dateValue(s string) (string, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if _, err := time.Parse(layout, s); err == nil {
			return s, nil
		}
	}
	return "", fmt.Errorf("%q is not a date; expected one like 2026-11-28", s)
}
