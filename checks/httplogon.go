package checks

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/Azure/go-ntlmssp"
)

// webLogon is a request that needs a user. It is sent once without, to see how
// the server wants to be logged on to and which certificate it has; only then
// the password goes out, once, on a connection of its own.
type webLogon struct {
	account string
	auth    string // basic, ntlm; empty: what the server offers, NTLM before Basic
	url     *url.URL
	at      endpoint
	first   webRequest   // sent by a stranger
	real    webRequest   // sent by the user
	more    []webRequest // sent over the same logon when the first was accepted
}

// webLoggedOn is how that went.
type webLoggedOn struct {
	asked  bool      // the server asked for a logon; otherwise answer is what the stranger got
	scheme string    // Basic, NTLM or Negotiate
	offers []string  // schemes offered to the stranger
	answer webAnswer // to the real request
	more   []webAnswer
	lines  []string
	notes  []Finding
}

// errNotProven ends a try that neither proves the password nor refuses it.
var errNotProven = errors.New("the answer does not tell whether the logon was accepted")

// logonOver sends the request as a user. A finding says why nothing can be
// told about the request itself.
func logonOver(ctx context.Context, env *Env, l webLogon) (webLoggedOn, *Finding) {
	var out webLoggedOn
	if l.url.Scheme != "https" {
		err := env.SignIn(ctx, l.account, l.url.Hostname(), false, nil)
		return out, asFinding(l.where(), err)
	}
	l.first.url, l.first.at, l.real.url, l.real.at = l.url, l.at, l.url, l.at
	a, t := exchangeHTTP(ctx, env, l.first)
	if t != nil {
		out.lines = append(out.lines, fmt.Sprintf("%s %s: %s", l.first.method, l.url, t.text))
		f := t.finding(l.where())
		f.Transcript = out.lines
		return out, &f
	}
	out.lines = append(append(out.lines, fmt.Sprintf("%s %s without a user", l.first.method, l.url)), answerTranscript(a)...)
	l.real.agent = a.agent
	out.answer = a
	if a.status != 401 {
		return out, nil
	}
	out.asked, out.offers = true, schemesOf(a.challenges)
	var problem *Finding
	if out.scheme, problem = pickScheme(l, a); problem != nil {
		problem.Transcript = out.lines
		return out, problem
	}
	if t := wrongClock(env, a); t != nil {
		f := t.finding(l.where())
		f.Transcript = out.lines
		return out, &f
	}
	if t := tooOld(env, a); t != nil && a.trusted {
		f := t.finding(l.where())
		f.Transcript = out.lines
		return out, &f
	}
	var broken *trouble
	err := env.SignIn(ctx, l.account, l.url.Hostname(), a.trusted, func(cred Credential) (bool, error) {
		rejected, t, err := l.try(ctx, env, a, cred, &out)
		broken = t
		return rejected, err
	})
	if broken != nil {
		f := broken.finding(l.where())
		f.Transcript = out.lines
		return out, &f
	}
	if err != nil && !errors.Is(err, errNotProven) {
		f := asFinding(l.where(), err)
		f.Transcript = out.lines
		return out, f
	}
	return out, nil
}

func (l webLogon) where() string {
	if !l.at.addr.IsValid() {
		return l.url.Host + " (by proxy)"
	}
	return l.at.where()
}

// asFinding tells why nobody was logged on.
func asFinding(where string, err error) *Finding {
	f, own := logonFinding(where, err)
	switch {
	case own:
	case errors.Is(err, context.Canceled):
		f = undecidable("run.cancelled", "%s: cancelled", where)
	default:
		f = undecidable("run.deadline", "%s: no time was left for the logon", where)
	}
	return &f
}

// pickScheme chooses one scheme. There is no second try with another: a wrong
// password would count twice.
func pickScheme(l webLogon, a webAnswer) (string, *Finding) {
	offered := schemesOf(a.challenges)
	order := []string{"NTLM", "Negotiate", "Basic"}
	switch l.auth {
	case "ntlm":
		order = order[:2]
	case "basic":
		order = order[2:]
	}
	for _, s := range order {
		if slices.Contains(offered, s) {
			return s, nil
		}
	}
	f := failed("auth.scheme_missing", "%s does not offer %s", l.where(), strings.Join(order, " or "))
	f.Expected, f.Found = strings.Join(order, " or "), orNothing(joinClipped(offered, 8))
	return "", &f
}

