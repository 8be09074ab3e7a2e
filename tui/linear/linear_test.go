package linear

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/tui/intake"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// typist hands out one line at a time and shows it in the output, as a
// terminal would. A line that begins with @ lets that time pass instead.
type typist struct {
	lines []string
	out   io.Writer
	pass  func(time.Duration)
}

func (ty *typist) Read(p []byte) (int, error) {
	if len(ty.lines) == 0 {
		return 0, io.EOF
	}
	line := ty.lines[0] + "\n"
	ty.lines = ty.lines[1:]
	if rest, ok := strings.CutPrefix(line, "@"); ok && rest != "\n" {
		d, err := time.ParseDuration(strings.TrimSpace(rest))
		ty.pass(d)
		return 0, err
	}
	if _, err := io.WriteString(ty.out, line); err != nil {
		return 0, err
	}
	return copy(p, line), nil
}

// bench is everything around a talk.
type bench struct {
	dir      string
	mu       sync.Mutex
	now      time.Time
	verdicts map[string]checks.Result // by check id; a plain pass where nothing is said
	out      bytes.Buffer
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return &bench{dir: t.TempDir(), now: time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC), verdicts: map[string]checks.Result{}}
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(time.Second)
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bench) run(_ context.Context, list []checks.Check, each func(checks.Update)) []checks.Result {
	out := make([]checks.Result, len(list))
	for i, c := range list {
		r, said := b.verdicts[c.ID]
		if !said {
			r = checks.Result{Verdict: checks.Pass, Summary: "as expected"}
		}
		r.ID, r.Kind, r.Source, r.Started, r.MS = c.ID, c.Kind, checks.FromProbe, b.clock(), 12
		out[i] = r
		each(checks.Update{Index: i})
		each(checks.Update{Index: i, Done: true, Result: &out[i]})
	}
	return out
}

func (b *bench) open(path string) (Session, error) {
	return runbook.Open(path, runbook.Options{
		Assets: os.DirFS("../../runbook/testdata/assets"), Clock: b.clock, Run: b.run, Host: "jump", Tool: "test",
	})
}

func (b *bench) config(script string) Config {
	save := func(path string, data []byte) error {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return errors.Join(err, f.Close())
	}
	return Config{
		In: &typist{strings.Split(script, "\n"), &b.out, b.pass}, Out: &b.out, Open: b.open, Clock: b.clock,
		Rehearse: func(string) (Session, error) { return nil, errors.New("no laboratory here") },
		Intake: intake.Config{
			Known: migration.Known{Releases: []string{"2013 CU23"}}, Folder: b.dir, Save: save,
			SaveDraft: func(path string, data []byte) error { return os.WriteFile(path, data, 0o600) },
			LoadDraft: os.ReadFile, DropDraft: os.Remove,
			Find: func() []intake.Found {
				var out []intake.Found
				list, _ := filepath.Glob(filepath.Join(b.dir, "*.draft"))
				for _, p := range list {
					out = append(out, intake.Found{Path: p, Draft: true})
				}
				return out
			},
		},
		Export: func(_ Session, path string) (string, error) { return path, nil },
	}
}

