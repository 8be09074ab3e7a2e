package lab

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// persona answers like Internet Information Services with the directories of
// one version of Exchange, as a stranger sees them.
type persona struct {
	lab    *Lab
	server Server
	secure bool
}

// directory is one web directory.
type directory struct {
	name string // as in checks' http roles
	path string // lower-case prefix
	auth map[string][]string
}

var windows, both = []string{"Negotiate", "NTLM"}, []string{"Negotiate", "NTLM", `Basic realm="%s"`}

// directories in the order they are matched; a version without an entry does
// not have the directory.
var directories = []directory{
	{"autodiscover", "/autodiscover/", map[string][]string{"2007": both, "2010": both, "2013": both}},
	{"ews", "/ews/", map[string][]string{"2007": windows, "2010": windows, "2013": windows}},
	{"eas", "/microsoft-server-activesync", map[string][]string{"2007": {`Basic realm="%s"`}, "2010": {`Basic realm="%s"`}, "2013": {`Basic realm="%s"`}}},
	{"oab", "/oab/", map[string][]string{"2007": windows, "2010": windows, "2013": windows}},
	{"rpc", "/rpc/", map[string][]string{"2007": {"NTLM", `Basic realm="%s"`}, "2010": {"NTLM", `Basic realm="%s"`}, "2013": {"NTLM", "Negotiate", `Basic realm="%s"`}}},
	{"mapi", "/mapi/", map[string][]string{"2013": windows}},
	{"powershell", "/powershell", map[string][]string{"2010": {"Kerberos"}, "2013": {"Kerberos"}}},
	{"ecp", "/ecp", map[string][]string{"2010": nil, "2013": nil}},
	{"owa", "/owa", map[string][]string{"2007": nil, "2010": nil, "2013": nil}},
}

func (p persona) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.common(w.Header())
	path := strings.ToLower(r.URL.Path)
	if !p.secure {
		p.plainHTTP(w, path)
		return
	}
	for _, d := range directories {
		schemes, there := d.auth[p.server.Version]
		if !there || !strings.HasPrefix(path, d.path) {
			continue
		}
		if p.server.Version == "2013" && path == strings.TrimSuffix(d.path, "/")+"/healthcheck.htm" {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, "200 OK<br/>%s", p.server.FQDN)
			return
		}
		if own, changed := p.server.Auth[d.name]; changed {
			schemes = own
		}
		p.directory(w, r, d, path, schemes)
		return
	}
	if path == "/" && p.server.Version == "2013" { // its setup leads the root there
		w.Header().Set("Location", "https://"+r.Host+"/owa/")
		w.WriteHeader(http.StatusFound)
		return
	}
	if path == "/" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	w.WriteHeader(http.StatusNotFound)
}

// common are the headers on every answer of a version.
func (p persona) common(h http.Header) {
	switch p.server.Version {
	case "2013":
		h.Set("Server", "Microsoft-IIS/8.5")
		h.Set("X-AspNet-Version", "4.0.30319")
		h.Set("X-FEServer", strings.ToUpper(p.server.Name))
		h.Set("request-id", "6f1c7a52-0f5e-4c57-9d6e-3c1f0f2b7a10")
	case "2010":
		h.Set("Server", "Microsoft-IIS/7.5")
		h.Set("X-AspNet-Version", "2.0.50727")
	default:
		h.Set("Server", "Microsoft-IIS/7.0")
		h.Set("X-AspNet-Version", "2.0.50727")
	}
	h.Set("X-Powered-By", "ASP.NET")
}

// plainHTTP answers on port 80, where everything requires https.
func (p persona) plainHTTP(w http.ResponseWriter, path string) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusForbidden)
	fmt.Fprint(w, "403.4 Forbidden: SSL is required")
}

func (p persona) directory(w http.ResponseWriter, r *http.Request, d directory, path string, schemes []string) {
	switch d.name {
	case "owa", "ecp":
		if !p.signIn(w, r, path) {
			p.forms(w, r, path)
		}
		return
	case "autodiscover":
		if p.server.Version == "2007" {
			if strings.HasSuffix(path, ".svc") {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			break
		}
		w.Header().Set("X-SOAP-Enabled", "True")
		w.Header().Set("X-WSSecurity-Enabled", "True")
		if p.server.Version == "2013" {
			w.Header().Set("X-OAuth-Enabled", "True")
		}
	}
	user, handled := p.authenticate(w, r, schemes)
	if handled {
		return
	}
	if user != nil {
		p.asUser(w, r, d, path, *user)
		return
	}
	for _, s := range schemes {
		if strings.Contains(s, "%s") {
			s = fmt.Sprintf(s, r.Host)
		}
		w.Header().Add("WWW-Authenticate", s)
	}
	w.WriteHeader(http.StatusUnauthorized)
}

// forms answers the directories with a logon page.
func (p persona) forms(w http.ResponseWriter, r *http.Request, path string) {
	logon := "/owa/auth/logon.aspx"
	if path != logon {
		back := url.QueryEscape("https://" + r.Host + r.URL.Path)
		query := "?replaceCurrent=1&url=" + back
		if p.server.Version != "2013" {
			query = "?url=" + back + "&reason=0"
		}
		w.Header().Set("Location", "https://"+r.Host+logon+query)
		w.WriteHeader(http.StatusFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	switch p.server.Version {
	case "2013":
		w.Header().Set("X-OWA-Version", p.server.Build)
		fmt.Fprintf(w, logonPage, p.signInPath(), "/owa/auth/"+threeParts(p.server.Build)+"/themes/resources/favicon.ico")
	case "2010":
		w.Header().Set("X-OWA-Version", p.server.Build)
		fmt.Fprintf(w, logonPage, p.signInPath(), "/owa/"+p.server.Build+"/themes/resources/favicon.ico")
	default:
		fmt.Fprintf(w, logonPage, p.signInPath(), "/owa/"+p.server.Build+"/themes/base/favicon.ico")
	}
}

const logonPage = `<!DOCTYPE html><html><head><title>Outlook Web App</title></head><body>
<form action="%s" method="POST" name="logonForm"><input type="hidden" name="flags" value="0">
<input type="hidden" name="forcedownlevel" value="0"><input name="username"><input type="password" name="password"></form>
<link rel="shortcut icon" href="%s"></body></html>
`

// threeParts is a build without its last number, as Exchange 2013 shows it to
// strangers.
func threeParts(build string) string {
	if i := strings.LastIndex(build, "."); strings.Count(build, ".") == 3 {
		return build[:i]
	}
	return build
}
