package script

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"coexist/runbook/procedure"
)

func TestReads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		command string
		why     string // part of the refusal; empty: it only reads
	}{
		{"Get-ExchangeServer", ""},
		{"Get-MailboxDatabase | Where-Object { $_.OfflineAddressBook -eq $null }", ""},
		{"Get-Command ExSetup.exe | ForEach-Object { $_.FileVersionInfo }", ""},
		{"Test-ServiceHealth -Server 'EX13-01'", ""},
		{"Invoke-MonitoringProbe 'OWA.Proxy\\OWAProxyTestProbe' -Server 'EX13-01'", ""},
		{"Get-OwaVirtualDirectory -Identity 'Set-Thing; Remove-Thing' -ADPropertiesOnly", ""},
		{"Get-Mailbox | Set-Mailbox -Name 'x'", "Set-Mailbox"},
		{"Get-Mailbox; Remove-Mailbox x", "Remove-Mailbox"},
		{"Remove-Mailbox x", "Remove-Mailbox"},
		{"Invoke-Expression 'Remove-Mailbox x'", "Invoke-Expression"},
		{"Invoke-Command { hostname }", "Invoke-Command"},
		{"Get-Mailbox > C:\\x.txt", `">"`},
		{"Get-Mailbox | Export-CliXML x", "Export-CliXML"},
		{"Get-Mailbox $(Remove-Item x)", `"$("`},
		{"& 'calc.exe'", `"&"`},
		{"Get-Process | ForEach-Object { $_.Kill() }", "Kill"},
		{"Get-Mailbox 'open", "not closed"},
		{"Get-Mailbox | Where-Object { $_.Name -eq 'x'", "not closed"},
		{"Get-Mailbox\nRemove-Mailbox x", "one line"},
		{"hostname", "hostname"},
		{"'x'", "no cmdlet"},
		{"Get-Mailbox | ForEach-Object { del x }", "del"},
		{"New-Object System.Net.WebClient", "PSObject"},
		{"Get-Item x; [System.IO.File]::Delete('x')", "Delete"},
	} {
		err := Reads(c.command)
		if c.why == "" && err != nil {
			t.Errorf("%s: refused: %v", c.command, err)
		}
		if c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)) {
			t.Errorf("%s: got %v, want a refusal that names %s", c.command, err, c.why)
		}
	}
}

// TestNothingNewerThan2 looks for constructs that Windows PowerShell 2.0 does
// not have, and for verbs that change something.
func TestNothingNewerThan2(t *testing.T) {
	t.Parallel()
	text := prelude + refuse + wholeForest + formerScope + epilogue
	for _, newer := range []string{"ConvertTo-Json", "ConvertFrom-Json", "[pscustomobject]", "[ordered]", " -in ", " -notin ", "$PSItem", "$using:",
		"::new(", "Where-Object Name", "-PipelineVariable", "Invoke-WebRequest", "Invoke-RestMethod", "-shl", "-shr", "class ", "enum "} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(newer)) {
			t.Errorf("the fixed parts hold %q, which is newer than Windows PowerShell 2.0", newer)
		}
	}
	for _, name := range wordsOf(text) {
		switch name {
		case "New-Object", "Write-Host", "ConvertTo-CxText", "ConvertTo-CxValue", "ConvertTo-CxRow", "Write-CxObservation",
			"Set-ADServerSettings": // of the session alone, and put back
			continue
		}
		if verb, _, _ := strings.Cut(name, "-"); verb != "Get" && !onlyObjects[name] {
			t.Errorf("the fixed parts call %s", name)
		}
	}
	for _, r := range text {
		if r > '~' {
			t.Fatalf("%q is not ASCII", r)
		}
	}
}

// wordsOf lists the Verb-Noun words of a text.
func wordsOf(text string) []string {
	return regexp.MustCompile(`\b[A-Z][A-Za-z]+-[A-Z]\w+`).FindAllString(text, -1)
}

func TestQuoteKeepsHostileTextTogether(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a":           "'a'",
		"O'Neil":      "'O''Neil'",
		"x\u2019y":    "'x\u2019\u2019y'",
		"$(calc); `n": "'$(calc); `n'",
	} {
		if got := Quote(text); got != want {
			t.Errorf("Quote(%q) = %s, want %s", text, got, want)
		}
	}
}

// ofThisComputer matches commands whose answer depends on where they run.
var ofThisComputer = regexp.MustCompile(`Get-Command ExSetup|HKLM:|Get-WindowsFeature|TcpClient`)

// TestShippedChecksOnlyRead holds every cmdlet check and capture of the shipped
// procedures against the rules of a script.
func TestShippedChecksOnlyRead(t *testing.T) {
	t.Parallel()
	lib, err := procedure.Load(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	action := regexp.MustCompile(`{{[^{}]*}}`)
	n := 0
	check := func(where, command string) {
		n++
		if err := Reads(action.ReplaceAllString(command, "'x'")); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
	for name, task := range lib.Tasks {
		for _, c := range task.Checks {
			if c.Kind == "cmdlet" {
				command, _ := c.Params["command"].(string)
				check(name+"/"+c.Name, command)
				if local, _ := c.Params["local"].(bool); local != ofThisComputer.MatchString(command) {
					t.Errorf("%s/%s: local is %v: a command that tells of the computer it runs on must say so", name, c.Name, local)
				}
			}
		}
		for _, c := range task.Captures {
			check(name+"/"+c.Name, c.Command)
		}
	}
	if n < 50 {
		t.Errorf("only %d commands were looked at", n)
	}
}

// TestHostileValuesStayOneWord puts hostile values where a check names an
// object: the command still only reads, and its quotes and brackets balance.
func TestHostileValuesStayOneWord(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"O'Neil", "a; Remove-Mailbox x", "$(Remove-Item x)", "`n", "a | Set-Mailbox", "{", "}", "(", "\"", "@'", "'@", "x\u2019; Remove-Mailbox y \u2018",
		"%PATH%", "a & b", "a ^ b", "<script>", "-Confirm:$false", "",
	} {
		if err := Reads("Get-Mailbox -Identity " + Quote(value) + " | Where-Object { $_.Name -eq " + Quote(value) + " }"); err != nil {
			t.Errorf("%q: %v", value, err)
		}
	}
	for _, bare := range []string{"O'Neil", "a; Remove-Mailbox x", "a | Set-Mailbox y", "{", "$(Remove-Item x)"} {
		if Reads("Get-Mailbox -Identity "+bare) == nil {
			t.Errorf("%q without quotes was accepted", bare)
		}
	}
}
