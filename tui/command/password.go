package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"coexist/checks"
	"coexist/runbook/migration"
	"coexist/tui/linear"
)

// askInLines lets checks ask for passwords with a line of text where there is a
// terminal to ask on.
func (a *app) askInLines() {
	if _, ok := a.keys.terminal(); !ok {
		return
	}
	asker := linear.NewAsker(a.Err, a.ascii, a.keys.hidden)
	a.logon, a.forget = asker.Logon, asker.Forget
}

// password reads the password of one account without showing it: from a file
// descriptor, else from the terminal. It never comes from the command line.
func (a *app) password(ctx context.Context, account string, fd int) (checks.Secret, error) {
	if fd < 0 {
		return a.typed(ctx, account)
	}
	lines, err := a.passwordLines(fd)
	if err != nil {
		return checks.Secret{}, err
	}
	if len(lines) != 1 {
		return checks.Secret{}, fmt.Errorf("--password-fd %d: expected one line with the password, found %d", fd, len(lines))
	}
	return checks.NewSecret(lines[0]), nil
}

// typed asks for a password on the terminal.
func (a *app) typed(ctx context.Context, account string) (checks.Secret, error) {
	if _, ok := a.keys.terminal(); !ok {
		return checks.Secret{}, errors.New("there is no terminal to ask for the password on; give it with --password-fd N")
	}
	fmt.Fprintf(a.Err, "Password of %s: ", checks.Escape(account))
	text, err := a.keys.hidden(ctx)
	fmt.Fprintln(a.Err)
	if err != nil || text == "" {
		return checks.Secret{}, errors.New("no password was given")
	}
	return checks.NewSecret(text), nil
}

// logonFor makes the checks of a migration ask for passwords where they can be
// had: from a file descriptor, else on a terminal. Where they cannot, checks
// that need one are left out.
func (a *app) logonFor(m *migration.Migration, fd int) error {
	if fd >= 0 {
		given, err := a.passwords(m, fd)
		if err != nil {
			return err
		}
		a.logon, a.forget = given.once()
		return nil
	}
	a.askInLines()
	return nil
}

// passwords are those of several accounts, by lower-cased user name.
type passwords map[string]checks.Secret

// passwords reads one line for each account: the test mailbox or its user name,
// a tab, the password. Where a migration has one account alone, a line without
// a tab is its password. Lines are never taken by their order: a password that
// goes to the wrong account counts against its lockout.
func (a *app) passwords(m *migration.Migration, fd int) (passwords, error) {
	lines, err := a.passwordLines(fd)
	if err != nil {
		return nil, err
	}
	users := map[string]string{}
	var known []string
	for _, p := range m.Probes {
		users[strings.ToLower(p.Mailbox)], users[strings.ToLower(p.Username)] = p.Username, p.Username
		known = append(known, p.Mailbox)
	}
	switch {
	case len(known) == 0:
		return nil, fmt.Errorf("--password-fd %d: the migration names no test mailbox, so no password is needed; add a [[probe]] or leave the option out", fd)
	case len(lines) == 1 && len(known) == 1 && !strings.Contains(lines[0], "\t"):
		return passwords{strings.ToLower(m.Probes[0].Username): checks.NewSecret(lines[0])}, nil
	}
	out := passwords{}
	for i, line := range lines {
		account, password, tab := strings.Cut(line, "\t")
		user := strings.ToLower(users[strings.ToLower(strings.TrimSpace(account))])
		switch {
		case !tab: // what stands there may be a password: it is not shown
			return nil, fmt.Errorf("--password-fd %d: line %d has no tab; expected a test mailbox (%s), a tab and its password", fd, i+1, strings.Join(known, ", "))
		case user == "":
			return nil, fmt.Errorf("--password-fd %d: line %d does not begin with a test mailbox of the migration; expected one of %s", fd, i+1, strings.Join(known, ", "))
		case password == "":
			return nil, fmt.Errorf("--password-fd %d: line %d has no password behind the tab", fd, i+1)
		case !out[user].IsZero():
			return nil, fmt.Errorf("--password-fd %d: line %d names an account for the second time", fd, i+1)
		}
		out[user] = checks.NewSecret(password)
	}
	return out, nil
}

// errNoPassword leaves an account out: its checks are not made.
var errNoPassword = errors.New("no password was given for this account")

func (p passwords) logon(_ context.Context, user string) (checks.Credential, error) {
	password := p[strings.ToLower(user)]
	if password.IsZero() {
		return checks.Credential{}, errNoPassword
	}
	return checks.Credential{Username: user, Password: password}, nil
}

// once hands out each password until it is refused: there is no other one to be
// had, and it is not sent again.
func (p passwords) once() (logon func(context.Context, string) (checks.Credential, error), forget func(string)) {
	var refused sync.Map
	logon = func(ctx context.Context, user string) (checks.Credential, error) {
		if _, gone := refused.Load(strings.ToLower(user)); gone {
			return checks.Credential{}, errNoPassword
		}
		return p.logon(ctx, user)
	}
	return logon, func(user string) { refused.Store(strings.ToLower(user), true) }
}

// maxPasswords is more than the passwords of all test mailboxes take.
const maxPasswords = 64 << 10

// passwordLines reads a file descriptor to its end; 0 is the standard input.
func (a *app) passwordLines(fd int) ([]string, error) {
	in := a.In
	if fd > 0 {
		f := os.NewFile(uintptr(fd), "password")
		if f == nil {
			return nil, fmt.Errorf("--password-fd %d: no such file descriptor", fd)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxPasswords+1))
	defer func() { clear(data) }()
	switch {
	case err != nil:
		return nil, fmt.Errorf("--password-fd %d cannot be read: %w", fd, err)
	case len(data) > maxPasswords:
		return nil, fmt.Errorf("--password-fd %d: more than %d bytes; expected one line for each account", fd, maxPasswords)
	}
	var lines []string
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		if line = bytes.TrimSuffix(line, []byte("\r")); len(line) > 0 {
			lines = append(lines, string(line))
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("--password-fd %d: nothing was given; expected one line with the password", fd)
	}
	return lines, nil
}
