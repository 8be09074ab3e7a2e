package checks

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// DirectoryReader is a connection to one domain controller for those who read
// more than one check asks about. It goes by the rules of the ldap checks:
// read-only, in pages, bounded, referrals counted and never followed, and a
// password only where TLS proved the host (NTLM otherwise).
type DirectoryReader struct {
	d   *controller
	old *tlsUse
}

// DirectoryTrouble tells why the directory did not answer. It never means that
// something is absent.
type DirectoryTrouble struct {
	Verdict Verdict
	Reason  string // code, see reasons
	Text    string
}

func (t *DirectoryTrouble) Error() string { return t.Text }

// Missing tells whether the base of a search is not there, or may not be seen:
// the directory gives both the same answer.
func (t *DirectoryTrouble) Missing() bool { return t != nil && t.Reason == noObject }

// OpenDirectory logs on to one domain controller.
func OpenDirectory(ctx context.Context, env *Env, host, account string) (*DirectoryReader, *DirectoryTrouble) {
	host = plainHost(host)
	if err := validTarget("domain controller", host); err != nil {
		return nil, &DirectoryTrouble{Unknown, "ldap.no_dc", err.Error()}
	}
	if env.Logon == nil || env.Logons == nil {
		return nil, &DirectoryTrouble{Skip, "credentials.none", "no password was given: the directory answers only after logging on"}
	}
	if account == "" {
		account = DirectoryAccount
	}
	// The host was typed, or listed by the directory itself: the password may go
	// there as it may with a check that names it.
	named := *env
	named.named, named.oldTLSUsed = namedHosts(Params{"targets": []any{host}}), new(tlsUse)
	p := &ldapProbe{env: &named, c: Check{Kind: "ldap", Params: Params{"account": account}}}
	d, f := p.open(ctx, host, directoryPorts)
	if f != nil {
		return nil, &DirectoryTrouble{f.Verdict, f.Reason, f.Summary}
	}
	return &DirectoryReader{d, named.oldTLSUsed}, nil
}

// FindControllers names the domain controllers to begin with: those of the
// environment, else those that DNS names for its forest.
func FindControllers(ctx context.Context, env *Env) ([]string, *DirectoryTrouble) {
	p := &ldapProbe{env: env, c: Check{Kind: "ldap", Params: Params{}}}
	list, f := p.seeds(ctx)
	if f != nil {
		return nil, &DirectoryTrouble{f.Verdict, f.Reason, f.Summary}
	}
	return list, nil
}

// Close ends the connection.
func (r *DirectoryReader) Close() { r.d.close() }

// DirectoryRoot is what a domain controller says of itself.
type DirectoryRoot struct {
	Host                                    string
	Default, Configuration, Schema, Forest  string // naming contexts
	ForestLevel, DomainLevel                string
	Synchronized, GlobalCatalog, ServerTime string
}

// Root is what the controller says of itself.
func (r *DirectoryReader) Root() DirectoryRoot {
	s := r.d.root
	return DirectoryRoot{Host: r.d.name(), Default: s.defaultNC, Configuration: s.configNC, Schema: s.schemaNC, Forest: s.rootDomainNC,
		ForestLevel: s.forestLevel, DomainLevel: s.domainLevel, Synchronized: s.synchronized, GlobalCatalog: s.catalogReady, ServerTime: s.currentTime}
}

// Way is how the controller is read: ldaps, starttls or plain; for plain also
// why there is no TLS.
func (r *DirectoryReader) Way() (how, why string) { return r.d.how, r.d.clear }

// OverOldTLS names the old protocol that the password went over, as the run
// allowed; "" when it did not.
func (r *DirectoryReader) OverOldTLS() string {
	if v := r.old.version.Load(); v != 0 {
		return protocolName(uint16(v))
	}
	return ""
}

// DirectorySearch is one search.
type DirectorySearch struct {
	Base       string
	Scope      DirectoryScope
	Filter     string // empty: every object
	Attributes []string
	Most       int // stop after so many objects; zero: the bound of all searches
}

// DirectoryScope is how deep a search goes.
type DirectoryScope int

// The scopes.
const (
	ScopeObject   DirectoryScope = ldap.ScopeBaseObject
	ScopeChildren DirectoryScope = ldap.ScopeSingleLevel
	ScopeBelow    DirectoryScope = ldap.ScopeWholeSubtree
)

// DirectoryAnswer is what a search found.
type DirectoryAnswer struct {
	Objects   []DirectoryObject
	Partial   bool // a limit was reached: there are more
	Referrals int  // to elsewhere, not followed
}

// DirectoryObject is one object with the attributes that are shown.
type DirectoryObject struct {
	DN string
	e  *ldap.Entry
}

// Search reads page by page.
func (r *DirectoryReader) Search(ctx context.Context, s DirectorySearch) (DirectoryAnswer, *DirectoryTrouble) {
	a, t := r.d.ask(ctx, ldapQuestion{base: s.Base, scope: int(s.Scope), filter: s.Filter, attrs: s.Attributes, most: s.Most})
	if t != nil {
		return DirectoryAnswer{}, &DirectoryTrouble{t.verdict, t.reason, t.text}
	}
	out := DirectoryAnswer{Partial: a.partial, Referrals: a.referrals}
	for _, e := range a.entries {
		out.Objects = append(out.Objects, DirectoryObject{e.DN, e})
	}
	return out, nil
}

