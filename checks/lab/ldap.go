package lab

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// Controller is a domain controller.
type Controller struct {
	Name     string // NetBIOS
	FQDN     string
	Domain   string // DNS name; empty: the forest's root
	Site     string
	Address  netip.Addr
	Catalog  bool // global catalogue
	ReadOnly bool
	NoTLS    bool        // has no certificate
	Cert     Certificate // zero: of the lab's authority for FQDN
}

// controller is a running one with its own replica of the directory.
type controller struct {
	lab       *Lab
	directory *Directory
	spec      Controller
	tls       *tls.Config

	// guarded by the directory
	replica tree
	stale   bool // the replica is behind and may catch up
	held    bool
	root    Entry // replaces what it says of itself
	blind   bool  // shows nothing to anybody
}

// serve starts the services of a domain controller.
func (c *controller) serve() error {
	ports := []uint16{389}
	if c.spec.Catalog {
		ports = append(ports, 3268)
	}
	for _, port := range ports {
		if err := c.lab.Serve(netip.AddrPortFrom(c.spec.Address, port), func(_ context.Context, conn net.Conn) {
			c.talk(conn, false, port == 3268)
		}); err != nil {
			return err
		}
		if c.spec.NoTLS {
			continue
		}
		secure := map[uint16]uint16{389: 636, 3268: 3269}[port]
		if err := c.lab.Serve(netip.AddrPortFrom(c.spec.Address, secure), func(_ context.Context, conn net.Conn) {
			c.talk(tls.Server(conn, c.tls), true, port == 3268)
		}); err != nil {
			return err
		}
	}
	return nil
}

// conversation is one connection to a domain controller.
type conversation struct {
	c         *controller
	conn      net.Conn
	secure    bool
	catalog   bool
	bound     bool
	challenge [8]byte
}

func (c *controller) talk(conn net.Conn, secure, catalog bool) {
	v := &conversation{c: c, conn: conn, secure: secure, catalog: catalog}
	for {
		m, err := ber.ReadPacket(v.conn)
		if err != nil || len(m.Children) < 2 || !v.answer(m) {
			return
		}
	}
}

// answer handles one message; false ends the conversation.
func (v *conversation) answer(m *ber.Packet) bool {
	id, _ := m.Children[0].Value.(int64)
	op := m.Children[1]
	switch op.Tag {
	case ldap.ApplicationBindRequest:
		v.bind(id, op)
	case ldap.ApplicationUnbindRequest:
		return false
	case ldap.ApplicationSearchRequest:
		v.search(id, op, m)
	case ldap.ApplicationAbandonRequest:
	case ldap.ApplicationExtendedRequest:
		return v.startTLS(id, op)
	default:
		v.c.directory.noteWrite(fmt.Sprintf("operation %d", op.Tag))
		v.result(id, op.Tag+1, ldap.LDAPResultUnwillingToPerform, "read only", nil)
	}
	return true
}

// service names the way a conversation came.
func (v *conversation) service() string {
	if v.secure {
		return "ldaps"
	}
	return "ldap"
}

func (v *conversation) bind(id int64, op *ber.Packet) {
	if len(op.Children) < 3 {
		v.result(id, ldap.ApplicationBindResponse, ldap.LDAPResultProtocolError, "", nil)
		return
	}
	name, auth := op.Children[1].Data.String(), op.Children[2]
	var code string
	switch auth.Tag {
	case 0: // simple
		if auth.Data.Len() == 0 {
			v.bound = false // anonymous
			v.result(id, ldap.ApplicationBindResponse, ldap.LDAPResultSuccess, "", nil)
			return
		}
		code = v.c.lab.accounts.tryPassword(v.service(), name, auth.Data.String(), v.secure)
	case 10: // NTLM, first message
		copy(v.challenge[:], "lab-ntlm")
		v.result(id, ldap.ApplicationBindResponse, ldap.LDAPResultSuccess, "", ntlmChallenge(v.challenge))
		return
	case 11: // NTLM, answer
		code = v.c.lab.accounts.tryNTLM(v.service(), auth.Data.Bytes(), v.challenge)
	default:
		v.result(id, ldap.ApplicationBindResponse, ldap.LDAPResultAuthMethodNotSupported, "", nil)
		return
	}
	if v.bound = code == ""; v.bound {
		v.result(id, ldap.ApplicationBindResponse, ldap.LDAPResultSuccess, "", nil)
		return
	}
	v.result(id, ldap.ApplicationBindResponse, ldap.LDAPResultInvalidCredentials,
		"80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data "+code+", v1db1", nil)
}

func (v *conversation) startTLS(id int64, op *ber.Packet) bool {
	if v.secure || v.c.spec.NoTLS || len(op.Children) == 0 || op.Children[0].Data.String() != "1.3.6.1.4.1.1466.20037" {
		v.result(id, ldap.ApplicationExtendedResponse, ldap.LDAPResultUnavailable, "no certificate", nil)
		return true
	}
	v.result(id, ldap.ApplicationExtendedResponse, ldap.LDAPResultSuccess, "", nil)
	v.conn, v.secure, v.bound = tls.Server(v.conn, v.c.tls), true, false
	return true
}

