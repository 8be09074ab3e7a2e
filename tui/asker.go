package tui

import (
	"context"
	"errors"
	"sync"

	tea "charm.land/bubbletea/v2"

	"coexist/checks"
)

// Asker asks the engineer for a password while checks run. Its Logon belongs
// into checks.Env.Logon. Each account is asked for once; checks that need the
// same account wait for the one answer.
type Asker struct {
	mu       sync.Mutex
	accounts map[string]*ask
	queue    chan *ask
}

type ask struct {
	from    *Asker
	account string
	done    chan struct{}
	answer  checks.Credential
	err     error
}

// NewAsker makes an Asker.
func NewAsker() *Asker {
	return &Asker{accounts: map[string]*ask{}, queue: make(chan *ask, 64)}
}

// ErrNotAnswered tells that the engineer did not give a password.
var ErrNotAnswered = errors.New("no password was given for this account; run the check again to be asked again")

// Logon returns the password of an account, asking for it the first time.
func (a *Asker) Logon(ctx context.Context, account string) (checks.Credential, error) {
	a.mu.Lock()
	q := a.accounts[account]
	if q == nil {
		q = &ask{from: a, account: account, done: make(chan struct{})}
		a.accounts[account] = q
		a.mu.Unlock()
		select {
		case a.queue <- q:
		case <-ctx.Done():
			a.reply(q, checks.Credential{}, ctx.Err())
		}
	} else {
		a.mu.Unlock()
	}
	select {
	case <-q.done:
		return q.answer, q.err
	case <-ctx.Done():
		return checks.Credential{}, ctx.Err()
	}
}

// Forget drops what is known of an account, so that it is asked for again.
func (a *Asker) Forget(account string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.accounts, account)
}

func (a *Asker) reply(q *ask, c checks.Credential, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case <-q.done:
		return
	default:
	}
	q.answer, q.err = c, err
	if err != nil && a.accounts[q.account] == q {
		delete(a.accounts, q.account)
	}
	close(q.done)
}

// refuse tells the checks that they get no password.
func (q *ask) refuse() { q.from.reply(q, checks.Credential{}, ErrNotAnswered) }

type askMsg struct{ ask *ask }

// listen waits for the next question.
func (a *Asker) listen(ctx context.Context) tea.Cmd {
	if a == nil {
		return nil
	}
	return func() tea.Msg {
		select {
		case q := <-a.queue:
			return askMsg{q}
		case <-ctx.Done():
			return nil
		}
	}
}
