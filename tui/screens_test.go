package tui

import (
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"coexist/checks"
)

var (
	failed = checks.Result{Verdict: checks.Fail, Reason: "ldap.build_old", Summary: "the server runs an older build", Expected: "build 14.3.123.4 or newer", Found: "build 14.2.247.5",
		Causes: []string{"the service pack was never installed on this server", "the directory has not replicated yet"},
		Rows:   []checks.Row{{"name": {"EX10-01"}, "version": {"2010"}, "build": {"14.2.247.5"}, "roles": {"Mailbox", "ClientAccess"}}}}
	warned  = checks.Result{Verdict: checks.Warn, Reason: "ldap.plain", Summary: "the answer came without TLS", Expected: "LDAP over TLS", Found: "LDAP on 389 with signing"}
	unknown = checks.Result{Verdict: checks.Unknown, Reason: "net.timeout", Summary: "no answer within 5 s"}
)

// screens are all screens with the keys that lead there.
var screens = []struct {
	name string
	set  func(b *bench)
	keys []string
	see  []string
}{
	{name: "board", see: []string{"Contoso", "step 1 of 6", "next carry out 1.1 Service pack on EX10-01"}},
	{name: "diagram", keys: []string{"shift+tab"}, see: []string{"Clients", "mail.contoso.com", "Redmond", "upgrade first", "E2013 CAS", "planned"}},
	{name: "diagram-before", keys: []string{"shift+tab", "["}, see: []string{"Exchange 2010"}},
	{name: "diagram-after", keys: []string{"shift+tab", "]"}, see: []string{"Exchange 2013", "removed"}},
	{name: "panel-tasks", keys: []string{"shift+tab", "down", "down", "down", "enter"}, see: []string{"only", "esc shows all"}},
	{name: "task", keys: []string{"enter"}, see: []string{"Setup.com /mode:Upgrade", "Checks"}},
	{name: "locked", keys: []string{"down", "down", "enter"}, see: []string{"locked", "No way back", "A schema extension stays."}},
	{name: "failed", set: failing, keys: []string{"."}, see: []string{"failed"}},
	{name: "failed-task", set: failing, keys: []string{".", "enter"}, see: []string{"expected", "build 14.3.123.4 or newer", "found", "build 14.2.247.5", "likely", "do", "r check again"}},
	{name: "result", set: failing, keys: []string{".", "enter", "t"}, see: []string{"ldap.build_old", "measured by a probe", "Observed"}},
	{name: "gate", keys: []string{"2", "enter"}, see: []string{"What keeps Deploy Exchange 2013 servers locked", "1.1 Service pack on EX10-01", "ready"}},
	{name: "attest", set: func(b *bench) { b.carryOut("prepare.service-pack/ex10-01"); b.carryOut("prepare.service-pack/ex10-02") },
		keys: []string{".", "a"}, see: []string{"Does repadmin report no failure?", "Is it so?", "yes"}},
	{name: "confirm", set: schemaReady, keys: []string{".", "space"}, see: []string{"Type contoso.com to confirm", "No way back"}},
	{name: "waive", set: certificatesFailed, keys: []string{".", "w"}, see: []string{"Why may it go on regardless?", "Second person"}},
	{name: "note", keys: []string{"n"}, see: []string{"Note", "There is"}[:1]},
	{name: "value", set: func(b *bench) { b.phase("prepare"); b.phase("deploy") }, keys: []string{".", "i"}, see: []string{"Fill in a value", "thumbprint"}},
	{name: "take-in", set: mailboxesMoved, keys: []string{".", "i"},
		see: []string{"Paste the output for: No mailbox is left behind", "Import a result file", "Paste the text of a result file"}},
	{name: "paste", set: mailboxesMoved, keys: []string{".", "i", "p"}, see: []string{"Paste the output", "Get-Mailbox -Server"}},
	{name: "import-file", set: mailboxesMoved, keys: []string{"I", "f"}, see: []string{"Path of the result file"}},
	{name: "script", set: mailboxesMoved, keys: []string{".", "s"}, see: []string{"Shell of which Exchange?", "● 2013", "● any", "nothing is left to capture"}},
	{name: "cmdlet-check", set: mailboxesMoved, keys: []string{".", "enter", "end"}, see: []string{"s writes", "s script  i take in"}},
	{name: "gate-script", set: mailboxesMoved, keys: []string{".", "ctrl+g"}, see: []string{"s script", "write the step's script (s), run it there, import what it saved (i)"}},
	{name: "waiting", set: func(b *bench) {
		schemaReady(b)
		b.must(b.s.MarkDone("prepare.schema/org", "contoso.com"))
		b.clock.pass(150 * time.Second)
	},
		keys: []string{".", "enter"}, see: []string{"13 min left"}},
	{name: "warning", set: warning, keys: []string{".", "a"}, see: []string{"the answer came without TLS", "I have read it"}},
	{name: "reopen", set: func(b *bench) { b.carryOut("prepare.service-pack/ex10-01") }, keys: []string{"up", "up", "down", "o"}, see: []string{"Reopen", "Why?"}},
	{name: "backout", keys: []string{"D"}, see: []string{"Declare a back-out"}},
	{name: "plain", keys: []string{"v"}, see: []string{"Setup.com /mode:Upgrade"}},
	{name: "undo-card", set: func(b *bench) {
		b.phase("prepare")
		b.carryOut("deploy.mailbox/ex13-01")
		b.carryOut("deploy.client-access/ex13-01")
	},
		keys: []string{".", "b"}, see: []string{"Undo card", "scp.url"}},
	{name: "copy-choose", set: func(b *bench) { b.phase("prepare"); b.phase("deploy"); b.phase("certificates") }, keys: []string{".", "Y"}, see: []string{"Copy", "Set-OwaVirtualDirectory"}},
	{name: "help", keys: []string{"?"}, see: []string{"Help", "You are on the steps and tasks"}},
	{name: "palette", keys: []string{":"}, see: []string{"What do you want to do?", "Run all checks of the step"}},
	{name: "palette-filtered", keys: []string{":", "=gate"}, see: []string{"The gate: what blocks the next step"}},
	{name: "filter", keys: []string{"/", "=schema"}, see: []string{"Extend the schema", "esc shows all"}},
	{name: "export", keys: []string{"e"}, see: []string{"Export preview", "Setup.exe"}},
	{name: "operator", set: func(b *bench) { b.m.operator = "" }, keys: []string{"O"}, see: []string{"Who is working here?"}},
	{name: "switched", set: func(b *bench) { through(b, "switch") }, keys: []string{"shift+tab"}, see: []string{"step 5 of 6"}},
	{name: "rounds", set: func(b *bench) { through(b, "move") }, keys: []string{"6"}, see: []string{"Round: Lyon 1"}},
	{name: "small", set: func(b *bench) { b.send(tea.WindowSizeMsg{Width: 50, Height: 12}) }, see: []string{"This window is a little small.", "50×12"}},
}

