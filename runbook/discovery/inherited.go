package discovery

import (
	"fmt"
	"strings"

	"coexist/checks/inventory"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// Claim is a task that the inventory shows to have been carried out before.
type Claim struct {
	Task     string   `json:"task"`
	Title    string   `json:"title"`
	Why      string   `json:"why"`
	Measured bool     `json:"measured"` // an object shows it; otherwise it follows from what was done after it
	From     []Origin `json:"from,omitempty"`
}

// AlreadyTrue lists, in the order of the runbook, the tasks of an upgrade that
// others began: those whose result the directory shows, and, once Exchange 2013
// is installed, the preparations that must have come before and that nothing
// can be measured of any more.
func AlreadyTrue(r *runbook.Runbook, i *inventory.Inventory, releases procedure.Releases) []Claim {
	t := &truths{r: r, i: i, release: (&comparer{m: r.Migration, o: Options{releases}}).release()}
	if t.release == nil || !i.Whole(inventory.SectionServers) {
		return nil
	}
	begun := len(i.Of("2013")) > 0 && t.everywhere("", func(c inventory.Controller) int { return c.Schema }, t.release.RangeUpper)
	var out []Claim
	for _, p := range r.Phases {
		for _, task := range p.Tasks {
			c, ok := t.measured(task)
			if !ok && begun && !task.Optional {
				c, ok = t.past(p, task)
			}
			if ok {
				c.Task, c.Title = task.ID, task.Title
				out = append(out, c)
			}
		}
	}
	return out
}

type truths struct {
	r       *runbook.Runbook
	i       *inventory.Inventory
	release *releaseRow
}

// everywhere tells whether all controllers, of a domain or of the forest, were
// read and show at least a number.
func (t *truths) everywhere(domain string, number func(inventory.Controller) int, least int) bool {
	if !t.i.Whole(inventory.SectionControllers) {
		return false
	}
	n := 0
	for _, c := range t.i.Controllers {
		if domain != "" && !strings.EqualFold(c.Domain, domain) {
			if c.Domain == "" {
				return false // it did not say which domain it holds
			}
			continue
		}
		if number(c) < least {
			return false
		}
		n++
	}
	return n > 0
}

// measured tells whether the inventory shows a task's result.
func (t *truths) measured(task *runbook.Task) (Claim, bool) {
	yes := func(why string, from ...Origin) (Claim, bool) {
		return Claim{Why: why, Measured: true, From: from}, true
	}
	every := "on every domain controller"
	switch task.Name {
	case "prepare.schema":
		if t.everywhere("", func(c inventory.Controller) int { return c.Schema }, t.release.RangeUpper) {
			return yes(fmt.Sprintf("the schema is at %d or above %s", t.release.RangeUpper, every), Origin{"CN=ms-Exch-Schema-Version-Pt", "rangeUpper"})
		}
	case "prepare.ad":
		if t.everywhere("", func(c inventory.Controller) int { return c.Organization }, t.release.OrgVersion) {
			return yes(fmt.Sprintf("the organisation is at %d or above %s", t.release.OrgVersion, every), Origin{"the organisation", "objectVersion"})
		}
	case "prepare.domains":
		if t.everywhere(task.Label, func(c inventory.Controller) int { return c.Prepared }, t.release.DomainVersion) {
			return yes(fmt.Sprintf("%s is at %d or above %s of it", task.Label, t.release.DomainVersion, every), Origin{"CN=Microsoft Exchange System Objects", "objectVersion"})
		}
	case "deploy.install-mailbox", "deploy.install-client-access", "deploy.install-both":
		s := t.i.Server(task.Label)
		if s == nil || s.Version != "2013" {
			return Claim{}, false
		}
		has := migration.Server{Roles: s.Roles}.Has
		if task.Name != "deploy.install-client-access" && !has(migration.MailboxRole) || task.Name != "deploy.install-mailbox" && !has(migration.ClientAccess) {
			return Claim{}, false
		}
		return yes(s.Name+" runs Exchange 2013, build "+s.Build, originIn(t.i, s.DN, "serialNumber"), originIn(t.i, s.DN, "msExchCurrentServerRoles"))
	case "deploy.windows":
		if s := t.i.Server(task.Label); s != nil && s.Version == "2013" {
			return Claim{Why: "Exchange 2013 was installed on " + s.Name + ", which needs it", From: []Origin{originIn(t.i, s.DN, "serialNumber")}}, true
		}
	}
	return Claim{}, false
}

// past claims the preparations of step 1 once Exchange 2013 is installed. A
// task of a single server or domain is not claimed: whether it was done for
// this one does not follow; nor is one that a house added, of which Exchange
// tells nothing.
func (t *truths) past(p *runbook.Phase, task *runbook.Task) (Claim, bool) {
	if p.Step != 1 || task.Own || task.Target != runbook.Org || task.Site != "" || strings.HasPrefix(task.Name, "prepare.schema") || task.Name == "prepare.ad" {
		return Claim{}, false
	}
	return Claim{Why: "Exchange 2013 is installed: the preparations lie behind"}, true
}

// InheritedOf turns claims into what a session records.
func InheritedOf(list []Claim) []runbook.Inherited {
	out := make([]runbook.Inherited, len(list))
	for n, c := range list {
		out[n] = runbook.Inherited{Task: c.Task, Why: c.Why}
	}
	return out
}

// ClaimsText lists claims for a reader.
func ClaimsText(list []Claim) string {
	if len(list) == 0 {
		return "Nothing of the upgrade is shown to be done already.\n"
	}
	var b strings.Builder
	for _, c := range list {
		word := "stated  "
		if c.Measured {
			word = "measured"
		}
		fmt.Fprintf(&b, "%s %s: %s\n", word, c.Task, inventory.Printable(c.Why))
	}
	return b.String()
}
