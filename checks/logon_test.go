package checks

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const canary = `Kanarie%&\"' 7✓ü`

// withLogon gives an environment one user for every account asked for.
func withLogon(env *Env, user, password string) *Env {
	env.Logons = NewLogons()
	env.Logon = func(context.Context, string) (Credential, error) {
		return Credential{Username: user, Password: NewSecret(password)}, nil
	}
	return env
}

func reasonOf(t *testing.T, err error) string {
	t.Helper()
	var e *LogonError
	if !errors.As(err, &e) {
		t.Fatalf("not a LogonError: %v", err)
	}
	if _, known := Reasons()[e.Reason]; !known {
		t.Errorf("reason %q is not in the table", e.Reason)
	}
	return e.Reason
}

func TestSignInRefusesWithoutSending(t *testing.T) {
	t.Parallel()
	never := func(Credential) (bool, error) { t.Error("tried"); return false, nil }
	env := withLogon(&Env{}, `CONTOSO\probe`, canary)
	env.Logons.Allow("mail.contoso.com.")
	empty := withLogon(&Env{}, `CONTOSO\probe`, "")
	empty.Logons.Allow("mail.contoso.com")
	for _, c := range []struct {
		name, host string
		env        *Env
		verified   bool
		reason     string
	}{
		{"nobody to ask", "mail.contoso.com", &Env{Logons: NewLogons("mail.contoso.com")}, true, "credentials.none"},
		{"no verified TLS", "mail.contoso.com", env, false, "credentials.unsafe"},
		{"foreign host", "mail.contoso.com.evil.net", env, true, "credentials.unsafe"},
		{"no host", "", env, true, "credentials.unsafe"},
		{"empty password", "MAIL.contoso.com", empty, true, "credentials.none"},
	} {
		if got := reasonOf(t, c.env.SignIn(t.Context(), "probe", c.host, c.verified, never)); got != c.reason {
			t.Errorf("%s: %s, want %s", c.name, got, c.reason)
		}
	}
}

func TestSignInStopsAtTheFirstRefusal(t *testing.T) {
	t.Parallel()
	now := testNow
	env := withLogon(&Env{Now: func() time.Time { return now }}, `CONTOSO\probe`, canary)
	env.Logons.Allow("mail.contoso.com")
	var forgotten []string
	env.Forget = func(account string) { forgotten = append(forgotten, account) }
	tries := 0
	refuse := func(Credential) (bool, error) {
		tries++
		return true, errors.New("535 " + canary + " is wrong")
	}
	try := func(account string) string {
		return reasonOf(t, env.SignIn(t.Context(), account, "mail.contoso.com", true, refuse))
	}
	err := env.SignIn(t.Context(), "probe@contoso.com", "mail.contoso.com", true, refuse)
	if reasonOf(t, err) != "credentials.refused" || strings.Contains(err.Error(), canary) {
		t.Errorf("first refusal: %v", err)
	}
	// the same user under another account's name is stopped as well
	for _, account := range []string{"probe@contoso.com", "PROBE@contoso.com", "other"} {
		if got := try(account); got != "credentials.stopped" {
			t.Errorf("%s after the refusal: %s", account, got)
		}
	}
	if !slices.Equal(forgotten, []string{"probe@contoso.com"}) {
		t.Errorf("forgotten after the refusal: %q", forgotten)
	}
	// the next run asks anew and may try; the run before it may still not
	check := []Check{{Kind: "mailbox", Params: Params{"account": "probe@contoso.com"}}}
	before := env
	env = env.Asked(t.Context(), check)
	if got := try("probe@contoso.com"); got != "credentials.refused" {
		t.Errorf("in the next run: %s", got)
	}
	if got := reasonOf(t, before.SignIn(t.Context(), "probe@contoso.com", "mail.contoso.com", true, refuse)); got != "credentials.stopped" {
		t.Errorf("in the run before: %s", got)
	}
	// the ceiling holds over runs, and nobody is asked for what may not be sent
	asked := 0
	logon := before.Logon
	before.Logon = func(ctx context.Context, account string) (Credential, error) { asked++; return logon(ctx, account) }
	env = before.Asked(t.Context(), check)
	if got := try("probe@contoso.com"); got != "credentials.stopped" || tries != 2 || asked != 0 {
		t.Errorf("third try within the window: %s after %d tries, asked %d times", got, tries, asked)
	}
	now = now.Add(refusalWindow)
	env = before.Asked(t.Context(), check)
	if got := try("probe@contoso.com"); got != "credentials.refused" || tries != 3 || asked != 1 {
		t.Errorf("after the window: %s, %d tries, asked %d times", got, tries, asked)
	}
}

