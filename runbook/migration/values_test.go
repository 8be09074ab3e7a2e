package migration

import (
	"strings"
	"testing"
)

func TestValues(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	tests := []struct {
		name      string
		rule      func(string) error
		good, bad []string
	}{
		{"ValidateHost", ValidateHost,
			[]string{"mail.contoso.com", "MAIL.Contoso.com", "a-b.c1.example", "1mail.contoso.com", "xn--mnchen-3ya.de"},
			[]string{"", " ", "mail", "10.0.0.80", "10.0.0.300", "::1", "https://mail.contoso.com", "mail.contoso.com/owa", "*.contoso.com",
				"mail.contoso.com.", "mail..com", "-a.com", "a-.com", "a_b.com", "mail contoso.com", "münchen.de", "a.com\n", long + ".com",
				strings.Repeat("a.", 127) + "com", "probe@contoso.com", "mail.contoso.com:443"}},
		{"ValidateDomain", ValidateDomain, []string{"contoso.com", "corp.contoso.local"}, []string{"CONTOSO", "@contoso.com", "contoso,com"}},
		{"ValidateServerName", ValidateServerName, []string{"EX13-01", "a", "EXCHANGESERVER1"},
			[]string{"", "EX13-01.contoso.com", "EXCHANGESERVER12", "EX_01", "-EX", "EX-", "12345", "EX 01", "ÉX", "EX'01", "EX‘01", "EX\x1b"}},
		{"ValidateDAGName", ValidateDAGName, []string{"DAG01", "ABCDEFGHIJKLMNO"}, []string{"ABCDEFGHIJKLMNOP", "DAG 01", "DAG.01"}},
		{"ValidateOrganizationName", ValidateOrganizationName, []string{"Contoso", "First Organization", "A-1", strings.Repeat("x", 64)},
			[]string{"", "   ", " Contoso", "Contoso ", "Contoso & Co", "Contoso_1", "Contosö", strings.Repeat("x", 65), "A\tB", "O'Neil"}},
		{"ValidateSiteName", ValidateSiteName, []string{"Redmond", "Default-First-Site-Name", "HQ_1"}, []string{"", " HQ", "HQ'1", "Zürich", long, "a\x00"}},
		{"ValidateAddress", ValidateAddress, []string{"10.0.0.80", "2001:db8::1"},
			[]string{"", "10.0.0", "10.0.0.256", "mail.contoso.com", "10.0.0.1:443", "0.0.0.0", "::", "224.0.0.1", "fe80::1%eth0", "10.0.0.1/24"}},
		{"ValidateMailbox", ValidateMailbox, []string{"probe10@contoso.com", "o'neil+x@contoso.com"},
			[]string{"", "probe", "@contoso.com", "a@b", "a@@contoso.com", "a b@contoso.com", ".a@contoso.com", "a..b@contoso.com", "ä@contoso.com", long + "x@contoso.com"}},
		{"ValidatePath", ValidatePath, []string{`D:\`, `C:\DAG 01`, `\\FS01\Exchange2013`, `\\fs01.contoso.com\c$\x`},
			[]string{"", "D:", "D:/setup", "setup", `C:\50%`, `C:\a!b`, `C:\a^b`, `C:\a&b`, `C:\a|b`, `C:\a"b`, `C:\a?`, `C:\a\\b`, `\\FS01`, `\\FS01\`, `1:\x`,
				"C:\\a\nb", `C:\ä`, `C:\x `}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, s := range tt.good {
				if err := tt.rule(s); err != nil {
					t.Errorf("%q is refused: %v", s, err)
				}
			}
			for _, s := range tt.bad {
				err := tt.rule(s)
				if err == nil {
					t.Errorf("%q is taken", s)
				} else if !strings.Contains(err.Error(), "; expected ") || strings.ContainsAny(err.Error(), "\n\x00\x1b") {
					t.Errorf("%q: the error lacks what is expected or cannot be shown: %q", s, err)
				}
			}
		})
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{"primry": "primary", "PRIMARY": "primary", "legcay": "legacy", "xyz": "", "": "", strings.Repeat("x", 9000): ""} {
		if got := nearest(word, []string{"primary", "autodiscover", "legacy", "rpc"}); got != want {
			t.Errorf("%.20q: got %q, want %q", word, got, want)
		}
	}
}
