package checks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// Bounds on what a directory server may send. Each entry of an answer is a
// message of its own, so a message is small; a page is many of them.
const (
	maxLDAPMessage = 1 << 20
	maxLDAPBytes   = 128 << 20
	ldapPage       = 500
	maxLDAPEntries = 200_000
)

var (
	errNotLDAP   = errors.New("what answers does not speak LDAP")
	errLDAPLarge = errors.New("the answer is larger than this program reads")
)

// ldapStream lets only bounded LDAP messages through to the library, which
// itself would read up to 2 GiB and wait for ever on what is no LDAP.
type ldapStream struct {
	net.Conn
	left  int // bytes of the current message that are still to come
	total int

	mu  sync.Mutex
	bad error // why nothing more is read
}

func (s *ldapStream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if s.left == 0 {
		return s.head(p)
	}
	n, err := s.Conn.Read(p[:min(len(p), s.left)])
	s.left -= n
	return n, s.cutShort(err, s.left > 0)
}

// cutShort tells an end within a message from one between two.
func (s *ldapStream) cutShort(err error, within bool) error {
	if err == io.EOF && within {
		return io.ErrUnexpectedEOF
	}
	return err
}

// head reads the start of a message one byte at a time and hands it on. The
// library reads through a buffer, so p is never smaller than a head.
func (s *ldapStream) head(p []byte) (int, error) {
	var head [6]byte
	n, want := 0, 2
	for n < want {
		if _, err := s.Conn.Read(head[n : n+1]); err != nil {
			return 0, s.cutShort(err, n > 0)
		}
		n++
		if n == 1 && head[0] != 0x30 {
			return 0, s.refuse(errNotLDAP)
		}
		if n == 2 && head[1]&0x80 != 0 {
			if want += int(head[1] & 0x7f); head[1] == 0x80 || want > len(head) {
				return 0, s.refuse(errLDAPLarge)
			}
		}
	}
	size := int(head[1])
	if want > 2 {
		size = 0
		for _, b := range head[2:want] {
			size = size<<8 | int(b)
		}
	}
	if s.total += size; size > maxLDAPMessage || s.total > maxLDAPBytes {
		return 0, s.refuse(errLDAPLarge)
	}
	if len(p) < n {
		return 0, s.refuse(errLDAPLarge)
	}
	s.left = size
	return copy(p, head[:n]), nil
}

func (s *ldapStream) refuse(err error) error {
	s.mu.Lock()
	s.bad = err
	s.mu.Unlock()
	s.Conn.Close()
	return err
}

func (s *ldapStream) reason() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bad
}

// controller is a connection to one domain controller.
type controller struct {
	host   string // as named by DNS or the engineer
	at     endpoint
	how    string // ldaps, starttls or plain
	stream *ldapStream
	conn   *ldap.Conn
	root   rootDSE
	said   []string // what was asked, for the transcript
	clear  string   // why it is read without TLS; empty when it is not
}

func newController(host string, at endpoint, how string, c net.Conn) *controller {
	d := &controller{host: host, at: at, how: how, stream: &ldapStream{Conn: c}}
	d.conn = ldap.NewConn(d.stream, how != "plain")
	d.conn.SetTimeout(15 * time.Second)
	d.conn.Start()
	return d
}

func (d *controller) close() {
	d.conn.SetTimeout(200 * time.Millisecond)
	d.conn.Close()
}

// name is the controller's own name where it told one.
func (d *controller) name() string {
	if d.root.dnsHostName != "" {
		return strings.ToLower(d.root.dnsHostName)
	}
	return d.host
}

// answer is what a search found.
type ldapAnswer struct {
	entries   []*ldap.Entry
	count     int  // entries, also those that were only counted
	partial   bool // a limit was reached
	referrals int
}

// question is one search.
type ldapQuestion struct {
	base      string
	scope     int
	filter    string
	attrs     []string
	countOnly bool
	most      int // stop after so many entries; zero: maxLDAPEntries
}

// noObject is the trouble of a base that is not there, or may not be seen.
const noObject = "ldap.no_object"

// ask searches page by page. Referrals are counted and never followed.
func (d *controller) ask(ctx context.Context, q ldapQuestion) (ldapAnswer, *trouble) {
	if q.filter == "" {
		q.filter = "(objectClass=*)"
	}
	if q.most == 0 {
		q.most = maxLDAPEntries
	}
	if len(q.attrs) == 0 {
		q.attrs = []string{"1.1"}
	}
	var out ldapAnswer
	began := time.Now()
	t := d.pages(ctx, q, &out)
	note := fmt.Sprintf("%s: search base=%q scope=%d filter=%s: %d entries, %d ms", d.at, clip(q.base, 300), q.scope, q.filter, out.count, time.Since(began).Milliseconds())
	if t != nil {
		note += ": " + t.text
	}
	d.said = append(d.said, note)
	stage(ctx, "ldap", began, t, "%s: %d read", Escape(clip(cmp.Or(q.base, "rootDSE"), 160)), out.count)
	return out, t
}

