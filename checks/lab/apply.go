package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"coexist/checks"
	"coexist/checks/effect"

	"coexist/checks/blueprint"
)

// Apply makes the effects of a task true, in their order. The time is when the
// task was carried out. What cannot be made true is reported; the others are
// made all the same.
func (o *Organization) Apply(effects []effect.Effect, at time.Time) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var problems []error
	for _, e := range o.spoil(effects) {
		apply, ok := appliers[e.Kind]
		if !ok {
			problems = append(problems, fmt.Errorf("the rehearsal does not know the effect %q", e.Kind))
			continue
		}
		if err := apply(o, e.Params, at); err != nil {
			problems = append(problems, fmt.Errorf("effect %s: %w", e.Kind, err))
		}
	}
	o.publish()
	return errors.Join(problems...)
}

// appliers hold one function per kind of effect.
var appliers = map[string]func(*Organization, map[string]string, time.Time) error{
	"server.build":           (*Organization).setBuild,
	"schema.extend":          (*Organization).extendSchema,
	"organization.prepare":   (*Organization).prepareOrganization,
	"domain.prepare":         (*Organization).prepareDomain,
	"replicate":              (*Organization).replicate,
	"server.install":         (*Organization).installServer,
	"server.remove":          (*Organization).removeServer,
	"scp.set":                (*Organization).setConnectionPoint,
	"vdir.set":               (*Organization).setDirectory,
	"outlook_anywhere.set":   (*Organization).setOutlookAnywhere,
	"certificate.install":    (*Organization).installCertificate,
	"certificate.bind":       (*Organization).bindCertificate,
	"dns.set":                (*Organization).setName,
	"dns.remove":             (*Organization).removeName,
	"dns.ttl":                (*Organization).setTTL,
	"publish":                (*Organization).forward,
	"dag.create":             (*Organization).createDAG,
	"dag.add_member":         (*Organization).addMember,
	"database.copy":          (*Organization).copyDatabases,
	"mailbox.move":           (*Organization).moveMailboxes,
	"public_folders.migrate": (*Organization).migrateFolders,
	"object.set":             (*Organization).setObject,
	"object.remove":          (*Organization).removeObject,
	"mend":                   (*Organization).mend,
	"service.start":          (*Organization).startServices,
}

