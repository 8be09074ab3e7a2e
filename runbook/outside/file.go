package outside

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"coexist/checks"
	"coexist/runbook/script"
)

const (
	format   = 1
	kind     = "outside"
	maxDepth = 16 // nested results have results of their own
	maxItems = 20000
	maxTook  = 365 * 24 * time.Hour // of one check, over whatever the computer slept
)

// File is what a run outside saved.
type File struct {
	Format       int           `json:"format"`
	Kind         string        `json:"kind"`
	Nonce        string        `json:"nonce"`
	Content      string        `json:"content"` // SHA-256 of the file's facts with this one left empty
	Tool         string        `json:"tool"`
	Organization string        `json:"organization"`
	Forest       string        `json:"forest"`
	Source       string        `json:"source"`
	Release      string        `json:"release"`
	Migration    string        `json:"migration"` // SHA-256 of the migration file
	Procedure    string        `json:"procedure"` // hash of the procedures
	Operator     string        `json:"operator"`
	Host         string        `json:"host"`
	Started      time.Time     `json:"started"`
	Ended        time.Time     `json:"ended"`
	Doubt        string        `json:"doubt,omitempty"` // why the computer may not have been outside
	Observations []Observation `json:"observations"`
	Left         []Left        `json:"left,omitempty"`
}

// Observation is what one check saw. Outcome is what the protocol itself said
// ("pass": it answered); whether that is right is judged where it is imported.
type Observation struct {
	ID         string            `json:"id"`
	Asked      string            `json:"asked"` // fingerprint of what was looked at
	Outcome    checks.Verdict    `json:"outcome"`
	Reason     string            `json:"reason,omitempty"`
	Summary    string            `json:"summary,omitempty"`
	Expected   string            `json:"expected,omitempty"`
	Found      string            `json:"found,omitempty"`
	Rows       []checks.Row      `json:"rows,omitempty"`
	Evidence   map[string]string `json:"evidence,omitempty"`
	Sub        []checks.Result   `json:"sub,omitempty"`
	Attempts   int               `json:"attempts"`
	Started    time.Time         `json:"started"`
	MS         int64             `json:"ms"`
	Transcript string            `json:"transcript,omitempty"`
}

// Left is a check that was not made, and why.
type Left struct {
	ID  string `json:"id"`
	Why string `json:"why"`
}

// Name is what the file is best called.
func (f *File) Name() string { return "coexist-outside-" + f.Nonce[:8] + ".json" }

// Bytes is the file as it is saved.
func (f *File) Bytes() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(f)
	return b.Bytes(), err
}

// seal brings the file into the form that reading it back gives, and hashes
// that: bytes that are no text, for one, do not survive JSON.
func (f *File) seal() error {
	raw, err := json.Marshal(f)
	if err != nil {
		return err
	}
	*f = File{}
	if err := json.Unmarshal(raw, f); err != nil {
		return err
	}
	f.Content, err = f.hash()
	return err
}

func (f *File) hash() (string, error) {
	bare := *f
	bare.Content = ""
	raw, err := json.Marshal(bare)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// Is tells a file of a run outside from other result files.
func Is(data []byte) bool {
	text, err := script.Document(data, maxDepth)
	if err != nil {
		return false
	}
	var head struct {
		Kind string `json:"kind"`
	}
	return json.Unmarshal(text, &head) == nil && head.Kind == kind
}

// Parse reads a file of a run outside, or its pasted text, and refuses one that
// is not as it was saved.
func Parse(data []byte) (*File, error) {
	text, err := script.Document(data, maxDepth)
	if err != nil {
		return nil, err
	}
	var f File
	if err := script.Decode(text, &f); err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w; expected what coexist check --from outside saved", err)
	}
	return &f, f.valid()
}

func (f *File) valid() error {
	hash, err := f.hash()
	switch {
	case err != nil:
		return err
	case f.Format != format || f.Kind != kind:
		return fmt.Errorf("result format %d of kind %q: this program reads format %d of kind %q", f.Format, checks.Escape(f.Kind), format, kind)
	case len(f.Nonce) != 32 || strings.Trim(f.Nonce, "0123456789abcdef") != "":
		return errors.New("the file has no valid nonce: it was not written by this program, or was edited")
	case f.Content != hash:
		return errors.New("the file is not as it was saved (its content hash differs): bring it over once more, or run the checks outside again")
	case len(f.Observations) == 0 || len(f.Observations) > maxItems:
		return fmt.Errorf("%d observations: expected 1 to %d", len(f.Observations), maxItems)
	case strings.TrimSpace(f.Operator) == "":
		return errors.New("the file does not say who ran the checks: it was not written by this program")
	}
	seen := map[string]bool{}
	for _, o := range f.Observations {
		switch known, ok := checks.Reasons()[o.Reason]; {
		case o.Started.IsZero() || o.MS < 0 || o.MS > maxTook.Milliseconds():
			return fmt.Errorf("%s does not say when it was seen: expected its beginning and how long it took, found %s and %d ms; it was edited",
				checks.Escape(o.ID), o.Started.UTC().Format("2006-01-02 15:04 UTC"), o.MS)
		case seen[o.ID]:
			return fmt.Errorf("%s is in the file twice: it was edited", checks.Escape(o.ID))
		case o.Outcome == checks.Pass && o.Reason == "":
		case !ok || known.Slug == "" || !outcomes[o.Outcome] || o.Outcome == checks.Pass:
			return fmt.Errorf("%s has the outcome %q and the reason %q, which do not go together: another version of the program wrote it, or it was edited",
				checks.Escape(o.ID), checks.Escape(string(o.Outcome)), checks.Escape(o.Reason))
		}
		seen[o.ID] = true
	}
	return nil
}

var outcomes = map[checks.Verdict]bool{checks.Warn: true, checks.Fail: true, checks.Unknown: true, checks.Skip: true}
