package journal

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
	"unicode"
)

// Holder is who has a journal open for writing.
type Holder struct {
	PID      int       `json:"pid"`
	Host     string    `json:"host"`
	Operator string    `json:"operator"`
	Since    time.Time `json:"since"`
}

// String names the holder in words.
func (h Holder) String() string {
	if h.PID == 0 {
		return "another instance that left no name"
	}
	who := printable(h.Operator)
	if who == "" {
		who = "somebody"
	}
	return fmt.Sprintf("%s on %s (process %d, since %s)", who, printable(h.Host), h.PID, h.Since.UTC().Format("2006-01-02 15:04 UTC"))
}

// printable keeps a foreign text to what can be shown.
func printable(s string) string {
	out := []rune(nil)
	for _, r := range s {
		if unicode.IsPrint(r) && len(out) < 80 {
			out = append(out, r)
		}
	}
	return string(out)
}

// The lock is on a file of its own, never on the journal: on Windows a locked
// file cannot be read by others. Who holds it stands in a third file, for the
// same reason.
func lockPath(path string) string   { return path + ".lock" }
func holderPath(path string) string { return path + ".holder" }

// lock takes the lock, or says why the journal is read-only.
func (j *Journal) lock() {
	release, ok, err := j.o.FS.Lock(lockPath(j.path))
	switch {
	case err != nil:
		j.why = fmt.Sprintf("its lock cannot be taken: %v; %s", err, mendFolder)
	case !ok:
		j.holder = readHolder(j.o.FS, j.path)
		j.why = "it is open in " + j.holder.instance() + "; close it there to write here"
	default:
		j.release = release
		j.signHolder()
	}
}

func (h Holder) instance() string {
	if h.PID == 0 {
		return h.String()
	}
	return "another instance: " + h.String()
}

// signHolder leaves the name for those who come second. It is a courtesy: that
// it fails does no harm.
func (j *Journal) signHolder() {
	if j.signed.PID == 0 {
		j.signed = Holder{PID: os.Getpid(), Host: j.o.Host, Since: j.o.Clock().UTC()}
	}
	j.signed.Operator = j.o.Operator
	data, err := json.Marshal(j.signed)
	if err == nil {
		_ = writeFile(j.o.FS, holderPath(j.path), os.O_TRUNC, data)
	}
}

// usurper is who signed after this instance did: where locks are kept nobody
// can. What cannot be read tells nothing.
func (j *Journal) usurper() *Holder {
	h := readHolder(j.o.FS, j.path)
	if h.PID == 0 || h.PID == j.signed.PID && h.Host == j.signed.Host && h.Since.Equal(j.signed.Since) {
		return nil
	}
	return h
}

func readHolder(disk FS, path string) *Holder {
	h := &Holder{}
	data, err := readAll(disk, holderPath(path))
	if err != nil || json.Unmarshal(data, h) != nil {
		return &Holder{}
	}
	return h
}

// unlock gives the lock back. The file stays: to remove it would let two hold
// locks on two files of one name.
func (j *Journal) unlock() {
	if j.release == nil {
		return
	}
	if j.usurper() == nil {
		_ = j.o.FS.Remove(holderPath(j.path))
	}
	_ = j.release()
	j.release = nil
}
