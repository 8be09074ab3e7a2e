package assets_test

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// known is what the shells and Windows have: by shell, by name in lower case,
// the parameters in lower case; a "*" among them takes all.
type known map[string]map[string]map[string]bool

// commonParameters are those of every cmdlet.
var commonParameters = []string{"confirm", "whatif", "verbose", "debug", "erroraction", "warningaction", "outvariable"}

func (k known) add(shell, name string, params []string) {
	if k[shell] == nil {
		k[shell] = map[string]map[string]bool{}
	}
	list := k[shell][strings.ToLower(name)]
	if list == nil {
		list = map[string]bool{}
		k[shell][strings.ToLower(name)] = list
	}
	for _, p := range params {
		list[strings.ToLower(p)] = true
	}
}

// missing tells what of a call a shell does not have.
func (k known) missing(shell string, c call) string {
	list, ok := k[shell][strings.ToLower(c.name)]
	if !ok {
		return c.name
	}
	for _, p := range c.params {
		p = strings.ToLower(p)
		if !list[p] && !list["*"] && !slices.Contains(commonParameters, p) {
			return c.name + " -" + p
		}
	}
	return ""
}

func tabbed(t testing.TB, file string, fields int) [][]string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for row := range strings.Lines(string(data)) {
		row = strings.TrimRight(row, "\r\n")
		if row == "" || strings.HasPrefix(row, "#") {
			continue
		}
		f := strings.Split(row, "\t")
		if len(f) != fields {
			t.Fatalf("%s: expected %d fields, found %d: %q", file, fields, len(f), row)
		}
		out = append(out, f)
	}
	return out
}

func reference(t testing.TB) known {
	t.Helper()
	out := known{}
	for _, f := range tabbed(t, "testdata/exchange.tsv", 3) {
		for version := range strings.SplitSeq("2010,2013", ",") {
			var params []string
			for p := range strings.FieldsSeq(f[2]) {
				p, only, own := strings.Cut(p, ":")
				if !own && strings.Contains(f[1], version) || own && strings.Contains(only, version) {
					params = append(params, p)
				}
			}
			if strings.Contains(f[1], version) {
				out.add("ems"+version, f[0], params)
			}
		}
	}
	for _, f := range tabbed(t, "testdata/windows.tsv", 4) {
		if f[3] == "" {
			t.Errorf("%s has no source", f[0])
		}
		for shell := range strings.FieldsSeq(f[1]) {
			out.add(shell, f[0], strings.Fields(f[2]))
		}
	}
	return out
}

// prompt finds the program of a line for the command prompt, with the names of
// its switches.
func prompt(text string) []call {
	var out []call
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "&&", "|"), "|") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		name := strings.Trim(words[0], `"`)
		name = name[strings.LastIndexAny(name, `\/`)+1:]
		c := call{name: name}
		for _, w := range words[1:] {
			if w[0] == '/' {
				w, _, _ = strings.Cut(w, ":")
				c.params = append(c.params, w)
			}
		}
		out = append(out, c)
	}
	return out
}

// TestCommandsExist: what is typed exists in the version of the shell it is
// typed into.
func TestCommandsExist(t *testing.T) {
	t.Parallel()
	reference := reference(t)
	for _, w := range works(t) {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			for _, l := range w.lines {
				if l.shell == "console" {
					continue
				}
				found := prompt(l.text)
				if l.shell != "cmd" {
					var err error
					if found, err = calls(l.text); err != nil {
						t.Errorf("%s: %v", l, err)
					}
				}
				if len(found) == 0 && !strings.ContainsAny(l.text[:1], "$[(") {
					t.Errorf("nothing is done here: %s", l)
				}
				for _, c := range found {
					if gone := reference.missing(l.shell, c); gone != "" {
						t.Errorf("%s does not have %s: %s", l.shell, gone, l)
					}
				}
			}
		})
	}
}

// TestReferenceTells: the lists know what a version lacks, and the reader of
// lines finds the cmdlets and parameters of one.
func TestReferenceTells(t *testing.T) {
	t.Parallel()
	reference := reference(t)
	for _, test := range []struct{ shell, text, missing string }{
		{"ems2013", `Get-OwaVirtualDirectory -Server 'EX' -ADPropertiesOnly | Where-Object { $_.Name -like 'owa*' }`, ""},
		{"ems2013", `Set-OutlookAnywhere -Identity 'EX\Rpc' -ClientAuthenticationMethod Basic`, "Set-OutlookAnywhere -clientauthenticationmethod"},
		{"ems2010", `Set-OutlookAnywhere -Identity 'EX\Rpc' -ExternalClientAuthenticationMethod Basic`, "Set-OutlookAnywhere -externalclientauthenticationmethod"},
		{"ems2010", `Get-MapiVirtualDirectory`, "Get-MapiVirtualDirectory"},
		{"ems2007", `Get-ExchangeCertificate -Server 'EX'`, "Get-ExchangeCertificate -server"},
		{"ems2007", `Get-StorageGroup | ForEach-Object { Get-MailboxDatabaseCopyStatus $_ }`, "Get-MailboxDatabaseCopyStatus"},
		{"ems2013", `Get-StorageGroup`, "Get-StorageGroup"},
		{"ems2013", `Set-Mailbox -Identity (Get-Thing -Of 'a').Name`, "Get-Thing"},
		{"ems2013", `if (Get-Mailbox -NoSuch 'x') { Get-Queue }`, "Get-Mailbox -nosuch"},
		{"powershell", `Get-Mailbox`, "Get-Mailbox"},
		{"ems2013", `Get-ExchangeServer | Select-Object @{Name='x';Expression={ Get-Nothing }}`, "Get-Nothing"},
	} {
		list, err := calls(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
		}
		got := ""
		for _, c := range list {
			if gone := reference.missing(test.shell, c); got == "" {
				got = gone
			}
		}
		if got != test.missing {
			t.Errorf("%s, %s: expected that %q is missing, found %q", test.shell, test.text, test.missing, got)
		}
	}
	for _, text := range []string{`Get-Mailbox 'a`, `Get-Mailbox (a`, `Get-Mailbox }`, `Get-Mailbox (a}`, `Get-Mailbox "a'`} {
		if _, err := calls(text); err == nil {
			t.Errorf("%s: expected that it does not balance", text)
		}
	}
	if gone := reference.missing("cmd", prompt(`D:\Setup.exe /PrepareSchema /NoSuch:x`)[0]); gone != "Setup.exe -/nosuch" {
		t.Errorf("expected that /NoSuch is missing, found %q", gone)
	}
}
