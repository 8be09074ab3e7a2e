package command

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"coexist/tui/paint"
)

// TestWrongUseSaysWhatIsExpected calls commands wrongly.
func TestWrongUseSaysWhatIsExpected(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"probe", "tls"}, "expected: coexist probe KIND TARGET"},
		{[]string{"status"}, "expected: coexist status FILE"},
		{[]string{"staus", "contoso.toml"}, `"staus" is no command; coexist --help`},
		{[]string{"status", "--jsn", "x"}, "unknown flag: --jsn; coexist status --help"},
		{[]string{"probe", "bogus", "x"}, "ldap, machine"},
		{[]string{"check", "contoso.toml", "--every", "3s"}, "between two rounds of --watch"},
		{[]string{"probe", "tcp", "mail.contoso.com:25", "--starttls", "smtp"}, "--starttls means nothing to kind tcp: it is for tls"},
		{[]string{"probe", "machine", "mail.contoso.com", "--resolver", "10.0.0.53"}, "this computer's own"},
		{[]string{"probe", "machine", "mail.contoso.com", "--user", "meyer"}, "--user means nothing to kind machine"},
		{[]string{"probe", "tls", "mail.contoso.com", "--password-fd", "3"}, "name it with --user"},
		{[]string{"probe", "tls", "mail.contoso.com", "--timeout", "-1s"}, "--timeout -1s: expected a time such as 30s"},
	} {
		f := newField(t, "2010")
		_, _, err := f.run(t, "", c.args...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v; expected %q", c.args, err, c.want)
		}
	}
}

// TestHelpFitsTheSmallestWindow reads the help of every command.
func TestHelpFitsTheSmallestWindow(t *testing.T) {
	t.Parallel()
	f := newField(t, "2010")
	for _, c := range newRoot(&app{Environment: Environment{Getenv: func(string) string { return "" }}}).Commands() {
		out, _, err := f.run(t, "", c.Name(), "--help")
		if err != nil || !strings.Contains(out, "Usage:") {
			t.Fatalf("%s --help: %v\n%s", c.Name(), err, out)
		}
		for line := range strings.Lines(out) {
			if w := paint.Width(strings.TrimRight(line, "\n")); w > helpWidth {
				t.Errorf("%s --help is %d wide: %s", c.Name(), w, line)
			}
		}
	}
}

// TestNoFlagTakesAPassword looks at every flag of every command: what a process
// list shows must not be a secret.
func TestNoFlagTakesAPassword(t *testing.T) {
	t.Parallel()
	flags, shown := 0, regexp.MustCompile(`--([a-z-]+)(?: (\w+))?  `)
	var each func(c *cobra.Command)
	each = func(c *cobra.Command) {
		for _, f := range shown.FindAllStringSubmatch(c.Flags().FlagUsages()+c.PersistentFlags().FlagUsages(), -1) {
			flags++
			secret := strings.Contains(f[1], "pass") || strings.Contains(f[1], "secret") || strings.Contains(f[1], "token")
			if secret && f[2] != "int" {
				t.Errorf("%s --%s takes a %s", c.CommandPath(), f[1], f[2])
			}
		}
		for _, sub := range c.Commands() {
			each(sub)
		}
	}
	each(newRoot(&app{Environment: Environment{Getenv: func(string) string { return "" }}}))
	if flags < 50 {
		t.Errorf("%d flags: too little for a proof", flags)
	}
}

// TestAFilterThatCannotMatchIsRefused names steps, sites and servers that are
// not there: an empty answer would read as nothing to do.
func TestAFilterThatCannotMatchIsRefused(t *testing.T) {
	t.Parallel()
	f := newField(t, "2010")
	if _, _, err := f.run(t, "", "new", "contoso.toml"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"commands", "contoso.toml", "--step", "99"}, "step 99: this migration has the steps 1 to 6"},
		{[]string{"commands", "contoso.toml", "--step", "-1"}, "step -1: this migration has the steps 1 to 6"},
		{[]string{"commands", "contoso.toml", "--site", "Pariss"}, `there is no site "Pariss"; the sites are Redmond, Lyon`},
		{[]string{"commands", "contoso.toml", "--server", "EX99"}, `there is no server "EX99"; the servers are EX10-01, EX13-01`},
		{[]string{"script", "contoso.toml", "--step", "99", "-o", "x.ps1"}, "step 99: this migration has the steps 1 to 6"},
	} {
		out, _, err := f.run(t, "", c.args...)
		if err == nil || !strings.Contains(err.Error(), c.want) || ExitCode(err, io.Discard) != 2 {
			t.Errorf("%v: %v; expected %q\n%s", c.args, err, c.want, out)
		}
	}
	for _, args := range [][]string{{"commands", "contoso.toml", "--site", "lyon"}, {"commands", "contoso.toml", "--server", "ex13-01.contoso.com"}, {"commands", "contoso.toml", "--step", "6"}} {
		if out, _, err := f.run(t, "", args...); err != nil || strings.Contains(out, "no command matches") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}