func (d *controller) pages(ctx context.Context, q ldapQuestion, out *ldapAnswer) *trouble {
	paging := ldap.NewControlPaging(ldapPage)
	var before string
	for {
		if ctx.Err() != nil {
			return d.trouble(ctx, ctx.Err())
		}
		d.conn.SetTimeout(share(ctx, 15*time.Second, 0.8))
		req := ldap.NewSearchRequest(q.base, q.scope, ldap.NeverDerefAliases, maxLDAPEntries, 15, false, q.filter, q.attrs, nil)
		req.EnforceSizeLimit = true
		if q.scope != ldap.ScopeBaseObject {
			req.Controls = []ldap.Control{paging}
		}
		page, err := d.conn.Search(req)
		if page != nil {
			out.add(page, q)
		}
		if err != nil {
			if ldap.IsErrorAnyOf(err, ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultTimeLimitExceeded, ldap.LDAPResultAdminLimitExceeded) && out.count > 0 {
				out.partial = true
				return nil
			}
			return d.trouble(ctx, err)
		}
		cookie := nextPage(page)
		switch {
		case len(cookie) == 0:
			return nil
		case out.count >= q.most, len(page.Entries) == 0, len(cookie) > 64<<10, firstDN(page) == before:
			out.partial = true // a limit of ours, or pages that lead nowhere
			return nil
		}
		before = firstDN(page)
		paging.SetCookie(cookie)
	}
}

func (a *ldapAnswer) add(page *ldap.SearchResult, q ldapQuestion) {
	a.count += len(page.Entries)
	a.referrals += len(page.Referrals)
	if !q.countOnly {
		a.entries = append(a.entries, page.Entries...)
	}
}

func nextPage(r *ldap.SearchResult) []byte {
	if c, ok := ldap.FindControl(r.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging); ok {
		return c.Cookie
	}
	return nil
}

func firstDN(r *ldap.SearchResult) string {
	if len(r.Entries) == 0 {
		return ""
	}
	return r.Entries[0].DN
}

// trouble classifies why a request has no usable answer.
func (d *controller) trouble(ctx context.Context, err error) *trouble {
	if bad := d.stream.reason(); bad != nil {
		if bad == errNotLDAP {
			return &trouble{Fail, "ldap.not_ldap", bad.Error()}
		}
		return &trouble{Unknown, "ldap.malformed", bad.Error()}
	}
	var own *ldap.Error
	errors.As(err, &own)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &trouble{Unknown, "run.cancelled", "cancelled"}
	case ctx.Err() != nil, isTimeout(err), strings.Contains(err.Error(), "timed out"):
		return &trouble{Unknown, "ldap.timeout", "the domain controller did not answer in time"}
	case own == nil || own.ResultCode >= ldap.ErrorNetwork:
		if strings.Contains(err.Error(), "closed") || strings.Contains(err.Error(), "EOF") || strings.Contains(err.Error(), "reset") {
			return &trouble{Unknown, "ldap.closed", "the domain controller ended the connection"}
		}
		return &trouble{Unknown, "ldap.malformed", "the answer is no LDAP that can be read"}
	}
	text := fmt.Sprintf("result %d %s", own.ResultCode, ldap.LDAPResultCodeMap[own.ResultCode])
	switch own.ResultCode {
	case ldap.LDAPResultNoSuchObject:
		return &trouble{Unknown, noObject, "the object is not there or may not be seen"}
	case ldap.LDAPResultOperationsError, ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultInappropriateAuthentication:
		return &trouble{Unknown, "ldap.not_readable", "the directory does not let this account read it (" + text + ")"}
	case ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired:
		return &trouble{Unknown, "ldap.signing_required", "the domain controller wants signed or encrypted connections (" + text + ")"}
	case ldap.LDAPResultReferral:
		return &trouble{Unknown, "ldap.referral", "the domain controller sends the question elsewhere, which is not followed"}
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable, ldap.LDAPResultUnwillingToPerform:
		return &trouble{Unknown, "ldap.busy", "the domain controller does not answer questions now (" + text + ")"}
	}
	return &trouble{Unknown, "ldap.error", text}
}

// adCode finds the code that Active Directory puts into a refused logon.
var adCode = Pattern(`AcceptSecurityContext error, data ([0-9a-fA-F]{1,8})\b`)

// adRefusals are the codes that engineers can act on.
var adRefusals = map[string]struct{ reason, text string }{
	"525": {"ldap.bind_refused", "there is no such user"},
	"52e": {"ldap.bind_refused", "the password is wrong"},
	"530": {"auth.restricted", "the account may not log on at this hour"},
	"531": {"auth.restricted", "the account may not log on from this computer"},
	"532": {"auth.expired", "the password has expired"},
	"533": {"auth.disabled", "the account is disabled"},
	"701": {"auth.disabled", "the account has expired"},
	"773": {"auth.expired", "the password must be changed first"},
	"775": {"auth.locked", "the account is locked"},
}

// refusal reads a failed bind: a LogonError when the account was refused, nil
// when something else went wrong.
func refusal(err error) error {
	var own *ldap.Error
	if !errors.As(err, &own) || own.ResultCode != ldap.LDAPResultInvalidCredentials {
		return nil
	}
	text := ""
	if own.Err != nil {
		text = own.Err.Error()
	}
	if strings.Contains(text, "80090346") {
		return &LogonError{Unknown, "auth.extended_protection", "the directory asks for channel binding"}
	}
	if m := adCode().FindStringSubmatch(text); m != nil {
		if known, ok := adRefusals[strings.ToLower(m[1])]; ok {
			return &LogonError{Fail, known.reason, fmt.Sprintf("%s (code %s)", known.text, strings.ToLower(m[1]))}
		}
		return &LogonError{Fail, "ldap.bind_refused", "the logon was refused (code " + strings.ToLower(m[1]) + ")"}
	}
	return &LogonError{Fail, "ldap.bind_refused", "the logon was refused"}
}
