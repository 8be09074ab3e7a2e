package checks

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// budgetByDirectory looks at a user's lockout state with the account that reads
// the directory, when its password was given in this run and it is another
// user's: nobody can look at the own tries that are left without using one.
func (e *Env) budgetByDirectory() budgetReader {
	if !e.given[DirectoryAccount] || e.Directory.Forest == "" && len(e.Directory.Controllers) == 0 {
		return nil
	}
	return func(ctx context.Context, e *Env, username string) string {
		reader, err := e.Logon(ctx, DirectoryAccount)
		if err != nil || userPart(reader.Username) == userPart(username) {
			return ""
		}
		p := &ldapProbe{env: e, c: Check{Params: Params{"account": DirectoryAccount}}}
		hosts, trouble := p.seeds(withoutTrail(ctx))
		if trouble != nil || len(hosts) == 0 {
			return ""
		}
		return budgetFrom(DirectoryAccount, hosts[0], p.domain())(ctx, e, username)
	}
}

// budgetFrom looks at a user's lockout state with an account that proved good.
func budgetFrom(account, host, domain string) budgetReader {
	return func(ctx context.Context, e *Env, username string) string {
		if e.Logons.readsItself(account, username) {
			return ""
		}
		p := &ldapProbe{env: e, c: Check{Params: Params{"account": account, "domain": domain}}}
		e.allowHost(host)
		ctx, cancel := context.WithTimeout(withoutTrail(ctx), share(ctx, lockoutTime, 0.3))
		defer cancel()
		d, f := p.open(ctx, host, directoryPorts)
		if f != nil {
			return "" // cannot be read: the stop at the first refusal still holds
		}
		defer d.close()
		return p.spent(ctx, d, username)
	}
}

// spent tells why a user must not be tried: locked, or too few tries left.
// What has run out by the domain's own times no longer counts.
func (p *ldapProbe) spent(ctx context.Context, d *controller, username string) string {
	head, t := d.ask(ctx, ldapQuestion{base: d.root.defaultNC, scope: ldap.ScopeBaseObject,
		attrs: []string{"lockoutThreshold", "lockoutDuration", "lockOutObservationWindow"}})
	user, t2 := d.ask(ctx, ldapQuestion{base: d.root.defaultNC, scope: ldap.ScopeWholeSubtree, most: 2, filter: userFilter(username),
		attrs: []string{"badPwdCount", "badPasswordTime", "lockoutTime", "msDS-ResultantPSO"}})
	if t != nil || t2 != nil || len(head.entries) != 1 || len(user.entries) != 1 {
		return ""
	}
	policy, prefix := head.entries[0], "lockout"
	e := user.entries[0]
	if pso := e.GetEqualFoldAttributeValue("msDS-ResultantPSO"); pso != "" {
		own, t := d.ask(ctx, ldapQuestion{base: pso, scope: ldap.ScopeBaseObject,
			attrs: []string{"msDS-LockoutThreshold", "msDS-LockoutDuration", "msDS-LockoutObservationWindow"}})
		if t == nil && len(own.entries) == 1 {
			policy, prefix = own.entries[0], "msDS-Lockout"
		}
	}
	now := p.env.now()
	threshold, known := ldapInt(policy.GetEqualFoldAttributeValue(prefix + "Threshold"))
	if locked := e.GetEqualFoldAttributeValue("lockoutTime"); holds(locked, policy.GetEqualFoldAttributeValue(prefix+"Duration"), now) {
		return "the directory shows it as locked"
	}
	bad, ok := ldapInt(e.GetEqualFoldAttributeValue("badPwdCount"))
	if at := e.GetEqualFoldAttributeValue("badPasswordTime"); at != "" && !holds(at, policy.GetEqualFoldAttributeValue(prefix+"ObservationWindow"), now) {
		bad = 0 // the last wrong password is too old to count
	}
	if known && ok && threshold > 0 && threshold-bad <= 2 {
		return fmt.Sprintf("%d of %d wrong passwords are used up", bad, threshold)
	}
	return ""
}

// holds tells whether what happened at a time of the directory still counts
// after a span of the directory; a span that cannot be read never runs out.
func holds(at, span string, now time.Time) bool {
	n, ok := ldapInt(at)
	if !ok || n <= 0 {
		return false
	}
	length, ok := ldapInt(span)
	began := fileTime(uint64(n))
	if !ok || length >= 0 || length < -1e16 || began.IsZero() {
		return true
	}
	return now.Before(began.Add(time.Duration(-length) * 100))
}

// userFilter finds the user behind a logon name.
func userFilter(username string) string {
	if _, sam, ok := strings.Cut(username, `\`); ok {
		return "(&(objectCategory=person)(sAMAccountName=" + ldap.EscapeFilter(sam) + "))"
	}
	name := ldap.EscapeFilter(username)
	if strings.Contains(username, "@") {
		return "(&(objectCategory=person)(|(userPrincipalName=" + name + ")(proxyAddresses=smtp:" + name + ")))"
	}
	return "(&(objectCategory=person)(sAMAccountName=" + name + "))"
}
