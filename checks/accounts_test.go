package checks

import (
	"context"
	"errors"
	"slices"
	"testing"
)

func TestAskedAsksOnceAndBefore(t *testing.T) {
	t.Parallel()
	var asked []string
	declined := errors.New("declined")
	e := &Env{Logon: func(_ context.Context, account string) (Credential, error) {
		asked = append(asked, account)
		if account == "b@contoso.com" {
			return Credential{}, declined
		}
		return Credential{Username: account}, nil
	}}
	list := []Check{
		{Kind: "dns", Params: Params{"name": "x"}},
		{Kind: "ldap", Params: Params{"query": "schema"}},
		{Kind: "ldap", Params: Params{"query": "rootdse"}},
		{Kind: "owaform", Params: Params{"mailbox": "b@contoso.com"}},
		{Kind: "http", Params: Params{"account": "b@contoso.com"}},
		{Kind: "autodiscover", Params: Params{"mailbox": "c@contoso.com", "mode": "anonymous"}},
	}
	env := e.Asked(context.Background(), list)
	want := []string{DirectoryAccount, "b@contoso.com"}
	if !slices.Equal(asked, want) {
		t.Fatalf("asked for %v, want %v", asked, want)
	}
	if _, err := env.Logon(context.Background(), "b@contoso.com"); !errors.Is(err, declined) {
		t.Errorf("the second question: %v", err)
	}
	if c, err := env.Logon(context.Background(), DirectoryAccount); err != nil || c.Username != DirectoryAccount {
		t.Errorf("the directory: %v, %v", c.Username, err)
	}
	if !slices.Equal(asked, want) {
		t.Errorf("asked again: %v", asked)
	}
}
