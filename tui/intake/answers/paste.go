package answers

import (
	"strings"

	"coexist/runbook/migration"
)

// Pasted is one server read from a pasted list.
type Pasted struct {
	Server Server
	Site   string // a site named beside it, empty if none
	Wrong  string // why it can't be taken, empty if it can
}

// ReadServers reads a list of servers: names alone, names with a version and
// roles behind them, or the table that Get-ExchangeServer prints. A name
// without words of its own takes version and roles from like.
func (f *Form) ReadServers(text string, like Server) []Pasted {
	var out []Pasted
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' || r == ';' }) {
		out = f.readLine(out, line, like)
	}
	for i := range out {
		out[i].Wrong = f.cannotTake(out, i)
	}
	return out
}

// readLine reads one line: words that say something of the server before them,
// and names. Behind a comma a word that says nothing is a name; elsewhere it is
// the rest of a row, such as an edition, once version or roles were told.
func (f *Form) readLine(out []Pasted, line string, like Server) []Pasted {
	r := row{f: f, out: out, at: -1, like: like}
	for _, part := range strings.Split(line, ",") {
		for n, word := range strings.Fields(part) {
			r.word(strings.Trim(word, `"'`), n == 0)
		}
	}
	return r.out
}

// row is a line that is being read.
type row struct {
	f      *Form
	out    []Pasted
	like   Server
	at     int  // the server that words belong to, -1 before the first
	own    bool // it has roles of its own
	told   bool // its version was told
	inSite bool // the words behind a path belong to the site's name
}

func (r *row) word(word string, first bool) {
	lower := strings.ToLower(word)
	role, isRole := roleWords[lower]
	version := versionWord(word)
	known := noise[lower] || strings.Trim(word, "-=") == "" || strings.HasPrefix(word, "(") || strings.HasSuffix(word, ")") || isRole || version != ""
	named := r.at >= 0
	switch {
	case named && version != "":
		r.version(version)
	case named && isRole:
		r.role(role)
	case known && !isRole && version == "":
	case named && strings.Contains(word, "/"):
		r.out[r.at].Site = word[strings.LastIndex(word, "/")+1:]
	case named && r.inSite:
		r.out[r.at].Site += " " + word
	case named && r.f.siteNamed(word) != "":
		r.out[r.at].Site = r.f.siteNamed(word)
	case named && (r.own || r.told) && !first:
	default:
		r.out = append(r.out, Pasted{Server: namedLike(word, r.like, trim(r.f.Forest))})
		r.at, r.own, r.told = len(r.out)-1, false, false
	}
	r.inSite = named && !known && (r.inSite || strings.Contains(word, "/"))
}

// version says which one the server is.
func (r *row) version(v string) {
	s := &r.out[r.at].Server
	s.Version, r.told = v, true
	if v != "2013" {
		s.OS = ""
	} else {
		s.OS = or(s.OS, "2012R2")
	}
}

// role adds one to those that were told of the server, not to the usual ones.
func (r *row) role(role string) {
	s := &r.out[r.at].Server
	if !r.own {
		s.setRoles(nil)
		r.own = true
	}
	s.setRoles(append(s.allRoles(), role))
}

// namedLike makes a server like another; a full name is taken apart.
func namedLike(word string, like Server, forest string) Server {
	s := like
	s.Name, s.FQDN, s.Address, s.Was, s.Nodes = word, "", "", "", ""
	if short, domain, ok := strings.Cut(word, "."); ok && short != "" {
		s.Name = strings.ToUpper(short)
		if !strings.EqualFold(domain, forest) {
			s.FQDN, s.Domain = strings.ToLower(word), strings.ToLower(domain)
		}
	}
	return s
}

func (v Server) allRoles() []string {
	v.Version = ""
	return v.Roles()
}

func (f *Form) siteNamed(word string) string {
	for _, s := range f.Sites {
		if strings.EqualFold(trim(s.Name), word) {
			return trim(s.Name)
		}
	}
	return ""
}

func (f *Form) cannotTake(list []Pasted, i int) string {
	s := list[i].Server
	if err := migration.ValidateServerName(s.Name); err != nil {
		return Field{}.refusal(err).Reason
	}
	if site := f.serverNamed(s.Name, -1, -1); site != "" {
		return "is already in " + site
	}
	for _, before := range list[:i] {
		if strings.EqualFold(before.Server.Name, s.Name) {
			return "stands there twice"
		}
	}
	return ""
}

// Take adds the servers that can be taken to a site, or to the one named
// beside them where there is such a site, and returns how many.
func (f *Form) Take(list []Pasted, site int) int {
	n := 0
	for _, p := range list {
		if p.Wrong != "" {
			continue
		}
		to := site
		for i, s := range f.Sites {
			if p.Site != "" && strings.EqualFold(trim(s.Name), p.Site) {
				to = i
			}
		}
		f.Sites[to].Servers = append(f.Sites[to].Servers, p.Server)
		n++
	}
	return n
}

// versionWord reads a version as people or Exchange write it.
func versionWord(w string) string {
	switch {
	case w == "2007" || w == "2010" || w == "2013":
		return w
	case strings.HasPrefix(w, "8.") && digits(w):
		return "2007"
	case strings.HasPrefix(w, "14.") && digits(w):
		return "2010"
	case strings.HasPrefix(w, "15.0") && digits(w):
		return "2013"
	}
	return ""
}

func digits(w string) bool { return strings.Trim(w, "0123456789.") == "" }

var roleWords = map[string]string{
	"cas": migration.ClientAccess, "clientaccess": migration.ClientAccess, "client-access": migration.ClientAccess,
	"hub": migration.HubTransport, "hubtransport": migration.HubTransport, "hub-transport": migration.HubTransport, "ht": migration.HubTransport,
	"mbx": migration.MailboxRole, "mailbox": migration.MailboxRole,
	"um": migration.UnifiedMessaging, "unifiedmessaging": migration.UnifiedMessaging, "unified-messaging": migration.UnifiedMessaging,
	"edge": migration.EdgeTransport, "edgetransport": migration.EdgeTransport, "edge-transport": migration.EdgeTransport,
}

// noise are the words of Get-ExchangeServer's table that say nothing here.
var noise = map[string]bool{
	"name": true, "site": true, "serverrole": true, "edition": true, "admindisplayversion": true, "fqdn": true,
	"version": true, "standard": true, "enterprise": true, "standardevaluation": true, "none": true, "build": true,
}
