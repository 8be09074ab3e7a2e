package checks

import "context"

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

// accountsOf are all accounts that a check will sign in with. A walk of
// Autodiscover from inside begins in the directory.
func (e *Env) accountsOf(c Check) []string {
	first := AccountOf(c)
	if first == "" {
		return nil
	}
	inside := c.Vantage != Outside && e.Vantage != Outside
	if c.Kind == "autodiscover" && inside && c.Params.String("url") == "" && c.Params.String("address") == "" &&
		(e.Directory.Forest != "" || len(e.Directory.Controllers) > 0) {
		return []string{first, DirectoryAccount}
	}
	return []string{first}
}

// Asked begins a run: it returns an environment in which every account that
// the checks need was asked for once, before any of them runs. A check's time
// does not pass while somebody types, and who declines is not asked again by
// the next check. An account that was refused in an earlier run may be tried
// again with the answer given now, within the ceiling of refusals.
func (e *Env) Asked(ctx context.Context, list []Check) *Env {
	if e.Logon == nil {
		return e
	}
	asked := *e
	asked.run, asked.given = e.Logons.begin(), map[string]bool{}
	type answer struct {
		credential Credential
		err        error
	}
	answers := map[string]answer{}
	for _, c := range list {
		for _, account := range e.accountsOf(c) {
			if _, done := answers[account]; done || e.Logons.barred(account, asked.run, e.now()) != "" {
				continue
			}
			cred, err := e.Logon(ctx, account)
			answers[account] = answer{cred, err}
			asked.given[account] = err == nil && !cred.Password.IsZero()
		}
	}
	asked.Logon = func(ctx context.Context, account string) (Credential, error) {
		if a, ok := answers[account]; ok {
			return a.credential, a.err
		}
		return e.Logon(ctx, account)
	}
	return &asked
}
