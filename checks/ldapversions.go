package checks

import (
	"context"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// readRootDSE shows a controller as it shows itself to everybody.
func (p *ldapProbe) readRootDSE(_ context.Context, d *controller) Finding {
	row := Row{"dc": {d.name()}}
	for name, v := range map[string]string{"forest_level": d.root.forestLevel, "domain_level": d.root.domainLevel} {
		if _, ok := ldapInt(v); ok {
			row[name] = []string{v}
		}
	}
	for name, v := range map[string]string{"synchronized": d.root.synchronized, "global_catalog": d.root.catalogReady} {
		if t, ok := ldapTruth(v); ok {
			row[name] = []string{t}
		}
	}
	parts := []Finding{observed([]Row{row})}
	if len(d.root.missing) > 0 {
		f := undecidable("ldap.bad_value", "%s does not name its %s", d.name(), joinClipped(d.root.missing, 4))
		f.Expected, f.Found = "every naming context", "missing "+joinClipped(d.root.missing, 4)
		parts = append(parts, f)
	}
	if at, ok := ReadDirectoryTime(d.root.currentTime); ok {
		if skew := p.env.now().Sub(at); skew.Abs() > maxSkew {
			f := warned("clock.skew", "the clock of %s and this computer's differ by %s", d.name(), skew.Abs().Round(time.Second))
			f.Expected, f.Found = "at most 5m0s", skew.Round(time.Second).String()
			parts = append(parts, f)
		}
	}
	return merge(parts)
}

// missingIn tells an object that is really not there from one that may not be
// seen: it is absent only when its container can be read.
func (d *controller) missingIn(ctx context.Context, container, reason, format string, args ...any) Finding {
	a, t := d.ask(ctx, ldapQuestion{base: container, scope: ldap.ScopeBaseObject, attrs: []string{"objectClass"}})
	if t != nil || len(a.entries) != 1 || len(a.entries[0].GetEqualFoldAttributeValues("objectClass")) == 0 {
		f := undecidable("ldap.not_readable", "%s does not let this account read %s: nothing can be said", d.name(), clip(container, 200))
		f.Rows = []Row{{"dc": {d.name()}}}
		return f
	}
	f := failed(reason, format, args...)
	f.Summary = d.name() + ": " + f.Summary
	f.Found = "no such object"
	f.Rows = []Row{{"dc": {d.name()}}}
	return f
}

// unread is the finding of a read that failed on one controller.
func (d *controller) unread(t *trouble) Finding {
	reason := t.reason
	if reason == noObject {
		reason = "ldap.not_readable"
	}
	f := decided(t.verdict, reason, "%s: %s", d.name(), t.text)
	f.Found = t.text
	f.Rows = []Row{{"dc": {d.name()}}}
	return f
}

// unreadList is unread for a list of the whole forest, of which the controller
// is no row.
func (d *controller) unreadList(t *trouble) Finding {
	f := d.unread(t)
	f.Rows = nil
	return f
}

// versionRow puts a version attribute into a row, or says that it is not of
// the form expected.
func (d *controller) versionRow(row Row, property string, e *ldap.Entry, attribute string) Finding {
	raw := e.GetEqualFoldAttributeValues(attribute)
	if len(raw) == 1 {
		if v, ok := versionValue(raw[0]); ok {
			row[property] = []string{v}
			return observed([]Row{row})
		}
	}
	f := undecidable("ldap.bad_value", "%s: %s of %s is not a version number", d.name(), attribute, clip(e.DN, 200))
	f.Expected, f.Found = "one positive number", joinClipped(raw, 4)
	if len(raw) == 0 {
		f.Reason, f.Found = "ldap.not_readable", "no value"
		f.Summary = d.name() + ": " + attribute + " is not shown to this account"
	}
	f.Rows = []Row{row}
	return f
}

func (p *ldapProbe) readSchema(ctx context.Context, d *controller) Finding {
	if d.root.schemaNC == "" {
		return d.unread(&trouble{Unknown, "ldap.bad_value", "the controller does not name its schema"})
	}
	row := Row{"dc": {d.name()}}
	a, t := d.ask(ctx, ldapQuestion{base: "CN=ms-Exch-Schema-Version-Pt," + d.root.schemaNC, scope: ldap.ScopeBaseObject, attrs: []string{"rangeUpper"}})
	switch {
	case t != nil && t.reason == noObject:
		return d.missingIn(ctx, d.root.schemaNC, "ldap.schema_missing", "the schema has never been prepared for Exchange")
	case t != nil:
		return d.unread(t)
	case len(a.entries) != 1:
		return d.unread(&trouble{Unknown, "ldap.not_readable", "the schema's version is not shown to this account"})
	}
	return d.versionRow(row, "range_upper", a.entries[0], "rangeUpper")
}

// organization finds the Exchange organisation.
func (d *controller) organization(ctx context.Context) (*ldap.Entry, *Finding) {
	no := func(f Finding) (*ldap.Entry, *Finding) { return nil, &f }
	if d.root.configNC == "" {
		return no(d.unread(&trouble{Unknown, "ldap.bad_value", "the controller does not name its configuration"}))
	}
	services := "CN=Services," + d.root.configNC
	base := "CN=Microsoft Exchange," + services
	a, t := d.ask(ctx, ldapQuestion{base: base, scope: ldap.ScopeSingleLevel, filter: "(objectClass=msExchOrganizationContainer)", attrs: []string{"cn", "objectVersion"}})
	switch {
	case t != nil && t.reason == noObject:
		return no(d.missingIn(ctx, services, "ldap.no_organization", "there is no Exchange organisation in this forest"))
	case t != nil:
		return no(d.unread(t))
	case len(a.entries) == 0:
		return no(d.missingIn(ctx, base, "ldap.no_organization", "there is no Exchange organisation in this forest"))
	case len(a.entries) > 1:
		var names []string
		for _, e := range a.entries {
			names = append(names, firstName(e.DN))
		}
		f := undecidable("ldap.ambiguous", "%s: the directory holds %d Exchange organisations", d.name(), len(a.entries))
		f.Expected, f.Found = "one organisation", joinClipped(names, 6)
		return no(f)
	}
	return a.entries[0], nil
}

func (p *ldapProbe) readOrganization(ctx context.Context, d *controller) Finding {
	org, f := d.organization(ctx)
	if f != nil {
		return *f
	}
	row := Row{"dc": {d.name()}}
	if n := firstName(org.DN); n != "" {
		row["name"] = []string{n}
	}
	return d.versionRow(row, "object_version", org, "objectVersion")
}

func (p *ldapProbe) readDomain(ctx context.Context, d *controller) Finding {
	nc := domainDN(p.domain())
	if nc == "" {
		nc = d.root.rootDomainNC
	}
	if !sameDN(d.root.defaultNC, nc) {
		if len(p.c.Params.Strings("targets")) > 0 {
			return d.unread(&trouble{Unknown, "ldap.wrong_dc", "the domain controller does not hold the domain " + domainName(nc)})
		}
		d.said = append(d.said, d.name()+" does not hold "+nc+" and is passed over")
		return Finding{Verdict: Pass}
	}
	row := Row{"dc": {d.name()}, "domain": {domainName(nc)}}
	a, t := d.ask(ctx, ldapQuestion{base: "CN=Microsoft Exchange System Objects," + nc, scope: ldap.ScopeBaseObject, attrs: []string{"objectVersion"}})
	switch {
	case t != nil && t.reason == noObject:
		f := d.missingIn(ctx, nc, "ldap.domain_missing", "the domain %s has never been prepared for Exchange", domainName(nc))
		f.Rows = []Row{row}
		return f
	case t != nil:
		return d.unread(t)
	case len(a.entries) != 1:
		return d.unread(&trouble{Unknown, "ldap.not_readable", "the domain's version is not shown to this account"})
	}
	return d.versionRow(row, "object_version", a.entries[0], "objectVersion")
}
