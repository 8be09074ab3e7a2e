package lab

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-ldap/ldap/v3"

	"coexist/checks"
)

// Directory is a forest: one content, of which every domain controller holds
// its own replica. It may be changed at any time.
type Directory struct {
	lab    *Lab
	forest string // DNS name of the root domain
	config string
	org    string // DN of the Exchange organisation; empty: there is none
	level  int

	mu          sync.Mutex
	master      tree
	controllers map[string]*controller
	writes      []string
}

func domainDN(domain string) string {
	return "DC=" + strings.Join(strings.Split(strings.ToLower(domain), "."), ",DC=")
}

// AddDirectory starts a forest with its domain controllers. The first domain
// is the root. Level is the functional level, such as 4 for 2008 R2.
func (l *Lab) AddDirectory(level int, domains []string, list ...Controller) (*Directory, error) {
	if len(domains) == 0 || len(list) == 0 {
		return nil, fmt.Errorf("lab: a forest needs a domain and a domain controller")
	}
	d := &Directory{lab: l, forest: strings.ToLower(domains[0]), level: level, master: tree{}, controllers: map[string]*controller{}}
	d.config = "CN=Configuration," + domainDN(d.forest)
	l.mu.Lock()
	l.forest = d.forest
	l.mu.Unlock()
	d.skeleton(domains, list[0])
	for _, c := range list {
		if err := d.add(c); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *Directory) skeleton(domains []string, first Controller) {
	d.Put(d.config, Entry{"objectClass": {"top", "configuration"}})
	owner := d.settingsDN(first)
	d.Put("CN=Schema,"+d.config, Entry{"objectClass": {"top", "dMD"}, "objectVersion": {"47"}, "fSMORoleOwner": {owner}})
	d.Put("CN=Services,"+d.config, Entry{"objectClass": {"top", "container"}})
	d.Put("CN=Sites,"+d.config, Entry{"objectClass": {"top", "sitesContainer"}})
	d.Put("CN=Partitions,"+d.config, Entry{"objectClass": {"top", "crossRefContainer"}, "fSMORoleOwner": {owner}, "msDS-Behavior-Version": {strconv.Itoa(d.level)}})
	for _, name := range domains {
		dn := domainDN(name)
		short, _, _ := strings.Cut(name, ".")
		d.Put("CN="+strings.ToUpper(short)+",CN=Partitions,"+d.config, Entry{"objectClass": {"top", "crossRef"}, "systemFlags": {"3"},
			"nCName": {dn}, "dnsRoot": {name}, "nETBIOSName": {strings.ToUpper(short)}})
		d.Put(dn, Entry{"objectClass": {"top", "domain", "domainDNS"}, "fSMORoleOwner": {owner},
			"lockoutThreshold": {"10"}, "lockoutDuration": {"-18000000000"}, "lockOutObservationWindow": {"-18000000000"}})
		d.Put("CN=System,"+dn, Entry{"objectClass": {"top", "container"}})
		d.Put("CN=Users,"+dn, Entry{"objectClass": {"top", "container"}})
		d.Put("CN=RID Manager$,CN=System,"+dn, Entry{"objectClass": {"top", "rIDManager"}, "fSMORoleOwner": {owner}})
		d.Put("CN=Infrastructure,"+dn, Entry{"objectClass": {"top", "infrastructureUpdate"}, "fSMORoleOwner": {owner}})
	}
}

func (d *Directory) siteDN(site string) string {
	return "CN=" + ldap.EscapeDN(site) + ",CN=Sites," + d.config
}

func (d *Directory) serverDN(c Controller) string {
	return "CN=" + c.Name + ",CN=Servers," + d.siteDN(c.Site)
}

func (d *Directory) settingsDN(c Controller) string { return "CN=NTDS Settings," + d.serverDN(c) }

// add starts one domain controller and lists it in directory and DNS.
func (d *Directory) add(c Controller) error {
	if c.Domain == "" {
		c.Domain = d.forest
	}
	if len(c.Cert.Names) == 0 {
		c.Cert = Certificate{Names: []string{c.FQDN}}
	}
	cert, err := d.lab.Issue(c.Cert)
	if err != nil {
		return err
	}
	d.PutSite(c.Site)
	d.Put(d.serverDN(c), Entry{"objectClass": {"top", "server"}, "dNSHostName": {c.FQDN}})
	classes, options := []string{"top", "applicationSettings", "nTDSDSA"}, "0"
	if c.ReadOnly {
		classes = append(classes, "nTDSDSARO")
	}
	if c.Catalog {
		options = "1"
	}
	d.Put(d.settingsDN(c), Entry{"objectClass": classes, "options": {options}, "hasMasterNCs": {domainDN(c.Domain), d.config, "CN=Schema," + d.config}})
	r := &controller{lab: d.lab, directory: d, spec: c, tls: &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS10, MaxVersion: newestTLS}}
	d.mu.Lock()
	d.controllers[strings.ToLower(c.Name)] = r
	r.stale = true
	d.mu.Unlock()
	d.lab.SetAddresses(checks.Inside, c.FQDN, 3600, c.Address)
	d.lab.AddSRV(checks.Inside, "_ldap._tcp.dc._msdcs."+c.Domain, checks.Record{Value: c.FQDN, Weight: 100, Port: 389})
	return r.serve()
}

