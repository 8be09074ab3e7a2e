package export

import (
	"strings"
	"testing"

	"coexist/checks"
	"coexist/runbook"
)

// TestWhatGivesAnOrganisationAwayIsHidden: thumbprints, identifiers, paths,
// serials and what certificates say are as good as names.
func TestWhatGivesAnOrganisationAwayIsHidden(t *testing.T) {
	t.Parallel()
	m := fixtureMigration()
	m.Target.Media = `\\fs77\iso\Exchange\`
	r := compileFixture(t, m)
	d := newDiary(t)
	const sha, thumb, guid = "aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11aa11", "0123456789ABCDEF0123456789ABCDEF01234567", "2d6fa2d3-6f14-4f0e-9c06-1c1f7c5c8a70"
	d.result(r, schemaCheck, checks.Result{Verdict: checks.Fail, Found: thumb + " of " + guid, Rows: []checks.Row{{
		"sha256": {sha}, "thumbprint": {thumb}, "serial": {"2026112801"}, "subject": {`CN=mail.fabrikam.test,OU=Messaging,O=Fabri \& Sons\, Ltd,C=DE`}, "issuer": {"CN=Sons Root CA"}, "value": {`E:\Witness\North`}}}})
	x := newRedactor(r, &runbook.Progress{}, d.events)
	for in, want := range map[string]string{
		"is " + thumb:                      "is CERTIFICATE-01",
		"is " + strings.ToLower(thumb):     "is CERTIFICATE-01",
		"is 00" + thumb:                    "is 00" + thumb,
		"{" + guid + "}":                   "{GUID-01}",
		"sha256 " + sha:                    "sha256 CERTIFICATE-02",
		"serial 2026112801":                "serial SERIAL-01",
		`'E:\Witness\North'`:               "'PATH-02'",
		`e:\witness\north\x`:               `PATH-02\x`,
		`\\fs77\iso\Exchange\Setup.exe /x`: `PATH-01\Setup.exe /x`,
		"Fabri & Sons, Ltd":                "NAME-03",
	} {
		if got := x.text(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	for _, s := range []string{"Messaging", "Fabri", "Sons"} {
		if got := x.text(`CN=mail.fabrikam.test,OU=Messaging,O=Fabri \& Sons\, Ltd,C=DE of CN=Sons Root CA`); strings.Contains(got, s) {
			t.Errorf("%q is left in %q", s, got)
		}
	}
}
