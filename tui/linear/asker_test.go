package linear

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestAsker(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	answers := []string{"secret", "", ""}
	a := NewAsker(&out, false, func(context.Context) (string, error) {
		s := answers[0]
		answers = answers[1:]
		return s, nil
	})
	for range 2 {
		c, err := a.Logon(context.Background(), `CONTOSO\probe10`)
		if err != nil || c.Password.Reveal() != "secret" || c.Username != `CONTOSO\probe10` {
			t.Fatalf("%v, %v", c, err)
		}
	}
	for range 2 {
		if _, err := a.Logon(context.Background(), "other"); err == nil {
			t.Fatal("an empty password was handed out")
		}
	}
	if n := strings.Count(out.String(), "Password for"); n != 3 {
		t.Errorf("asked %d times:\n%s", n, out.String())
	}
	if strings.Contains(out.String(), "secret") {
		t.Error("the password was shown")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := a.Logon(ctx, "third"); err == nil {
		t.Error("asked after the run was cancelled")
	}
}
