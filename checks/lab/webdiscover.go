package lab

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// discover answers Autodiscover, the old way or by SOAP.
func (p persona) discover(w http.ResponseWriter, r *http.Request, path string, user Mailbox) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	address := elementText(body, "EMailAddress", "Mailbox")
	m, known := p.lab.web.mailbox(address)
	if strings.HasSuffix(path, ".svc") {
		p.discoverSOAP(w, m, known)
		return
	}
	if r.Method != http.MethodPost || address == "" {
		p.discoverError(w, "600", "Invalid Request")
		return
	}
	if _, knows := p.behind(m); !known || !knows {
		p.discoverError(w, "500", "The email address can't be found.")
		return
	}
	fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"><User><DisplayName>Probe</DisplayName></User><Account><AccountType>email</AccountType><Action>settings</Action>%s</Account></Response></Autodiscover>`,
		p.protocols(m))
}

func (p persona) discoverError(w io.Writer, code, message string) {
	fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response><Error Time="%s" Id="1"><ErrorCode>%s</ErrorCode><Message>%s</Message><DebugData/></Error></Response></Autodiscover>`,
		httpTime(p.lab.now()), code, message)
}

// host is the name that clients of a mailbox are sent to for its services.
func (p persona) host(m Mailbox) string {
	names := p.lab.web.names()
	switch {
	case names.Primary == "":
		return p.lab.serverOf(m.Version).FQDN
	case m.Version == "2007":
		return names.Legacy
	}
	return names.Primary
}

// protocols are the sections of settings for a mailbox.
func (p persona) protocols(m Mailbox) string {
	server := p.lab.serverOf(m.Version)
	host := p.host(m)
	anywhere := p.lab.web.names().Primary
	if anywhere == "" {
		anywhere = host
	}
	services := fmt.Sprintf(`<ASUrl>https://%[1]s/EWS/Exchange.asmx</ASUrl><EwsUrl>https://%[1]s/EWS/Exchange.asmx</EwsUrl><OABUrl>https://%[1]s/OAB/5c7dd8b1/</OABUrl>`, host)
	control := ""
	if m.Version != "2007" {
		control = fmt.Sprintf(`<EcpUrl>https://%s/ecp/</EcpUrl>`, host)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<Protocol><Type>EXCH</Type><Server>%s</Server><ServerVersion>%s</ServerVersion><AuthPackage>Anonymous</AuthPackage>%s%s</Protocol>`,
		p.rpcServer(m), versionWord(server.Build), services, control)
	fmt.Fprintf(&b, `<Protocol><Type>EXPR</Type><Server>%s</Server><SSL>On</SSL><AuthPackage>Ntlm</AuthPackage>%s%s<CertPrincipalName>msstd:%[1]s</CertPrincipalName></Protocol>`,
		anywhere, services, control)
	fmt.Fprintf(&b, `<Protocol><Type>WEB</Type><Internal><OWAUrl AuthenticationMethod="Basic, Fba">https://%[1]s/owa/</OWAUrl></Internal><External><OWAUrl AuthenticationMethod="Fba">https://%[1]s/owa/</OWAUrl></External></Protocol>`, host)
	return b.String()
}

// versionWord is a build as Autodiscover writes it.
func versionWord(build string) string {
	var n [3]uint64
	for i, s := range strings.Split(build, ".") {
		if i < len(n) {
			n[i], _ = strconv.ParseUint(s, 10, 15)
		}
	}
	return fmt.Sprintf("%08X", 7<<28|n[0]&0x3f<<22|n[1]&0x3f<<16|1<<15|n[2])
}

// buildParts are the four numbers of a build.
func buildParts(build string) [4]string {
	n := [4]string{"0", "0", "0", "0"}
	copy(n[:], strings.Split(build, "."))
	return n
}

func (p persona) discoverSOAP(w http.ResponseWriter, m Mailbox, known bool) {
	const space = `xmlns="http://schemas.microsoft.com/exchange/2010/Autodiscover"`
	n := buildParts(p.server.Build)
	header := fmt.Sprintf(`<ServerVersionInfo %s><MajorVersion>%s</MajorVersion><MinorVersion>%s</MinorVersion><MajorBuildNumber>%s</MajorBuildNumber><MinorBuildNumber>%s</MinorBuildNumber></ServerVersionInfo>`, space, n[0], n[1], n[2], n[3])
	user := `<ErrorCode>InvalidUser</ErrorCode><ErrorMessage>unknown</ErrorMessage>`
	if _, knows := p.behind(m); known && knows {
		host := p.host(m)
		var b strings.Builder
		for _, s := range [][2]string{
			{"MailboxVersion", p.lab.serverOf(m.Version).Build}, {"InternalMailboxServer", p.rpcServer(m)},
			{"ExternalEwsUrl", "https://" + host + "/EWS/Exchange.asmx"}, {"ExternalMailboxServer", host}, {"ExternalMailboxServerRequiresSSL", "True"},
		} {
			fmt.Fprintf(&b, `<UserSetting><Name>%s</Name><Value>%s</Value></UserSetting>`, s[0], s[1])
		}
		user = `<ErrorCode>NoError</ErrorCode><ErrorMessage/><UserSettings>` + b.String() + `</UserSettings>`
	}
	fmt.Fprintf(w, soapHead, header, `<GetUserSettingsResponseMessage `+space+`><Response><ErrorCode>NoError</ErrorCode><ErrorMessage/><UserResponses><UserResponse>`+user+`</UserResponse></UserResponses></Response></GetUserSettingsResponseMessage>`)
}

// elementText finds the text of the first element with one of the names.
func elementText(body []byte, names ...string) string {
	d := xml.NewDecoder(strings.NewReader(string(body)))
	for {
		t, err := d.Token()
		if err != nil {
			return ""
		}
		if start, ok := t.(xml.StartElement); ok && has(names, start.Name.Local) {
			text, _ := d.Token()
			data, _ := text.(xml.CharData)
			return strings.TrimSpace(string(data))
		}
	}
}
