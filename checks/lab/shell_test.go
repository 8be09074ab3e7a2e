package lab_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"coexist/checks/blueprint"
	"coexist/checks/effect"
	"coexist/checks/lab"
)

var rehearsalStart = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// plan is a small organisation: an old and a new server in the first site, and
// an old one in a second.
func plan(version string) blueprint.Organization {
	old := []string{"client-access", "hub-transport", "mailbox"}
	short, build := "EX"+version[2:], map[string]string{"2007": "8.3.83.6", "2010": "14.3.123.4"}[version]
	return blueprint.Organization{
		Name: "Contoso", Forest: "contoso.com", Domains: []string{"contoso.com"}, MailDomains: []string{"contoso.com"},
		Primary: "mail.contoso.com", Autodiscover: "autodiscover.contoso.com", Legacy: "legacy.contoso.com", OutlookAnywhere: true, PublicFolders: true,
		Seed: "test", Start: rehearsalStart, Now: func() time.Time { return rehearsalStart }, RangeUpper: 14734, OrgVersion: 13214, DomainVersion: 13040,
		Mailboxes: []blueprint.Mailbox{
			{Address: "probe10@contoso.com", Username: `CONTOSO\probe10`, Password: "x", Version: version},
			{Address: "probe13@contoso.com", Username: `CONTOSO\probe13`, Password: "x", Version: "2013"},
		},
		Sites: []blueprint.Site{
			{Name: "Redmond", InternetFacing: true, External: netip.MustParseAddr("203.0.113.80"), Servers: []blueprint.Server{
				{Name: short + "-01", FQDN: strings.ToLower(short) + "-01.contoso.com", Version: version, Build: build, Roles: old, Address: netip.MustParseAddr("10.0.0.20")},
				{Name: "EX13-01", FQDN: "ex13-01.contoso.com", Version: "2013", Roles: []string{"client-access", "mailbox"}, Address: netip.MustParseAddr("10.0.0.80")},
			}},
			{Name: "Lyon", Servers: []blueprint.Server{
				{Name: short + "-11", FQDN: strings.ToLower(short) + "-11.contoso.com", Version: version, Build: build, Roles: old, Address: netip.MustParseAddr("10.1.0.20")},
			}},
		},
	}
}