// try sends the password once.
func (l webLogon) try(ctx context.Context, env *Env, inspected webAnswer, cred Credential, out *webLoggedOn) (rejected bool, broken *trouble, err error) {
	s, t := openSession(ctx, env, l.at, l.url, inspected)
	if t != nil {
		return false, t, errNotProven
	}
	defer s.close()
	out.lines = append(out.lines, fmt.Sprintf("%s %s as the user, by %s", l.real.method, l.url, out.scheme))
	var a webAnswer
	header := ""
	if out.scheme == "Basic" {
		header, t = basicHeader(cred, out)
		if t == nil {
			a, t = s.do(ctx, l.real.authorized(header))
		}
	} else {
		a, t = s.ntlm(ctx, l.real, out.scheme, cred)
	}
	if t != nil {
		out.lines = append(out.lines, t.text)
		return false, t, errNotProven
	}
	out.answer = a
	out.lines = append(out.lines, answerTranscript(a)...)
	switch {
	case a.status == 401:
		return l.refused(env, out)
	case a.status < 200 || a.status > 299: // a filter in front may have answered, whatever the password
		return false, nil, errNotProven
	}
	for _, again := range l.more {
		again.url, again.agent = l.url, l.real.agent
		more, t := s.do(ctx, again.authorized(header))
		if t != nil || more.status == 401 {
			break // what was asked first is answered; this is only more
		}
		out.lines = append(append(out.lines, again.method+" once more"), answerTranscript(more)...)
		out.more = append(out.more, more)
	}
	return false, nil, nil
}

// refused reads a 401 behind a complete logon. NTLM does not say whether the
// password was wrong, or the server wants the logon bound to its certificate
// and a device that ends TLS in front of it has another.
func (l webLogon) refused(env *Env, out *webLoggedOn) (bool, *trouble, error) {
	if out.scheme == "Basic" {
		return true, nil, fmt.Errorf("%s answers 401 to the logon by Basic", l.where())
	}
	if env.Logons.proven(l.account) {
		return false, nil, &LogonError{Unknown, "auth.extended_protection", "the logon by " + out.scheme + " is refused here, though the same password was accepted elsewhere"}
	}
	return true, nil, &LogonError{Unknown, "auth.ntlm_refused", "the logon by " + out.scheme + " is refused: a wrong password, a locked account, or a directory that asks for channel binding (Extended Protection) behind a device that ends TLS"}
}

// proven tells whether an account's password was accepted in this run.
func (l *Logons) proven(account string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.stateOf(l.userOf(account))
	return s != nil && s.good
}

func (r webRequest) authorized(header string) webRequest {
	if header == "" {
		return r
	}
	with := map[string]string{"Authorization": header}
	for k, v := range r.headers {
		with[k] = v
	}
	r.headers = with
	return r
}

// basicHeader is the header of a logon by Basic. IIS reads it in a code page
// of its own, so a password beyond ASCII may be refused though it is right.
func basicHeader(cred Credential, out *webLoggedOn) (string, *trouble) {
	if strings.Contains(cred.Username, ":") {
		return "", &trouble{Unknown, "value.invalid", "a user name with a colon cannot be sent by Basic"}
	}
	text := cred.Username + ":" + cred.Password.Reveal()
	if strings.ContainsFunc(text, func(r rune) bool { return r > 126 }) {
		out.notes = append(out.notes, warned("auth.basic_charset", "the user name or password has characters beyond ASCII, which servers read differently by Basic"))
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)), nil
}

// ntlm logs on to the session's connection with three messages and sends the
// request with the last.
func (s *webSession) ntlm(ctx context.Context, req webRequest, scheme string, cred Credential) (webAnswer, *trouble) {
	hello, err := ntlmssp.NewNegotiateMessage("", "")
	if err != nil {
		return webAnswer{}, &trouble{Unknown, "value.invalid", "the first NTLM message cannot be made"}
	}
	opening := req
	opening.body = nil
	a, t := s.do(ctx, opening.authorized(scheme+" "+base64.StdEncoding.EncodeToString(hello)))
	if t != nil {
		return a, s.dropped(t)
	}
	if a.status != 401 {
		return a, &trouble{Unknown, "ntlm.not_begun", fmt.Sprintf("the server answers %d to the beginning of an NTLM logon", a.status)}
	}
	token := tokenOf(a.challenges, scheme)
	if token == "" {
		return a, &trouble{Fail, "ntlm.malformed", "the server does not go on with the NTLM logon that it offered"}
	}
	c, err := parseNTLMChallenge(token)
	if err != nil {
		return a, &trouble{Fail, "ntlm.malformed", "the server's NTLM message is broken: " + err.Error()}
	}
	if a.closing || a.truncated {
		return a, &trouble{Fail, "ntlm.connection_dropped", "the server ends the connection in the midst of the NTLM logon"}
	}
	proof, err := ntlmssp.NewAuthenticateMessage(c.bound(channelBinding(s.leaf), "HTTP/"+req.url.Hostname()), cred.Username, cred.Password.Reveal(), nil)
	if err != nil {
		return a, &trouble{Fail, "ntlm.malformed", "the server's NTLM message asks for what is no longer done (NTLM v1 or key exchange)"}
	}
	a, t = s.do(ctx, req.authorized(scheme+" "+base64.StdEncoding.EncodeToString(proof)))
	if t != nil {
		return a, s.dropped(t)
	}
	return a, nil
}

// dropped names a connection that ended within a logon.
func (s *webSession) dropped(t *trouble) *trouble {
	if t.reason == "http.closed" || t.reason == "http.reset" {
		return &trouble{Fail, "ntlm.connection_dropped", "the connection ended in the midst of the NTLM logon"}
	}
	return t
}