// talk runs a whole conversation and returns what the terminal would show.
func (b *bench) talk(t *testing.T, cfg Config) string {
	t.Helper()
	if err := Run(context.Background(), cfg); err != nil {
		t.Fatalf("%v\n%s", err, b.out.String())
	}
	return strings.ReplaceAll(b.out.String(), b.dir, "FOLDER")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

func (b *bench) contoso(t *testing.T, source string) string {
	t.Helper()
	path := filepath.Join(b.dir, "contoso.toml")
	if err := os.WriteFile(path, migration.Sample(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWork goes through the work of a step with every command.
func TestWork(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path := b.contoso(t, "2010")
	b.verdicts["prepare.service-pack/ex10-01/version"] = checks.Result{Verdict: checks.Fail, Reason: "expect.not_met",
		Summary: "EX10-01 is \x1b[31m too old", Expected: "14.3", Found: "14.2", Causes: []string{"never updated"}, Remedy: "Install it."}
	b.verdicts["prepare.service-pack/ex10-11/version"] = checks.Result{Verdict: checks.Warn, Reason: "expect.not_met", Summary: "old, but it works"}
	s, err := b.open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cfg := b.config(`A. Meyer
help
gate
next
done
run
done
yes
run 1
waive 1
done
yes
1
note called the service desk
undo
back
2
run
read 1
done
yes
run
read 1
tasks
3
attest
attest 1
maybe
yes

seen with repadmin
done
CONTOSO
done
contoso.com
gate
1
takeback
yes
reopen
.
frobnicate
99
step 3
step 9
export record.md
operator
operator B. Okafor
backout no more time
Fabrikam
quit`)
	cfg.Session = s
	got := b.talk(t, cfg)
	golden(t, "work", got)
	if strings.ContainsAny(got, "\x1b\r") {
		t.Error("an escape sequence was written")
	}
	kinds := map[string]int{}
	for _, e := range s.Snapshot().Events {
		kinds[e.Kind]++
	}
	for _, k := range []string{runbook.EventOperator, runbook.EventResult, runbook.EventDone, runbook.EventRead, runbook.EventNote, runbook.EventUndo} {
		if kinds[k] == 0 {
			t.Errorf("nothing of kind %s was recorded", k)
		}
	}
}

// TestFurther goes on to values, captures, a gate that opens, an exception by
// two people, the way back, and a pasted result.
func TestFurther(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path := b.contoso(t, "2010")
	b.verdicts["certificates.import/ex13-01/names"] = checks.Result{Verdict: checks.Unknown, Reason: "tcp.timeout", Summary: "no answer"}
	s, err := b.open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var script []string
	add := func(lines ...string) { script = append(script, lines...) }
	add("A. Meyer")
	for range 2 {
		add("next", "done", "yes", "run")
	}
	add("next", "attest 1", "no idea", "yes", "", "repadmin /replsum", "done", "contoso.com", "run", "@20m", "done", "contoso.com", "gate")
	for range 2 {
		add("next", "done", "yes", "run")
	}
	for range 2 {
		add("next", "done", "yes")
	}
	add("next", "done", "yes", "fill", "not a url", "https://ex13-01.contoso.com/Autodiscover/Autodiscover.xml", "done", "yes", "run", "undo")
	add("next", "fill", "https://ex13-02.contoso.com/Autodiscover/Autodiscover.xml", "done", "yes", "run", "gate", "next")
	add("fill", "0123456789abcdef0123456789abcdef01234567", "show", "done", "yes", "run", "1", "waive 1", "change window", "", "A. Meyer",
		"waive 1", "change window", "", "C. Ito", "show", "fill all", ".", "reopen to look again", "takeback", "no")
	add("step 5", "2", "paste 1", "Name : Otto", ".", "1", "quit")
	cfg := b.config(strings.Join(script, "\n"))
	cfg.Session = s
	golden(t, "further", b.talk(t, cfg))
	kinds := map[string]int{}
	for _, e := range s.Snapshot().Events {
		kinds[e.Kind]++
	}
	for _, k := range []string{runbook.EventValue, runbook.EventWaiver, runbook.EventDone, runbook.EventReopened} {
		if kinds[k] == 0 {
			t.Errorf("nothing of kind %s was recorded", k)
		}
	}
}

// TestNew answers the questions of a new migration and wants the sample.
func TestNew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got := b.talk(t, b.config(newContoso+"\nA. Meyer\nquit"))
	golden(t, "new", got)
	data, err := os.ReadFile(filepath.Join(b.dir, "contoso.toml"))
	if err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	if string(data) != string(migration.Sample("2010")) {
		t.Errorf("written:\n%s", data)
	}
	if list, _ := filepath.Glob(filepath.Join(b.dir, "*.draft")); len(list) > 0 {
		t.Errorf("drafts left: %v", list)
	}
}

// newContoso are the answers; ~N stands for N empty lines.
var newContoso = blanks(`nonsense|1|9|~1
Contoso|contoso|contoso.com|~2|?|yes|mail|~1|<|~1|autodiscover.contoso.com|~1
Redmond|yes|10.0.0.80|203.0.113.80|~3|no
server 1|EX10-01|1|~1|yes|yes|yes|no|no|~4
paste 1|EX13-01 2013|EX13-02 2013 cas mbx|EX10-01|.|~1
site|Lyon|no|10.1.0.80|~4|yes|DAG02|FS11|~1|no|10.1.0.50
paste 5|EX10-11|EX13-11 2013|.|~1
~1
yes|yes|~8|yes|~4
1|~1|no|no|yes|DAG01|FS01|~1|no|10.0.0.50
~5|no|no
add|probe10@contoso.com|CONTOSO\probe10|1|2
add|probe13@contoso.com|CONTOSO\probe13|2|2
~1
~5
~1`)

func blanks(script string) string {
	var out []string
	for _, word := range strings.FieldsFunc(script, func(r rune) bool { return r == '|' || r == '\n' }) {
		if n, err := strconv.Atoi(strings.TrimPrefix(word, "~")); err == nil && word[0] == '~' {
			out = append(out, make([]string, n)...)
			continue
		}
		out = append(out, word)
	}
	return strings.Join(out, "\n")
}

// TestDraft leaves in the middle and continues.
func TestDraft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got := b.talk(t, b.config("1\n\nFabrikam\nfabrikam.com\n.\nquit"))
	if !strings.Contains(got, "Kept as a draft: FOLDER/fabrikam.toml.draft") {
		t.Errorf("no draft was kept:\n%s", got)
	}
	b.out.Reset()
	got = b.talk(t, b.config("2\n\n\n\n.\nquit"))
	if !strings.Contains(got, "Forest root domain [fabrikam.com]") {
		t.Errorf("the draft was not continued:\n%s", got)
	}
}

// TestPlainASCII wants nothing but printable ASCII and line ends in a rehearsal
// of bad input.
func TestPlainASCII(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path := b.contoso(t, "2010")
	b.verdicts["prepare.service-pack/ex10-01/version"] = checks.Result{Verdict: checks.Unknown, Reason: "expect.not_met",
		Summary: "a\x1b]0;x\x07b\u202eé\n\r", Causes: []string{"…→"}}
	s, err := b.open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cfg := b.config("A. Meyer\nnext\nrun\n1\nshow\nnote Grüße\nhelp\nsteps\ngate\nquit")
	cfg.Session, cfg.ASCII = s, true
	var out bytes.Buffer
	cfg.Out = &out
	b.talk(t, cfg)
	for i, c := range out.Bytes() {
		if c != '\n' && (c < 0x20 || c > 0x7e) {
			t.Fatalf("byte %#x at %d: %q", c, i, out.String()[max(0, i-40):i+10])
		}
	}
	if !strings.Contains(out.String(), `\x1b`) {
		t.Error("the hostile text is not shown")
	}
}

// TestEndOfInput wants a clean end wherever the input stops.
func TestEndOfInput(t *testing.T) {
	t.Parallel()
	script := strings.Split("A. Meyer\nnext\nrun\ndone\nyes\nback\n2\nfill\nnote\nx\ntasks\n3\nattest\nyes\n\n\npaste 2\nx\n.\nwaive 1\nreason\n", "\n")
	for n := range script {
		b := newBench(t)
		s, err := b.open(b.contoso(t, "2010"))
		if err != nil {
			t.Fatal(err)
		}
		cfg := b.config(strings.Join(script[:n], "\n"))
		cfg.Session = s
		b.talk(t, cfg)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestBrokenOutput wants an end when nobody can read any more.
func TestBrokenOutput(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cfg := b.config("1\n1\n1\n1\n1")
	cfg.Out = broken{}
	if err := Run(context.Background(), cfg); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("error is %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, fs.ErrClosed }