func build(t *testing.T, p blueprint.Organization) *lab.Organization {
	t.Helper()
	o, err := lab.NewOrganization(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	return o
}

func organization(t *testing.T) *lab.Organization { return build(t, plan("2010")) }

var install2013 = effect.Effect{Kind: "server.install", Params: map[string]string{"server": "EX13-01", "roles": "client-access,mailbox", "build": "15.0.1497.2"}}

func apply(t *testing.T, o *lab.Organization, list ...effect.Effect) {
	t.Helper()
	if err := o.Apply(list, rehearsalStart); err != nil {
		t.Fatal(err)
	}
}

// read gives the values of one property of all objects as "a,b"; values of one
// object stand beside each other as "a+b".
func read(t *testing.T, o *lab.Organization, server, command, property string) (string, error) {
	t.Helper()
	rows, err := o.Read(t.Context(), server, command, []string{property})
	var out []string
	for _, r := range rows {
		out = append(out, strings.Join(r[property], "+"))
	}
	return strings.Join(out, ","), err
}

func TestShell(t *testing.T) {
	t.Parallel()
	o := organization(t)
	apply(t, o, install2013)
	for _, c := range []struct{ command, property, want string }{
		{"Get-ExchangeServer | Select-Object Name", "Name", "EX10-01,EX10-11,EX13-01"},
		{"Get-ExchangeServer -Identity 'ex10-01'", "AdminDisplayVersion", "Version 14.3 (Build 123.4)"},
		{"Get-ExchangeServer | Where-Object { $_.AdminDisplayVersion -like 'Version 15*' }", "Name", "EX13-01"},
		{"Get-ExchangeServer | Where-Object {$_.AdminDisplayVersion -notlike 'Version 15.*' -and $_.ServerRole -ne 'Edge' -and $_.Site -notlike '*/Redmond'}", "Name", "EX10-11"},
		{"Get-ExchangeServer | Where-Object { -not $_.IsExchangeTrialEdition -or $_.Name -eq 'ex13-01' }", "Name", "EX10-01,EX10-11,EX13-01"},
		{"Get-ExchangeServer | Where-Object { 'EX10-01','EX10-11' -notcontains $_.Name }", "Name", "EX13-01"},
		{"Get-ExchangeServer | Where-Object { @() -notcontains [string]$_.Name }", "Name", "EX10-01,EX10-11,EX13-01"},
		{"Get-ExchangeServer | Where-Object { $_.Name -match '-1\\d$' }", "Name", "EX10-11"},
		{"'EX10-01','EX13-01' | ForEach-Object {Get-ExchangeServer -Identity $_} | Where-Object {$_.Version -eq '2013'}", "Name", "EX13-01"},
		{"Get-ExchangeServer | Sort-Object Name -Descending | Select-Object -First 1", "Name", "EX13-01"},
		{"Get-OwaVirtualDirectory -Server 'EX13-01' -ADPropertiesOnly", "ExternalUrl", ""},
		{"Get-OwaVirtualDirectory -Server 'EX13-01' -ADPropertiesOnly | Select-Object @{Name='ExternalUrl';Expression={ if ($_.ExternalUrl) { [string]$_.ExternalUrl } else { 'none' } }}", "ExternalUrl", "none"},
		{"Get-OwaVirtualDirectory -Server 'EX10-01' | Select-Object @{Name='ExternalUrl';Expression={ if ($_.ExternalUrl) { [string]$_.ExternalUrl } else { 'none' } }}", "ExternalUrl", "https://mail.contoso.com/owa"},
		{"Get-ReceiveConnector -Identity 'EX13-01\\Default Frontend EX13-01' | Select-Object Identity,@{Name='Megabytes';Expression={ [math]::Floor([double](($_.MaxMessageSize.ToString() -replace '^.*\\((.*) bytes\\)$', '$1') -replace '\\D', '') / 1MB) }}", "Megabytes", "36"},
		{"Get-ReceiveConnector -Identity 'EX13-01\\Default Frontend EX13-01' | Select-Object @{Name='Size';Expression={ $_.MaxMessageSize.ToString().Split('(')[0].Replace(' ', '') }}", "Size", "36MB"},
		{"Get-MailboxDatabase -Server 'EX10-01' | Select-Object @{Name='Assignment';Expression={ [string]$_.Identity + '=' + [string]$_.OfflineAddressBook }}", "Assignment", "Mailbox Database EX10-01="},
		{"Get-MailboxDatabase -Status | Select-Object Name,@{Name='LastFullBackup';Expression={ if ($_.LastFullBackup) { $_.LastFullBackup.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ') } }}", "LastFullBackup", "2026-11-20T01:30:00Z,2026-11-20T01:30:00Z,"},
		{"Get-Command ExSetup.exe | ForEach-Object { $_.FileVersionInfo } | Select-Object FileVersion", "FileVersion", "14.03.0123.004"},
		{"[System.DirectoryServices.ActiveDirectory.Forest]::GetCurrentForest().Domains | ForEach-Object { $_.DomainControllers } | Select-Object Name", "Name", "dc1.contoso.com,dc2.contoso.com"},
		{"'ex10-11.contoso.com','ex13-01.contoso.com','nowhere.contoso.com' | ForEach-Object { $h = $_; $c = New-Object System.Net.Sockets.TcpClient; $null = $c.BeginConnect($h, 443, $null, $null).AsyncWaitHandle.WaitOne(5000, $false); New-Object PSObject -Property @{ Target = $h; Port = 443; Open = $c.Connected }; $c.Close() }", "Open", "True,True,False"},
		{"New-Object PSObject -Property @{ Pending = (Test-Path 'HKLM:\\A') -or (Test-Path 'HKLM:\\B') }", "Pending", "False"},
		{"Get-ExchangeCertificate | Where-Object { [string]$_.Services -like '*IIS*' } | Sort-Object NotBefore -Descending | Select-Object -First 1", "IsSelfSigned", "False"},
		{"Get-ServerComponentState -Identity 'EX13-01' | Where-Object { 'ForwardSyncDaemon','ProvisioningRps' -notcontains $_.Component } | Where-Object {$_.State -ne 'Active'}", "State", ""},
		{"Get-Queue -Server 'EX13-01' | Where-Object {$_.Status -eq 'Retry' -and $_.MessageCount -gt 0}", "Identity", ""},
		{"Test-Mailflow -Identity 'EX10-01' -TargetEmailAddress 'nobody@contoso.com'", "TestMailflowResult", "*FAILURE*"},
		{"Test-ServiceHealth -Server 'EX13-01'", "RequiredServicesRunning", "True,True"},
	} {
		got, err := read(t, o, "EX10-01", c.command, c.property)
		if err != nil || got != c.want {
			t.Errorf("%s\n  %s = %q, %v; want %q", c.command, c.property, got, err, c.want)
		}
	}
}

// What the shell does not know must never look like an answer.
func TestShellRefuses(t *testing.T) {
	t.Parallel()
	o := organization(t)
	for _, command := range []string{
		"", "Get-Unheard", "Get-ExchangeServer -Fancy yes", "Get-ExchangeServer | Group-Object Name", "Get-ExchangeServer -Identity 'NOBODY'",
		"Get-MailboxDatabase -Server 'EX13-01'", "Get-ExchangeServer | Select-Object Colour", "Get-ExchangeServer | Where-Object { $_.Colour -eq 'red' }",
		"Get-ExchangeServer | Where-Object { $_.Name -shl 1 }", "Get-ExchangeServer | Where-Object { $x }", "Get-ItemProperty 'HKLM:\\Other'",
		"Test-Path 'C:\\'", "Get-ExchangeServer |", "Get-ExchangeServer 'a", "[Nothing]::Here()", "Test-ReplicationHealth -Identity 'EX10-01'",
		"Get-HealthReport -Identity 'EX10-01'", "Get-Command Get-ServerHealth", "Get-ExchangeServer | Where-Object { $_.Name.Wipe() }",
		strings.Repeat("(", 500), "Get-ExchangeServer | ForEach-Object { " + strings.Repeat("{", 300),
	} {
		rows, err := o.Read(t.Context(), "EX10-01", command, []string{"Name"})
		if err == nil && len(rows) > 0 {
			t.Errorf("%q gave %v", command, rows)
		}
		if err == nil && command != "" {
			t.Errorf("%q was taken for answered: nothing", command)
		}
	}
	if _, err := o.Read(t.Context(), "EX10-01", "Get-ExchangeServer", []string{"Colour"}); err == nil {
		t.Error("a property that nothing keeps was read")
	}
}

func FuzzShell(f *testing.F) {
	for _, s := range []string{"Get-ExchangeServer | Select-Object Name", "'a' | ForEach-Object { $_ + 'b' }", "@{", "$a=1;$a", "[string]1 -replace '(', ')'"} {
		f.Add(s)
	}
	o, err := lab.NewOrganization(plan("2010"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { o.Close() })
	f.Fuzz(func(t *testing.T, command string) {
		o.Read(t.Context(), "EX10-01", command, []string{"Name"}) // must not panic or hang
	})
}

func TestSeededCertificatesComeBack(t *testing.T) {
	t.Parallel()
	var seen []string
	for range 2 {
		o := organization(t)
		apply(t, o, install2013, effect.Effect{Kind: "certificate.install", Params: map[string]string{"server": "EX13-01", "names": "mail.contoso.com"}},
			effect.Effect{Kind: "certificate.bind", Params: map[string]string{"server": "EX13-01", "services": "IIS"}})
		seen = append(seen, o.Thumbprint("EX10-01"), o.Thumbprint("EX13-01"))
	}
	if seen[0] == seen[1] || !slices.Equal(seen[:2], seen[2:]) {
		t.Errorf("thumbprints differ between two openings: %v", seen)
	}
}

func TestDatabasesTellHowTheyStandWhenAsked(t *testing.T) {
	t.Parallel()
	o := organization(t)
	for command, want := range map[string]string{"Get-MailboxDatabase -Server EX10-01 -Status": "True", "Get-MailboxDatabase -Server EX10-01": ""} {
		rows, err := o.Read(t.Context(), "EX10-01", command, []string{"Name", "Mounted"})
		if err != nil || len(rows) == 0 {
			t.Fatalf("%s: %v %v", command, rows, err)
		}
		if got := strings.Join(rows[0]["Mounted"], ""); got != want {
			t.Errorf("%s shows Mounted %q, expected %q", command, got, want)
		}
	}
}
