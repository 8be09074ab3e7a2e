package tui

import (
	"strings"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
)

// What a terminal sends begins with an escape: arrows, the mouse, pasted text,
// its answers to questions. On a slow line such a sequence may arrive in two
// pieces. Whoever reads them waits 50 ms for the second one; after that the
// first counts as the key esc (or as nothing), and the second one as typed
// letters. They would act: the u of an answer reopens the last action, the r in
// a colour runs checks. So what goes on like the rest of a sequence right behind
// a piece of one is no typing.

const (
	// tornWait is how long after a piece the next one counts as its rest.
	tornWait = time.Second
	// tornGap is the longest pause inside a piece. Nobody types that fast for long.
	tornGap = 100 * time.Millisecond
)

// torn follows the pieces of a sequence.
type torn struct {
	at    time.Time // of the last piece or letter
	form  byte      // second byte of the sequence: '[', ']', 'O', 'P' …; 0 while only the escape is there
	open  bool      // a sequence has begun and not ended
	first bool      // what comes next may take tornWait
	args  string    // of a CSI so far
	paste bool      // pasted text, which ends with a sequence of its own
}

// begin notes the first piece of a sequence: its bytes.
func (t *torn) begin(piece string, now time.Time) {
	*t = torn{at: now, open: true, first: true}
	if len(piece) > 1 {
		t.form, t.args = piece[1], piece[2:]
	}
}

// swallow tells that a key is the rest of a sequence, not typed.
func (t *torn) swallow(k tea.KeyPressMsg, now time.Time) bool {
	name := k.String()
	if t.open && now.Sub(t.at) > t.wait() {
		t.open = false
	}
	if name == "esc" { // a key, or the first piece of what follows
		t.begin("\x1b", now)
		return false
	}
	if form, ok := strings.CutPrefix(name, "alt+"); ok && len(form) == 1 && strings.Contains(`[]OP_^X`, form) {
		t.begin("\x1b"+form, now)
		return true
	}
	if !t.open {
		return false
	}
	if t.form == 0 {
		// O is left out: it opens a question here, and only function keys begin so.
		if len(k.Text) != 1 || !strings.Contains(`[]P_^X`, k.Text) {
			t.open = false
			return false
		}
		t.form, t.at, t.first = k.Text[0], now, false
		return true
	}
	t.at, t.first = now, false
	return t.rest(name, k.Text)
}

func (t *torn) wait() time.Duration {
	if t.first {
		return tornWait
	}
	return tornGap
}

// rest takes a key as the next byte of the sequence, if it can be that.
func (t *torn) rest(name, text string) bool {
	if t.form != '[' && t.form != 'O' && (name == "ctrl+g" || name == `alt+\`) { // what ends a string
		t.open = false
		return true
	}
	if text == "" && !t.paste { // no byte that can stand in a sequence
		t.open = false
		return false
	}
	switch {
	case t.paste: // letters, line ends, tabs: all of it was pasted
	case t.form == 'O':
		t.open = false
	case t.form == '[':
		if text[0] >= '@' && utf8.RuneCountInString(text) == 1 { // the final byte
			t.paste = t.args == "200" && text == "~"
			t.open = t.paste
			break
		}
		t.args += text
	}
	return true
}

// firstPiece is the first piece of a sequence as it was read, where msg is one.
func firstPiece(msg tea.Msg) (string, bool) {
	if e, ok := msg.(uv.UnknownEvent); ok && strings.HasPrefix(string(e), "\x1b") {
		return string(e), true
	}
	return "", false
}