// list splits a parameter that holds several texts.
func split(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func (o *Organization) installedServer(name string) (*item, error) {
	if v := o.server(name); v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("there is no server %s in the rehearsal (it is installed by an earlier task)", name)
}

func (o *Organization) setBuild(p map[string]string, _ time.Time) error {
	v, err := o.installedServer(p["server"])
	if err != nil {
		return err
	}
	v.set("Build", p["build"])
	if shown := p["admin_display_version"]; shown != "" {
		v.set("AdminDisplayVersion", shown)
		v.set("DirectoryBuild", p["build"])
	}
	return o.lab.Change(v.text("Name"), func(s *Server) { s.Build = p["build"] })
}

// extendSchema writes on the schema master; the others follow when replication
// comes round.
func (o *Organization) extendSchema(p map[string]string, _ time.Time) error {
	n, err := strconv.Atoi(p["range_upper"])
	if err != nil {
		return err
	}
	o.holdOthers()
	o.directory.SetSchema(n)
	return nil
}

func (o *Organization) prepareOrganization(p map[string]string, _ time.Time) error {
	n, err := strconv.Atoi(p["object_version"])
	if err != nil {
		return err
	}
	o.holdOthers()
	o.directory.SetOrganization(o.plan.Name, n)
	return nil
}

func (o *Organization) prepareDomain(p map[string]string, _ time.Time) error {
	n, err := strconv.Atoi(p["object_version"])
	if err != nil {
		return err
	}
	o.directory.SetDomain(p["domain"], n)
	return nil
}

// holdOthers keeps replication from all domain controllers but the first.
func (o *Organization) holdOthers() {
	for _, c := range o.controllers[1:] {
		o.directory.Hold(c.Name, true)
	}
}

// replicate lets every domain controller catch up.
func (o *Organization) replicate(map[string]string, time.Time) error {
	for i, c := range o.controllers {
		if i > 0 && i == len(o.controllers)-1 && o.slips(FaultReplication) {
			continue
		}
		o.directory.Hold(c.Name, false)
	}
	return nil
}

func (o *Organization) installServer(p map[string]string, _ time.Time) error {
	s, site := o.planned(p["server"])
	if s == nil {
		return fmt.Errorf("there is no server %s in the plan", p["server"])
	}
	if o.server(s.Name) != nil {
		return nil // set up again over itself
	}
	return o.install(*site, *s, split(p["roles"]), p["build"])
}

func (o *Organization) removeServer(p map[string]string, _ time.Time) error {
	v := o.server(p["server"])
	if v == nil {
		return nil
	}
	name := v.text("Name")
	o.lab.RemoveServer(name)
	for noun, items := range o.objects {
		o.objects[noun] = slices.DeleteFunc(items, func(i *item) bool { return sameText(i.get("Server"), name) })
	}
	return nil
}

func (o *Organization) setConnectionPoint(p map[string]string, _ time.Time) error {
	if _, err := o.installedServer(p["server"]); err != nil {
		return err
	}
	return o.each("ClientAccessServer", p["server"], func(c *item) { c.set("AutoDiscoverServiceInternalUri", p["url"]) })
}

// each changes the objects of a noun on a server; there must be one.
func (o *Organization) each(noun, server string, change func(*item)) error {
	found := o.pick(noun, func(v *item) bool { return sameText(v.get("Server"), server) })
	if len(found) == 0 {
		return fmt.Errorf("%s has no %s", server, noun)
	}
	for _, v := range found {
		change(v)
	}
	return nil
}

func (o *Organization) setDirectory(p map[string]string, _ time.Time) error {
	if _, err := o.installedServer(p["server"]); err != nil {
		return err
	}
	for _, d := range virtualDirectories {
		if !strings.EqualFold(d.key, p["directory"]) {
			continue
		}
		found := o.pick(d.noun, func(v *item) bool { return sameText(v.get("Server"), p["server"]) })
		for _, v := range found {
			o.changeDirectory(v, d.key, p)
		}
		if len(found) == 0 {
			return fmt.Errorf("%s has no directory %s", p["server"], d.key)
		}
		return nil
	}
	return fmt.Errorf("there is no kind of directory %q", p["directory"])
}

func (o *Organization) changeDirectory(v *item, key string, p map[string]string) {
	for param, property := range map[string]string{"internal_url": "InternalUrl", "external_url": "ExternalUrl"} {
		if url, given := p[param]; given {
			v.set(property, nilIfEmpty(url))
		}
	}
	how := p["authentication"]
	if how == "" {
		return
	}
	setAuthentication(v, how)
	o.lab.Change(v.text("Server"), func(s *Server) { s.Auth = withAuth(s.Auth, key, how) })
}

// withAuth changes the logon schemes of one web directory.
func withAuth(auth map[string][]string, key string, how string) map[string][]string {
	out := map[string][]string{}
	for k, v := range auth {
		out[k] = v
	}
	delete(out, key)
	if strings.EqualFold(how, "Windows") {
		out[key] = windows
	}
	return out
}

func nilIfEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (o *Organization) setOutlookAnywhere(p map[string]string, _ time.Time) error {
	v, err := o.installedServer(p["server"])
	if err != nil {
		return err
	}
	found := o.pick("OutlookAnywhere", func(i *item) bool { return sameText(i.get("Server"), p["server"]) })
	if len(found) == 0 {
		found = []*item{newItem("OutlookAnywhere", "Name", "Rpc (Default Web Site)", "Identity", v.text("Name")+`\Rpc (Default Web Site)`,
			"Server", v.text("Name"), "ClientAuthenticationMethod", "Basic", "IISAuthenticationMethods", []any{"Basic"}, "ExternalHostname", nil, "SSLOffloading", true)}
		o.add(found[0])
	}
	oa := found[0]
	external := "ExternalClientAuthenticationMethod"
	if !is2013(v) {
		external = "ClientAuthenticationMethod"
	}
	for param, property := range map[string]string{"external_host": "ExternalHostname", "internal_host": "InternalHostname",
		"external_method": external, "internal_method": "InternalClientAuthenticationMethod"} {
		if value, given := p[param]; given {
			oa.set(property, nilIfEmpty(value))
		}
	}
	if value, given := p["ssl_offloading"]; given {
		oa.set("SSLOffloading", strings.EqualFold(value, "true"))
	}
	methods := split(p["iis_methods"])
	if len(methods) == 0 {
		return nil
	}
	oa.set("IISAuthenticationMethods", anyList(methods))
	if !is2013(v) && o.slips(FaultOutlookAnywhere) {
		return nil // set in the directory, never arrived in the web server
	}
	return o.lab.Change(v.text("Name"), func(s *Server) { s.Auth = withSchemes(s.Auth, "rpc", methods) })
}

// withSchemes sets the schemes of a web directory from Exchange's names.
func withSchemes(auth map[string][]string, key string, methods []string) map[string][]string {
	out := map[string][]string{key: {}}
	for k, v := range auth {
		if k != key {
			out[k] = v
		}
	}
	known := map[string]string{"basic": `Basic realm="%s"`, "ntlm": "NTLM", "negotiate": "Negotiate"}
	for _, m := range methods {
		if scheme := known[strings.ToLower(m)]; scheme != "" {
			out[key] = append(out[key], scheme)
		}
	}
	return out
}

// issuedFor is the certificate that the authority sends for names.
func (o *Organization) issuedFor(names []string) Certificate {
	return Certificate{Names: names, NotBefore: o.plan.Start.AddDate(0, 0, -1), NotAfter: o.plan.Start.AddDate(2, 0, 0)}
}

func (o *Organization) installCertificate(p map[string]string, _ time.Time) error {
	v, err := o.installedServer(p["server"])
	if err != nil {
		return err
	}
	names := split(p["names"])
	if o.plan.Legacy != "" && slices.Contains(names, o.plan.Legacy) && o.slips(FaultLegacyName) {
		names = slices.DeleteFunc(names, func(n string) bool { return n == o.plan.Legacy })
	}
	name := v.text("Name")
	o.remove("ExchangeCertificate", func(c *item) bool { return sameText(c.get("Server"), name) && c.text("Status") == "PendingRequest" })
	c := o.issuedFor(names)
	o.latest[strings.ToLower(name)] = c
	return o.listCertificate(name, c, "Valid", "None")
}

func (o *Organization) bindCertificate(p map[string]string, _ time.Time) error {
	v, err := o.installedServer(p["server"])
	if err != nil {
		return err
	}
	name := v.text("Name")
	services := split(p["services"])
	if len(services) == 1 && strings.EqualFold(services[0], "UM") {
		return o.bindVoice(v)
	}
	c, there := o.latest[strings.ToLower(name)]
	if !there {
		return fmt.Errorf("no certificate was installed on %s", name)
	}
	if slices.ContainsFunc(services, func(s string) bool { return !strings.EqualFold(s, "IIS") }) {
		o.mailCert[strings.ToLower(name)] = c
		if planned, _ := o.planned(name); planned != nil {
			if err := o.serveMail(*planned, texts(v.get("Roles"))); err != nil {
				return err
			}
		}
	}
	if slices.ContainsFunc(services, func(s string) bool { return strings.EqualFold(s, "IIS") }) {
		for _, i := range o.pick("ExchangeCertificate", func(i *item) bool { return sameText(i.get("Server"), name) }) {
			i.set("Services", strings.TrimPrefix(strings.ReplaceAll(i.text("Services"), "IIS, ", ""), "IIS"))
		}
		if is2013(v) && o.slips(FaultCertificate) {
			return o.listCertificate(name, c, "Valid", strings.Join(services, ", ")) // listed, but not in the web server's binding
		}
		if err := o.lab.Bind(name, c); err != nil {
			return err
		}
		o.bound[strings.ToLower(name)] = c
	}
	return o.listCertificate(name, c, "Valid", strings.Join(services, ", "))
}

func (o *Organization) setName(p map[string]string, _ time.Time) error {
	var addrs []netip.Addr
	for _, text := range split(p["addresses"]) {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return fmt.Errorf("%s: %w", p["name"], err)
		}
		addrs = append(addrs, a)
	}
	ttl := 3600
	if n, err := strconv.Atoi(p["ttl"]); err == nil {
		ttl = n
	}
	for _, view := range views(p["view"]) {
		o.lab.SetAddresses(view, p["name"], uint32(ttl), addrs...)
	}
	return nil
}

