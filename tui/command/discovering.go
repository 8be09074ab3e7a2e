package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"coexist/checks"
	"coexist/checks/inventory"
	"coexist/runbook"
	"coexist/runbook/discovery"
	"coexist/tui/linear"
)

// discoverTime bounds a reading that was begun from a screen.
const discoverTime = 5 * time.Minute

// errNobodyToAsk tells that no account can be used.
var errNobodyToAsk = errors.New("there is no terminal to ask for the password on: use coexist discover with --password-fd N, or an inventory file")

// discoverFor reads for the start screen and the intake; the password is asked
// for on the screen.
func (a *app) discoverFor(ctx context.Context, dc, user string) (*discovery.Proposal, error) {
	ctx, cancel := context.WithTimeout(ctx, discoverTime)
	defer cancel()
	f := discoverFlags{dc: dc, user: user}
	net, err := a.discoverNetwork(f, nil, "")
	if err != nil {
		return nil, err
	}
	if a.logon == nil {
		return nil, errNobodyToAsk
	}
	net.Logon = func(ctx context.Context, _ string) (checks.Credential, error) {
		c, err := a.logon(ctx, user)
		c.Username = user
		return c, err
	}
	inv, err := a.readDirectory(ctx, io.Discard, net, nil)
	if err != nil {
		if a.forget != nil {
			a.forget(user)
		}
		return nil, err
	}
	return discovery.Propose(inv, ""), nil
}

// proposeFrom takes an inventory that was saved, or what the script saved.
func (a *app) proposeFrom(path string) (*discovery.Proposal, error) {
	inv, err := a.takeInventory(path)
	if err != nil {
		return nil, err
	}
	return discovery.Propose(inv, ""), nil
}

// proposeTo proposes a migration in lines, from a file or the directory.
func (a *app) proposeTo(ctx context.Context, from linear.Source) (*discovery.Proposal, error) {
	if from.File != "" {
		return a.proposeFrom(from.File)
	}
	return a.discoverFor(ctx, from.Controller, from.Account)
}

// inventoryFor reads the organisation of a session: with an account, or with
// that of its first test mailbox.
func (a *app) inventoryFor(ctx context.Context, s *runbook.Session, from linear.Source) (*inventory.Inventory, error) {
	if from.File != "" {
		return a.takeInventory(from.File)
	}
	ctx, cancel := context.WithTimeout(ctx, discoverTime)
	defer cancel()
	net, err := a.doorOf(s)
	if err != nil {
		return nil, err
	}
	path := s.Snapshot().Path
	switch {
	case a.logon == nil && net.Logon == nil:
		return nil, errNobodyToAsk
	case a.logon != nil && from.Account != "":
		net.Logon = func(ctx context.Context, _ string) (checks.Credential, error) {
			c, err := a.logon(ctx, from.Account)
			c.Username = from.Account
			return c, err
		}
		net.Forget = func(string) { a.forget(from.Account) }
	case net.Logon == nil:
		return nil, fmt.Errorf("the directory answers only after logging on: name a test mailbox with its user in %s, or use coexist discover %s --user", path, path)
	}
	asked := net.Asked(ctx, []checks.Check{{Kind: "ldap", Params: checks.Params{"query": "servers"}}})
	return a.readDirectory(ctx, io.Discard, asked, s.Snapshot().Runbook.Migration)
}

// compareFor holds the migration of a session against its organisation.
func (a *app) compareFor(ctx context.Context, s *runbook.Session, from linear.Source) (string, error) {
	lib, err := a.library()
	if err != nil {
		return "", err
	}
	inv, err := a.inventoryFor(ctx, s, from)
	if err != nil {
		return "", err
	}
	return discovery.FindingsText(discovery.Compare(s.Snapshot().Runbook.Migration, inv, discovery.Options{Releases: lib.Releases})), nil
}

// alreadyFor lists what others did before on the organisation of a session.
func (a *app) alreadyFor(ctx context.Context, s *runbook.Session, from linear.Source) ([]discovery.Claim, error) {
	lib, err := a.library()
	if err != nil {
		return nil, err
	}
	inv, err := a.inventoryFor(ctx, s, from)
	if err != nil {
		return nil, err
	}
	return discovery.AlreadyTrue(s.Snapshot().Runbook, inv, lib.Releases), nil
}

// doorOf is the network that a session looks at: that of its rehearsal, or the
// field.
func (a *app) doorOf(s *runbook.Session) (*checks.Env, error) {
	a.mu.Lock()
	rehearsed := len(a.rehearsals)
	a.mu.Unlock()
	if rehearsed > 0 && s.Snapshot().Progress.Rehearsal != "" {
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.rehearsals[rehearsed-1].Env(checks.Inside), nil
	}
	m := s.Snapshot().Runbook.Migration
	net, err := a.network(s.Snapshot().Path, m)
	if err != nil {
		return nil, err
	}
	net.Logon, net.Forget = a.logonsOf(m)
	return net, nil
}
