package checks

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// DirectoryAccount is the account that [Env.Logon] is asked for when a check
// reads the directory and names no account of its own.
const DirectoryAccount = "directory"

// Bounds on refused logons. One refusal already stops an account; the ceiling
// holds even when the engineer lets it go on.
const (
	maxRefusals   = 2
	refusalWindow = 30 * time.Minute
)

// LogonError tells why nobody was logged on. It never holds a password.
type LogonError struct {
	Verdict Verdict
	Reason  string
	Text    string
}

func (e *LogonError) Error() string { return e.Text }

func notLoggedOn(v Verdict, reason, format string, args ...any) error {
	return &LogonError{v, reason, fmt.Sprintf(format, args...)}
}

// logonFinding is the finding of a check that a LogonError ended; ok is false
// for other errors, which are the protocol's own.
func logonFinding(where string, err error) (f Finding, ok bool) {
	var e *LogonError
	if !errors.As(err, &e) {
		return Finding{}, false
	}
	f = decided(e.Verdict, e.Reason, "%s: %s", where, e.Text)
	f.Found = e.Text
	return f, true
}

// Logons is what a whole run knows of its accounts: which were refused, which
// proved good, and to which hosts a password may go. All probes of a run share
// one, so that two checks cannot lock an account together. The zero value is
// not usable; see [NewLogons].
type Logons struct {
	mu       sync.Mutex
	users    map[string]*loginUser // by user part, lower case
	user     map[string]string     // account asked for → user name, lower case
	hosts    map[string]bool
	revealed []revealedSecret
	budget   budgetReader
	runs     int // started so far; see Env.Asked
}

// loginState is that of one name of a user.
type loginState struct {
	stopped  string // why the account is left alone; empty: it is not
	until    int    // the last run for which that holds: the next one asks anew
	refused  []time.Time
	good     bool
	budgeted bool // the lockout budget was read, or cannot be
}

// stoppedFor tells why a run leaves the account alone; empty when it does not.
func (s *loginState) stoppedFor(run int) string {
	if s.stopped == "" || run > s.until {
		return ""
	}
	return s.stopped
}

// refusals counts the refused tries that still weigh.
func (s *loginState) refusals(now time.Time) int {
	n := 0
	for _, at := range s.refused {
		if now.Sub(at) < refusalWindow {
			n++
		}
	}
	return n
}

// NewLogons starts the account keeping of a run. Passwords may go to the named
// hosts, and to those a check names itself.
func NewLogons(hosts ...string) *Logons {
	l := &Logons{users: map[string]*loginUser{}, user: map[string]string{}, hosts: map[string]bool{}}
	l.Allow(hosts...)
	return l
}

// Allow adds hosts that passwords may go to: names of the organisation, or a
// redirect's target after the engineer agreed.
func (l *Logons) Allow(hosts ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range hosts {
		if h = plainHost(h); h != "" {
			l.hosts[h] = true
		}
	}
}

// Stopped tells why an account was left alone last; empty when it never was.
func (l *Logons) Stopped(account string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.stateOf(l.userOf(account)); s != nil {
		return s.stopped
	}
	return ""
}

// barred tells why a run must not even ask for an account: it was refused in
// this run, or too often lately.
func (l *Logons) barred(account string, run int, now time.Time) string {
	if l == nil {
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	user, known := l.user[strings.ToLower(account)]
	if !known {
		return "" // nobody knows yet whose account it is
	}
	if why := l.stoppedFor(user, run); why != "" {
		return why
	}
	if n := l.refusals(user, now); n >= maxRefusals {
		return fmt.Sprintf("it was refused %d times within %s", n, refusalWindow)
	}
	return ""
}

// stoppedFor tells why a run leaves a user alone; empty when it does not. The
// caller holds the lock.
func (l *Logons) stoppedFor(user string, run int) string {
	own := l.stateOf(user)
	if own != nil && own.stoppedFor(run) != "" {
		return own.stoppedFor(run)
	}
	why := ""
	for _, s := range l.alike(user) {
		why = max(why, s.stoppedFor(run)) // whichever, but always the same
	}
	return why
}

// refusals counts the refused tries of a user by all names. The caller holds
// the lock.
func (l *Logons) refusals(user string, now time.Time) int {
	n := 0
	for _, s := range l.alike(user) {
		n += s.refusals(now)
	}
	return n
}

// begin numbers a run that asks for its passwords anew.
func (l *Logons) begin() int {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs++
	return l.runs
}

// accountsOf are all accounts asked for that may be this user's.
func (l *Logons) accountsOf(user string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for account, u := range l.user {
		if maybeSame(u, user) {
			out = append(out, account)
		}
	}
	slices.Sort(out)
	return out
}

func (l *Logons) userOf(account string) string {
	if u, known := l.user[strings.ToLower(account)]; known {
		return u
	}
	return strings.ToLower(account)
}

func plainHost(h string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(h), "."))
}

