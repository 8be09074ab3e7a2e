package runbook

import (
	"slices"
	"strings"
	"testing"

	"coexist/runbook/procedure"
)

func phaseIDs(r *Runbook) []string {
	var ids []string
	for _, p := range r.Phases {
		ids = append(ids, p.ID)
	}
	return ids
}

func TestCompilePhases(t *testing.T) {
	t.Parallel()
	main := []string{"prepare", "deploy", "certificates", "switch", "move"}
	round := func(site string) []string {
		var out []string
		for _, step := range main[1:] {
			out = append(out, "sites/"+site+"/"+step)
		}
		return out
	}
	tests := []struct {
		sites int
		want  []string
	}{
		{1, append(slices.Clone(main), "sites/close-out")},
		{2, slices.Concat(main, round("site%200"), []string{"sites/close-out"})},
		{3, slices.Concat(main, round("site%200"), round("site%202"), []string{"sites/close-out"})},
	}
	for _, tt := range tests {
		r := compiled(t, organization(tt.sites))
		if got := phaseIDs(r); !slices.Equal(got, tt.want) {
			t.Errorf("%d sites: phases\n got %q\nwant %q", tt.sites, got, tt.want)
		}
	}
}

func TestCompileOrderOfGates(t *testing.T) {
	t.Parallel()
	r := compiled(t, organization(3))
	for id, want := range map[string]string{
		"prepare":               "",
		"deploy":                "prepare",
		"sites/site%200/deploy": "switch",
		"sites/site%202/deploy": "switch",
		"sites/site%202/switch": "sites/site%202/certificates",
		"sites/close-out":       "move sites/site%200/move sites/site%202/move",
	} {
		if got := strings.Join(r.Phase(id).After, " "); got != want {
			t.Errorf("%s comes after %q, want %q", id, got, want)
		}
	}
}

func TestCompileTargets(t *testing.T) {
	t.Parallel()
	r := compiled(t, organization(9))
	for id, want := range map[string]bool{
		"prepare.schema/org":              true,
		"prepare.domain/emea.contoso.com": true,
		"prepare.service-pack/ex10-8":     true,
		"deploy.mailbox/ex13-1":           true,
		"deploy.mailbox/ex10-1":           false,
		"switch.dns/site%200":             true,
		"move.arbitration/org":            true,
		"final.remove/ex10-7":             true,
	} {
		if got := r.Task(id) != nil; got != want {
			t.Errorf("task %s is there: %v, want %v", id, got, want)
		}
	}
	if p := r.Task("deploy.mailbox/ex13-8").Phase.ID; p != "sites/site%208/deploy" {
		t.Errorf("ex13-8 is installed in %s", p)
	}
	if p := r.Task("move.arbitration/org").Phase.ID; p != "move" {
		t.Errorf("arbitration mailboxes are moved in %s", p)
	}
	if first := r.Phase("prepare").Tasks[0].Target; first != "ex10-1" {
		t.Errorf("the first server is %s, want the Internet-facing site's", first)
	}
}

func TestCompileAfter(t *testing.T) {
	t.Parallel()
	r := compiled(t, organization(3))
	for id, want := range map[string]string{
		"prepare.schema/org":          "prepare.service-pack/ex10-1 prepare.service-pack/ex10-0 prepare.service-pack/ex10-2",
		"prepare.domain/contoso.com":  "prepare.schema/org",
		"deploy.client-access/ex13-2": "deploy.mailbox/ex13-2",
		"move.mailboxes/site%202":     "move.arbitration/org",
		"final.check/org":             "move.mailboxes/site%201 move.mailboxes/site%200 move.mailboxes/site%202",
	} {
		if got := strings.Join(r.Task(id).After, " "); got != want {
			t.Errorf("%s comes after %q, want %q", id, got, want)
		}
	}
}

func TestCompileCommands(t *testing.T) {
	t.Parallel()
	r := compiled(t, organization(2))
	key := "certificate.thumbprint/site%201"
	task := r.Task("certificates.import/ex13-1")
	waiting, err := task.Commands[0].Render(nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(waiting.Pending) != 1 || waiting.Pending[0] != (Pending{Key: key, Task: task.ID}) {
		t.Errorf("pending is %+v", waiting.Pending)
	}
	if !strings.Contains(waiting.Lines[0], "-Thumbprint '‹certificate.thumbprint›'") {
		t.Errorf("a pending command shows %q", waiting.Lines)
	}
	ready, err := task.Commands[0].Render(Values{key: "AB'C"})
	if err != nil || len(ready.Pending) > 0 {
		t.Fatalf("with its value: %+v, %v", ready, err)
	}
	if want := "Enable-ExchangeCertificate -Server 'EX13-1' -Thumbprint 'AB''C' -Services IIS,SMTP"; ready.Lines[0] != want {
		t.Errorf("got  %s\nwant %s", ready.Lines[0], want)
	}
	urls, _ := r.Task("switch.urls/site%200").Commands[0].Render(nil)
	if want := []string{`Set-OwaVirtualDirectory -Identity 'EX13-0\owa (Default Web Site)' -ExternalUrl 'https://mail.contoso.com/owa'`}; !slices.Equal(urls.Lines, want) {
		t.Errorf("got  %q\nwant %q", urls.Lines, want)
	}
}

func TestCompileCheckWaitsForValue(t *testing.T) {
	t.Parallel()
	r := compiled(t, organization(1))
	c := r.Check("certificates.import/ex13-0/names")
	if _, pending, err := c.Ready(nil); err != nil || len(pending) != 1 {
		t.Fatalf("pending %v, %v", pending, err)
	}
	ready, pending, err := c.Ready(Values{"certificate.thumbprint/site%200": "AA"})
	if err != nil || len(pending) > 0 {
		t.Fatalf("pending %v, %v", pending, err)
	}
	if ready.Expect[0].Value != "AA" || ready.Params.String("host") != "mail.contoso.com" || len(ready.Params.Strings("names")) != 2 {
		t.Errorf("rendered %+v", ready)
	}
}

func TestCompileIsDeterministic(t *testing.T) {
	t.Parallel()
	list := func() string {
		var out strings.Builder
		for _, p := range compiled(t, organization(4)).Phases {
			for _, task := range p.Tasks {
				out.WriteString(p.ID + " " + task.ID + " " + strings.Join(task.After, ",") + " " + strings.Join(task.Lines(nil), "|") + "\n")
			}
		}
		return out.String()
	}
	if a, b := list(), list(); a != b {
		t.Errorf("two compilations differ:\n%s\n%s", a, b)
	}
}

// TestAValueStaysNeeded has a second task ask for the same value and call it
// optional, as an overlay could: what needs it may not be filled in with
// nothing.
func TestAValueStaysNeeded(t *testing.T) {
	t.Parallel()
	ask := func(name string, optional bool) *procedure.Task {
		return &procedure.Task{Name: name, Asks: []procedure.Ask{{Name: "certificate.thumbprint", Type: "thumbprint", Scope: "org", Optional: optional}}}
	}
	lib := &procedure.Library{Tasks: map[string]*procedure.Task{"a.needs": ask("a.needs", false), "a.may": ask("a.may", true), "b.may": ask("b.may", true)}}
	for order, want := range map[string]bool{"a.needs a.may": false, "a.may a.needs": false, "a.may b.may": true, "a.may": true, "a.needs": false} {
		proc := &procedure.Procedure{Steps: []procedure.Step{{Tasks: strings.Fields(order)}}}
		if got := declarations(lib, proc)["certificate.thumbprint"].Optional; got != want {
			t.Errorf("%s: optional %t, want %t", order, got, want)
		}
	}
}
