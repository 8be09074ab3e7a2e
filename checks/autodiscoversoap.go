package checks

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

const (
	soapDiscoverSpace  = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
	soapDiscoverAction = soapDiscoverSpace + "/Autodiscover/GetUserSettings"
)

// soapSettings are the settings asked for, with the section and property that
// each becomes.
var soapSettings = []struct{ name, section, field string }{
	{"InternalMailboxServer", "EXCH", "server"}, {"MailboxVersion", "EXCH", "build"},
	{"InternalEwsUrl", "EXCH", "ews_url"}, {"InternalOABUrl", "EXCH", "oab_url"}, {"InternalEcpUrl", "EXCH", "ecp_url"},
	{"ExternalMailboxServer", "EXPR", "server"}, {"ExternalMailboxServerAuthenticationMethods", "EXPR", "auth_package"},
	{"ExternalMailboxServerRequiresSSL", "EXPR", "ssl"}, {"ExternalEwsUrl", "EXPR", "ews_url"},
	{"ExternalOABUrl", "EXPR", "oab_url"}, {"ExternalEcpUrl", "EXPR", "ecp_url"},
}

func soapBody(mailbox, to string) []byte {
	escaped := func(s string) string {
		var b bytes.Buffer
		_ = xml.EscapeText(&b, []byte(s)) // writing to memory
		return b.String()
	}
	var names strings.Builder
	for _, s := range soapSettings {
		fmt.Fprintf(&names, "<a:Setting>%s</a:Setting>", s.name)
	}
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:a="%s" xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:soap="%s">
<soap:Header><a:RequestedServerVersion>Exchange2010</a:RequestedServerVersion><wsa:Action>%s</wsa:Action><wsa:To>%s</wsa:To></soap:Header>
<soap:Body><a:GetUserSettingsRequestMessage><a:Request><a:Users><a:User><a:Mailbox>%s</a:Mailbox></a:User></a:Users>
<a:RequestedSettings>%s</a:RequestedSettings></a:Request></a:GetUserSettingsRequestMessage></soap:Body></soap:Envelope>`,
		soapDiscoverSpace, soapEnvelope, soapDiscoverAction, escaped(to), escaped(mailbox), names.String())
}

// readSOAP reads the answer to GetUserSettings.
func readSOAP(body []byte) (discovered, error) {
	var out discovered
	root, err := parseXML(body)
	if err != nil {
		return out, err
	}
	if root.name != "Envelope" || root.space != soapEnvelope {
		return out, badXML("the answer is %q, not a SOAP envelope", clip(Escape(root.name), 60))
	}
	out.build = serverVersionInfo(root.child("Header"))
	b := root.child("Body")
	if f := b.child("Fault"); f != nil {
		out.errorCode, out.errorText = orNothing(f.child("faultcode").value()), f.child("faultstring").value()
		return out, nil
	}
	response := b.child("GetUserSettingsResponseMessage", "Response")
	if response == nil || !strings.EqualFold(strings.Replace(response.space, "https://", "http://", 1), soapDiscoverSpace) {
		return out, badXML("the answer holds no user settings")
	}
	users := response.child("UserResponses").all("UserResponse")
	for _, n := range append([]*xmlNode{response}, users...) {
		code := n.child("ErrorCode").value()
		switch {
		case code == "RedirectAddress":
			out.redirectAddr = n.child("RedirectTarget").value()
			return out, nil
		case code == "RedirectUrl":
			out.redirectURL = n.child("RedirectTarget").value()
			return out, nil
		case code != "NoError":
			out.errorCode, out.errorText = orNothing(code), n.child("ErrorMessage").value()
			return out, nil
		}
	}
	if len(users) != 1 {
		return out, badXML("the answer speaks of %d users instead of one", len(users))
	}
	out.sections = soapSections(users[0].child("UserSettings"))
	if len(out.sections) == 0 {
		return out, badXML("the answer holds no settings")
	}
	return out, nil
}

func soapSections(settings *xmlNode) []section {
	var out []section
	for _, u := range settings.all("UserSetting") {
		name, value := u.child("Name").value(), u.child("Value").value()
		i := slices.IndexFunc(soapSettings, func(s struct{ name, section, field string }) bool { return s.name == name })
		if i < 0 || value == "" {
			continue
		}
		known := soapSettings[i]
		if known.field == "ssl" {
			value = map[bool]string{true: "On", false: "Off"}[strings.EqualFold(value, "true")]
		}
		at := slices.IndexFunc(out, func(s section) bool { return s.kind == known.section })
		if at < 0 {
			out = append(out, section{kind: known.section, values: map[string][]string{}})
			at = len(out) - 1
		}
		out[at].add(known.field, value)
	}
	return out
}
