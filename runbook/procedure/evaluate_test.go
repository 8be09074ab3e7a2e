package procedure

import (
	"strings"
	"testing"
	"text/template"
)

type place struct {
	Name    string
	Facing  bool
	Servers []machine
	Build   int
}

func (p place) With(role string) []machine {
	var out []machine
	for _, m := range p.Servers {
		if m.Role == role {
			out = append(out, m)
		}
	}
	return out
}

func (p place) Call(name string, args []string) (any, bool, error) {
	if name == "With" && len(args) == 1 {
		return p.With(args[0]), true, nil
	}
	return nil, false, nil
}

type machine struct {
	Name, FQDN, Role string
	Tags             []string
}

// oracle executes a text with text/template itself.
func oracle(text string, data any, l Lookup) (string, error) {
	funcs := template.FuncMap{
		"ps": quotePS, "psList": quotePSList, "bare": quoteBare, "num": quoteNum, "cmd": quoteCmd, "plain": quotePlain,
		"host": quoteHost, "dn": quoteDN, "text": quoteText, "join": join, "names": names, "fqdns": fqdns, "first": first,
		"rest": rest, "lower": lower, "upper": upper, "label": label, "default": fallback,
		"value": l.Value, "valueAt": l.ValueAt, "release": l.Release,
	}
	t, err := template.New("text").Option("missingkey=error").Funcs(funcs).Parse(text)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = t.Execute(&out, data)
	return out.String(), err
}

func differentialData() any {
	site := place{Name: "Redmond", Facing: true, Build: 15, Servers: []machine{
		{"EX1", "ex1.contoso.com", "mailbox", []string{"a", "b"}}, {"EX2", "ex2.contoso.com", "client-access", nil},
	}}
	return &struct {
		Site, None place
		Sites      []place
		Names      []string
		Empty      string
		Count      int
		Map        map[string]any
	}{Site: site, Sites: []place{site, {Name: "Lyon"}}, Names: []string{"x", "y", "z"}, Count: 3, Map: map[string]any{"Key": "v"}}
}

var differentialTexts = []string{
	`plain`, `a{{text .Site.Name}}b`, `{{if .Site.Facing}}y{{else}}n{{end}}`, `{{if .Empty}}y{{else if .Count}}c{{else}}n{{end}}`,
	`{{with .Empty}}y{{else}}{{text .Site.Name}}{{end}}`, `{{with .Site}}{{text .Name}}{{text $.Site.Name}}{{end}}`,
	`{{with .Empty}}a{{else with .Names}}{{text .}}{{end}}`,
	`{{range .Sites}}{{text .Name}}{{range .With "mailbox"}}{{ps .Name}}{{end}};{{end}}`, `{{range .Site.With "none"}}x{{else}}none{{end}}`,
	`{{range $i, $n := .Names}}{{num $i}}{{text $n}}{{end}}`, `{{range $n := .Names}}{{text $n}}{{end}}`,
	`{{$a := .Site.Name}}{{text $a}}{{if true}}{{$a := "q"}}{{text $a}}{{end}}{{text $a}}`,
	`{{$a := "o"}}{{range .Names}}{{$a = .}}{{end}}{{text $a}}`,
	`{{text (print "a" .Count .Count "b")}}`, `{{text (printf "%s-%d" .Site.Name .Count)}}`, `{{.Count}}`, `{{.Site.Facing}}`,
	`{{text (or .Empty .Site.Name)}}`, `{{text (or .Empty "")}}`, `{{if and .Site.Facing (not .Empty)}}y{{end}}`, `{{if and .Empty (index .Names 9)}}y{{end}}`,
	`{{if eq .Site.Name "a" "Redmond"}}y{{end}}`, `{{if ne .Count 3}}y{{else}}n{{end}}`, `{{if gt .Count 2}}y{{end}}`, `{{if le .Site.Name "S"}}y{{end}}`,
	`{{if lt .Count 3}}y{{end}}{{if ge .Count 3}}z{{end}}`,
	`{{text (index .Names 1)}}`, `{{text (index .Sites 0).Name}}`, `{{text (first .Sites).Name}}`, `{{psList (names ((first .Sites).With "mailbox"))}}`,
	`{{text (slice .Site.Name 1 3)}}`, `{{text (slice .Names 1)}}`, `{{num (len .Names)}}`, `{{num (len .Empty)}}`,
	`{{text .Map.Key}}`, `{{.Site.Name | lower | ps}}`, `{{"," | join .Names | text}}`, `{{host (label (index .Site.Servers 0).FQDN)}}`,
	`{{text (default "d" .Empty)}}{{text (default "d" .Count)}}`, `{{ps (value "x.y")}}{{bare (value "z")}}`, `{{psList (valueAt "l" "p")}}`,
	`{{num (release "r").RangeUpper}}`, `{{range value "x"}}{{end}}`, `{{with value "x"}}{{ps .}}{{end}}`, `{{/* silent */}}x`, "a {{- text .Site.Name -}} b",
	`{{if (index .Site.Servers 1).Tags}}y{{else}}n{{end}}`, `{{if .None}}struct{{end}}`,
	// What both refuse.
	`{{text .Missing}}`, `{{text .Map.Missing}}`, `{{text .Site.Name.More}}`, `{{text (index .Names 3)}}`, `{{text (slice .Names 4)}}`,
	`{{if eq .Count "3"}}y{{end}}`, `{{text (.Site.Name "x")}}`, `{{num .Site.Name}}`, `{{ps .Names}}`, `{{range .Site}}x{{end}}`, `{{len .Site}}`,
	`{{text (.Site.With)}}`, `{{text (.Site.With "a" "b")}}`, `{{text (lower)}}`, `{{text (lower "a" "b")}}`, `{{text $.Site.Missing}}`,
	`{{"x" "y"}}`, `{{text ("x" | "y")}}`, `{{template "x"}}`,
}

// TestEvaluatesAsTextTemplate holds the evaluator against text/template.
func TestEvaluatesAsTextTemplate(t *testing.T) {
	t.Parallel()
	data := differentialData()
	for _, text := range differentialTexts {
		want, refused := oracle(text, data, lookup{})
		parsed, err := ParseTemplate(text)
		got := ""
		if err == nil {
			got, err = parsed.Execute(data, lookup{})
		}
		if (err != nil) != (refused != nil) || err == nil && got != want {
			t.Errorf("%s: got %q, %v; text/template gives %q, %v", text, got, err, want, refused)
		}
	}
}

func TestErrorsTellWhere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{{text .Missing}}`:         "<.Missing>",
		`{{text (index .Names 7)}}`: "<index .Names 7>: the list has no element 7; it has 3",
		`{{num .Site.Name}}`:        "expected a whole number",
		`{{html .Site.Name}}`:       "not one of the language",
		`{{break}}`:                 "break",
	} {
		parsed, err := ParseTemplate(text)
		if err == nil {
			_, err = parsed.Execute(differentialData(), nil)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; expected it to speak of %s", text, err, want)
		}
	}
}

// FuzzEvaluate holds both evaluators against each other: what this one takes,
// text/template renders alike.
func FuzzEvaluate(f *testing.F) {
	for _, text := range differentialTexts {
		f.Add(text)
	}
	data := differentialData()
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := ParseTemplate(text)
		if err != nil {
			return
		}
		got, err := parsed.Execute(data, lookup{})
		if err != nil || strings.Contains(text, "print") { // structures print by address
			return
		}
		want, err := oracle(text, data, lookup{})
		if err != nil || got != want {
			t.Errorf("%q gives %q; text/template gives %q, %v", text, got, want, err)
		}
	})
}