// result sends the end of an operation; with a token in place of the matched
// name where NTLM has it.
func (v *conversation) result(id int64, tag ber.Tag, code int, text string, token []byte, controls ...ldap.Control) {
	m := envelope(id)
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, int64(code), ""))
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, string(token), ""))
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, text, ""))
	m.AppendChild(op)
	if len(controls) > 0 {
		list := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
		for _, c := range controls {
			list.AppendChild(c.Encode())
		}
		m.AppendChild(list)
	}
	v.conn.Write(m.Bytes())
}

func envelope(id int64) *ber.Packet {
	m := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	return m
}

// search answers a search, in pages where the client asks for them.
func (v *conversation) search(id int64, op *ber.Packet, m *ber.Packet) {
	if len(op.Children) < 8 {
		v.result(id, ldap.ApplicationSearchResultDone, ldap.LDAPResultProtocolError, "", nil)
		return
	}
	base := op.Children[0].Data.String()
	scope, _ := op.Children[1].Value.(int64)
	root := base == "" && scope == ldap.ScopeBaseObject
	if !root && !v.bound {
		v.result(id, ldap.ApplicationSearchResultDone, ldap.LDAPResultOperationsError,
			"000004DC: LdapErr: In order to perform this operation a successful bind must be completed on the connection.", nil)
		return
	}
	found, known := v.c.look(base, scope, op.Children[6], root, v.catalog)
	if !known {
		v.result(id, ldap.ApplicationSearchResultDone, ldap.LDAPResultNoSuchObject, "", nil)
		return
	}
	var attrs []string
	for _, a := range op.Children[7].Children {
		attrs = append(attrs, a.Data.String())
	}
	found, next := page(found, m)
	for _, o := range found {
		v.conn.Write(entryPacket(id, o, attrs).Bytes())
	}
	if next == nil {
		v.result(id, ldap.ApplicationSearchResultDone, ldap.LDAPResultSuccess, "", nil)
		return
	}
	v.result(id, ldap.ApplicationSearchResultDone, ldap.LDAPResultSuccess, "", nil, next)
}

// page cuts a result to the page that is asked for.
func page(found []object, m *ber.Packet) ([]object, *ldap.ControlPaging) {
	if len(m.Children) < 3 {
		return found, nil
	}
	for _, p := range m.Children[2].Children {
		c, err := ldap.DecodeControl(p)
		paging, ok := c.(*ldap.ControlPaging)
		if err != nil || !ok {
			continue
		}
		from, _ := strconv.Atoi(string(paging.Cookie))
		from = min(max(from, 0), len(found))
		to := min(from+int(paging.PagingSize), len(found))
		next := ldap.NewControlPaging(0)
		if to < len(found) {
			next.SetCookie([]byte(strconv.Itoa(to)))
		}
		return found[from:to], next
	}
	return found, nil
}

func entryPacket(id int64, o object, attrs []string) *ber.Packet {
	m := envelope(id)
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, o.dn, ""))
	list := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	for name, values := range o.entry {
		if len(values) == 0 || len(attrs) > 0 && !slices.ContainsFunc(attrs, func(a string) bool { return strings.EqualFold(a, name) || a == "*" }) {
			continue
		}
		attribute := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
		attribute.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, name, ""))
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, v := range values {
			set.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, v, ""))
		}
		attribute.AppendChild(set)
		list.AppendChild(attribute)
	}
	op.AppendChild(list)
	m.AppendChild(op)
	return m
}

// look reads the controller's replica.
func (c *controller) look(base string, scope int64, filter *ber.Packet, root, catalog bool) ([]object, bool) {
	c.directory.mu.Lock()
	defer c.directory.mu.Unlock()
	if root {
		return []object{{"", c.describe()}}, true
	}
	c.refresh()
	t := c.replica
	if catalog {
		t = c.directory.master
	}
	found, known := t.search(base, scope, filter)
	if c.blind {
		return nil, known
	}
	if !catalog {
		found = slices.DeleteFunc(found, func(o object) bool { return !c.holds(o.dn) })
	}
	return found, known
}

// holds tells whether an object belongs to a part of the forest of which this
// controller has a copy: its own domain, the configuration and the schema.
func (c *controller) holds(dn string) bool {
	if strings.Contains(strings.ToLower(dn), "cn=configuration,") {
		return true
	}
	return domainOf(dn) == strings.ToLower(domainDN(c.spec.Domain))
}

func domainOf(dn string) string {
	i := strings.Index(strings.ToLower(dn), "dc=")
	if i < 0 {
		return ""
	}
	return strings.ToLower(dn[i:])
}

// describe is what the controller says of itself.
func (c *controller) describe() Entry {
	d, own := c.directory, domainDN(c.spec.Domain)
	e := Entry{
		"dnsHostName": {c.spec.FQDN}, "defaultNamingContext": {own}, "configurationNamingContext": {d.config},
		"schemaNamingContext": {"CN=Schema," + d.config}, "rootDomainNamingContext": {domainDN(d.forest)},
		"namingContexts": {own, d.config, "CN=Schema," + d.config},
		"currentTime":    {c.lab.now().UTC().Format("20060102150405.0Z")}, "isSynchronized": {"TRUE"},
		"isGlobalCatalogReady": {strings.ToUpper(strconv.FormatBool(c.spec.Catalog))},
		"forestFunctionality":  {strconv.Itoa(d.level)}, "domainFunctionality": {strconv.Itoa(d.level)},
		"supportedSASLMechanisms": {"GSSAPI", "GSS-SPNEGO", "EXTERNAL", "DIGEST-MD5"},
	}
	for k, v := range c.root {
		e[k] = v
	}
	return e
}
