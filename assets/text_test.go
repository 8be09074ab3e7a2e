package assets_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// leftover is what a template or an author forgot to fill in.
var leftover = regexp.MustCompile(`\{\{|\}\}\S*\}\}|‹|›|<[A-Za-z][^>=]*>|%!\w?\(|\bTODO\b|\bFIXME\b|\bXXX\b|<nil>|map\[`)

// TestLinesCanBePasted: with all values known every line is one ASCII line,
// balanced and complete.
func TestLinesCanBePasted(t *testing.T) {
	t.Parallel()
	for _, w := range works(t) {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			for _, l := range w.lines {
				if why := unfit(l); why != "" {
					t.Errorf("%s: %s", why, l)
				}
			}
		})
	}
}

// unfit tells why a line cannot be pasted.
func unfit(l line) string {
	for _, c := range l.text {
		if c < ' ' || c == 0x7f || c > 0x7e && l.shell != "console" {
			return fmt.Sprintf("it holds %q", c)
		}
	}
	if found := leftover.FindString(l.text); found != "" {
		return "it holds " + found
	}
	switch l.shell {
	case "console":
	case "cmd":
		if strings.Count(l.text, `"`)%2 != 0 {
			return "its quotes do not balance"
		}
	default:
		if _, err := calls(l.text); err != nil {
			return err.Error()
		}
	}
	return ""
}

// hostile are texts that mean something to a shell.
var hostile = []string{
	`two words`, `O'Brien`, `'; Remove-Mailbox 'a`, `'+(Get-Process)+'`, `a"b`, `$env:Path`, `$(Get-Process)`, "a`nb", "a;b", "a|b", "a%PATH%b", "a&b",
	"a^b", "a>b", "a<b", "a!b", "Zürich", "‘curly’", "“curly”", "a\nb", "a\r\nRemove-Mailbox b", "a\tb", "東京", "-Confirm:$false", "a\x1b[2Jb", "{{.Org}}", `end\`,
}

// TestHostileTextsStayTexts: whatever a file or a value holds, a line keeps
// its form: the text stays one quoted word of it, or the line is refused.
func TestHostileTextsStayTexts(t *testing.T) {
	t.Parallel()
	for place, put := range map[string]func(*migration.Migration, string){
		"organization.name":     func(m *migration.Migration, s string) { m.Organization.Name = s },
		"target.media":          func(m *migration.Migration, s string) { m.Target.Media = `D:\` + s },
		"dag.witness_directory": func(m *migration.Migration, s string) { m.DAG.WitnessDirectory = `C:\` + s },
		"site.name": func(m *migration.Migration, s string) {
			for i := range m.Sites[0].Servers {
				if m.Sites[0].Servers[i].SubscribedSite != "" {
					m.Sites[0].Servers[i].SubscribedSite = s
				}
			}
			m.Sites[0].Name = s
		},
		"probe.username": func(m *migration.Migration, s string) {
			for i := range m.Probes {
				m.Probes[i].Username = `CONTOSO\` + s
			}
		},
	} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			keepsForm(t, func(s string) []line {
				m := parse(t, "mixed", migration.Sample("mixed"))
				everything(m)
				put(m, s)
				r, err := runbook.Compile(library(t), m)
				if err != nil {
					return nil // refused
				}
				all, _ := rendered(r, filled(t, r))
				return all
			})
		})
	}
	for _, source := range procedure.Sources {
		t.Run("values of "+source, func(t *testing.T) {
			t.Parallel()
			m := parse(t, source, migration.Sample(source))
			everything(m)
			r := compile(t, m)
			keepsForm(t, func(s string) []line {
				v := filled(t, r)
				for _, task := range tasks(r) {
					for _, a := range task.Asks {
						if a.Type == "text" || a.Type == "path" {
							v[a.Key] = s
						}
					}
					for _, c := range task.Captures {
						if c.Type == "text" || c.Type == "path" {
							v[c.Key] = s
						}
					}
				}
				all, _ := rendered(r, v)
				return all
			})
		})
	}
}

// keepsForm renders once with a harmless text and then with every hostile one,
// and compares what the lines are without what they quote.
func keepsForm(t *testing.T, render func(string) []line) {
	t.Helper()
	forms := func(s string) map[string]string {
		out := map[string]string{}
		for _, l := range render(s) {
			if l.shell == "console" {
				continue
			}
			target := l.task.Target
			if target == runbook.Encode(s) {
				target = "here"
			}
			out[l.task.Name+"/"+target+", "+l.from] += "\n" + form(l, s)
		}
		return out
	}
	before, compared := forms("harmless"), 0
	for _, s := range hostile {
		for key, got := range forms(s) {
			compared++
			if before[key] != got {
				t.Errorf("%q changes the form of %s:\nbefore %s\nafter  %s", s, key, before[key], got)
			}
		}
	}
	if compared == 0 {
		t.Error("every text was refused everywhere; expected that some are quoted")
	}
}

var (
	singleQuoted = regexp.MustCompile(`'(?:[^']|'')*'`)
	promptWord   = regexp.MustCompile(`(?:[^ "]|"[^"]*")+`)
)

// form leaves what a line is: for PowerShell what stands outside
// single quotes; for the command prompt its words, in which the text, where it
// stands whole and means nothing to the prompt, becomes T.
func form(l line, s string) string {
	if l.shell != "cmd" {
		return strings.ReplaceAll(singleQuoted.ReplaceAllString(l.text, "''"), "'',''", "''")
	}
	words := promptWord.FindAllString(l.text, -1)
	for i, w := range words {
		words[i] = strings.ReplaceAll(w, `"`, "")
		if s != "" && !strings.ContainsAny(s, "%!^&|<>\"\r\n") {
			words[i] = strings.ReplaceAll(words[i], s, "T")
		}
	}
	return strings.Join(words, "\x00")
}
