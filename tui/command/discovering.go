package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/discovery"
)

// discoverTime bounds a reading that was begun from a screen.
const discoverTime = 5 * time.Minute

// discoverFor reads for the start screen and the intake; the password is asked
// for on the screen.
func (a *app) discoverFor(dc, user string) (*discovery.Proposal, error) {
	ctx, cancel := context.WithTimeout(context.Background(), discoverTime)
	defer cancel()
	f := discoverFlags{dc: dc, user: user}
	net, err := a.discoverNetwork(f, nil, "")
	if err != nil {
		return nil, err
	}
	if a.logon == nil {
		return nil, errors.New("nobody can be asked for the password here: use coexist discover")
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

// compareFor holds the migration of a session against the directory, for the
// board.
func (a *app) compareFor(s *runbook.Session) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), discoverTime)
	defer cancel()
	snap := s.Snapshot()
	m := snap.Runbook.Migration
	net, err := a.doorOf(s)
	if err != nil {
		return "", err
	}
	if net.Logon == nil {
		return "", fmt.Errorf("the directory answers only after logging on: name a test mailbox with its user in %s, or use coexist discover %s --user", snap.Path, snap.Path)
	}
	lib, err := a.library()
	if err != nil {
		return "", err
	}
	inv, err := a.readDirectory(ctx, io.Discard, net.Asked(ctx, []checks.Check{{Kind: "ldap", Params: checks.Params{"query": "servers"}}}), m)
	if err != nil {
		return "", err
	}
	return discovery.FindingsText(discovery.Compare(m, inv, discovery.Options{Releases: lib.Releases})), nil
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
