package lab

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// Mailbox is a mailbox that may be reached by the web directories, with the
// account of its owner.
type Mailbox struct {
	Address  string
	User     string // DOMAIN\user
	Password string
	Version  string // of the server it lives on: 2007, 2010, 2013
	GUID     string // names the endpoint of a mailbox on 2013; empty: derived from the address
	Locked   bool   // every logon is refused
}

// Published are the names that the organisation's directories hand out.
type Published struct {
	Primary string // the namespace, such as mail.contoso.com
	Legacy  string // the one of Exchange 2007; empty: it still has the primary one
}

// web is what the directories of all servers know together.
type web struct {
	mu        sync.Mutex
	mailboxes []Mailbox
	published Published
	sessions  map[string]string // cookie to address
}

// SetMailbox adds a mailbox, or changes the one of that address. Its account
// is found under the address as well.
func (l *Lab) SetMailbox(m Mailbox) {
	l.SetAccount(Account{User: m.User, Password: m.Password, Locked: m.Locked}, m.Address)
	l.web.mu.Lock()
	defer l.web.mu.Unlock()
	if m.GUID == "" {
		m.GUID = fmt.Sprintf("%x-0000-4000-8000-000000000000", []byte(m.Address)[:min(4, len(m.Address))])
	}
	for i := range l.web.mailboxes {
		if strings.EqualFold(l.web.mailboxes[i].Address, m.Address) {
			l.web.mailboxes[i] = m
			return
		}
	}
	l.web.mailboxes = append(l.web.mailboxes, m)
}

// Publish sets the names that the directories hand out.
func (l *Lab) Publish(p Published) {
	l.web.mu.Lock()
	defer l.web.mu.Unlock()
	l.web.published = p
}

// names are the published names, with the primary one standing in for a
// legacy name that was not made.
func (w *web) names() Published {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.published
	if p.Legacy == "" {
		p.Legacy = p.Primary
	}
	return p
}

// mailbox finds one by its address or user.
func (w *web) mailbox(name string) (Mailbox, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, plain, _ := strings.Cut(name, `\`)
	for _, m := range w.mailboxes {
		_, user, _ := strings.Cut(m.User, `\`)
		if strings.EqualFold(m.Address, name) || strings.EqualFold(m.User, name) || plain != "" && strings.EqualFold(user, plain) {
			return m, true
		}
	}
	return Mailbox{}, false
}

// begin opens a session of a browser.
func (w *web) begin(m Mailbox) string {
	token := make([]byte, 16)
	rand.Read(token)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sessions[hex.EncodeToString(token)] = m.Address
	return hex.EncodeToString(token)
}

// session finds who a browser is logged on as.
func (w *web) session(r *http.Request) (Mailbox, bool) {
	for _, name := range []string{"cadata", "sessionid"} {
		c, err := r.Cookie(name)
		if err != nil {
			continue
		}
		w.mu.Lock()
		address, there := w.sessions[c.Value]
		w.mu.Unlock()
		if there {
			return w.mailbox(address)
		}
	}
	return Mailbox{}, false
}

var usualBuilds = map[string]string{"2007": "8.3.485.1", "2010": "14.3.496.0", "2013": "15.0.1497.48"}

// serverOf is a server of the version, or one that could be.
func (l *Lab) serverOf(version string) Server {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found Server
	for _, r := range l.servers {
		if s, _ := r.now(); s.Version == version && (found.Name == "" || s.Name < found.Name) {
			found = s
		}
	}
	if found.Name == "" {
		return Server{Name: "EX" + version, FQDN: "ex" + version + "." + orLocal(l.forest), Version: version, Build: usualBuilds[version]}
	}
	if found.Build == "" {
		found.Build = usualBuilds[version]
	}
	return found
}

func orLocal(forest string) string {
	if forest == "" {
		return "contoso.local"
	}
	return forest
}
