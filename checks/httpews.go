package checks

import (
	"fmt"
	"slices"
	"strings"
)

// ewsInbox asks for the inbox of whoever is logged on: the smallest question
// that reaches the mailbox. All releases understand the version it names.
const ewsInbox = `<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">
<soap:Header><t:RequestServerVersion Version="Exchange2007_SP1"/></soap:Header>
<soap:Body><m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>
<m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder></soap:Body></soap:Envelope>`

const soapEnvelope = "http://schemas.xmlsoap.org/soap/envelope/"

// ewsAnswer is what a GetFolder told.
type ewsAnswer struct {
	build string // of the server that answered
	class string // Success, Warning, Error
	code  string // NoError, ErrorServerBusy, …
}

// readEWS reads the answer to GetFolder.
func readEWS(body []byte) (ewsAnswer, error) {
	root, err := parseXML(body)
	if err != nil {
		return ewsAnswer{}, err
	}
	if root.name != "Envelope" || root.space != soapEnvelope {
		return ewsAnswer{}, badXML("the answer is %q, not a SOAP envelope", clip(Escape(root.name), 60))
	}
	out := ewsAnswer{build: serverVersionInfo(root.child("Header"))}
	b := root.child("Body")
	if m := b.find("GetFolderResponseMessage"); m != nil {
		out.class, out.code = m.attr["ResponseClass"], m.child("ResponseCode").value()
		return out, nil
	}
	if f := b.child("Fault"); f != nil {
		out.class = "Error"
		if out.code = f.find("ResponseCode").value(); out.code == "" {
			out.code = f.child("faultcode").value()
		}
		return out, nil
	}
	return out, badXML("the answer holds no result of GetFolder")
}

// serverVersionInfo reads the header in which servers name their build, as
// attributes in EWS and as elements in Autodiscover.
func serverVersionInfo(header *xmlNode) string {
	n := header.find("ServerVersionInfo")
	if n == nil {
		return ""
	}
	var parts []string
	for _, name := range []string{"MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber"} {
		v := n.attr[name]
		if v == "" {
			v = n.child(name).value()
		}
		if v == "" {
			break
		}
		parts = append(parts, v)
	}
	return plainBuild(strings.Join(parts, "."))
}

// judgeEWS judges the answer to GetFolder and adds the server's build.
func judgeEWS(where string, a webAnswer, row Row) Finding {
	if a.status != 200 && a.status != 500 {
		return Finding{Verdict: Pass} // judged by its status
	}
	e, err := readEWS(a.body)
	if err != nil {
		if a.status == 500 {
			return Finding{Verdict: Pass}
		}
		return xmlFinding(where, a, err)
	}
	row["major"], row["build"] = nil, nil
	if e.build != "" {
		row["build"] = []string{e.build}
		if g := generationOf(e.build); g != "" {
			row["major"] = []string{g}
		}
	}
	code := clip(Escape(e.code), 100)
	f := Finding{Verdict: Pass}
	switch {
	case e.class == "Success":
		f.Summary = fmt.Sprintf("%s answers for the mailbox%s", where, inBrackets(e.build))
	case slices.Contains([]string{"ErrorServerBusy", "ErrorMailboxMoveInProgress"}, e.code):
		f = warned("ews.busy", "%s: %s", where, code)
	default:
		f = failed("ews.error", "%s: %s", where, orNothing(code))
	}
	if f.Verdict != Pass {
		f.Expected, f.Found = "Success", orNothing(code)
	}
	return f
}
