package procedure

import (
	"strings"
	"testing"
	"unicode"
)

type lookup struct{}

func (lookup) Value(name string) (any, error) {
	return Placeholder(name), nil
}
func (lookup) ValueAt(name, _ string) (any, error) { return []string{"a", "b"}, nil }
func (lookup) Release(name string) (Release, error) {
	return Release{Name: name, RangeUpper: 15312, Build: "15.0.1497.2"}, nil
}

type server struct{ Name, FQDN string }

func TestQuoting(t *testing.T) {
	t.Parallel()
	data := map[string]any{
		"Plain": "EX13-01", "Quote": "O'Brien", "Curly": "O\u2019Brien", "Line": "a\nb", "Bell": "a\ab", "Umlaut": "Zürich", "Blank": "a b",
		"Percent": "%PATH%", "Amp": "a&b", "Slash": `D:\a b\`, "Switch": "-Confirm", "Empty": "", "Number": 7, "Host": "mail.contoso.com",
		"List": []string{"a", "b'c"}, "None": []string{}, "DN": `Smith, "J" #1 `,
		"Servers": []server{{"EX1", "ex1.contoso.com"}, {"EX2", "ex2.contoso.com"}},
	}
	tests := []struct{ text, want, refuse string }{
		{`{{ps .Plain}}`, `'EX13-01'`, ""},
		{`{{ps .Quote}}`, `'O''Brien'`, ""},
		{`{{ps .Curly}}`, "", "ASCII"},
		{`{{ps .Line}}`, "", "line break"},
		{`{{ps .Bell}}`, "", "control"},
		{`{{ps .Umlaut}}`, "", "ASCII"},
		{`{{ps .List}}`, "", "not a list"},
		{`{{ps (value "x.y")}}`, "'‹x.y›'", ""},
		{`{{psList .List}}`, `'a','b''c'`, ""},
		{`{{psList .None}}`, "", "at least one"},
		{`{{psList .Plain}}`, `'EX13-01'`, ""},
		{`{{bare .Plain}}`, `EX13-01`, ""},
		{`{{bare .Blank}}`, "", "alone"},
		{`{{bare .Switch}}`, "", "switch"},
		{`{{bare .Empty}}`, "", "at least one character"},
		{`{{num .Number}}`, `7`, ""},
		{`{{num .Plain}}`, "", "whole number"},
		{`{{num (value "x.y")}}`, "‹x.y›", ""},
		{`{{cmd .Plain}}`, `EX13-01`, ""},
		{`{{cmd .Blank}}`, `"a b"`, ""},
		{`{{cmd .Empty}}`, `""`, ""},
		{`{{cmd .Percent}}`, "", "meaning of its own"},
		{`{{cmd .Amp}}`, "", "meaning of its own"},
		{`{{cmd .Slash}}`, "", "last"},
		{`{{plain .Umlaut}}`, "Zürich", ""},
		{`{{plain .Bell}}`, "", "control"},
		{`{{host .Host}}`, "mail.contoso.com", ""},
		{`{{host .Blank}}`, "", "host name"},
		{`{{host "10.0.0.1"}}`, "10.0.0.1", ""},
		{`{{dn .DN}}`, `Smith\, \"J\" #1\ `, ""},
		{`{{text .List}}`, "a, b'c", ""},
		{`{{ps (join (names .Servers) ";")}}`, `'EX1;EX2'`, ""},
		{`{{ps (join "," (fqdns .Servers))}}`, `'ex1.contoso.com,ex2.contoso.com'`, ""},
		{`{{ps (first .List)}}`, `'a'`, ""},
		{`{{ps (first .None)}}`, "", "at least one"},
		{`{{psList (rest .List)}}`, `'b''c'`, ""},
		{`{{bare (label .Host)}}`, "mail", ""},
		{`{{ps (upper (print .Host))}}`, "'MAIL.CONTOSO.COM'", ""},
		{`{{ps (lower (print "A" (value "x.Y")))}}`, "'a‹x.Y›'", ""},
		{`{{ps (default "d" .Empty)}}{{ps (default "d" .Plain)}}`, `'d''EX13-01'`, ""},
		{`{{num (release "2013 CU23").RangeUpper}}`, "15312", ""},
		{`{{psList (valueAt "l" "EX1")}}`, "'a','b'", ""},
		{`{{ps .Missing}}`, "", "Missing"},
	}
	for _, tt := range tests {
		parsed, err := ParseTemplate(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		got, err := parsed.Execute(data, lookup{})
		switch {
		case tt.refuse != "" && (err == nil || !strings.Contains(err.Error(), tt.refuse)):
			t.Errorf("%s: got %q, %v; expected a refusal that speaks of %q", tt.text, got, err, tt.refuse)
		case tt.refuse == "" && (err != nil || ShowPlaceholders(got) != tt.want):
			t.Errorf("%s: got %q, %v; want %q", tt.text, ShowPlaceholders(got), err, tt.want)
		}
	}
}

// unquotePS reads one single-quoted PowerShell text back.
func unquotePS(s string) (string, bool) {
	if len(s) < 2 || s[0] != '\'' || s[len(s)-1] != '\'' {
		return "", false
	}
	inner := s[1 : len(s)-1]
	if strings.Contains(strings.ReplaceAll(inner, "''", ""), "'") {
		return "", false
	}
	return strings.ReplaceAll(inner, "''", "'"), true
}

func FuzzQuotePS(f *testing.F) {
	for _, s := range []string{"", "a", "O'Brien", "''", "\u2018", "a\nb", "$(x)", "`"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsFunc(s, ReservedRune) {
			return
		}
		quoted, err := quotePS(s)
		if err != nil {
			return
		}
		if back, ok := unquotePS(quoted); !ok || back != s {
			t.Errorf("%q is quoted as %s, which reads as %q", s, quoted, back)
		}
		for _, r := range quoted {
			if r > unicode.MaxASCII || unicode.IsControl(r) {
				t.Errorf("%q leaves %q in the command", s, r)
			}
		}
	})
}

func FuzzQuoteCmd(f *testing.F) {
	for _, s := range []string{"", "a b", `D:\`, `D:\x y\`, "%a%", "^", "a\"b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsFunc(s, ReservedRune) {
			return
		}
		quoted, err := quoteCmd(s)
		if err != nil {
			return
		}
		if strings.ContainsAny(quoted, "%!^&|<>\r\n") {
			t.Errorf("%q becomes %s", s, quoted)
		}
		if inner := strings.TrimSuffix(strings.TrimPrefix(quoted, `"`), `"`); inner != s || strings.Contains(inner, `"`) {
			t.Errorf("%q becomes %s", s, quoted)
		}
		if strings.HasSuffix(quoted, `\"`) {
			t.Errorf("%q becomes %s, whose last quote is taken away", s, quoted)
		}
	})
}

func FuzzParseTemplate(f *testing.F) {
	for _, s := range []string{"{{ps .A}}", "{{range .B}}{{text .}}{{end}}", `{{value "x"}}`, "{{value .A}}", "{{if"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := ParseTemplate(s)
		if err != nil {
			return
		}
		for _, use := range parsed.Uses() {
			if !strings.Contains(s, "value") {
				t.Errorf("%q names no value, and %q was found", s, use.Name)
			}
		}
	})
}
