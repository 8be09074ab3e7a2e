package checks

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestOneAccountIsOneBudget logs one account on by its different names: a
// refusal of one counts for each that may be the same account.
func TestOneAccountIsOneBudget(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		first, then string
		same        bool
	}{
		{`CONTOSO\probe`, `contoso\PROBE`, true},
		{`CONTOSO\probe`, `contoso.com\probe`, true},
		{`CONTOSO\probe`, `probe@contoso.com`, true},
		{`contoso.com\probe`, `probe@contoso.com`, true},
		{`probe@contoso.com`, `CONTOSO\probe`, true},
		{`probe@contoso.com`, `probe@mail.fabrikam.com`, true}, // a second suffix of the same user
		{`probe`, `EMEA\probe`, true},
		{`probe`, `probe@contoso.com`, true},
		{`CORP\probe`, `probe@contoso.com`, true}, // a domain need not be called like its DNS name
		{`CONTOSO\probe`, `EMEA\probe`, false},
		{`contoso.com\probe`, `emea.contoso.com\probe`, false},
		{`CONTOSO\probe`, `CONTOSO\probe2`, false},
		{`CONTOSO\probe`, `contoso@probe`, false},
	} {
		now := testNow
		names := map[string]string{"first": c.first, "then": c.then}
		env := &Env{Now: func() time.Time { return now }, Logons: NewLogons("h"), Logon: func(_ context.Context, account string) (Credential, error) {
			return Credential{Username: names[account], Password: NewSecret("x-" + account)}, nil
		}}
		var forgotten []string
		env.Forget = func(account string) { forgotten = append(forgotten, account) }
		tried := map[string]int{}
		sign := func(account string) {
			_ = env.SignIn(t.Context(), account, "h", true, func(Credential) (bool, error) {
				tried[account]++
				return true, errors.New("wrong")
			})
		}
		want := map[string]int{"first": 1, "then": 1}
		if c.same {
			want["then"] = 0
		}
		sign("first")
		sign("then")
		if tried["first"] != want["first"] || tried["then"] != want["then"] {
			t.Errorf("%s, then %s: tried %v, want %v", c.first, c.then, tried, want)
		}
		// over further runs, both names together have the tries of one account
		for range 3 {
			env = env.Asked(t.Context(), []Check{{Kind: "mailbox", Params: Params{"account": "first"}}, {Kind: "mailbox", Params: Params{"account": "then"}}})
			sign("then")
			sign("first")
		}
		if total := tried["first"] + tried["then"]; c.same && total != maxRefusals || !c.same && total != 2*maxRefusals {
			t.Errorf("%s and %s: %v in four runs", c.first, c.then, tried)
		}
	}
}

// TestTheBudgetIsNotReadWithTheAccountItself signs in by another name of the
// account that reads the directory: that must neither wait for itself nor read.
func TestTheBudgetIsNotReadWithTheAccountItself(t *testing.T) {
	t.Parallel()
	dials := 0
	env := &Env{Logons: NewLogons("h", "dc1.contoso.com"), Directory: Directory{Controllers: []string{"dc1.contoso.com"}}, Logon: func(_ context.Context, account string) (Credential, error) {
		if account == DirectoryAccount {
			return Credential{Username: `CONTOSO\probe`, Password: NewSecret("x")}, nil
		}
		return Credential{Username: "probe@contoso.com", Password: NewSecret("x")}, nil
	}}
	env.given = map[string]bool{DirectoryAccount: true}
	read := env.budgetByDirectory()
	env.Logons.take(DirectoryAccount, Credential{Username: `CONTOSO\probe`, Password: NewSecret("x")})
	for i, r := range []budgetReader{read, budgetFrom(DirectoryAccount, "dc1.contoso.com", "")} {
		env.Dial, env.Lookup = countingNetwork(&dials)
		if why := r(t.Context(), env, "probe@contoso.com"); why != "" || dials != 0 {
			t.Errorf("%q after %d connections", why, dials)
		}
		if r(t.Context(), env, "somebody@contoso.com"); dials == 0 {
			t.Errorf("nothing was asked for another user by %d", i)
		}
		dials = 0
	}
}

// countingNetwork knows every name and counts the connections that it refuses.
func countingNetwork(dials *int) (func(context.Context, string, string) (net.Conn, error), func(context.Context, string) ([]netip.Addr, error)) {
	return func(context.Context, string, string) (net.Conn, error) { *dials++; return nil, errors.New("refused") },
		func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
		}
}
