package tui

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"coexist/checks"
)

// TestARefusedPasswordIsAskedForAnewInTheNextRun runs two checks of one
// account, whose first password is refused, and then both once more.
func TestARefusedPasswordIsAskedForAnewInTheNextRun(t *testing.T) {
	t.Parallel()
	a := NewAsker()
	answers := []string{"wrong", "right"}
	var asked atomic.Int32
	go func() {
		for {
			select {
			case q := <-a.queue:
				answer := answers[asked.Add(1)-1]
				a.reply(q, checks.Credential{Username: q.account, Password: checks.NewSecret(answer)}, nil)
			case <-t.Context().Done():
				return
			}
		}
	}()
	env := &checks.Env{Logon: a.Logon, Forget: a.Forget, Logons: checks.NewLogons("mail.contoso.com")}
	list := []checks.Check{{Kind: "mailbox", Params: checks.Params{"account": "probe@contoso.com"}}, {Kind: "http", Params: checks.Params{"account": "probe@contoso.com"}}}
	var sent []string
	run := func() (reasons []string) {
		e := env.Asked(context.Background(), list)
		for range list {
			err := e.SignIn(context.Background(), "probe@contoso.com", "mail.contoso.com", true, func(c checks.Credential) (bool, error) {
				sent = append(sent, c.Password.Reveal())
				return c.Password.Reveal() != "right", nil
			})
			var own *checks.LogonError
			if errors.As(err, &own) {
				reasons = append(reasons, own.Reason)
			} else {
				reasons = append(reasons, "")
			}
		}
		return reasons
	}
	if got := run(); got[0] != "credentials.refused" || got[1] != "credentials.stopped" || asked.Load() != 1 {
		t.Errorf("first run: %q after %d questions", got, asked.Load())
	}
	if got := run(); got[0]+got[1] != "" || asked.Load() != 2 {
		t.Errorf("second run: %q after %d questions", got, asked.Load())
	}
	if got := run(); got[0]+got[1] != "" || asked.Load() != 2 {
		t.Errorf("third run: %q after %d questions: a good password is kept", got, asked.Load())
	}
	if len(sent) != 5 || sent[0] != "wrong" || sent[1] != "right" {
		t.Errorf("sent %q", sent)
	}
}
