package command

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"coexist/checks"
	"coexist/runbook/procedure"
)

// TestNoPasswordIsNoPass runs every check that logs on where somebody can be
// asked for passwords and has none for its account: none of them passes, and
// none ends in a warning that need only be read.
func TestNoPasswordIsNoPass(t *testing.T) {
	t.Parallel()
	lib, err := procedure.Load(canaryProcedure(t))
	if err != nil {
		t.Fatal(err)
	}
	net := canaryWorld(t).Env()
	net.Logons = checks.NewLogons("mail.contoso.com", "echo.contoso.com")
	net.Logon = func(context.Context, string) (checks.Credential, error) { return checks.Credential{}, errNoPassword }
	var list []checks.Check
	for _, c := range lib.Tasks["prepare.name"].Checks {
		one := checks.Check{ID: c.Name, Kind: c.Kind, Params: checks.Params(c.Params)}
		if slices.Contains([]string{"http", "autodiscover", "owaform", "rpch", "mailbox", "ldap"}, c.Kind) {
			list = append(list, one)
		}
	}
	if len(list) < 9 {
		t.Fatalf("only %d checks log on", len(list))
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errors.New("a check hangs"))
	defer cancel()
	for _, r := range checks.Run(ctx, net, list, nil) {
		if r.Verdict == checks.Pass || r.Verdict == checks.Warn {
			t.Errorf("%s without a password: %s %s %s", r.ID, r.Verdict, r.Reason, r.Summary)
		}
	}
}
