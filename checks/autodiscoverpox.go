package checks

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

const (
	poxRequestSpace  = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
	poxResponseSpace = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
	maxSections      = 60
)

// poxSpaces are the namespaces of the answer's root, both as real servers
// write them and as they are printed in documentation.
var poxSpaces = []string{
	"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006",
	"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a",
	"http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006",
}

// poxBody asks for the settings of a mailbox.
func poxBody(mailbox string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="%s"><Request><EMailAddress>`, poxRequestSpace)
	_ = xml.EscapeText(&b, []byte(mailbox)) // writing to memory
	fmt.Fprintf(&b, `</EMailAddress><AcceptableResponseSchema>%s</AcceptableResponseSchema></Request></Autodiscover>`, poxResponseSpace)
	return b.Bytes()
}

// discovered is what Autodiscover answers, by either protocol.
type discovered struct {
	sections     []section
	redirectAddr string
	redirectURL  string
	errorCode    string
	errorText    string
	build        string // of the server that answered, where it says so
}

// section is one protocol's settings.
type section struct {
	kind   string // EXCH, EXPR, WEB, mapiHttp …
	values map[string][]string
}

// sectionFields are the properties of a row by the element that holds them.
var sectionFields = map[string]string{
	"Server": "server", "AuthPackage": "auth_package", "EwsUrl": "ews_url", "OABUrl": "oab_url",
	"OWAUrl": "owa_url", "EcpUrl": "ecp_url", "SSL": "ssl",
}

// readPOX reads an answer strictly.
func readPOX(body []byte) (discovered, error) {
	var out discovered
	root, err := parseXML(body)
	if err != nil {
		return out, err
	}
	space := strings.Replace(root.space, "https://", "http://", 1)
	if root.name != "Autodiscover" || !slices.Contains(poxSpaces, space) {
		return out, badXML("the answer is %q of %q, not one of Autodiscover", clip(Escape(root.name), 60), clip(Escape(root.space), 120))
	}
	response := root.child("Response")
	if response == nil {
		return out, badXML("the answer holds no response")
	}
	if e := response.child("Error"); e != nil {
		out.errorCode, out.errorText = e.child("ErrorCode").value(), e.child("Message").value()
		if out.errorCode == "" {
			out.errorCode = "none"
		}
		return out, nil
	}
	account := response.child("Account")
	switch action := account.child("Action").value(); action {
	case "redirectAddr":
		out.redirectAddr = account.child("RedirectAddr").value()
	case "redirectUrl":
		out.redirectURL = account.child("RedirectUrl").value()
		if out.redirectURL == "" {
			out.redirectURL = account.child("RedirectURL").value()
		}
	case "settings":
		protocols := account.all("Protocol")
		if len(protocols) == 0 {
			return out, badXML("the settings hold no protocol")
		}
		if len(protocols) > maxSections {
			return out, badXML("the settings hold %d protocols, more than any real server's", len(protocols))
		}
		for _, p := range protocols {
			out.sections = append(out.sections, readSection(p))
		}
	default:
		return out, badXML("the answer's action is %q", clip(Escape(action), 60))
	}
	return out, nil
}

// readSection reads one protocol. Addresses of the WEB and mapiHttp sections
// stand a level deeper.
func readSection(p *xmlNode) section {
	s := section{kind: p.child("Type").value(), values: map[string][]string{}}
	if s.kind == "" {
		s.kind = p.attr["Type"]
	}
	var collect func(n *xmlNode, depth int)
	collect = func(n *xmlNode, depth int) {
		for _, k := range n.kids {
			if field, ok := sectionFields[k.name]; ok {
				s.add(field, k.value())
			}
			if k.name == "ServerVersion" {
				s.add("word", k.value())
			}
			if depth < 4 && slices.Contains([]string{"Internal", "External", "Protocol"}, k.name) {
				collect(k, depth+1)
			}
		}
	}
	collect(p, 0)
	if as := p.child("ASUrl").value(); as != "" && len(s.values["ews_url"]) == 0 {
		s.add("ews_url", as) // the same service under its older name
	}
	return s
}

func (s section) add(field, value string) {
	if len(s.values[field]) < 16 && !slices.Contains(s.values[field], value) {
		s.values[field] = append(s.values[field], value)
	}
}

func (s section) first(field string) string {
	if v := s.values[field]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// row shows a section. What a section of this kind does not have is without a
// value; it was read.
func (s section) row(step, host string) Row {
	row := Row{"step": {step}, "host": {host}, "type": nonEmpty([]string{s.kind}), "server_version": nil, "major": nil}
	for _, field := range sectionFields {
		row[field] = nil
	}
	for field, values := range s.values {
		if field == "word" || field == "build" {
			continue
		}
		for _, v := range nonEmpty(values) {
			row[field] = append(row[field], clip(v, maxText))
		}
	}
	if row["ssl"] != nil {
		row["ssl"] = []string{strings.ToLower(s.first("ssl"))}
	}
	build, ok := decodeServerVersion(s.first("word"))
	if !ok {
		build = plainBuild(s.first("build"))
	}
	if g := generationOf(build); g != "" {
		row["server_version"], row["major"] = []string{build}, []string{g}
	}
	return row
}

// judgeSections finds settings that clients will stumble over.
func judgeSections(where string, sections []section, outside bool) Finding {
	var wrong, leaks []string
	for _, s := range sections {
		for _, field := range sortedKeys(s.values) {
			if !strings.HasSuffix(field, "_url") {
				continue
			}
			for _, v := range s.values[field] {
				if why := badSetting(v); why != "" {
					wrong = append(wrong, fmt.Sprintf("%s %s %q %s", s.kind, field, clip(Escape(v), 120), why))
				}
			}
		}
		server := s.first("server")
		if strings.EqualFold(s.kind, "EXPR") {
			if !strings.Contains(server, ".") || strings.HasSuffix(strings.ToLower(server), ".local") {
				leaks = append(leaks, "EXPR server "+orNothing(clip(Escape(server), 120)))
			}
			if strings.EqualFold(s.first("ssl"), "off") {
				wrong = append(wrong, "EXPR ssl is off")
			}
		}
		if strings.Contains(strings.ToLower(server), "outlook.office365.com") {
			wrong = append(wrong, s.kind+" server is Exchange Online")
		}
		if word := s.first("word"); word != "" {
			if _, ok := decodeServerVersion(word); !ok {
				wrong = append(wrong, fmt.Sprintf("%s server version %q cannot be read", s.kind, clip(Escape(word), 40)))
			}
		}
	}
	f := Finding{Verdict: Pass}
	switch {
	case len(leaks) > 0 && outside:
		f = failed("autodiscover.settings", "%s: clients outside are sent to a name of the inside", where)
	case len(wrong)+len(leaks) > 0:
		f = warned("autodiscover.settings", "%s: some settings are not usable", where)
	default:
		return f
	}
	f.Expected, f.Found = "https addresses with full host names", joinClipped(append(leaks, wrong...), 12)
	return f
}

// badSetting tells what is wrong with an address that is handed to clients. It
// is judged, never asked.
func badSetting(v string) string {
	if strings.TrimSpace(v) == "" {
		return "is empty"
	}
	if strings.EqualFold(v, "Public Folder") {
		return ""
	}
	u, err := parseURL(v)
	switch {
	case err != nil && strings.HasPrefix(v, `\\`):
		return "is a path of a file share"
	case err != nil:
		return err.Error()
	case u.Scheme != "https":
		return "is not https"
	}
	return ""
}

// redirectedTo reads an address that Autodiscover redirects to, by its rules:
// https, the usual port, a host name, the path of Autodiscover.
func redirectedTo(s string) (*url.URL, string) {
	u, err := parseURL(s)
	switch {
	case err != nil:
		return nil, err.Error()
	case u.Scheme != "https":
		return nil, "is not https"
	case urlPort(u) != 443:
		return nil, "has a port of its own"
	case isAddress(u.Hostname()) || !strings.Contains(u.Hostname(), "."):
		return nil, "has no full host name"
	case !autodiscoverPath(u.Path):
		return nil, "is not an address of Autodiscover"
	}
	return u, ""
}

func autodiscoverPath(path string) bool {
	path = strings.ToLower(path)
	return strings.HasPrefix(path, "/autodiscover/") && strings.HasSuffix(path, "/autodiscover.xml")
}