// SignIn is the only way to a password. It asks for account's credential,
// waits until no other probe is logging on with it, and lets try send it once.
// The caller says whether the connection to host is TLS with a trusted
// certificate of that name; without that no password is handed out. Try tells
// whether the server refused the logon: then the account is left alone for the
// rest of the run, and [Env.Forget] is told to ask anew in the next. Errors of try are handed through, everything else is a
// [LogonError].
func (e *Env) SignIn(ctx context.Context, account, host string, verified bool, try func(Credential) (rejected bool, err error)) error {
	return e.signIn(ctx, signing{account: account, host: host, safe: verified}, try)
}

// signing describes one logon.
type signing struct {
	account string
	host    string
	safe    bool // verified TLS, or a scheme that does not send the password itself
	free    bool // do not look at the lockout budget: this logon reads it
}

func (e *Env) signIn(ctx context.Context, s signing, try func(Credential) (rejected bool, err error)) error {
	if err := e.maySend(s); err != nil {
		return err
	}
	if why := e.Logons.barred(s.account, e.run, e.now()); why != "" {
		return notLoggedOn(Unknown, "credentials.stopped", "%s is not tried again: %s", mask(s.account), why)
	}
	cred, err := e.Logon(ctx, s.account)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return notLoggedOn(Skip, "credentials.none", "no password was given for %s", mask(s.account))
	case cred.Username == "" || cred.Password.IsZero():
		return notLoggedOn(Skip, "credentials.none", "an empty user name or password was given for %s: nothing was sent", mask(s.account))
	}
	turn, state := e.Logons.take(s.account, cred)
	select {
	case <-turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { turn <- struct{}{} }()
	if err := e.Logons.mayTry(ctx, e, s, cred, state); err != nil {
		return err
	}
	rejected, err := try(cred)
	if rejected && e.Forget != nil {
		for _, account := range e.Logons.accountsOf(cred.Username) {
			e.Forget(account)
		}
	}
	return e.Logons.tried(e, state, cred, rejected, err)
}

// maySend decides what needs no password: is there anybody to ask, is the
// connection safe, is the host one of ours.
func (e *Env) maySend(s signing) error {
	switch {
	case e.Logon == nil || e.Logons == nil:
		return notLoggedOn(Skip, "credentials.none", "no password was given for %s", mask(s.account))
	case !s.safe:
		return notLoggedOn(Unknown, "credentials.unsafe", "the password was not sent: %s does not prove by a trusted certificate that it is %[1]s", s.host)
	case !e.allowed(s.host):
		return notLoggedOn(Unknown, "credentials.unsafe", "the password was not sent: %s is not a host of this organisation", s.host)
	}
	return nil
}

// allowed tells whether passwords may go to a host: one that the run knows, or
// one that the running check names.
func (e *Env) allowed(host string) bool {
	host = plainHost(host)
	if host == "" {
		return false
	}
	e.Logons.mu.Lock()
	known := e.Logons.hosts[host]
	e.Logons.mu.Unlock()
	return known || e.named.has(host)
}

// take registers a credential and returns its user's turn and state.
func (l *Logons) take(account string, cred Credential) (turn chan struct{}, state *loginState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	user := strings.ToLower(cred.Username)
	l.user[strings.ToLower(account)] = user
	u := l.users[userPart(user)]
	if u == nil {
		u = &loginUser{turn: make(chan struct{}, 1), names: map[string]*loginState{}}
		u.turn <- struct{}{}
		l.users[userPart(user)] = u
	}
	if u.names[user] == nil {
		u.names[user] = &loginState{}
	}
	if !slices.ContainsFunc(l.revealed, func(r revealedSecret) bool { return r.password == cred.Password }) {
		l.revealed = append(l.revealed, reveal(cred.Password))
	}
	return u.turn, u.names[user]
}

