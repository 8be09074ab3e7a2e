package checks

import (
	"slices"
	"strings"
)

const scrubbed = "[redacted]"

// revealedSecret is a password that was used in this run, with what takes it
// out of a text: a run scrubs every line it keeps, and working the forms out
// costs far more than looking for them.
type revealedSecret struct {
	password Secret
	whole    *strings.Replacer
	forms    []string
}

// leastPart is how much of the beginning of a password must stand before a cut
// to be taken for it: fewer characters would match by accident, and replacing
// them would tell more than it hides.
const leastPart = 3

func reveal(password Secret) revealedSecret {
	r := revealedSecret{password: password, forms: secretForms(password.Reveal())}
	pairs := make([]string, 0, 2*len(r.forms))
	for _, form := range r.forms {
		pairs = append(pairs, form, scrubbed)
	}
	r.whole = strings.NewReplacer(pairs...)
	return r
}

func (r revealedSecret) scrub(text string) string {
	text = r.whole.Replace(text)
	if !strings.Contains(text, leftOut) {
		return text
	}
	pieces := strings.SplitAfter(text, leftOut)
	for i, p := range pieces {
		if head, cut := strings.CutSuffix(p, leftOut); cut {
			pieces[i] = head[:len(head)-r.beginsAtEnd(head)]
			if pieces[i] != head {
				pieces[i] += scrubbed
			}
			pieces[i] += leftOut
		}
	}
	return strings.Join(pieces, "")
}

// beginsAtEnd is how many bytes at the end of a text that was cut off are the
// beginning of the password.
func (r revealedSecret) beginsAtEnd(head string) int {
	longest := 0
	for _, form := range r.forms {
		for n := min(len(form)-1, len(head)); n >= leastPart && n > longest; n-- {
			if strings.HasSuffix(head, form[:n]) {
				longest = n
			}
		}
	}
	return longest
}

// Scrub removes every password that was used in this run from a text, in each
// form in which a server could send it back.
func (l *Logons) Scrub(text string) string {
	if l == nil || text == "" {
		return text
	}
	l.mu.Lock()
	list := l.revealed // only ever appended to
	l.mu.Unlock()
	for _, r := range list {
		text = r.scrub(text)
	}
	return text
}

// ScrubResult removes passwords from everything that a result keeps, before
// any of it is cut. Rows are not changed where they stand: a probe may hold
// them elsewhere.
func (l *Logons) ScrubResult(r *Result) {
	if l == nil || !l.holdsSecrets() {
		return
	}
	r.Summary, r.Expected, r.Found, r.Remedy = l.Scrub(r.Summary), l.Scrub(r.Expected), l.Scrub(r.Found), l.Scrub(r.Remedy)
	evidence := make(map[string]string, len(r.Evidence))
	for k, v := range r.Evidence {
		evidence[l.Scrub(k)] = l.Scrub(v)
	}
	r.Evidence = evidence
	rows := make([]Row, len(r.Rows))
	for i, row := range r.Rows {
		rows[i] = make(Row, len(row))
		for k, values := range row {
			rows[i][k] = l.scrubAll(values)
		}
	}
	r.Rows, r.Sub = rows, slices.Clone(r.Sub)
	for i := range r.Sub {
		r.Sub[i].Target = l.Scrub(r.Sub[i].Target)
		l.ScrubResult(&r.Sub[i])
	}
}

func (l *Logons) scrubAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = l.Scrub(s)
	}
	return out
}

func (l *Logons) holdsSecrets() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.revealed) > 0
}
