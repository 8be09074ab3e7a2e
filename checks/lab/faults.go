package lab

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"time"

	"coexist/checks/blueprint"
	"coexist/checks/effect"
)

// oldTLS is what the Windows versions below Exchange 2007 and 2010 offer out
// of the box.
const oldTLS = tls.VersionTLS10

// newestTLS is the newest protocol of any Windows version below Exchange 2013.
const newestTLS = tls.VersionTLS12

// Names of the faults that the laboratory plays itself. All others keep an
// effect from taking the first time, which needs no name here.
const (
	FaultCertificate     = "wrong-cert"               // the first new server that is given the certificate still presents its own
	FaultReplication     = "schema-not-replicated"    // the last domain controller misses a replication
	FaultOutlookAnywhere = "oa-without-ntlm"          // an old server shows NTLM in the directory and does not offer it
	FaultLegacyName      = "legacy-missing-from-cert" // the first certificate that is installed lacks the legacy name
	FaultExpired         = "expired-cert"             // the old servers' certificate has expired
	FaultUnhealthy       = "unhealthy-server"         // a health set of the first new server is unhealthy
	FaultBackup          = "backup-too-old"           // the databases of the first old server were last backed up nine days ago
	FaultCopy            = "copy-failed"              // the first database copy that is added does not come up
)

var ownFaults = []string{FaultCertificate, FaultReplication, FaultOutlookAnywhere, FaultLegacyName, FaultExpired, FaultUnhealthy, FaultBackup, FaultCopy}

// takeFaults sorts the faults of the plan by who plays them.
func (o *Organization) takeFaults() error {
	for _, f := range o.plan.Faults {
		switch {
		case slices.Contains(ownFaults, f.Name):
			o.faults[f.Name] = true
		case f.Kind == "":
			return fmt.Errorf("the rehearsal cannot play the fault %q: expected an effect that it keeps from taking, or one of %s", f.Name, strings.Join(ownFaults, ", "))
		case appliers[f.Kind] == nil:
			return fmt.Errorf("the fault %s spoils the effect %q, which the rehearsal does not know", f.Name, f.Kind)
		default:
			o.spoilers = append(o.spoilers, f)
		}
	}
	return nil
}

// spoil leaves out the effects of a task that faults keep from taking: all
// those of one task, the first time.
func (o *Organization) spoil(effects []effect.Effect) []effect.Effect {
	for _, f := range o.spoilers {
		hit := func(e effect.Effect) bool { return spoils(f, e) }
		if !o.slipped[f.Name] && slices.ContainsFunc(effects, hit) {
			o.slipped[f.Name] = true
			effects = slices.DeleteFunc(slices.Clone(effects), hit)
		}
	}
	return effects
}

func spoils(f blueprint.Fault, e effect.Effect) bool {
	for key, want := range f.Params {
		if !strings.EqualFold(want, e.Params[key]) {
			return false
		}
	}
	return e.Kind == f.Kind
}

// slips tells whether a task goes wrong now: once per fault.
func (o *Organization) slips(fault string) bool {
	if !o.faults[fault] || o.slipped[fault] {
		return false
	}
	o.slipped[fault] = true
	return true
}

// mend puts a fault right that was there from the start: not when the task that
// finds it is carried out for the first time, but when it is done again.
func (o *Organization) mend(p map[string]string, _ time.Time) error {
	fault := p["fault"]
	if !o.faults[fault] || o.slips(fault) {
		return nil
	}
	delete(o.faults, fault)
	switch fault {
	case FaultUnhealthy:
		clear(o.unhealthy)
	case FaultExpired:
		return o.dateCertificates(time.Time{})
	}
	return nil
}

// breakThings sets the faults that are there from the start.
func (o *Organization) breakThings() error {
	if o.faults[FaultUnhealthy] {
		first := o.plan.Sites[0]
		if i := slices.IndexFunc(first.Servers, func(s blueprint.Server) bool { return s.Version == "2013" }); i >= 0 {
			o.unhealthy[strings.ToLower(first.Servers[i].Name)] = "OWA.Protocol"
		}
	}
	if o.faults[FaultExpired] {
		return o.dateCertificates(o.plan.Start.AddDate(0, 0, -3))
	}
	return nil
}

// dateCertificates lets the company's certificates on the old servers end at a
// time; without one they are renewed.
func (o *Organization) dateCertificates(end time.Time) error {
	for name, c := range o.bound {
		v := o.server(name)
		if c.SelfSigned || v == nil || is2013(v) {
			continue
		}
		if was, err := o.lab.Issue(c); err == nil {
			o.remove("ExchangeCertificate", func(i *item) bool {
				return sameText(i.get("Server"), v.text("Name")) && sameText(i.get("Thumbprint"), thumbprint(was))
			})
		}
		if c.NotAfter = end; end.IsZero() {
			c.NotBefore, c.NotAfter = o.plan.Start.AddDate(0, 0, -1), o.plan.Start.AddDate(2, 0, 0)
		}
		if err := o.lab.Bind(name, c); err != nil {
			return err
		}
		o.bound[name] = c
		planned, _ := o.planned(name)
		if err := o.listCertificates(*planned, c); err != nil {
			return err
		}
	}
	return nil
}