// mayTry decides, with the user's turn in hand, whether a try may be made.
func (l *Logons) mayTry(ctx context.Context, e *Env, s signing, cred Credential, state *loginState) error {
	l.mu.Lock()
	if state.stopped != "" && e.run > state.until {
		state.budgeted = false // it was refused or spared in an earlier run: look again
	}
	why, recent := l.stoppedFor(cred.Username, e.run), l.refusals(cred.Username, e.now())
	read, ask := state.budgeted || state.good || s.free, l.budget
	if ask == nil {
		ask = e.budgetByDirectory()
	}
	state.budgeted = state.budgeted || ask != nil
	l.mu.Unlock()
	switch {
	case why != "":
		return notLoggedOn(Unknown, "credentials.stopped", "%s is not tried again: %s", mask(cred.Username), why)
	case recent >= maxRefusals:
		return notLoggedOn(Unknown, "credentials.stopped", "%s was refused %d times within %s and is left alone", mask(cred.Username), recent, refusalWindow)
	case read || ask == nil:
		return nil
	}
	if why := ask(ctx, e, cred.Username); why != "" {
		l.stop(state, e.run, why)
		return notLoggedOn(Unknown, "credentials.stopped", "%s is not tried: %s", mask(cred.Username), why)
	}
	return nil
}

func (l *Logons) stop(state *loginState, run int, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	state.stopped, state.until = why, run
}

// tried keeps how a try ended.
func (l *Logons) tried(e *Env, state *loginState, cred Credential, rejected bool, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !rejected {
		state.good = state.good || err == nil
		return err
	}
	for _, s := range l.alike(cred.Username) {
		s.good = false
	}
	now := e.now()
	state.refused = append(state.refused, now)
	state.until = max(state.until, e.run)
	state.stopped = "it was refused at " + now.UTC().Format(time.TimeOnly) + " UTC"
	var own *LogonError
	if errors.As(err, &own) {
		own.Text = reveal(cred.Password).scrub(own.Text)
		return own
	}
	text := "the logon of " + mask(cred.Username) + " was refused"
	if err != nil {
		text += ": " + clip(reveal(cred.Password).scrub(Escape(err.Error())), 200)
	}
	return notLoggedOn(Fail, "credentials.refused", "%s", text)
}

// budgetReader looks how many tries a user has left; it returns why no try may
// be made, or nothing.
type budgetReader func(ctx context.Context, e *Env, username string) string

func (l *Logons) setBudget(b budgetReader) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.budget == nil {
		l.budget = b
	}
}

// hostList are the hosts that one running check names.
type hostList struct {
	mu    sync.Mutex
	hosts map[string]bool
}

func (h *hostList) has(host string) bool {
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.hosts[host]
}

// allowHost lets this check's passwords go to a further host. Only names that
// the organisation itself gave may be added: targets of service records,
// connection points. A redirect's target may not.
func (e *Env) allowHost(host string) {
	if e.named == nil || plainHost(host) == "" {
		return
	}
	e.named.mu.Lock()
	defer e.named.mu.Unlock()
	e.named.hosts[plainHost(host)] = true
}

// namedHosts are the hosts in a check's parameters: typed by the engineer or
// taken from the migration, and with a mail address its domain's usual names.
func namedHosts(p Params) *hostList {
	h := &hostList{hosts: map[string]bool{}}
	add := func(s string) {
		if s = plainHost(s); s != "" {
			h.hosts[s] = true
		}
	}
	add(p.String("host"))
	for _, t := range p.Strings("targets") {
		add(t)
	}
	if u, err := url.Parse(p.String("url")); err == nil {
		add(u.Hostname())
	}
	if _, domain, ok := strings.Cut(p.String("mailbox"), "@"); ok {
		add(domain)
		add("autodiscover." + domain)
	}
	return h
}

// mask shows enough of a user name to recognise it.
func mask(name string) string {
	if domain, user, ok := strings.Cut(name, `\`); ok {
		return maskWord(domain) + `\` + maskWord(user)
	}
	if user, domain, ok := strings.Cut(name, "@"); ok {
		return maskWord(user) + "@" + domain
	}
	if name == DirectoryAccount || name == "" {
		return "the directory account"
	}
	return maskWord(name)
}

func maskWord(s string) string {
	r := []rune(Escape(s))
	if len(r) < 3 {
		return "***"
	}
	return string(r[0]) + "***" + string(r[len(r)-1])
}
