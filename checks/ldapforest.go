package checks

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// lockoutTime bounds the look at a user's lockout state.
const lockoutTime = 10 * time.Second

func (p *ldapProbe) readSites(ctx context.Context, d *controller) Finding {
	base := "CN=Sites," + d.root.configNC
	a, t := d.ask(ctx, subtree(base, "(objectClass=site)", []string{"cn"}))
	if t != nil {
		return d.unreadList(t)
	}
	all, t := d.settings(ctx)
	if t != nil {
		return d.unreadList(t)
	}
	if len(a.entries) == 0 || len(all) == 0 {
		return undecidable("ldap.not_readable", "%s shows this account no sites or no domain controllers", d.name())
	}
	var rows []Row
	for _, e := range a.entries {
		name := firstName(e.DN)
		var dcs, gcs []string
		for _, s := range all {
			if !strings.EqualFold(s.site, name) || s.readOnly || s.host == "" {
				continue
			}
			dcs = append(dcs, s.host)
			if s.catalog {
				gcs = append(gcs, s.host)
			}
		}
		slices.Sort(dcs)
		slices.Sort(gcs)
		rows = append(rows, Row{"name": {name}}.withKnown("dcs", dcs...).withKnown("gcs", gcs...))
	}
	return concludeList(p.onlySite(rows, "name"), partly(a, "sites"))
}

// readRoleHolders reads who holds the five single-master roles.
func (p *ldapProbe) readRoleHolders(ctx context.Context, d *controller) Finding {
	domain := domainDN(p.domain())
	if domain == "" {
		domain = d.root.defaultNC
	}
	var rows []Row
	var parts []*Finding
	for _, r := range []struct{ role, dn string }{
		{"schema", d.root.schemaNC}, {"naming", "CN=Partitions," + d.root.configNC},
		{"pdc", domain}, {"rid", "CN=RID Manager$,CN=System," + domain}, {"infrastructure", "CN=Infrastructure," + domain},
	} {
		row := Row{"role": {r.role}}
		rows = append(rows, row)
		host, t := d.roleHolder(ctx, r.dn)
		if t != nil {
			f := d.unread(t)
			f.Rows, f.Summary = nil, d.name()+": the holder of the role "+r.role+" cannot be read: "+t.text
			parts = append(parts, &f)
			continue
		}
		row.withKnown("dc", host)
	}
	return concludeList(rows, parts...)
}

// roleHolder follows a role to the host that holds it; none when the holder
// was removed.
func (d *controller) roleHolder(ctx context.Context, dn string) (string, *trouble) {
	a, t := d.ask(ctx, ldapQuestion{base: dn, scope: ldap.ScopeBaseObject, attrs: []string{"fSMORoleOwner"}})
	if t != nil {
		return "", t
	}
	if len(a.entries) != 1 || a.entries[0].GetEqualFoldAttributeValue("fSMORoleOwner") == "" {
		return "", &trouble{Unknown, "ldap.not_readable", "the role's holder is not shown to this account"}
	}
	owner := a.entries[0].GetEqualFoldAttributeValue("fSMORoleOwner")
	if isDeleted(owner) {
		return "", nil
	}
	s, t := d.ask(ctx, ldapQuestion{base: parentDN(owner), scope: ldap.ScopeBaseObject, attrs: []string{"dNSHostName"}})
	switch {
	case t != nil:
		return "", t
	case len(s.entries) != 1:
		return "", &trouble{Unknown, "ldap.not_readable", "the role's holder is not shown to this account"}
	}
	return strings.ToLower(s.entries[0].GetEqualFoldAttributeValue("dNSHostName")), nil
}

// readLockout reads when the domain locks accounts. Times are in minutes.
func (p *ldapProbe) readLockout(ctx context.Context, d *controller) Finding {
	nc := domainDN(p.domain())
	if nc == "" {
		nc = d.root.defaultNC
	}
	a, t := d.ask(ctx, ldapQuestion{base: nc, scope: ldap.ScopeBaseObject, attrs: []string{"lockoutThreshold", "lockoutDuration", "lockOutObservationWindow"}})
	if t != nil || len(a.entries) != 1 {
		if t == nil {
			t = &trouble{Unknown, "ldap.not_readable", "the domain is not shown to this account"}
		}
		return d.unreadList(t)
	}
	e := a.entries[0]
	row := Row{"domain": {domainName(nc)}}
	var odd []string
	if n, ok := ldapInt(e.GetEqualFoldAttributeValue("lockoutThreshold")); ok && n >= 0 {
		row["threshold"] = []string{e.GetEqualFoldAttributeValue("lockoutThreshold")}
	} else {
		odd = append(odd, "lockoutThreshold")
	}
	for property, attr := range map[string]string{"duration": "lockoutDuration", "window": "lockOutObservationWindow"} {
		if v, ok := minutes(e.GetEqualFoldAttributeValue(attr)); ok {
			row[property] = []string{v}
		} else {
			odd = append(odd, attr)
		}
	}
	if len(odd) > 0 {
		slices.Sort(odd)
		f := undecidable("ldap.bad_value", "%s: %s cannot be read as expected", d.name(), strings.Join(odd, ", "))
		return concludeList([]Row{row}, &f)
	}
	return concludeList([]Row{row})
}
