package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"coexist/runbook"
	"coexist/runbook/journal"
)

// Verify tells whether a document that was written earlier is what the journal
// says: it is made again, from the journal as it was then if the journal
// records that export, else as it is now, and compared byte for byte.
func Verify(r *runbook.Runbook, events []journal.Event, o Options, have []byte) error {
	sum := sha256.Sum256(have)
	upTo, known := len(events), false
	for i, e := range events {
		if e.Kind == runbook.EventExported && strings.EqualFold(payloadOf(e).text("sha256"), hex.EncodeToString(sum[:])) {
			upTo, known = i, true
		}
	}
	want, err := Write(r, events[:upTo], o)
	if err != nil {
		return err
	}
	if bytes.Equal(want, have) {
		return nil
	}
	if known {
		return fmt.Errorf("journal entry %d records this very document, but the runbook now makes another one from what was before it: the migration, the procedure or the options are not the same; %s", events[upTo].Seq, firstDifference(want, have))
	}
	return fmt.Errorf("expected what the journal of %d entries gives, found another document: it was changed after it was written, or comes from other options or another state of the journal; %s", len(events), firstDifference(want, have))
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
