package command

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coexist/assets"
	"coexist/checks"
	"coexist/checks/lab"
	"coexist/runbook/migration"
)

// TestOldTLSNeedsConsent sees that the flag and the migration's key, and
// nothing else, let passwords go over old TLS.
func TestOldTLSNeedsConsent(t *testing.T) {
	t.Parallel()
	key := func(value string) []byte {
		sample := string(migration.Sample("2010"))
		if strings.Count(sample, "logon_over_old_tls = false") != 1 {
			t.Fatal("the sample does not name the key")
		}
		return []byte(strings.Replace(sample, "logon_over_old_tls = false", "logon_over_old_tls = "+value, 1))
	}
	for _, c := range []struct {
		name string
		args []string
		file []byte
		want bool
	}{
		{"probe", []string{"probe", "tcp", "mail.contoso.com:443"}, nil, false},
		{"probe with the flag", []string{"probe", "tcp", "mail.contoso.com:443", "--old-tls-logon"}, nil, true},
		{"the sample", []string{"check", "contoso.toml", "--task", "prepare.schema"}, migration.Sample("2010"), false},
		{"a migration without the key", []string{"check", "contoso.toml", "--task", "prepare.schema"}, []byte(strings.Replace(string(key("false")), "logon_over_old_tls = false", "", 1)), false},
		{"a migration that allows it", []string{"check", "contoso.toml", "--task", "prepare.schema"}, key("true"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, err := lab.New(lab.Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "contoso.toml"), c.file, 0o600); err != nil {
				t.Fatal(err)
			}
			var got []bool
			var talk strings.Builder
			env := Environment{In: strings.NewReader(""), Out: io.Discard, Err: &talk, Dir: dir, Getenv: func(string) string { return "" }, Now: time.Now,
				User: "A. Meyer", Host: "jump", Assets: assets.FS, Network: func(s checks.FieldSettings) (*checks.Env, error) {
					got = append(got, s.OldTLS)
					return l.Env(), nil
				}}
			Run(t.Context(), c.args, env)
			if len(got) == 0 {
				t.Fatalf("the network was never asked for: %s", talk.String())
			}
			for _, allowed := range got {
				if allowed != c.want {
					t.Errorf("allowed %v, want %v", allowed, c.want)
				}
			}
		})
	}
}