// Put creates or replaces an object; it replicates to every domain controller
// that is not held back.
func (d *Directory) Put(dn string, e Entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if cn := e.get("cn"); cn == nil {
		if p, err := ldap.ParseDN(dn); err == nil && len(p.RDNs) > 0 {
			e["cn"] = []string{p.RDNs[0].Attributes[0].Value}
		}
	}
	d.master.put(dn, e)
	d.replicate()
}

// Change alters an object in place; it does nothing when there is none.
func (d *Directory) Change(dn string, change func(Entry)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if o, ok := d.master[foldDN(dn)]; ok {
		change(o.entry)
		d.replicate()
	}
}

// Delete removes an object and what is below it.
func (d *Directory) Delete(dn string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	folded := foldDN(dn)
	for k := range d.master {
		if k == folded || strings.HasSuffix(k, ","+folded) {
			delete(d.master, k)
		}
	}
	d.replicate()
}

// Hold keeps changes from one domain controller, as replication that has not
// come round; releasing brings it up to date.
func (d *Directory) Hold(name string, held bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.controllers[strings.ToLower(name)]; c != nil {
		if c.refresh(); !held {
			c.stale = true
		}
		c.held = held
	}
}

// ChangeAt alters an object on one domain controller alone.
func (d *Directory) ChangeAt(name, dn string, change func(Entry)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.controllers[strings.ToLower(name)]
	if c == nil {
		return
	}
	c.refresh()
	if o, ok := c.replica[foldDN(dn)]; ok {
		change(o.entry)
	}
}

// SetRoot replaces what a domain controller says of itself.
func (d *Directory) SetRoot(name string, e Entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.controllers[strings.ToLower(name)]; c != nil {
		c.root = e
	}
}

// Blind lets a domain controller show nothing, as to an account without the
// right to read.
func (d *Directory) Blind(name string, blind bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.controllers[strings.ToLower(name)]; c != nil {
		c.blind = blind
	}
}

func (d *Directory) replicate() {
	for _, c := range d.controllers {
		c.stale = c.stale || !c.held
	}
}

// refresh brings a replica up to date; it is put off until somebody looks.
func (c *controller) refresh() {
	if c.stale {
		c.replica, c.stale = c.directory.master.clone(), false
	}
}

func (d *Directory) noteWrite(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes = append(d.writes, what)
}

// Writes lists every request that was not a read.
func (d *Directory) Writes() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.writes)
}

// Config is the distinguished name of the configuration.
func (d *Directory) Config() string { return d.config }

// Organization is the distinguished name of the Exchange organisation.
func (d *Directory) Organization() string { return d.org }

// PutSite adds a site.
func (d *Directory) PutSite(name string) {
	d.Put(d.siteDN(name), Entry{"objectClass": {"top", "site"}})
	d.Put("CN=Servers,"+d.siteDN(name), Entry{"objectClass": {"top", "serversContainer"}})
}
