package lab

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// asUser answers a directory to somebody who is logged on.
func (p persona) asUser(w http.ResponseWriter, r *http.Request, d directory, path string, m Mailbox) {
	switch d.name {
	case "autodiscover":
		p.discover(w, r, path, m)
	case "ews":
		p.ews(w, r, m)
	case "eas":
		p.eas(w, m)
	case "rpc":
		p.rpc(w, r, m)
	case "oab":
		w.WriteHeader(http.StatusForbidden)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

// behind is the server that answers for a mailbox through this one; not all
// versions know each other.
func (p persona) behind(m Mailbox) (Server, bool) {
	front := p.server.Version
	if m.Version == front {
		return p.server, true
	}
	if front == "2013" || front == "2010" && m.Version == "2007" {
		return p.lab.serverOf(m.Version), true
	}
	return Server{}, false
}

const soapHead = `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>%s</s:Header><s:Body>%s</s:Body></s:Envelope>`

// ews answers a GetFolder. Exchange 2013 does not speak for a mailbox on 2007,
// whose clients are sent to the legacy name instead.
func (p persona) ews(w http.ResponseWriter, r *http.Request, m Mailbox) {
	if r.Method != http.MethodPost {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<html><head><title>Service</title></head></html>")
		return
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	server, knows := p.behind(m)
	class, code := "Success", "NoError"
	switch {
	case !strings.Contains(string(body), "GetFolder"):
		w.WriteHeader(http.StatusInternalServerError)
		return
	case !knows || m.Version == "2007" && p.server.Version != "2007":
		class, code = "Error", "ErrorNoRespondingCASInDestinationSite"
		server = p.server
	}
	n := buildParts(server.Build)
	header := fmt.Sprintf(`<t:ServerVersionInfo MajorVersion="%s" MinorVersion="%s" MajorBuildNumber="%s" MinorBuildNumber="%s" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"/>`, n[0], n[1], n[2], n[3])
	message := fmt.Sprintf(`<m:GetFolderResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><m:ResponseMessages><m:GetFolderResponseMessage ResponseClass="%s"><m:ResponseCode>%s</m:ResponseCode></m:GetFolderResponseMessage></m:ResponseMessages></m:GetFolderResponse>`, class, code)
	fmt.Fprintf(w, soapHead, header, message)
}

// eas answers OPTIONS with the versions of the mailbox's server.
func (p persona) eas(w http.ResponseWriter, m Mailbox) {
	server, knows := p.behind(m)
	if !knows {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	versions := "2.0,2.1,2.5,12.0,12.1"
	if server.Version != "2007" {
		versions += ",14.0,14.1"
	}
	build := strings.Split(server.Build, ".")
	w.Header().Set("MS-Server-ActiveSync", strings.Join(build[:min(2, len(build))], "."))
	w.Header().Set("MS-ASProtocolVersions", versions)
	w.Header().Set("MS-ASProtocolCommands", "Sync,SendMail,SmartForward,SmartReply,GetAttachment,FolderSync,MoveItems,Provision,Search,Settings,Ping,ItemOperations,MeetingResponse,ResolveRecipients,ValidateCert")
}

// rpcServer is the name under which Outlook asks for a mailbox.
func (p persona) rpcServer(m Mailbox) string {
	if m.Version == "2013" {
		_, domain, _ := strings.Cut(m.Address, "@")
		return m.GUID + "@" + domain
	}
	return p.lab.serverOf(m.Version).FQDN
}

// rpc echoes when the server asked for is the mailbox's.
func (p persona) rpc(w http.ResponseWriter, r *http.Request, m Mailbox) {
	server, port, _ := strings.Cut(r.URL.RawQuery, ":")
	if name, err := url.QueryUnescape(server); err == nil {
		server = name
	}
	switch {
	case server == "":
		w.WriteHeader(http.StatusOK)
	case !strings.EqualFold(server, p.rpcServer(m)) && p.server.Version == "2013":
		w.WriteHeader(http.StatusNotFound)
	case !strings.EqualFold(server, p.rpcServer(m)) || port != "6001" && port != "6002" && port != "6004":
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		w.Header().Set("Content-Type", "application/rpc")
		w.Header().Set("Content-Length", "20")
		w.Write([]byte{5, 0, 20, 3, 16, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0})
	}
}

// signInPath is where the logon form of a version goes.
func (p persona) signInPath() string {
	if p.server.Version == "2007" {
		return "/owa/auth/owaauth.dll"
	}
	return "/owa/auth.owa"
}

// signIn answers the logon form and what lies behind it; false: this is a
// stranger's request.
func (p persona) signIn(w http.ResponseWriter, r *http.Request, path string) bool {
	if m, known := p.lab.web.session(r); known {
		p.mailboxPage(w, r, m)
		return true
	}
	if r.Method != http.MethodPost || path != p.signInPath() {
		return false
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	r.ParseForm()
	name, password := r.PostForm.Get("username"), r.PostForm.Get("password")
	m, ok := p.lab.web.mailbox(name)
	if code := p.lab.accounts.tryPassword("owa", name, password, p.secure); code != "" || !ok {
		w.Header().Set("Location", "https://"+r.Host+"/owa/auth/logon.aspx?replaceCurrent=1&reason=2&url="+url.QueryEscape(r.PostForm.Get("destination")))
		w.WriteHeader(http.StatusFound)
		return true
	}
	token := p.lab.web.begin(m)
	if p.server.Version == "2013" {
		for _, c := range []string{"cadataTTL", "cadataKey", "cadataIV", "cadataSig"} {
			http.SetCookie(w, &http.Cookie{Name: c, Value: "x", Path: "/", Secure: true, HttpOnly: true})
		}
		http.SetCookie(w, &http.Cookie{Name: "cadata", Value: token, Path: "/", Secure: true, HttpOnly: true})
	} else {
		http.SetCookie(w, &http.Cookie{Name: "sessionid", Value: token, Path: "/"})
	}
	w.Header().Set("Location", "https://"+r.Host+"/owa/")
	w.WriteHeader(http.StatusFound)
	return true
}

// mailboxPage is what a logged-on browser gets: the mailbox, or the way to the
// legacy name.
func (p persona) mailboxPage(w http.ResponseWriter, r *http.Request, m Mailbox) {
	server, knows := p.behind(m)
	switch {
	case !knows:
		w.Header().Set("Location", "https://"+r.Host+"/owa/auth/errorFE.aspx?httpCode=500")
		w.WriteHeader(http.StatusFound)
	case m.Version == "2007" && p.server.Version != "2007":
		w.Header().Set("Location", "https://"+p.lab.web.names().Legacy+"/owa/")
		w.WriteHeader(http.StatusFound)
	default:
		w.Header().Set("X-OWA-Version", server.Build)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<html><head><title>Outlook Web App</title></head><body><img src="/owa/%s/themes/resources/logo.png"></body></html>`, server.Build)
	}
}
