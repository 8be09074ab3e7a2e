package checks

import (
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/checks.md")

// TestDocument keeps docs/checks.md equal to the tables of kinds and reasons.
func TestDocument(t *testing.T) {
	t.Parallel()
	const path = "../docs/checks.md"
	want := document()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the code says; run go test ./checks -run TestDocument -update", path)
	}
}

// families are the first words of the reasons that each kind gives of its own.
var families = map[string][]string{
	"dns": {"dns", "spf"}, "tcp": {"tcp"}, "tls": {"tls", "starttls", "clock", "vantage"},
	"http":    {"http", "tls", "auth", "credentials", "ews", "eas", "ntlm", "clock", "vantage"},
	"version": {"version", "http", "tls", "clock"}, "autodiscover": {"autodiscover", "xml", "http", "tls", "auth", "credentials", "ntlm"},
	"owaform": {"owaform", "http", "tls", "credentials", "clock"}, "rpch": {"rpch", "http", "tls", "auth", "credentials", "ntlm"},
	"smtp": {"smtp", "starttls", "tls"}, "mailbox": {"mailbox", "starttls", "tls", "credentials"}, "ldap": {"ldap", "tls", "credentials", "clock"},
	"cmdlet": {"shell"}, "attest": {"attest"},
}

// anyKind are those of every kind.
var anyKind = []string{"expect", "run", "value", "vantage", "probe", "kind", "proto"}

// TestEveryFamilyOfReasonsBelongsToAKind keeps families whole.
func TestEveryFamilyOfReasonsBelongsToAKind(t *testing.T) {
	t.Parallel()
	named := map[string]bool{}
	for _, list := range families {
		for _, f := range list {
			named[f] = true
		}
	}
	for _, f := range anyKind {
		named[f] = true
	}
	there := map[string]bool{}
	for slug := range Reasons() {
		family, _, _ := strings.Cut(slug, ".")
		there[family] = true
		if !named[family] {
			t.Errorf("no kind gives %s", slug)
		}
	}
	for f := range named {
		if !there[f] {
			t.Errorf("no reason begins with %s", f)
		}
	}
	for _, k := range Kinds() {
		if len(families[k.Name]) == 0 {
			t.Errorf("kind %s gives no reasons", k.Name)
		}
	}
}

// document is the page: what stands before the tables, the kinds, the reasons.
func document() string {
	var b strings.Builder
	b.WriteString(`# Checks

A check observes and is then judged. It ends in one of five verdicts: **pass**; **warn**, it works but must be read;
**fail**, the checked thing is wrong; **unknown**, it could not be decided, which is never a pass and never a fail; and
**skip**, not applicable. A result that is not a pass carries a reason, a stable word that programs may rely on.

Probes go to every address behind a name, one by one. What a shell returned is imported and judged by the same rules;
what a person states is reported as stated. The stages that a probe went through (name, connection, handshake, exchange) are
kept as its steps, those of each address by themselves. This page is made from the program's own tables.

`)
	b.WriteString("## Kinds\n")
	for _, k := range Kinds() {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n| parameter | type | |\n| --- | --- | --- |\n", k.Name, k.Doc)
		for _, p := range k.Params {
			about := p.Doc
			if len(p.Choices) > 0 {
				about += " (" + strings.Join(p.Choices, ", ") + ")"
			}
			if p.Required {
				about += "; required"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", p.Name, p.Type, cell(about))
		}
		if len(k.Rows) > 0 {
			b.WriteString("\n| property | |\n| --- | --- |\n")
		}
		for _, f := range k.Rows {
			fmt.Fprintf(&b, "| %s | %s |\n", f.Name, cell(f.Doc))
		}
		fmt.Fprintf(&b, "\nIts reasons begin with %s.\n", strings.Join(families[k.Name], ", "))
	}
	b.WriteString("\n## Reasons\n\nEvery kind may also give those that begin with " + strings.Join(anyKind, ", ") +
		", and what goes to a network those of dns and tcp.\nThe verdict is the usual one; a place seen from outside, or a step that needs more, may weigh it heavier.\n\n| reason | verdict | meaning | what to do |\n| --- | --- | --- | --- |\n")
	slugs := ReasonSlugs()
	sort.Strings(slugs)
	for _, s := range slugs {
		r := Reasons()[s]
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", s, r.Verdict, cell(r.Meaning), cell(r.Remedy))
	}
	return b.String()
}

func cell(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "\n", " "), "|", "\\|") }
