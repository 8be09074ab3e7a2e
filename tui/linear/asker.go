package linear

import (
	"context"
	"fmt"
	"io"
	"sync"

	"coexist/checks"
)

// Asker asks for passwords while checks run. Its Logon belongs into
// checks.Env.Logon. Each account is asked for until a password was given.
type Asker struct {
	mu     sync.Mutex
	con    *console
	secret func(context.Context) (string, error)
	known  map[string]checks.Credential
}

// NewAsker makes an Asker that prompts on out. secret reads one line without
// showing it, until its context ends.
func NewAsker(out io.Writer, ascii bool, secret func(context.Context) (string, error)) *Asker {
	return &Asker{con: newConsole(nil, out, ascii), secret: secret, known: map[string]checks.Credential{}}
}

// Logon returns the password of an account.
func (a *Asker) Logon(ctx context.Context, account string) (checks.Credential, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return checks.Credential{}, err
	}
	c, asked := a.known[account]
	if !asked {
		a.con.say("Password for %s. It is not shown and not stored; an empty line skips what needs it:", account)
		text, err := a.secret(ctx)
		if err != nil {
			return checks.Credential{}, fmt.Errorf("read the password of %s: %w", account, err)
		}
		if text == "" {
			return checks.Credential{}, fmt.Errorf("no password was given for %s; run the check again to be asked again", account)
		}
		c = checks.Credential{Username: account, Password: checks.NewSecret(text)}
		a.known[account] = c
	}
	return c, nil
}

// Forget asks for an account again the next time, after a refused logon.
func (a *Asker) Forget(account string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.known, account)
}
