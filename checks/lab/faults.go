package lab

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"time"

	"coexist/checks/blueprint"
)

// oldTLS is what the Windows versions below Exchange 2007 and 2010 offer out
// of the box.
const oldTLS = tls.VersionTLS10

// Names of the faults that a rehearsal can be given.
const (
	FaultDNS             = "stale-dns"
	FaultCertificate     = "wrong-cert"
	FaultReplication     = "schema-not-replicated"
	FaultOutlookAnywhere = "oa-without-ntlm"
	FaultSCP             = "scp-forgotten"
	FaultExpired         = "expired-cert"
	FaultLegacyName      = "legacy-missing-from-cert"
	FaultUnhealthy       = "unhealthy-server"
)

// Fault is something that goes wrong in a rehearsal.
type Fault struct {
	Name string
	Doc  string // what goes wrong, and how it is mended
}

// Faults are all faults. Those that spoil a task spoil it the first time:
// carried out once more, after being reopened, it succeeds.
var Faults = []Fault{
	{FaultDNS, "the name server that answers inside keeps the old address of the primary name when it is switched; switch it again"},
	{FaultCertificate, "the first new server that is given the certificate still presents its own; bind it again"},
	{FaultReplication, "the last domain controller misses a replication; replicate again"},
	{FaultOutlookAnywhere, "an old Client Access server shows NTLM in the directory and does not offer it; set it again"},
	{FaultSCP, "the first old Client Access server keeps its Autodiscover address in the directory; set it again"},
	{FaultExpired, "the certificate of the old Client Access servers has expired; it stays so until the names are switched"},
	{FaultLegacyName, "the first certificate that is installed lacks the legacy name; install it again"},
	{FaultUnhealthy, "the health report of the first site's first new server shows an unhealthy set; it stays so"},
}

func (o *Organization) knownFault(name string) error {
	var names []string
	for _, f := range Faults {
		if f.Name == name {
			return nil
		}
		names = append(names, f.Name)
	}
	return fmt.Errorf("there is no fault %q; expected one of %s", name, strings.Join(names, ", "))
}

// slips tells whether a task goes wrong now: once per fault and place.
func (o *Organization) slips(fault, place string) bool {
	key := fault + "\x00" + place
	if !o.faults[fault] || o.slipped[key] {
		return false
	}
	o.slipped[key] = true
	return true
}

// slipsAt is slips for a task that has the same effect more than once: all of
// those go wrong together.
func (o *Organization) slipsAt(fault string, at time.Time) bool {
	if o.slips(fault, "") {
		o.slippedAt = at
		return true
	}
	return o.faults[fault] && o.slippedAt.Equal(at)
}

// breakThings sets the faults that are there from the start.
func (o *Organization) breakThings() error {
	first := o.plan.Sites[0]
	if o.faults[FaultUnhealthy] {
		if i := slices.IndexFunc(first.Servers, func(s blueprint.Server) bool { return s.Version == "2013" }); i >= 0 {
			o.unhealthy[strings.ToLower(first.Servers[i].Name)] = "OWA.Protocol"
		}
	}
	if !o.faults[FaultExpired] {
		return nil
	}
	for name, c := range o.bound {
		if c.SelfSigned {
			continue
		}
		c.NotAfter = o.plan.Start.AddDate(0, 0, -3)
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
