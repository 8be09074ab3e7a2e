package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"coexist/checks"
	"coexist/tui/linear"
)

// askInLines lets checks ask for passwords with a line of text where there is a
// terminal to ask on.
func (a *app) askInLines() {
	in, ok := a.In.(*os.File)
	if !ok || !isTerminal(a.In) {
		return
	}
	asker := linear.NewAsker(a.Err, a.ascii, func() (string, error) {
		data, err := term.ReadPassword(int(in.Fd()))
		return string(data), err
	})
	a.logon, a.forget = asker.Logon, asker.Forget
}

// password reads a password without showing it: from a file descriptor, else
// from the terminal. It never comes from the command line.
func (a *app) password(account string, fd int) (checks.Secret, error) {
	if fd >= 0 {
		f := os.NewFile(uintptr(fd), "password")
		if f == nil {
			return checks.Secret{}, fmt.Errorf("--password-fd %d: no such file descriptor", fd)
		}
		defer f.Close()
		line, err := bufio.NewReader(io.LimitReader(f, 4096)).ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return checks.Secret{}, fmt.Errorf("--password-fd %d: expected one line with the password (%v)", fd, err)
		}
		return checks.NewSecret(line), nil
	}
	in, ok := a.In.(*os.File)
	if !ok || !isTerminal(a.In) {
		return checks.Secret{}, errors.New("there is no terminal to ask for the password on; give it with --password-fd N")
	}
	fmt.Fprintf(a.Err, "Password of %s: ", account)
	data, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(a.Err)
	if err != nil || len(data) == 0 {
		return checks.Secret{}, errors.New("no password was given")
	}
	return checks.NewSecret(string(data)), nil
}
