package outside

import (
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/runbook/runbooktest"
)

var night = time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)

const (
	recordCheck = "publish.name/org/record"
	portCheck   = "publish.name/org/port"
	goneCheck   = "publish.name/org/anywhere"
)

// desk is the computer inside, with the journal; its clock is set by hand.
type desk struct {
	t    *testing.T
	path string
	text []byte
	now  time.Time
	s    *runbook.Session
	kept runbook.Evidence
}

func newDesk(t *testing.T, edit func(string) string) *desk {
	t.Helper()
	text := string(migration.Sample(migration.Source2010))
	if edit != nil {
		text = edit(text)
	}
	d := &desk{t: t, path: filepath.Join(t.TempDir(), "contoso.toml"), text: []byte(text), now: night}
	if err := os.WriteFile(d.path, d.text, 0o600); err != nil {
		t.Fatal(err)
	}
	d.kept = runbook.EvidenceOf(d.path)
	d.open("")
	return d
}

func (d *desk) open(rehearsal string) {
	d.t.Helper()
	s, err := runbook.Open(d.path, runbook.Options{
		Assets: runbooktest.Small(d.t, "..", "publish.name"), Clock: func() time.Time { return d.now }, Operator: "A. Meyer", Host: "jump", Rehearsal: rehearsal,
		Run: func(_ context.Context, list []checks.Check, each func(checks.Update)) []checks.Result {
			env := &checks.Env{Now: func() time.Time { return d.now }}
			return checks.Run(context.Background(), env, list, each)
		},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = s.Close() })
	d.s = s
}

func (d *desk) do(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) check(id string) *runbook.CheckState { return d.s.Snapshot().Progress.Checks[id] }

// seen is what the computer outside sees: the rows of every check by id, and
// its clock.
type seen struct {
	at       time.Time
	findings map[string]checks.Finding
	ran      []string
	here     []netip.Prefix
}

func (v *seen) run(_ context.Context, list []checks.Check, _ func(checks.Update)) []checks.Result {
	var out []checks.Result
	for _, c := range list {
		v.ran = append(v.ran, c.ID)
		f, ok := v.findings[c.ID]
		if !ok {
			f = checks.Finding{Verdict: checks.Pass, Rows: []checks.Row{{"value": {"203.0.113.80"}}}}
		}
		r := checks.Conclude(c, f, v.at)
		r.Started, r.MS, r.Vantage = v.at, 20, checks.Outside
		out = append(out, r)
	}
	return out
}