func TestOneLogonAtATimePerAccount(t *testing.T) {
	t.Parallel()
	env := withLogon(&Env{}, "probe", canary)
	env.Logons.Allow("h")
	var inside, most atomic.Int32
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			err := env.SignIn(t.Context(), "probe", "h", true, func(Credential) (bool, error) {
				if n := inside.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(time.Millisecond)
				inside.Add(-1)
				return false, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most.Load() != 1 {
		t.Errorf("%d logons at the same time", most.Load())
	}
	// a turn is not waited for longer than the check lives
	ctx, cancel := context.WithCancel(t.Context())
	err := env.SignIn(t.Context(), "probe", "h", true, func(Credential) (bool, error) {
		cancel()
		return false, env.SignIn(ctx, "probe", "h", true, func(Credential) (bool, error) { return false, nil })
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for the turn: %v", err)
	}
}

func TestSecretIsScrubbedInEveryForm(t *testing.T) {
	t.Parallel()
	l := NewLogons()
	cred := Credential{Username: "probe", Password: NewSecret(canary)}
	l.take("probe", cred)
	forms := map[string]string{
		"plain": "x" + canary + "y", "query": "p=" + url.QueryEscape(canary), "quoted": fmt.Sprintf("%q", canary),
		"basic":  base64.StdEncoding.EncodeToString([]byte("probe:" + canary)),
		"plain2": base64.StdEncoding.EncodeToString([]byte("\x00probe\x00" + canary)),
		"login":  base64.StdEncoding.EncodeToString([]byte(canary)),
		"wide":   string(wideBytes("probe:" + canary)),
		"wide64": base64.StdEncoding.EncodeToString(append([]byte{1}, wideBytes(canary)...)),
	}
	for name, text := range forms {
		r := Result{Summary: text, Evidence: map[string]string{"e": text}, Rows: []Row{{"v": {text}}}, Sub: []Result{{Found: text}}}
		l.ScrubResult(&r)
		for _, got := range []string{r.Summary, r.Evidence["e"], r.Rows[0]["v"][0], r.Sub[0].Found} {
			if !strings.Contains(got, scrubbed) {
				t.Errorf("%s is left as %q", name, got)
			}
		}
	}
	if got := l.Scrub("mail.contoso.com"); got != "mail.contoso.com" {
		t.Errorf("innocent text became %q", got)
	}
	if got := fmt.Sprintf("%v %+v %#v %s", cred, cred, cred, cred.Password); strings.Contains(got, canary) {
		t.Errorf("formatted: %s", got)
	}
}

func TestHostsOfACheckMayHaveThePassword(t *testing.T) {
	t.Parallel()
	env := withLogon(&Env{}, "probe", canary)
	env.named = namedHosts(Params{"url": "https://Mail.contoso.com:444/x", "mailbox": "a@contoso.net", "targets": []any{"dc1.contoso.com."}})
	for host, want := range map[string]bool{
		"mail.contoso.com": true, "autodiscover.contoso.net": true, "dc1.contoso.com": true, "contoso.com": false, "evil.net": false,
	} {
		if got := env.allowed(host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
	env.allowHost("srv.contoso.com")
	if !env.allowed("SRV.contoso.com.") {
		t.Error("a name that DNS gave was not allowed")
	}
}