// mailboxesMoved is where only a shell can tell how it went.
func mailboxesMoved(b *bench) {
	through(b, "switch")
	b.carryOut("move.arbitration/org")
	b.must(b.s.MarkDone("move.mailboxes/redmond", ""))
}

func failing(b *bench) {
	b.answer("prepare.service-pack/ex10-01", failed)
	b.must(b.s.MarkDone("prepare.service-pack/ex10-01", ""))
	b.clock.pass(time.Minute)
	_, err := b.s.RunChecks(b.t.Context(), []string{"prepare.service-pack/ex10-01/version"}, nil)
	b.must(err)
}

func warning(b *bench) {
	b.answer("prepare.service-pack/ex10-01", warned)
	b.carryOut("prepare.service-pack/ex10-01")
}

func schemaReady(b *bench) {
	b.carryOut("prepare.service-pack/ex10-01")
	b.carryOut("prepare.service-pack/ex10-02")
	b.must(b.s.Attest("prepare.schema/org/replicated", attestation))
}

func certificatesFailed(b *bench) {
	b.phase("prepare")
	b.phase("deploy")
	b.answer("certificates.import", unknown)
	b.phase("certificates")
}

func through(b *bench, last string) {
	for _, id := range []string{"prepare", "deploy", "certificates", "switch", "move"} {
		b.phase(id)
		if id == last {
			return
		}
	}
}

func TestScreens(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		for _, s := range screens {
			name := fmt.Sprintf("%s-%dx%d", s.name, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, 2, size[0], size[1])
				if s.set != nil {
					s.set(b)
					b.reload()
				}
				b.keys(s.keys...)
				b.see(s.see...)
				b.golden(name)
			})
		}
	}
}