// views are those a parameter means; without one, both.
func views(name string) []checks.Vantage {
	switch checks.Vantage(name) {
	case checks.Inside, checks.Outside:
		return []checks.Vantage{checks.Vantage(name)}
	}
	return []checks.Vantage{checks.Inside, checks.Outside}
}

func (o *Organization) removeName(p map[string]string, _ time.Time) error {
	for _, view := range views(p["view"]) {
		o.lab.RemoveName(view, p["name"])
	}
	return nil
}

func (o *Organization) setTTL(p map[string]string, _ time.Time) error {
	n, err := strconv.Atoi(p["ttl"])
	if err != nil {
		return err
	}
	for _, view := range views("") {
		o.lab.SetTTL(view, p["name"], uint32(n))
	}
	return nil
}

// forward lets what the name means outside, now and after the switch, lead to
// an inside address. An address outside leads to what the name means inside.
func (o *Organization) forward(p map[string]string, _ time.Time) error {
	to, err := netip.ParseAddr(p["address"])
	if err != nil {
		return err
	}
	outside, err := o.lab.zones[checks.Outside].addresses(p["name"])
	if err != nil {
		outside = nil // nobody outside knows the name yet
	}
	if !to.IsPrivate() {
		inside, err := o.lab.zones[checks.Inside].addresses(p["name"])
		if err != nil {
			return fmt.Errorf("%s has no address inside", p["name"])
		}
		o.lab.Forward(to, inside[0])
		return nil
	}
	for _, site := range o.plan.Sites {
		if site.External.IsValid() && slices.ContainsFunc(site.Servers, func(s blueprint.Server) bool { return s.Address == to }) {
			o.lab.Forward(site.External, to)
		}
	}
	for _, a := range outside {
		o.lab.Forward(a, to)
	}
	return nil
}
