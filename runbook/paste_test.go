package runbook

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"coexist/checks"
)

// localChecks is the small procedure with two checks that tell of the computer
// they run on: one on a server, one on any.
func localChecks(t *testing.T) fstest.MapFS {
	t.Helper()
	const check = `[[task.check]]
name = "ports"
title = "Ports are open"
kind = "cmdlet"
shell = "2013"
gate = "soft"
params = { local = true, command = "Test-Port", properties = ["Port", "Open"] }
expect = [ { property = "Open", op = "eq", value = "True" } ]
remedy = "Open them."

`
	files := fstest.MapFS{}
	for _, name := range []string{"releases.toml", "tasks/tasks.toml", "procedures/2010.toml"} {
		data, err := os.ReadFile("testdata/assets/" + name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		for _, at := range []string{"[[task.check]]\nname = \"scp\"\n", "[[task.check]]\nname = \"replicated\"\n"} {
			text = strings.Replace(text, at, check+at, 1)
		}
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func TestPasteOfWhatTellsOfItsComputer(t *testing.T) {
	t.Parallel()
	const onServer, anywhere = "deploy.scp/ex13-0/ports", "prepare.schema/org/ports"
	tests := []struct {
		id, text string
		verdict  checks.Verdict
		refuse   string
	}{
		{onServer, "Port : 25\nOpen : True\nComputer : ex13-0\n", checks.Pass, ""},
		{onServer, "Port : 25\nOpen : True\n", "", "Computer is missing"},
		{onServer, "Port : 25\nOpen : True\nComputer : EX13-1\n", "", "is of EX13-1; it must be run on EX13-0"},
		{onServer, "Port : 25\nOpen : True\nComputer : EX13-0\n\nPort : 443\nOpen : True\nComputer : EX13-1\n", "", "is of EX13-1"},
		{onServer, "none", "", "type none on EX13-0"},
		{onServer, "none on EX13-1", "", "is of EX13-1"},
		{onServer, "None on ex13-0", checks.Unknown, ""},
		{anywhere, "Port : 25\nOpen : True\nComputer : SETUP01\n", checks.Pass, ""},
		{anywhere, "Port : 25\nOpen : True\nComputer : SETUP01\n\nPort : 26\nOpen : True\nComputer : SETUP02\n", "", "more than one computer"},
		{anywhere, "none", "", "none on"},
	}
	b := newBench(t, 1)
	b.opts.Assets = localChecks(t)
	b.reopen()
	for _, tt := range tests {
		r, err := b.Paste(tt.id, tt.text)
		if tt.refuse != "" {
			b.refused(err, tt.refuse)
			continue
		}
		b.must(err)
		if r.Verdict != tt.verdict {
			t.Errorf("%q: %s, %s", tt.text, r.Verdict, r.Summary)
		}
		for _, row := range r.Rows {
			if row["Computer"] != nil {
				t.Errorf("%q: the computer is judged as a property: %v", tt.text, row)
			}
		}
		if want := "EX13-0"; tt.id == onServer && !strings.EqualFold(r.Host, want) {
			t.Errorf("%q: from %q, want %s", tt.text, r.Host, want)
		}
	}
	ready, _, err := b.runbook.Check(onServer).Ready(nil)
	b.must(err)
	if got, want := PasteHint(ready), ` | Format-List Port,Open,@{n='Computer';e={$env:COMPUTERNAME}}`; got != want {
		t.Errorf("the hint is %q, want %q", got, want)
	}
}