// ListedController is a domain controller as the configuration lists it.
type ListedController struct {
	Host, Site, DN    string
	Catalog, ReadOnly bool
	Domains           []string // naming contexts that it holds
}

// Controllers lists the domain controllers of the forest. With a trouble of
// reason ldap.partial the list is not whole.
func (r *DirectoryReader) Controllers(ctx context.Context) ([]ListedController, *DirectoryTrouble) {
	all, t := r.d.settings(ctx)
	var out []ListedController
	for _, s := range all {
		out = append(out, ListedController{s.host, s.site, parentDN(s.dn), s.catalog, s.readOnly, slices.Clone(s.holds)})
	}
	if t != nil {
		return out, &DirectoryTrouble{t.verdict, t.reason, t.text}
	}
	return out, nil
}

// RoleHolder follows one of the five single-master roles to the host that
// holds it; "" when that domain controller was removed.
func (r *DirectoryReader) RoleHolder(ctx context.Context, dn string) (string, *DirectoryTrouble) {
	host, t := r.d.roleHolder(ctx, dn)
	if t != nil {
		return "", &DirectoryTrouble{t.verdict, t.reason, t.text}
	}
	return host, nil
}

// Transcript lists what was asked, without secrets.
func (r *DirectoryReader) Transcript() []string { return slices.Clone(r.d.said) }

// Get is the first value of an attribute; ok is false when none is shown.
func (o DirectoryObject) Get(attribute string) (value string, ok bool) {
	v := o.All(attribute)
	if len(v) == 0 {
		return "", false
	}
	return v[0], true
}

// All are the values of an attribute.
func (o DirectoryObject) All(attribute string) []string {
	return o.e.GetEqualFoldAttributeValues(attribute)
}

// Name is the object's own name.
func (o DirectoryObject) Name() string { return firstName(o.DN) }

// Deleted tells whether the object is only kept for replication.
func (o DirectoryObject) Deleted() bool { return isDeleted(o.DN) }

// NameInDN is the object's own name in a distinguished name, unescaped; "" for
// what is none, or names an object that was removed.
func NameInDN(dn string) string {
	if isDeleted(dn) {
		return ""
	}
	return firstName(dn)
}

// ServerInDN is the Exchange server that an object belongs to by its place.
func ServerInDN(dn string) string { return serverOf(dn) }

// DomainOfDN is the DNS name of a domain's distinguished name.
func DomainOfDN(dn string) string { return domainName(dn) }

// SameDN compares two distinguished names, however they are written.
func SameDN(a, b string) bool { return sameDN(a, b) }

// ReadSerial reads an Exchange server's version ("2010", or "unknown") and
// build from its serialNumber.
func ReadSerial(serial string) (version, build string) {
	version, build, _ = decodeSerial(serial)
	return version, build
}

// ReadRoles reads msExchCurrentServerRoles as a server of a version means it;
// ok is false when it is no number.
func ReadRoles(bits, version string) (roles []string, ok bool) {
	n, ok := ldapInt(strings.TrimSpace(bits))
	if !ok || n < 0 {
		return nil, false
	}
	return serverRoles(n, version), true
}

// ReadVersionNumber reads the version of the schema or of a prepared object.
func ReadVersionNumber(s string) (int, bool) {
	v, ok := versionValue(s)
	if !ok {
		return 0, false
	}
	n, ok := ldapInt(v)
	return int(n), ok
}

// ReadDirectoryTime reads a time as the directory writes it.
func ReadDirectoryTime(s string) (time.Time, bool) {
	t, err := time.Parse("20060102150405.0Z", s)
	return t, err == nil
}

// AutodiscoverPoints is the filter for Autodiscover's connection points, those
// with an address and those that point to another directory.
func AutodiscoverPoints() string {
	return fmt.Sprintf("(&(objectClass=serviceConnectionPoint)(|(keywords=%s)(keywords=%s)))", scpAddress, scpPointer)
}

// IsPointer tells a connection point that leads to another directory from one
// that holds an address.
func IsPointer(keywords []string) bool { return hasFold(keywords, scpPointer) }

// PointSites are the sites that a connection point is meant for.
func PointSites(keywords []string) []string { return keywordValues(keywords, "Site=") }

// DirectoryKind names a virtual directory by its classes: owa, ews … or other.
func DirectoryKind(classes []string) string {
	kind := "other"
	for _, c := range classes {
		if k, known := directoryKinds[strings.ToLower(c)]; known {
			kind = k
		}
	}
	return kind
}

// DatabaseRPC is the RPC Client Access server or array of a mailbox database,
// which its legacy name carries; "" when it names none.
func DatabaseRPC(legacyDN string) string { return rpcServer(legacyDN) }

// DirectoryClock asks a domain controller for the time, without logging on.
func DirectoryClock(ctx context.Context, env *Env, host string) (time.Time, *DirectoryTrouble) {
	host = plainHost(host)
	if err := validTarget("domain controller", host); err != nil {
		return time.Time{}, &DirectoryTrouble{Unknown, "ldap.no_dc", err.Error()}
	}
	d, f := (&ldapProbe{env: env, c: Check{Kind: "ldap", Params: Params{}}}).openAnonymous(ctx, host)
	if f != nil {
		return time.Time{}, &DirectoryTrouble{f.Verdict, f.Reason, f.Summary}
	}
	defer d.close()
	at, ok := ReadDirectoryTime(d.root.currentTime)
	if !ok {
		return time.Time{}, &DirectoryTrouble{Unknown, "ldap.bad_value", host + " does not tell the time"}
	}
	return at, nil
}