// look runs outside with a migration file alone.
func look(t *testing.T, text []byte, v *seen) []byte {
	t.Helper()
	f, err := lookErr(t, text, v)
	if err != nil {
		t.Fatal(err)
	}
	data, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func lookErr(t *testing.T, text []byte, v *seen) (*File, error) {
	t.Helper()
	lib, err := procedure.Load(runbooktest.Small(t, "..", "publish.name"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := migration.Parse("contoso.toml", text, migration.Known{Releases: lib.Releases.Targets()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := runbook.Compile(lib, m)
	if err != nil {
		t.Fatal(err)
	}
	return Look(t.Context(), r, Options{Here: v.here, Text: text, Operator: "B. Outer", Host: "hotspot", Tool: "1", Clock: func() time.Time { return v.at }, Run: v.run}, nil)
}

// carriedOut marks the task of the small procedure carried out.
func (d *desk) carriedOut() {
	d.t.Helper()
	d.do(d.s.SetValue("publish.address/org", "203.0.113.80"))
	d.do(d.s.MarkDone("publish.name/org", ""))
	d.now = d.now.Add(time.Minute)
}

func TestWhatWasSeenOutsideCountsInside(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.carriedOut()
	if _, err := d.s.RunChecks(t.Context(), []string{recordCheck, portCheck}, nil); err != nil {
		t.Fatal(err)
	}
	if st := d.check(portCheck); st.Result.Verdict != checks.Unknown || st.Result.Reason != runbook.NobodyOutside {
		t.Fatalf("before anybody looked outside: %s %s", st.Result.Verdict, st.Result.Reason)
	}
	v := &seen{at: d.now.Add(time.Minute), findings: map[string]checks.Finding{
		portCheck: {Verdict: checks.Fail, Reason: "tcp.refused", Summary: "refused", Found: "refused\x1b[2J"},
	}}
	data := look(t, d.text, v)
	if bytes.Contains(data, []byte(`"verdict"`)) || bytes.Contains(data, []byte(`"expected"`)) {
		t.Errorf("the file judges:\n%s", data)
	}
	if got, want := strings.Join(v.ran, " "), recordCheck+" "+portCheck+" "+goneCheck; got != want {
		t.Errorf("looked at %s, want %s", got, want)
	}
	d.now = d.now.Add(5 * time.Minute)
	out, err := Import(d.s, "dir/results.json", data, d.kept.Keep)
	if err != nil || len(out.Results) != 3 {
		t.Fatalf("%d results, %v", len(out.Results), err)
	}
	st := d.check(recordCheck)
	if !st.Satisfied || st.Result.Source != checks.FromProbe || st.Result.Vantage != checks.Outside || st.Result.Host != "hotspot" || st.Result.Operator != "B. Outer" || !st.Result.Started.Equal(v.at) {
		t.Errorf("recorded: %+v", st.Result)
	}
	if st := d.check(portCheck); st.Result.Verdict != checks.Fail || st.Result.Reason != "tcp.refused" || st.Result.Remedy == "" {
		t.Errorf("the refused port: %+v", st.Result)
	}
	if raw, err := d.kept.Load(st.Result.Evidence["file_sha256"]); err != nil || !bytes.Equal(raw, data) {
		t.Errorf("the file is not kept as evidence: %v", err)
	}
	// Trying it inside again takes nothing of that away.
	if _, err := d.s.RunChecks(t.Context(), []string{recordCheck, portCheck}, nil); err != nil {
		t.Fatal(err)
	}
	if st := d.check(recordCheck); !st.Satisfied {
		t.Errorf("an attempt from inside took the place of what was seen: %s %s", st.Status, st.Result.Reason)
	}
	if st := d.check(portCheck); st.Result.Reason != "tcp.refused" {
		t.Errorf("an attempt from inside hid a failure: %s", st.Result.Reason)
	}
}

func TestAWrongRowFailsInside(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.carriedOut()
	data := look(t, d.text, &seen{at: d.now, findings: map[string]checks.Finding{
		recordCheck: {Verdict: checks.Pass, Rows: []checks.Row{{"value": {"198.51.100.9"}}}},
	}})
	_, err := Import(d.s, "r.json", data, d.kept.Keep)
	d.do(err)
	if st := d.check(recordCheck); st.Result.Verdict != checks.Fail || st.Result.Reason != "expect.not_met" || !strings.Contains(st.Result.Found, "198.51.100.9") {
		t.Errorf("judged: %+v", st.Result)
	}
}

func TestTheSameFileTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.carriedOut()
	data := look(t, d.text, &seen{at: d.now})
	if _, err := Import(d.s, "r.json", data, d.kept.Keep); err != nil {
		t.Fatal(err)
	}
	n := len(d.s.Snapshot().Events)
	for name, again := range map[string][]byte{"same": data, "with a mark": append([]byte("\xef\xbb\xbf"), data...)} {
		out, err := Import(d.s, "r.json", again, d.kept.Keep)
		if err != nil || out.Already.IsZero() || len(out.Results) > 0 {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
	if got := len(d.s.Snapshot().Events); got != n {
		t.Errorf("%d events, want %d", got, n)
	}
}

// TestAWaitingObservationIsTakenLater imports a file before the value that
// judges one of its observations is known, and once more after.
func TestAWaitingObservationIsTakenLater(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	data := look(t, d.text, &seen{at: d.now.Add(-time.Minute)})
	out, err := Import(d.s, "r.json", data, d.kept.Keep)
	if err != nil || len(out.Results) != 2 || len(out.Refused) != 1 || !strings.Contains(out.Refused[0], "publish.address/org") {
		t.Fatalf("%+v, %v", out, err)
	}
	d.do(d.s.SetValue("publish.address/org", "203.0.113.80"))
	out, err = Import(d.s, "r.json", data, d.kept.Keep)
	if err != nil || len(out.Results) != 1 || out.Results[0].ID != recordCheck || !out.Already.IsZero() {
		t.Fatalf("second import: %+v, %v", out, err)
	}
	// Seen before the task was carried out: it is there and does not count.
	d.do(d.s.MarkDone("publish.name/org", ""))
	if st := d.check(recordCheck); st.Status != runbook.NotYet {
		t.Errorf("status %s", st.Status)
	}
}

func TestAnOldFileDoesNotReplaceWhatIsNewer(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.carriedOut()
	old := look(t, d.text, &seen{at: d.now, findings: map[string]checks.Finding{portCheck: {Verdict: checks.Fail, Reason: "tcp.refused"}}})
	d.now = d.now.Add(time.Hour)
	newer := look(t, d.text, &seen{at: d.now})
	if _, err := Import(d.s, "new.json", newer, d.kept.Keep); err != nil {
		t.Fatal(err)
	}
	out, err := Import(d.s, "old.json", old, d.kept.Keep)
	if err != nil || len(out.Results) != 0 || len(out.Refused) != 3 || !strings.Contains(out.Refused[0], "later result") {
		t.Fatalf("%+v, %v", out, err)
	}
	if st := d.check(portCheck); st.Result.Verdict != checks.Pass {
		t.Errorf("the old file counts: %+v", st.Result)
	}
	// What is too old is computed, not stored.
	d.now = d.now.Add(25 * time.Hour)
	if st := d.check(recordCheck); st.Status != runbook.Stale || st.Satisfied {
		t.Errorf("after a day: %s", st.Status)
	}
}

func TestImportRefuses(t *testing.T) {
	t.Parallel()
	rewrite := func(data []byte, edit func(*File)) []byte {
		var f File
		if err := json.Unmarshal(data, &f); err != nil {
			t.Fatal(err)
		}
		edit(&f)
		out, err := f.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	resealed := func(data []byte, edit func(*File)) []byte {
		return rewrite(data, func(f *File) {
			edit(f)
			if err := f.seal(); err != nil {
				t.Fatal(err)
			}
		})
	}
	other := strings.NewReplacer("contoso.com", "fabrikam.com", `"Contoso"`, `"Fabrikam"`)
	for name, c := range map[string]struct {
		outside func(string) string // the migration outside, where it is another
		edit    func([]byte) []byte
		want    []string
	}{
		"edited":           {nil, func(d []byte) []byte { return bytes.Replace(d, []byte("203.0.113.80"), []byte("203.0.113.81"), 1) }, []string{"not as it was saved"}},
		"cut off":          {nil, func(d []byte) []byte { return d[:len(d)-40] }, []string{"cannot be read"}},
		"something behind": {nil, func(d []byte) []byte { return append(d, "{}"...) }, []string{"follows"}},
		"unknown key":      {nil, func(d []byte) []byte { return bytes.Replace(d, []byte(`"tool"`), []byte(`"took"`), 1) }, []string{"cannot be read"}},
		"other format":     {nil, func(d []byte) []byte { return resealed(d, func(f *File) { f.Format = 2 }) }, []string{"format 2"}},
		"no operator":      {nil, func(d []byte) []byte { return resealed(d, func(f *File) { f.Operator = " " }) }, []string{"who ran"}},
		"clock ahead":      {nil, func(d []byte) []byte { return resealed(d, func(f *File) { f.Ended = f.Ended.Add(2 * time.Hour) }) }, []string{"ahead by 2h"}},
		"observation ahead": {nil, func(d []byte) []byte {
			return resealed(d, func(f *File) { f.Observations[0].Started = f.Ended.Add(time.Hour) })
		}, []string{"ahead by 1h"}},
		"no time":            {nil, func(d []byte) []byte { return resealed(d, func(f *File) { f.Observations[0].Started = time.Time{} }) }, []string{"when it was seen"}},
		"an endless check":   {nil, func(d []byte) []byte { return resealed(d, func(f *File) { f.Observations[0].MS = 1 << 40 }) }, []string{"when it was seen"}},
		"an end ahead":       {nil, func(d []byte) []byte { return resealed(d, func(f *File) { f.Observations[0].MS = 3600_000 }) }, []string{"ahead by 1h"}},
		"twice":              {nil, func(d []byte) []byte { return resealed(d, func(f *File) { f.Observations[1] = f.Observations[0] }) }, []string{"twice"}},
		"made-up pass":       {nil, func(d []byte) []byte { return resealed(d, func(f *File) { f.Observations[0].Outcome = "green" }) }, []string{"do not go together"}},
		"made-up reason":     {nil, func(d []byte) []byte { return resealed(d, func(f *File) { f.Observations[0].Outcome = "skip" }) }, []string{"do not go together"}},
		"other organisation": {other.Replace, nil, []string{"another migration", "Fabrikam", "Contoso"}},
		"edited since": {func(s string) string { return strings.Replace(s, `"mail.contoso.com"`, `"post.contoso.com"`, 1) }, nil,
			[]string{recordCheck + ": looks at something else", portCheck + ": looks at something else"}},
		"check is gone": {nil, func(d []byte) []byte {
			return resealed(d, func(f *File) { f.Observations[0].ID = "publish.name/org/other" })
		},
			[]string{"publish.name/org/other: no such check any more"}},
		"inside check": {nil, func(d []byte) []byte {
			return resealed(d, func(f *File) { f.Observations[0].ID = "publish.name/org/inside" })
		},
			[]string{"publish.name/org/inside"}},
		"nothing seen": {nil, func(d []byte) []byte { return resealed(d, func(f *File) { f.Observations = nil }) }, []string{"0 observations"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, nil)
			text := d.text
			if c.outside != nil {
				text = []byte(c.outside(string(text)))
			}
			data := look(t, text, &seen{at: d.now})
			if c.edit != nil {
				data = c.edit(data)
			}
			_, err := Import(d.s, "r.json", data, d.kept.Keep)
			if err == nil {
				t.Fatal("taken")
			}
			for _, want := range append(c.want, "r.json") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error lacks %q: %v", want, err)
				}
			}
			if n := len(d.s.Snapshot().Events); n > 1 {
				t.Errorf("%d events were recorded", n)
			}
			if left, _ := filepath.Glob(filepath.Join(string(d.kept), "*")); len(left) > 0 {
				t.Errorf("evidence of a refused file was kept: %v", left)
			}
		})
	}
}

// TestACopyWithTheSameNonce is refused: one of the two was edited.
func TestACopyWithTheSameNonce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	data := look(t, d.text, &seen{at: d.now})
	if _, err := Import(d.s, "r.json", data, d.kept.Keep); err != nil {
		t.Fatal(err)
	}
	f, err := Parse(data)
	d.do(err)
	f.Observations[1].Outcome, f.Observations[1].Reason = checks.Fail, "tcp.refused"
	d.do(f.seal())
	forged, err := f.Bytes()
	d.do(err)
	if _, err := Import(d.s, "r.json", forged, d.kept.Keep); err == nil || !strings.Contains(err.Error(), "other contents") {
		t.Errorf("taken: %v", err)
	}
}

func TestARehearsalTakesNoFile(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	data := look(t, d.text, &seen{at: d.now})
	d.do(d.s.Close())
	d.do(os.RemoveAll(runbook.JournalPath(d.path)))
	d.open("plain-2010")
	if _, err := Import(d.s, "r.json", data, d.kept.Keep); err == nil || !strings.Contains(err.Error(), "rehearsal") {
		t.Errorf("taken: %v", err)
	}
}

// TestAnEditThatChangesNoCheckIsTaken lets the migration be edited between the
// two runs where what is looked at stays the same.
func TestAnEditThatChangesNoCheckIsTaken(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	data := look(t, append([]byte("# a comment more\n"), d.text...), &seen{at: d.now})
	if out, err := Import(d.s, "r.json", data, d.kept.Keep); err != nil || len(out.Results) == 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestWhatIsLeftOutside(t *testing.T) {
	t.Parallel()
	f, err := lookErr(t, migration.Sample(migration.Source2010), &seen{at: night})
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]string{}
	for _, l := range f.Left {
		left[l.ID] = l.Why
	}
	for id, want := range map[string]string{"publish.name/org/server": "which is a server", "publish.name/org/waits": "publish.address/org"} {
		if !strings.Contains(left[id], want) {
			t.Errorf("%s: %q, want %q", id, left[id], want)
		}
	}
	if len(left) != 2 {
		t.Errorf("left: %v", left)
	}
	if _, err := lookErr(t, migration.Sample(migration.Source2010), &seen{at: night, findings: map[string]checks.Finding{
		recordCheck: {Verdict: checks.Unknown, Reason: "run.cancelled"}, portCheck: {Verdict: checks.Unknown, Reason: "run.cancelled"}, goneCheck: {Verdict: checks.Unknown, Reason: "run.cancelled"},
	}}); err == nil {
		t.Error("a run that was cancelled before it saw anything gave a file")
	}
}

// FuzzParse wants no text to break the reader, and no text but the saved one to
// be taken for it.
func FuzzParse(f *testing.F) {
	good := File{Format: 1, Kind: kind, Nonce: strings.Repeat("ab", 16), Operator: "x", Observations: []Observation{{ID: "a/b/c", Started: night, Outcome: checks.Pass, Rows: []checks.Row{{"value": {"1\xff"}, "none": nil, "empty": {}}}}}}
	if err := good.seal(); err != nil {
		f.Fatal(err)
	}
	data, err := good.Bytes()
	if err != nil {
		f.Fatal(err)
	}
	if _, err := Parse(data); err != nil {
		f.Fatalf("what was saved is refused: %v", err)
	}
	f.Add(data)
	f.Add([]byte(`{"kind":"outside","observations":[{"sub":[{"sub":[{}]}]}]}`))
	f.Add([]byte("\xff\xfe{\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Parse(data)
		if err != nil {
			return
		}
		if hash, err := got.hash(); err != nil || hash != got.Content {
			t.Errorf("taken with the hash %s, want %s (%v)", got.Content, hash, err)
		}
	})
}

// TestAComputerThatMayBeInside runs in a network that holds an inside address
// of the organisation: the run goes on, and every result says so.
func TestAComputerThatMayBeInside(t *testing.T) {
	t.Parallel()
	for here, doubted := range map[string]bool{"10.0.0.7/24": true, "192.168.1.20/24": false, "10.9.0.7/24": false} {
		d := newDesk(t, nil)
		data := look(t, d.text, &seen{at: d.now, here: []netip.Prefix{netip.MustParsePrefix(here)}})
		out, err := Import(d.s, "r.json", data, d.kept.Keep)
		if err != nil || len(out.Results) == 0 {
			t.Fatalf("%s: %+v, %v", here, out, err)
		}
		if got := out.Results[0].Evidence["doubt"]; (got != "") != doubted || doubted && !strings.Contains(got, here) {
			t.Errorf("%s: doubt %q", here, got)
		}
	}
}

// TestThePreviewDoesNotPassWhatItCannotJudge shows what was seen of a check
// whose expectation takes a value of the journal.
func TestThePreviewDoesNotPassWhatItCannotJudge(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	f, err := lookErr(t, d.text, &seen{at: d.now})
	if err != nil {
		t.Fatal(err)
	}
	tried := false
	for _, r := range f.Preview(d.s.Snapshot().Runbook, d.now) {
		if r.ID == recordCheck {
			tried = true
			if r.Verdict != checks.Unknown || r.Reason != "value.missing" || len(r.Rows) == 0 {
				t.Errorf("shown as %s %s with %d rows", r.Verdict, r.Reason, len(r.Rows))
			}
		}
	}
	if !tried {
		t.Fatalf("%s was not seen", recordCheck)
	}
}
