package checks

import (
	"context"
	"slices"
)

// AccountOf names the account that a check will sign in with; "" when it needs
// none.
func AccountOf(c Check) string {
	switch c.Kind {
	case "http", "mailbox":
		return c.Params.String("account")
	case "autodiscover":
		if c.Params.String("mode") == "anonymous" {
			return ""
		}
		return c.Params.String("mailbox")
	case "owaform", "rpch":
		return c.Params.String("mailbox")
	case "ldap":
		if a := c.Params.String("account"); a != "" {
			return a
		}
		if c.Params.String("query") != "rootdse" {
			return DirectoryAccount
		}
	}
	return ""
}

// Asked returns an environment in which every account that the checks need was
// asked for once, before any of them runs: a check's time does not pass while
// somebody types, and who declines is not asked again by the next check.
func (e *Env) Asked(ctx context.Context, list []Check) *Env {
	if e.Logon == nil {
		return e
	}
	type answer struct {
		credential Credential
		err        error
	}
	answers := map[string]answer{}
	var accounts []string
	for _, c := range list {
		if a := AccountOf(c); a != "" && !slices.Contains(accounts, a) {
			accounts = append(accounts, a)
		}
	}
	for _, a := range accounts {
		c, err := e.Logon(ctx, a)
		answers[a] = answer{c, err}
	}
	asked := *e
	asked.Logon = func(ctx context.Context, account string) (Credential, error) {
		if a, ok := answers[account]; ok {
			return a.credential, a.err
		}
		return e.Logon(ctx, account)
	}
	return &asked
}
