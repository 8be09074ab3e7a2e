package checks

import "strings"

// A user can be named DOMAIN\user, domain.name\user, user@domain.name or user
// alone, and the directory counts wrong passwords of all of them together. Only
// the directory knows which names are one account: names of the same user are
// one unless they themselves say otherwise.

// loginUser is everything known of the names of one user part.
type loginUser struct {
	turn  chan struct{}          // holds one token: whoever has it may try
	names map[string]*loginState // by full name, lower case
}

// userPart is a logon name without its domain, lower case.
func userPart(name string) string {
	name = strings.ToLower(name)
	if _, user, ok := strings.Cut(name, `\`); ok {
		return user
	}
	user, _, _ := strings.Cut(name, "@")
	return user
}

// maybeSame tells whether two logon names may be one account's. Two domains
// named in the same way, both by NetBIOS or both by DNS, are two domains when
// the names differ. What follows an @ need not be a domain's name at all.
func maybeSame(a, b string) bool {
	if userPart(a) != userPart(b) {
		return false
	}
	one, _, inOne := strings.Cut(strings.ToLower(a), `\`)
	two, _, inTwo := strings.Cut(strings.ToLower(b), `\`)
	if !inOne || !inTwo || strings.Contains(one, ".") != strings.Contains(two, ".") {
		return true
	}
	return strings.TrimSuffix(one, ".") == strings.TrimSuffix(two, ".")
}

// alike are the states of all names seen that may be the account of this one.
// The caller holds the lock.
func (l *Logons) alike(user string) []*loginState {
	known := l.users[userPart(user)]
	if known == nil {
		return nil
	}
	var out []*loginState
	for name, s := range known.names {
		if maybeSame(name, user) {
			out = append(out, s)
		}
	}
	return out
}

// stateOf is the state of exactly this name, nil when it never was used. The
// caller holds the lock.
func (l *Logons) stateOf(user string) *loginState {
	if known := l.users[userPart(user)]; known != nil {
		return known.names[strings.ToLower(user)]
	}
	return nil
}

// readsItself tells whether the account that would look at a user's tries is
// called like that user: it would wait for its own turn, and use up a try.
func (l *Logons) readsItself(account, user string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return userPart(l.userOf(account)) == userPart(user)
}
