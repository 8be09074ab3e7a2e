package assets_test

import (
	"os"
	"strings"
	"testing"
	"unicode"

	"coexist/runbook/export"
	"coexist/runbook/migration"
)

// words keeps what a line says: letters and digits.
func words(s string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// TestEveryLineOfTheSlidesIsListed: the slides as they were copied, with their
// wraps, bullets and numbers, hold nothing that the list of lines lacks.
func TestEveryLineOfTheSlidesIsListed(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/slides.txt")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, l := range slideLines {
		listed = append(listed, words(l.line))
	}
	seen := 0
	for n, raw := range strings.Split(string(data), "\n") {
		w := words(strings.TrimLeft(raw, "0123456789. "))
		w = strings.TrimSuffix(w, "1") // "Prepare 1": the number of the step
		if w == "" {
			continue
		}
		seen++
		found := false
		for _, l := range listed {
			found = found || strings.Contains(l, w)
		}
		if !found {
			t.Errorf("testdata/slides.txt:%d: %q is nowhere in the list", n+1, raw)
		}
	}
	if seen < 80 {
		t.Errorf("only %d lines in the slides", seen)
	}
}

// TestEverySlideLineIsInTheExport writes the plan of each source and looks for
// every line in it, and for every word of the picture in its diagrams.
func TestEverySlideLineIsInTheExport(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"2007", "2010"} {
		m := parse(t, source, migration.Sample(source))
		m.Sites[0].Servers = append(m.Sites[0].Servers,
			migration.Server{Name: "CAS13-01", Version: "2013", Roles: []string{migration.ClientAccess}},
			migration.Server{Name: "MBX13-01", Version: "2013", Roles: []string{migration.MailboxRole}})
		r := compile(t, m)
		for _, o := range []export.Options{{Plan: true}, {}} {
			page, err := export.Markdown(r, nil, o)
			if err != nil {
				t.Fatal(err)
			}
			text := words(string(page))
			for _, want := range slideLines {
				if want.slide != "both" && want.slide != source {
					continue
				}
				if want.place == picture {
					for _, w := range strings.Fields(want.line) {
						if !strings.Contains(text, words(w)) {
							t.Errorf("%s: %q of the picture's %q is not in the export", source, w, want.line)
						}
					}
				} else if !strings.Contains(text, words(want.line)) {
					t.Errorf("%s: %q is not in the export (plan: %v)", source, want.line, o.Plan)
				}
			}
		}
	}
}
