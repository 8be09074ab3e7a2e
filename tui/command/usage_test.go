package command

import (
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
