package syntax

import (
	"strings"
	"testing"

	"coexist/tui/paint"
)

// marks writes tokens with a letter for their kind, so that tests read well.
func marks(tokens []Token) string {
	letters := map[Kind]string{Plain: "a", Name: "n", Parameter: "p", Quoted: "q", Number: "0", Variable: "v", Operator: "o", Comment: "c", Gap: "g"}
	var b strings.Builder
	for _, t := range tokens {
		if t.Kind != Blank {
			b.WriteString(letters[t.Kind] + "<" + t.Text + "> ")
		}
	}
	return strings.TrimSpace(b.String())
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ shell, line, want string }{
		{"ems2013", `Set-OwaVirtualDirectory -Identity 'EX13-01\owa (Default Web Site)' -ExternalUrl $null`,
			`n<Set-OwaVirtualDirectory> p<-Identity> q<'EX13-01\owa (Default Web Site)'> p<-ExternalUrl> 0<$null>`},
		{"ems2010", `Get-Mailbox -Server 'it''s' | Where-Object { $_.Size -gt 50MB } # big ones`,
			`n<Get-Mailbox> p<-Server> q<'it''s'> o<|> n<Where-Object> o<{> v<$_> a<.Size> o<-gt> 0<50MB> o<}> c<# big ones>`},
		{"ems2013", `Export-X -Flag:$true,"a ` + "`" + `"b" -N 7; dsacls (Get-Thing -Name EX13-01) /G`,
			`n<Export-X> p<-Flag:> 0<$true> o<,> q<"a ` + "`" + `"b"> p<-N> 0<7> o<;> n<dsacls> o<(> n<Get-Thing> p<-Name> a<EX13-01> o<)> p</G>`},
		{"ems2013", `Move-X -Target ‹mailbox.db›`, `n<Move-X> p<-Target> g<‹mailbox.db›>`},
		{"ems2013", `Set-X -Uri '‹scp.url›/x'`, `n<Set-X> p<-Uri> q<'> g<‹scp.url›> q</x'>`},
		{"ems2013", `Set-X -Name 'never closed`, `n<Set-X> p<-Name> q<'never closed>`},
		{"cmd", `Setup.exe /PrepareAD /OrganizationName:"First Organization" & net stop %NAME% /y`,
			`n<Setup.exe> p</PrepareAD> p</OrganizationName> a<:> q<"First Organization"> o<&> n<net> a<stop> v<%NAME%> p</y>`},
		{"cmd", `rem done`, `c<rem done>`},
		{"console", `Open the "Exchange" console`, `a<Open> a<the> a<"Exchange"> a<console>`},
		{"cmd", ``, ``},
	} {
		if got := marks(Split(test.shell, test.line)); got != test.want {
			t.Errorf("%s: %s\n got %s\nwant %s", test.shell, test.line, got, test.want)
		}
	}
}

func text(tokens []Token) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString(t.Text)
	}
	return b.String()
}

func TestWrapBreaksWhereOneReadsOn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		line  string
		width int
		want  []string
	}{
		{`Set-OutlookAnywhere -Identity 'EX13-01\Rpc' -ExternalHostname 'mail.contoso.com' -SSLOffloading $false`, 48,
			[]string{`Set-OutlookAnywhere -Identity 'EX13-01\Rpc' `, `-ExternalHostname 'mail.contoso.com' `, `-SSLOffloading $false`}},
		{`Get-ExchangeServer | Where-Object { $_.IsHubTransportServer } | Format-List Name`, 64,
			[]string{`Get-ExchangeServer | Where-Object { $_.IsHubTransportServer } `, `| Format-List Name`}},
		{`Import-Module ActiveDirectory; New-ADComputer -Name 'DAG02' -Enabled $false`, 50,
			[]string{`Import-Module ActiveDirectory; `, `New-ADComputer -Name 'DAG02' -Enabled $false`}},
		{`Copy-Item '\\files.contoso.com\a\very\long\share\name\coexistence.pfx'`, 20,
			[]string{`Copy-Item `, `'\\files.contoso.com`, `\a\very\long\share\n`, `ame\coexistence.pfx'`}},
		{`dsacls (Get-ADComputer -Identity 'DAG02').DistinguishedName /G ((Get-ADDomain).NetBIOSName)`, 80,
			[]string{`dsacls (Get-ADComputer -Identity 'DAG02').DistinguishedName `, `/G ((Get-ADDomain).NetBIOSName)`}},
		{`short`, 20, []string{`short`}},
	} {
		var got []string
		for _, l := range Wrap(Split("ems2013", test.line), test.width) {
			got = append(got, text(l))
		}
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s\n got %q\nwant %q", test.line, got, test.want)
		}
	}
}

// FuzzSplit looks that no character of a command is lost, whatever it is and
// however narrow the screen.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{"Get-X -A 'b' | c", "a'\"$%/-#", "‹", "Setup.exe /x:\"y z\" & rem", "  -  ", "ä ü # €", "$_.x;{}(),=", "%a%%"} {
		f.Add(s, 20)
	}
	f.Fuzz(func(t *testing.T, line string, width int) {
		width = 1 + abs(width)%200
		for _, shell := range []string{"cmd", "ems2013", "console"} {
			tokens := Split(shell, line)
			if got := text(tokens); got != line {
				t.Fatalf("%s: split %q into %q", shell, line, got)
			}
			var back strings.Builder
			for _, l := range Wrap(tokens, width) {
				back.WriteString(text(l))
				if w := paint.Width(strings.TrimRight(text(l), " \t")); w > width && width > 4 && paint.Width(line) == len(line) {
					t.Fatalf("%s: a line of %d cells in %d: %q", shell, w, width, text(l))
				}
			}
			if back.String() != line {
				t.Fatalf("%s: wrapped %q into %q", shell, line, back.String())
			}
		}
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}
