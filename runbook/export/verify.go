package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/journal"
)

// Verdict is what [Verify] found of a document that is what the journal says.
type Verdict struct {
	Entries  int   // of the journal that it was made from
	Later    int   // entries that the journal has gained since
	Recorded int64 // the entry that records this very document; 0: none does
}

// Verify tells whether a document that was written earlier is what the journal
// says: it is made again, from the journal as it was then, and compared byte for
// byte. As it was then is what the journal records of that export, else what
// the document says of itself, else as it is now.
func Verify(r *runbook.Runbook, events []journal.Event, o Options, have []byte) (Verdict, error) {
	sum := sha256.Sum256(have)
	upTo := entriesOf(have, len(events))
	v := Verdict{}
	for i, e := range events {
		if e.Kind == runbook.EventExported && strings.EqualFold(payloadOf(e).text("sha256"), hex.EncodeToString(sum[:])) {
			upTo, v.Recorded = i, e.Seq
		}
	}
	v.Entries, v.Later = upTo, len(events)-upTo
	want, err := Write(r, events[:upTo], o)
	if err != nil {
		return v, err
	}
	if bytes.Equal(want, have) {
		return v, nil
	}
	if o.Broken != "" { // it may have been written before the journal was damaged
		o.Broken = ""
		if before, err := Write(r, events[:upTo], o); err == nil && bytes.Equal(before, have) {
			return v, nil
		}
	}
	if v.Recorded > 0 {
		return v, fmt.Errorf("journal entry %d records this very document, but the runbook now makes another one from what was before it: the migration, the procedure or the options are not the same; %s", v.Recorded, firstDifference(want, have))
	}
	return v, fmt.Errorf("expected what the first %s of the journal give, found another document: it was changed after it was written, comes from other options (--profile, --redact, --plan), or the migration or the procedure was changed since; %s", plural(upTo, "entry", "entries"), firstDifference(want, have))
}

// entriesPattern finds how many entries a document says it was made from.
var entriesPattern = checks.Pattern(`(?m)^\| Journal entries \| (\d+) \|$|^Journal of (\d+) entr(?:y|ies), chain |^  "integrity": \{\s*"entries": (\d+)`)

// entriesOf reads how many entries a document was made from; what it does not
// say, or cannot be, is all.
func entriesOf(have []byte, all int) int {
	list := entriesPattern().FindAllSubmatch(have, -1)
	if len(list) == 0 {
		return all
	}
	n, err := strconv.Atoi(string(bytes.Join(list[len(list)-1][1:], nil)))
	if err != nil || n > all {
		return all
	}
	return n
}

var (
	profilePattern  = checks.Pattern(`(?m)^Profile ([a-z]+)[,:]`)
	redactedPattern = checks.Pattern(`(?m)^Redacted: `)
	planPattern     = checks.Pattern(`(?m)^\*\*Status: (?:REHEARSAL, )?PLAN\*\*`)
)

// OptionsOf reads from a document with which options it was written.
func OptionsOf(have []byte) Options {
	if bytes.HasPrefix(bytes.TrimSpace(have), []byte("{")) {
		var d struct {
			Kind, Profile string
			Redacted      bool
		}
		_ = json.Unmarshal(have, &d) // what cannot be read differs, and is told then
		return Options{Format: "json", Plan: d.Kind == "plan", Profile: d.Profile, Redact: d.Redacted}
	}
	head, _, _ := bytes.Cut(have, []byte("\n## "))
	o := Options{Plan: planPattern().Match(head), Redact: redactedPattern().Match(head)}
	if m := profilePattern().FindSubmatch(head); m != nil {
		o.Profile = string(m[1])
	}
	return o
}

// firstDifference names the first line that differs.
func firstDifference(want, have []byte) string {
	w, h := strings.Split(string(want), "\n"), strings.Split(string(have), "\n")
	for i := range max(len(w), len(h)) {
		a, b := "the end", "the end"
		if i < len(w) {
			a = fmt.Sprintf("%q", bound(w[i], 120))
		}
		if i < len(h) {
			b = fmt.Sprintf("%q", bound(h[i], 120))
		}
		if a != b {
			return fmt.Sprintf("line %d: expected %s, found %s", i+1, a, b)
		}
	}
	return "no line differs"
}
